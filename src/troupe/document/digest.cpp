#include "troupe/document/digest.hpp"

#include "troupe/base/hash.hpp"
#include "troupe/wire/writer.hpp"

namespace troupe::document {

std::uint64_t next_hash(std::uint64_t hash, const Event& event) {
  wire::Writer writer(event.key.size() + event.data.size() + 32);
  writer.number(hash);
  writer.number(event.seq);
  writer.raw(std::as_bytes(std::span(event.key)));
  writer.number(std::uint8_t{0});
  writer.raw(event.data.span());
  return hash64(writer.span());
}

}  // namespace troupe::document
