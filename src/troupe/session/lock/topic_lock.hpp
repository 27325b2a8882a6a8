#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe::session {

/// The longest key of a topic, in bytes.
constexpr std::size_t kWriteKeyBytesMax = 128;

/// Whether a client that shows `key` may write to the topic; without one, whether everybody may.
///
/// A topic is locked if its name ends in `~` and 22 characters of `A-Z a-z 0-9 - _`, the lock: the first 16 bytes of
/// the SHA-256 of its key, as base64url (RFC 4648, section 5) without padding. So a name says by itself what opens it:
/// nodes share no secret and store nothing, and who has the name alone finds no key in less than some 2^127 tries.
bool opens(std::string_view topic, const std::optional<std::string_view>& key);

}  // namespace troupe::session
