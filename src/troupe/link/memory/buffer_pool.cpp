#include "troupe/link/memory/buffer_pool.hpp"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

namespace troupe::link {

class BufferPool::Spares {
 public:
  struct Buffer {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size = 0;
  };

  explicit Spares(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// The one that was returned last, since the caches may still have some of it, of those that fit: none that is larger
  /// by more than a quarter, which would be wasted.
  Buffer take(std::size_t size) {
    const std::scoped_lock lock(mutex_);
    for (auto each = buffers_.rbegin(); each != buffers_.rend(); ++each) {
      if (each->size < size || each->size - size > size / 4) continue;
      Buffer found = std::move(*each);
      buffers_.erase(std::next(each).base());
      bytes_ -= found.size;
      unused_bytes_ = std::min(unused_bytes_, bytes_);
      return found;
    }
    return {};
  }

  void put(Buffer buffer) {
    const std::scoped_lock lock(mutex_);
    bytes_ += buffer.size;
    buffers_.push_back(std::move(buffer));
    free_until(bytes_max_);  // The sizes that are asked for may have changed: the newest stay.
  }

  void trim() {
    const std::scoped_lock lock(mutex_);
    free_until(bytes_ - std::min(unused_bytes_, bytes_));
    unused_bytes_ = bytes_;
  }

  void close() {
    const std::scoped_lock lock(mutex_);
    bytes_max_ = 0;
    free_until(0);
  }

  std::size_t bytes() const {
    const std::scoped_lock lock(mutex_);
    return bytes_;
  }

 private:
  void free_until(std::size_t bytes) {
    auto keep = buffers_.begin();
    for (; bytes_ > bytes; ++keep) bytes_ -= keep->size;
    buffers_.erase(buffers_.begin(), keep);
  }

  mutable std::mutex mutex_;
  std::size_t bytes_max_;
  std::vector<Buffer> buffers_;  ///< In the order of their return.
  std::size_t bytes_ = 0;
  std::size_t unused_bytes_ = 0;  ///< The least of `bytes_` since the last `trim`.
};

BufferPool::BufferPool(std::size_t spare_bytes_max) : spares_(std::make_shared<Spares>(spare_bytes_max)) {}

BufferPool& BufferPool::operator=(BufferPool&& other) noexcept {
  close();
  spares_ = std::move(other.spares_);
  return *this;
}

void BufferPool::close() {
  if (spares_) spares_->close();
}

std::shared_ptr<std::byte[]> BufferPool::take(std::size_t size) {
  Spares::Buffer buffer = spares_->take(size);
  if (!buffer.memory) buffer = {std::make_unique_for_overwrite<std::byte[]>(size), size};
  std::byte* const memory = buffer.memory.release();
  return {memory, [spares = spares_, size = buffer.size](std::byte* returned) {
            spares->put({std::unique_ptr<std::byte[]>(returned), size});
          }};
}

void BufferPool::trim() { spares_->trim(); }

std::size_t BufferPool::spare_bytes() const { return spares_->bytes(); }

}  // namespace troupe::link
