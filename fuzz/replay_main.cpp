// Stands in for libFuzzer where it is not linked: `fuzz_<name> [CORPUS_FOLDER]` feeds each file of the corpus, and
// mutations of it that are the same in every run, to the fuzzer's function. A crash is the failure.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

// The name and the C linkage are libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

constexpr int kMutationsPerInput = 2000;
constexpr int kEditsPerMutationMax = 4;

/// splitmix64, so that every standard library gives the same numbers.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {}
  std::size_t below(std::size_t bound) {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return static_cast<std::size_t>((z ^ (z >> 31U)) % bound);
  }

 private:
  std::uint64_t state_;
};

void edit(Input& input, Numbers& numbers) {
  const auto byte = static_cast<std::uint8_t>(numbers.below(256));
  const auto at = static_cast<std::ptrdiff_t>(numbers.below(input.size() + 1));
  const bool at_end = at == std::ssize(input);
  switch (numbers.below(5)) {
    case 0: input.insert(input.begin() + at, byte); break;
    case 1:
      if (!at_end) input.erase(input.begin() + at);
      break;
    case 2:
      if (!at_end) input[static_cast<std::size_t>(at)] ^= static_cast<std::uint8_t>(1U << numbers.below(8));
      break;
    case 3:
      if (!at_end) input[static_cast<std::size_t>(at)] = numbers.below(2) == 0 ? 0xff : byte;
      break;
    default: input.resize(static_cast<std::size_t>(at)); break;
  }
}

std::vector<Input> read_corpus(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<Input> corpus{{}};  // The empty input is always one.
  for (const auto& file : files) {
    std::ifstream stream(file, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  return corpus;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<Input> corpus = read_corpus(argc > 1 ? argv[1] : "");
  std::uint64_t runs = 0;
  for (std::size_t i = 0; i < corpus.size(); ++i) {
    Numbers numbers(i);
    LLVMFuzzerTestOneInput(corpus[i].data(), corpus[i].size());
    for (int mutation = 0; mutation < kMutationsPerInput; ++mutation) {
      Input input = corpus[i];
      for (std::size_t edits = 1 + numbers.below(kEditsPerMutationMax); edits > 0; --edits) edit(input, numbers);
      LLVMFuzzerTestOneInput(input.data(), input.size());
      ++runs;
    }
  }
  std::printf("%zu inputs and %llu mutations of them\n", corpus.size(), static_cast<unsigned long long>(runs));
}
