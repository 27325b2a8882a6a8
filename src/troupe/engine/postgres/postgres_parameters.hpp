#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::engine {

/// The parameters of one statement, in PostgreSQL's binary format: numbers and lengths are big-endian.
class PostgresParameters {
 public:
  void add(std::string_view bytea) { values_.emplace_back(bytea); }
  void add(std::int64_t bigint);
  void add(const std::vector<std::string_view>& byteas);
  void add(const std::vector<std::int64_t>& bigints);

  const std::vector<std::string>& values() const { return values_; }

 private:
  std::vector<std::string> values_;
};

/// The number in a bigint's binary format; its size has been checked.
std::int64_t decode_bigint(std::string_view bytes);

}  // namespace troupe::engine
