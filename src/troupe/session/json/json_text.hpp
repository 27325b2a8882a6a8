#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::session {

// Writing JSON by hand: messages are flat, made in large numbers, and splice text that is JSON already.

/// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD each, so that the message
/// stays readable: what clients send is checked when it comes in, but a detail of the operating system may hold
/// anything.
void append_string(std::string& json, std::string_view text);

void append_number(std::string& json, std::uint64_t number);

/// Appends `,"name":`; the name needs no escaping.
void append_name(std::string& json, std::string_view name);

/// Appends `,"name":"text"`.
void append_field(std::string& json, std::string_view name, std::string_view text);

/// Appends `,"name":number`.
void append_field(std::string& json, std::string_view name, std::uint64_t number);

/// Appends `,"name":` and JSON text.
void append_raw_field(std::string& json, std::string_view name, std::string_view raw);

}  // namespace troupe::session
