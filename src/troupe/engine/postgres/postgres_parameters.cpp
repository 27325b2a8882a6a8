#include "troupe/engine/postgres/postgres_parameters.hpp"

#include <utility>

namespace troupe::engine {
namespace {

// The types' numbers in every PostgreSQL and in what speaks its protocol (catalog/pg_type.dat).
constexpr std::int32_t kByteaType = 17;
constexpr std::int32_t kBigintType = 20;

template <class T>
void put_number(std::string& out, T number) {
  const auto bits = static_cast<std::uint64_t>(number);
  for (std::size_t shift = sizeof(T) * 8; shift > 0; shift -= 8) out.push_back(static_cast<char>(bits >> (shift - 8)));
}

/// Dimensions, whether there are nulls, the elements' type; then of the one dimension its size and first index. An
/// empty array has no dimension.
void put_array_head(std::string& out, std::int32_t type, std::size_t size) {
  put_number<std::int32_t>(out, size == 0 ? 0 : 1);
  put_number<std::int32_t>(out, 0);
  put_number(out, type);
  if (size == 0) return;
  put_number(out, static_cast<std::int32_t>(size));
  put_number<std::int32_t>(out, 1);
}

}  // namespace

void PostgresParameters::add(std::int64_t bigint) {
  std::string value;
  put_number(value, bigint);
  values_.push_back(std::move(value));
}

void PostgresParameters::add(const std::vector<std::string_view>& byteas) {
  std::size_t size = 20;
  for (const std::string_view bytea : byteas) size += 4 + bytea.size();
  std::string value;
  value.reserve(size);
  put_array_head(value, kByteaType, byteas.size());
  for (const std::string_view bytea : byteas) {
    put_number(value, static_cast<std::int32_t>(bytea.size()));
    value.append(bytea);
  }
  values_.push_back(std::move(value));
}

void PostgresParameters::add(const std::vector<std::int64_t>& bigints) {
  std::string value;
  value.reserve(20 + 12 * bigints.size());
  put_array_head(value, kBigintType, bigints.size());
  for (const std::int64_t bigint : bigints) {
    put_number<std::int32_t>(value, sizeof(bigint));
    put_number(value, bigint);
  }
  values_.push_back(std::move(value));
}

std::int64_t decode_bigint(std::string_view bytes) {
  std::uint64_t bits = 0;
  for (const char byte : bytes) bits = (bits << 8U) | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(bits);
}

}  // namespace troupe::engine
