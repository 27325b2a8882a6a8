#include "bench/peers/system.hpp"

#include <stdexcept>

namespace troupe::bench {

namespace {

/// This program, as `bench echo-client` or `bench tcp-client`.
class Own final : public System {
 public:
  explicit Own(bool bare) : bare_(bare) {}
  Command command(const std::string& role, const Setting&) override {
    return own_command({"bench", bare_ ? "tcp" + role.substr(role.find('-')) : role});
  }
  bool parallel() const override { return true; }

 private:
  const bool bare_;
};

}  // namespace

std::unique_ptr<System> make_system(const std::string& name) {
  if (name == "erlang") return make_erlang(true);
  if (name == "erlang_default") return make_erlang(false);
  if (name == "caf") return make_caf();
  return std::make_unique<Own>(name == "tcp");
}

}  // namespace troupe::bench
