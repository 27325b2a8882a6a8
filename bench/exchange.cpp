#include "bench/exchange.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace troupe::bench {

namespace {

/// Reads a number at the front of `text` and takes it, and the sign behind it, away.
std::uint64_t take_number(std::string_view& text, char sign) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number == 0) throw std::invalid_argument("a flow is pairs x size x window x answer_each");
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.empty() && text.front() == sign) text.remove_prefix(1);
  return number;
}

}  // namespace

std::string to_text(const std::vector<Flow>& flows) {
  std::string text;
  for (const Flow& flow : flows) {
    text += fmt::format("{}{}x{}x{}x{}", text.empty() ? "" : ",", flow.pairs, flow.size_bytes, flow.window,
                        flow.answer_each);
  }
  return text;
}

std::vector<Flow> parse_flows(std::string_view text) {
  std::vector<Flow> flows;
  while (!text.empty()) {
    Flow& flow = flows.emplace_back();
    flow.pairs = static_cast<std::uint32_t>(take_number(text, 'x'));
    flow.size_bytes = take_number(text, 'x');
    flow.window = static_cast<std::uint32_t>(take_number(text, 'x'));
    flow.answer_each = static_cast<std::uint32_t>(take_number(text, ','));
  }
  return flows;
}

std::vector<std::string> words_of(const EchoRole& role) {
  std::vector<std::string> words{"--host",         role.host,
                                 "--parallelism",  std::to_string(role.parallelism),
                                 "--shards",       std::to_string(role.shards),
                                 "--busy-poll-us", std::to_string(role.busy_poll_us)};
  if (!role.tls.empty()) words.insert(words.end(), {"--tls", role.tls});
  if (!role.affinity.empty()) words.insert(words.end(), {"--affinity", role.affinity});
  if (!role.server.empty()) {
    words.insert(words.end(), {"--server", role.server, "--flows", to_text(role.flows), "--seconds",
                               fmt::format("{:.3f}", role.seconds)});
  }
  return words;
}

void add_role_options(CLI::App& command, EchoRole& role) {
  command.add_option("--host", role.host);
  command.add_option("--server", role.server);
  command.add_option_function<std::string>("--flows", [&role](const std::string& text) {
    try {
      role.flows = parse_flows(text);
    } catch (const std::invalid_argument& error) {
      throw CLI::ValidationError("--flows", error.what());
    }
  });
  command.add_option("--seconds", role.seconds);
  command.add_option("--parallelism", role.parallelism);
  command.add_option("--shards", role.shards);
  command.add_option("--busy-poll-us", role.busy_poll_us);
  command.add_option("--tls", role.tls);
  command.add_option("--affinity", role.affinity);
}

void FlowResult::add(const FlowResult& part) {
  messages.count += part.messages.count;
  messages.time = std::max(messages.time, part.messages.time);
  round_trips.add(part.round_trips);
}

std::string to_json(const std::vector<FlowResult>& results) {
  std::string flows;
  for (const FlowResult& result : results) {
    flows += fmt::format(
        R"({}{{"messages":{},"seconds":{:.6f},"round_trip_us_p50":{:.3f},"round_trip_us_p99":{:.3f}}})",
        flows.empty() ? "" : ",", result.messages.count, static_cast<double>(result.messages.time.count()) / 1e9,
        result.round_trips.quantile_us(0.5), result.round_trips.quantile_us(0.99));
  }
  return R"({"flows":[)" + flows + "]}";
}

}  // namespace troupe::bench
