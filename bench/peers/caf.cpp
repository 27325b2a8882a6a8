#include <filesystem>
#include <stdexcept>

#include "bench/peers/system.hpp"

namespace troupe::bench {

namespace {

class Caf final : public System {
 public:
  explicit Caf(std::string program) : program_(std::move(program)) {}
  Command command(const std::string& role, const Setting&) override { return {program_, role}; }
  bool parallel() const override { return false; }

 private:
  const std::string program_;
};

}  // namespace

std::unique_ptr<System> make_caf() {
  const auto program = std::filesystem::path(own_command({}).front()).replace_filename("troupe-bench-caf");
  if (!std::filesystem::exists(program)) {
    throw std::runtime_error("there is no " + program.string() +
                             ": apt-get install libcaf-dev, configure again, then build the target troupe-bench-caf "
                             "(./run bench ... --peers caf does all of it)");
  }
  return std::make_unique<Caf>(program);
}

}  // namespace troupe::bench
