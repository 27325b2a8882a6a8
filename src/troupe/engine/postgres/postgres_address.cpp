#include "troupe/engine/postgres/postgres_address.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>
#include <string_view>

namespace troupe::engine {
namespace {

/// "a,b,,d" as its parts; one part at least.
std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  for (;;) {
    const auto comma = list.find(',');
    parts.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

Result<PostgresSettings> parse(const std::string& connection) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(connection.c_str(), &message), &PQconninfoFree);
  PQfreemem(message);
  if (options == nullptr) {
    return fail(ErrorCode::kInvalidArgument,
                "the connection string is not one that libpq understands (not shown, since there may be a password in "
                "it); write it as in \"host=db1,db2 dbname=troupe user=troupe\"");
  }
  PostgresSettings settings;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) settings[option->keyword] = option->val;
  }
  return settings;
}

}  // namespace

Result<std::vector<PostgresSettings>> hosts_of(const PostgresAddress& address) {
  auto common = parse(address.connection);
  if (!common) return std::unexpected(std::move(common.error()));
  if (!address.password.empty()) (*common)["password"] = address.password;
  common->try_emplace("target_session_attrs", "read-write");
  common->try_emplace("application_name", "troupe");
  common->try_emplace("keepalives_idle", "2");
  common->try_emplace("keepalives_interval", "1");
  common->try_emplace("keepalives_count", "3");
  const auto answer_ms = std::chrono::duration_cast<std::chrono::milliseconds>(address.answer_timeout).count();
  common->try_emplace("tcp_user_timeout", std::to_string(answer_ms));

  const auto list_of = [&](const char* key) { return common->contains(key) ? split(common->at(key)) : split(""); };
  const auto names = list_of("host");
  const auto addresses = list_of("hostaddr");
  const auto ports = list_of("port");
  const std::size_t count = std::max(names.size(), addresses.size());
  const auto fits = [count](const auto& list) { return list.size() == 1 || list.size() == count; };
  if (!fits(names) || !fits(addresses) || !fits(ports)) {
    return fail(ErrorCode::kInvalidArgument, "the connection string has " + std::to_string(count) + " hosts and " +
                                                 std::to_string(ports.size()) +
                                                 " ports; give one port, or one for each host");
  }
  std::vector<PostgresSettings> hosts(count, *common);
  for (std::size_t i = 0; i < count; ++i) {
    const auto set = [&](const char* key, const auto& list) {
      const std::string& value = list[list.size() == 1 ? 0 : i];
      if (!value.empty()) hosts[i][key] = value;
    };
    set("host", names);
    set("hostaddr", addresses);
    set("port", ports);
  }
  return hosts;
}

std::string to_string(const PostgresSettings& settings) {
  const auto value_of = [&](const char* key, const char* otherwise) {
    const auto found = settings.find(key);
    return found == settings.end() || found->second.empty() ? std::string(otherwise) : found->second;
  };
  return value_of("host", value_of("hostaddr", "the local socket").c_str()) + ":" + value_of("port", "5432") + "/" +
         value_of("dbname", value_of("user", "").c_str());
}

}  // namespace troupe::engine
