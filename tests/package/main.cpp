#include <chrono>
#include <cstdio>

#include "troupe/node/node.hpp"

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
  const troupe::Ref<Counter> counter = node.spawn<Counter>().value();
  node.tell(counter, Add{40});
  node.tell(counter, Add{2});
  const troupe::Result<int> total = node.ask(counter, Get{}, std::chrono::seconds(5));
  std::printf("total %d\n", total.value_or(-1));
  return total == 42 ? 0 : 1;
}
