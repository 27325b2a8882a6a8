#pragma once

#include <cstddef>
#include <memory>

namespace troupe::link {

/// Memory for large contents. What nobody holds any more is kept for the next content of about the same size: pages
/// that come fresh from the kernel are filled with zeros one by one, which takes longer than the copy into them.
///
/// One owner; but a buffer may be let go by any thread, also after the pool is gone.
class BufferPool {
 public:
  /// Keeps at most so much that nobody uses.
  explicit BufferPool(std::size_t spare_bytes_max);
  BufferPool(BufferPool&&) = default;
  BufferPool& operator=(BufferPool&& other) noexcept;
  ~BufferPool() { close(); }

  /// At least `size` bytes, with anything in them.
  std::shared_ptr<std::byte[]> take(std::size_t size);

  /// Frees what was spare all the time since the last call: called now and then, it makes an idle pool an empty one.
  void trim();

  std::size_t spare_bytes() const;

 private:
  class Spares;
  void close();

  std::shared_ptr<Spares> spares_;  ///< Also held by each buffer, which returns there. Null once moved from.
};

}  // namespace troupe::link
