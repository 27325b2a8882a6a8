#include "troupe/wire/compression.hpp"

#include <fmt/format.h>
#include <lz4.h>
#include <zstd.h>

#include <cstring>
#include <limits>
#include <memory>

#include "troupe/wire/reader.hpp"

namespace troupe::wire {

namespace {

constexpr std::size_t kHeadBytes = 5;
constexpr int kZstdLevel = 1;

char* as_chars(std::byte* bytes) { return reinterpret_cast<char*>(bytes); }
const char* as_chars(const std::byte* bytes) { return reinterpret_cast<const char*>(bytes); }

/// The size of what was written to `to`; 0 if it did not fit.
std::size_t write_lz4(std::span<const std::byte> content, std::span<std::byte> to) {
  const int size = LZ4_compress_default(as_chars(content.data()), as_chars(to.data()), static_cast<int>(content.size()),
                                        static_cast<int>(to.size()));
  return size > 0 ? static_cast<std::size_t>(size) : 0;
}

std::size_t write_zstd(std::span<const std::byte> content, std::span<std::byte> to) {
  // Made once for each thread: it is larger than most messages.
  thread_local const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  const std::size_t size =
      ZSTD_compressCCtx(context.get(), to.data(), to.size(), content.data(), content.size(), kZstdLevel);
  return ZSTD_isError(size) != 0 ? 0 : size;
}

bool read_exactly(Compression compression, std::span<const std::byte> data, std::span<std::byte> to) {
  if (compression == Compression::kLz4) {
    const int size = LZ4_decompress_safe(as_chars(data.data()), as_chars(to.data()), static_cast<int>(data.size()),
                                         static_cast<int>(to.size()));
    return size >= 0 && static_cast<std::size_t>(size) == to.size();
  }
  return ZSTD_decompress(to.data(), to.size(), data.data(), data.size()) == to.size();
}

}  // namespace

std::optional<Bytes> compress(Compression compression, std::span<const std::byte> content) {
  if (compression == Compression::kNone || content.size() < kCompressedBytesMin) return std::nullopt;
  if (content.size() > LZ4_MAX_INPUT_SIZE) return std::nullopt;
  // Room for what is smaller than the content, and not for more.
  auto block = std::make_shared_for_overwrite<std::byte[]>(content.size() - 1);
  const std::span<std::byte> data(block.get() + kHeadBytes, content.size() - 1 - kHeadBytes);
  const std::size_t size = compression == Compression::kLz4 ? write_lz4(content, data) : write_zstd(content, data);
  if (size == 0) return std::nullopt;
  block[0] = static_cast<std::byte>(compression);
  const auto content_size = static_cast<std::uint32_t>(content.size());
  std::memcpy(block.get() + 1, &content_size, sizeof(content_size));
  return Bytes::copy_of(std::span(block.get(), kHeadBytes + size));
}

Result<Bytes> decompress(const Bytes& block, std::size_t bytes_max) {
  Reader reader(block);
  const auto compression = static_cast<Compression>(reader.number<std::uint8_t>());
  const std::size_t size = reader.number<std::uint32_t>();
  if (!reader.ok() || (compression != Compression::kLz4 && compression != Compression::kZstd))
    return fail(ErrorCode::kCorrupt, "compressed in a way that is not known here");
  if (size > bytes_max) {
    return fail(ErrorCode::kTooLarge,
                fmt::format("compressed content of {} bytes, where at most {} are allowed", size, bytes_max));
  }
  const std::span<const std::byte> data = block.span().subspan(kHeadBytes);
  if (size == 0 || data.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    return fail(ErrorCode::kCorrupt, "compressed content of an impossible size");
  auto content = std::make_shared_for_overwrite<std::byte[]>(size);
  if (!read_exactly(compression, data, std::span(content.get(), size)))
    return fail(ErrorCode::kCorrupt, "compressed content that does not come out as it says");
  return Bytes::adopt(std::move(content), size);
}

}  // namespace troupe::wire
