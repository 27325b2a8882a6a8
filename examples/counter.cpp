// The first program: an actor, a message that tells, a message that asks.
#include <chrono>
#include <iostream>

#include "troupe/node/node.hpp"

using namespace std::chrono_literals;

struct Add {
  static constexpr auto wire_name = "counter.add";
  int by;
};
struct Get {
  static constexpr auto wire_name = "counter.get";
  using Reply = int;
};

class Counter : public troupe::Actor<Counter> {
 public:
  using Messages = troupe::Messages<Add, Get>;
  void on(const Add& add) { total_ += add.by; }
  int on(const Get&) { return total_; }

 private:
  int total_ = 0;
};

int main() {
  troupe::Node node;
  node.start().value();
  const auto counter = node.spawn<Counter>().value();
  node.tell(counter, Add{40});
  node.tell(counter, Add{2});
  std::cout << "total " << node.ask(counter, Get{}, 1s).value() << '\n';
}
