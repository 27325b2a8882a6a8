#pragma once

#include <array>
#include <boost/pfr.hpp>
#include <chrono>
#include <concepts>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "troupe/base/bytes.hpp"
#include "troupe/base/error.hpp"
#include "troupe/base/ids.hpp"
#include "troupe/wire/reader.hpp"
#include "troupe/wire/writer.hpp"

/// Plain structs to bytes and back, field by field in the order of declaration, without a macro or a generated file.
///
/// A value may be: bool, a number, an enum, std::string, Bytes, a duration, optional, pair, array, vector, map, set, an
/// aggregate of values without a base class, or any type with a specialisation of `Codec`. Numbers are fixed-width
/// little-endian; a string, a container and a nested struct begin with their length. A struct may grow: fields appended
/// by a newer node are skipped by an older one, and keep their defaults when an older node did not send them. Fields
/// are never removed, reordered or retyped.
namespace troupe::wire {

/// The extension point: specialise with `static void write(Writer&, const T&)` and `static void read(Reader&, T&)`.
template <class T>
struct Codec;

template <class T>
void write(Writer& writer, const T& value) {
  Codec<T>::write(writer, value);
}

template <class T>
void read(Reader& reader, T& value) {
  Codec<T>::read(reader, value);
}

template <class T>
  requires std::integral<T> || std::floating_point<T>
struct Codec<T> {
  static void write(Writer& writer, T value) { writer.number(value); }
  static void read(Reader& reader, T& value) { value = reader.number<T>(); }
};

template <>
struct Codec<bool> {
  static void write(Writer& writer, bool value) { writer.number(static_cast<std::uint8_t>(value)); }
  static void read(Reader& reader, bool& value) { value = reader.number<std::uint8_t>() != 0; }
};

/// An enum travels as its number. A number without a name is kept as it is: the receiver's `switch` decides.
template <class T>
  requires std::is_enum_v<T>
struct Codec<T> {
  static void write(Writer& writer, T value) { writer.number(static_cast<std::underlying_type_t<T>>(value)); }
  static void read(Reader& reader, T& value) { value = static_cast<T>(reader.number<std::underlying_type_t<T>>()); }
};

template <>
struct Codec<std::string> {
  static void write(Writer& writer, const std::string& value) { writer.block(value); }
  static void read(Reader& reader, std::string& value) { value = reader.text(); }
};

template <>
struct Codec<Bytes> {
  static void write(Writer& writer, const Bytes& value) { writer.block(value); }
  static void read(Reader& reader, Bytes& value) { value = reader.block(); }
};

template <class Rep, class Period>
struct Codec<std::chrono::duration<Rep, Period>> {
  static void write(Writer& writer, const std::chrono::duration<Rep, Period>& value) { writer.number(value.count()); }
  static void read(Reader& reader, std::chrono::duration<Rep, Period>& value) {
    value = std::chrono::duration<Rep, Period>(reader.number<Rep>());
  }
};

template <>
struct Codec<ActorId> {
  static void write(Writer& writer, const ActorId& value) { writer.number(value.raw()); }
  static void read(Reader& reader, ActorId& value) { value = ActorId::from_raw(reader.number<std::uint64_t>()); }
};

template <class T>
struct Codec<std::optional<T>> {
  static void write(Writer& writer, const std::optional<T>& value) {
    writer.number(static_cast<std::uint8_t>(value.has_value()));
    if (value) wire::write(writer, *value);
  }
  static void read(Reader& reader, std::optional<T>& value) {
    value.reset();
    if (reader.number<std::uint8_t>() != 0) wire::read(reader, value.emplace());
  }
};

template <class A, class B>
struct Codec<std::pair<A, B>> {
  static void write(Writer& writer, const std::pair<A, B>& value) {
    wire::write(writer, value.first);
    wire::write(writer, value.second);
  }
  static void read(Reader& reader, std::pair<A, B>& value) {
    wire::read(reader, value.first);
    wire::read(reader, value.second);
  }
};

template <class T, std::size_t N>
struct Codec<std::array<T, N>> {
  static void write(Writer& writer, const std::array<T, N>& value) {
    for (const T& element : value) wire::write(writer, element);
  }
  static void read(Reader& reader, std::array<T, N>& value) {
    for (T& element : value) wire::read(reader, element);
  }
};

namespace detail {

/// Containers: a count, then the elements. An element takes at least one byte, so a hostile count cannot make us
/// allocate.
template <class Container, class Element, class Insert>
void read_elements(Reader& reader, Container& container, Insert insert) {
  container.clear();
  const std::size_t count = reader.length();
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    Element element{};
    wire::read(reader, element);
    if (reader.ok()) insert(std::move(element));
  }
}

template <class Container>
void write_elements(Writer& writer, const Container& container) {
  writer.varint(container.size());
  for (const auto& element : container) wire::write(writer, element);
}

}  // namespace detail

