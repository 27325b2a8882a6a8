#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "troupe/actor/actor.hpp"

namespace troupe {

/// For tests: what a Puppet is to do in one turn.
struct Do {
  static constexpr auto wire_name = "puppet.do";
  static constexpr bool local_only = true;
  std::move_only_function<void(Context&)> action;
};

/// For tests: an actor without a will of its own. It writes down its starts and stops, as "start NAME" and "stop NAME".
///
///     world.shard().tell(puppet, Do{[&](Context& context) { context.stop(); }});
class Puppet : public Actor<Puppet> {
 public:
  using Messages = troupe::Messages<Do>;
  Puppet() = default;
  Puppet(std::string name, std::vector<std::string>& events) : name_(std::move(name)), events_(&events) {}

  void on_start() override { note("start "); }
  void on_stop() override { note("stop "); }
  void on(Do order) { order.action(context()); }

 private:
  void note(const char* what) {
    if (events_ != nullptr) events_->push_back(what + name_);
  }
  std::string name_;
  std::vector<std::string>* events_ = nullptr;
};

}  // namespace troupe
