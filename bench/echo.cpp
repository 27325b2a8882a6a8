#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "bench/bench.hpp"
#include "bench/echo_network.hpp"
#include "bench/exchange.hpp"
#include "bench/peers/system.hpp"
#include "bench/report/report.hpp"

namespace troupe::bench {

namespace {

using Case = nlohmann::ordered_json;

constexpr std::string_view kOurs = "troupe";
constexpr std::size_t kWindowBytes = 64U << 20U;  ///< What all senders of mode one_way together have under way.
constexpr std::uint32_t kWindowMax = 1024;        ///< What one of them has.
constexpr Flow kPing{.pairs = 1, .size_bytes = 1024};
constexpr Flow kBulk{.pairs = 4, .size_bytes = 8U << 20U};

/// What is measured at once: some flows, and how each of them is called.
struct Measurement {
  std::vector<Flow> flows;
  std::vector<Case> cases;
};

Case case_of(const std::string& mode, const Flow& flow) {
  return {{"mode", mode}, {"pairs", flow.pairs}, {"size_bytes", flow.size_bytes}};
}

Measurement single(const std::string& mode, std::size_t size, std::uint32_t pairs) {
  Flow flow{.pairs = pairs, .size_bytes = size};
  if (mode == "one_way") {
    flow.window = static_cast<std::uint32_t>(std::clamp<std::size_t>(kWindowBytes / size / pairs, 1, kWindowMax));
    flow.answer_each = std::max(flow.window / 2, 1U);
  }
  return {{flow}, {case_of(mode, flow)}};
}

/// Small round trips beside large messages, and each of the two alone.
std::vector<Measurement> beside_bulk() {
  const auto named = [](const Flow& flow, const char* beside) {
    Case of = case_of("beside_bulk", flow);
    of["beside"] = beside;
    return of;
  };
  return {{{kPing, kBulk}, {named(kPing, "bulk"), named(kBulk, "round_trips")}},
          {{kPing}, {named(kPing, "nothing")}},
          {{kBulk}, {named(kBulk, "nothing")}}};
}

class EchoBench {
 public:
  explicit EchoBench(const EchoOptions& options) : options_(options) {
    systems_.emplace_back(kOurs, make_system(std::string(kOurs)));
    for (const std::string& peer : options.peers) {
      if (peer != "none") systems_.emplace_back(peer, make_system(peer));
    }
  }

  int run() {
    for (const std::uint32_t rtt : options_.rtt_ms) {
      network_ = make_network(std::chrono::milliseconds(rtt));
      measured_.clear();
      for (const std::string& mode : options_.modes) {
        for (const Measurement& measurement : measurements(mode)) {
          for (const std::uint16_t parallelism : options_.parallelism) {
            for (const std::string& affinity : options_.affinity) measure(measurement, rtt, parallelism, affinity);
          }
        }
      }
    }
    return std::max(report_.finish(options_.output), failed_ ? 1 : 0);
  }

 private:
  std::vector<Measurement> measurements(const std::string& mode) const {
    if (mode == "beside_bulk") return beside_bulk();
    std::vector<Measurement> all;
    for (const std::size_t size : options_.sizes) {
      for (const std::uint32_t pairs : options_.pairs) all.push_back(single(mode, size, pairs));
    }
    return all;
  }

  void measure(const Measurement& measurement, std::uint32_t rtt, std::uint16_t parallelism,
               const std::string& affinity) {
    for (const auto& [name, system] : systems_) {
      EchoRole role{.flows = measurement.flows, .seconds = options_.seconds, .parallelism = parallelism};
      role.shards = options_.shards;
      role.busy_poll_us = options_.busy_poll_us;
      if (name == kOurs) role.tls = options_.tls;
      if (name == kOurs) role.affinity = affinity;
      progress("echo: " + measurement.cases.front().dump() + ", parallelism " + std::to_string(parallelism) +
               ", affinity " + affinity + ", " + name);
      const nlohmann::json results = results_of(name, *system, role);
      for (std::size_t i = 0; i < results.size(); ++i) {
        Case of = measurement.cases[i];
        of.update({{"rtt_ms", rtt},
                   {"parallelism", parallelism},
                   {"affinity", affinity},
                   {"shards", options_.shards},
                   {"busy_poll_us", options_.busy_poll_us}});
        if (!role.tls.empty()) of["tls"] = true;
        add(of, name, measurement.flows[i], results[i]);
      }
    }
  }

  /// Empty, with the reason on standard error, if the system failed.
  nlohmann::json results_of(const std::string& name, System& system, const EchoRole& role) {
    // What makes no difference to a system is measured once: affinity to the peers, parallelism to those that have one
    // connection whatever it is.
    const std::string connections = system.parallel() ? std::to_string(role.parallelism) : "one";
    const auto [found, fresh] =
        measured_.try_emplace(fmt::format("{} {} {} {}", name, to_text(role.flows), connections, role.affinity));
    if (fresh) found->second = exchange(name, system, role);
    return found->second;
  }

  nlohmann::json exchange(const std::string& name, System& system, EchoRole role) {
    try {
      const Place place = network_->server();
      role.host = place.host;
      ChildProcess server(command_of(place, system, "echo-server", role));
      const std::string address = server.read_line();
      const Place client_place = network_->client();
      role.host = client_place.host;
      role.server = address;
      ChildProcess client(command_of(client_place, system, "echo-client", role));
      return nlohmann::json::parse(client.read_line(to_duration(role.seconds) + 60s)).at("flows");
    } catch (const std::exception& error) {
      std::cerr << "bench echo: " << name << ": " << error.what() << '\n';
      failed_ = true;
      return nlohmann::json::array();
    }
  }

  static Command command_of(const Place& place, System& system, const std::string& what, const EchoRole& role) {
    Command command = place.prefix;
    std::ranges::copy(system.command(what, {role.host, role.shards, role.busy_poll_us}), std::back_inserter(command));
    std::ranges::copy(words_of(role), std::back_inserter(command));
    return command;
  }

  void add(const Case& of, const std::string& system, const Flow& flow, const nlohmann::json& result) {
    const double rate = result.at("messages").get<double>() / result.at("seconds").get<double>();
    report_.add({of, system, "messages_per_second", rate, "1/s"});
    report_.add({of, system, "bytes_per_second", rate * static_cast<double>(flow.size_bytes), "B/s"});
    if (flow.window > 1) return;
    report_.add({of, system, "round_trip_us_p50", result.at("round_trip_us_p50"), "us"});
    report_.add({of, system, "round_trip_us_p99", result.at("round_trip_us_p99"), "us"});
  }

  const EchoOptions& options_;
  std::vector<std::pair<std::string, std::unique_ptr<System>>> systems_;
  std::unique_ptr<EchoNetwork> network_;
  std::map<std::string, nlohmann::json> measured_;  ///< By what makes a difference, on this network.
  bool failed_ = false;
  Report report_{"echo"};
};

}  // namespace

int run_echo(const EchoOptions& options) { return EchoBench(options).run(); }

}  // namespace troupe::bench