template <class T>
struct Codec<std::vector<T>> {
  static void write(Writer& writer, const std::vector<T>& value) { detail::write_elements(writer, value); }
  static void read(Reader& reader, std::vector<T>& value) {
    detail::read_elements<std::vector<T>, T>(reader, value, [&](T&& element) { value.push_back(std::move(element)); });
  }
};

template <class T>
struct Codec<std::set<T>> {
  static void write(Writer& writer, const std::set<T>& value) { detail::write_elements(writer, value); }
  static void read(Reader& reader, std::set<T>& value) {
    detail::read_elements<std::set<T>, T>(reader, value, [&](T&& element) { value.insert(std::move(element)); });
  }
};

template <class K, class V>
struct Codec<std::map<K, V>> {
  static void write(Writer& writer, const std::map<K, V>& value) { detail::write_elements(writer, value); }
  static void read(Reader& reader, std::map<K, V>& value) {
    using Element = std::pair<K, V>;
    detail::read_elements<std::map<K, V>, Element>(reader, value,
                                                   [&](Element&& element) { value.insert(std::move(element)); });
  }
};

/// A struct: its length, then its fields.
template <class T>
  requires std::is_aggregate_v<T>
struct Codec<T> {
  static void write(Writer& writer, const T& value) {
    // The length goes first, and is known last: four bytes are kept for it.
    const wire::Writer::Mark start = writer.mark();
    writer.number(std::uint32_t{0});
    write_fields(writer, value);
    writer.patch(start.offset, static_cast<std::uint32_t>(writer.size() - start.size - sizeof(std::uint32_t)));
  }
  static void read(Reader& reader, T& value) {
    reader.nested([&] { read_fields(reader, value); });
  }

  static void write_fields(Writer& writer, const T& value) {
    boost::pfr::for_each_field(value, [&](const auto& field) { wire::write(writer, field); });
  }
  static void read_fields(Reader& reader, T& value) {
    boost::pfr::for_each_field(value, [&](auto& field) {
      if (reader.remaining() > 0) wire::read(reader, field);  // An older node sent fewer fields.
    });
  }
};

/// A whole message: the fields without a length, since the frame has one.
template <class T>
void encode_into(Writer& writer, const T& value) {
  if constexpr (std::is_aggregate_v<T>) {
    Codec<T>::write_fields(writer, value);
  } else {
    wire::write(writer, value);
  }
}

template <class T>
Bytes encode(const T& value) {
  Writer writer;
  encode_into(writer, value);
  return writer.finish();
}

/// Fails with `corrupt` if the bytes are not a T.
template <class T>
Result<T> decode(const Bytes& bytes) {
  Reader reader(bytes);
  Result<T> value{std::in_place};  // Read where it is handed out, since some types cost something to move.
  if constexpr (std::is_aggregate_v<T>) {
    Codec<T>::read_fields(reader, *value);
  } else {
    wire::read(reader, *value);
  }
  if (!reader.ok()) return fail(ErrorCode::kCorrupt, "the bytes do not decode as the message type that they name");
  return value;
}

}  // namespace troupe::wire
