#include "troupe/session/lock/topic_lock.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "troupe/base/assert.hpp"

namespace troupe::session {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kHashBytes = 16;
constexpr std::size_t kLockCharacters = 22;  // Six bits each, the last one two.

/// The lock in the name, nothing if it has none.
std::optional<std::string_view> lock_of(std::string_view topic) {
  if (topic.size() <= kLockCharacters || topic[topic.size() - kLockCharacters - 1] != '~') return {};
  const std::string_view lock = topic.substr(topic.size() - kLockCharacters);
  const auto is_of_lock = [](char c) { return kAlphabet.find(c) != std::string_view::npos; };
  if (!std::all_of(lock.begin(), lock.end(), is_of_lock)) return {};
  return lock;
}

std::array<char, kLockCharacters> lock_for(std::string_view key) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  const int made = EVP_Digest(key.data(), key.size(), hash.data(), nullptr, EVP_sha256(), nullptr);
  TROUPE_ASSERT(made == 1);
  std::array<char, kLockCharacters> lock{};
  for (std::size_t index = 0; index < lock.size(); ++index) {
    const std::size_t bit = index * 6;
    const unsigned first = hash[bit / 8];
    const unsigned second = bit / 8 + 1 < kHashBytes ? hash[bit / 8 + 1] : 0;
    lock[index] = kAlphabet[((first << 8U | second) >> (10 - bit % 8)) & 63U];
  }
  return lock;
}

}  // namespace

bool opens(std::string_view topic, const std::optional<std::string_view>& key) {
  const auto lock = lock_of(topic);
  if (!lock) return true;
  if (!key || key->empty() || key->size() > kWriteKeyBytesMax) return false;
  return CRYPTO_memcmp(lock_for(*key).data(), lock->data(), kLockCharacters) == 0;
}

}  // namespace troupe::session
