#include "bench/bench_command.hpp"

#include <CLI/CLI.hpp>
#include <exception>
#include <initializer_list>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/bench.hpp"
#include "bench/exchange.hpp"
#include "bench/peers/tcp.hpp"

namespace troupe::bench {

namespace {

/// Numbers with a unit: 64, 1KiB, 8MiB.
CLI::AsSizeValue size_value() { return CLI::AsSizeValue(false); }

void add_output(CLI::App& command, OutputOptions& output) {
  command
      .add_option("--html", output.html_file,
                  "Also write a page with plots, beside figures from elsewhere, to this file")
      ->type_name("FILE");
  command.add_option("--json", output.json_file, "Also write the figures to this file, one JSON object a line")
      ->type_name("FILE");
}

/// Names, each of which is one of `known`.
void add_names(CLI::App& command, const char* option, std::vector<std::string>& names, std::vector<std::string> known,
               const char* help) {
  command.add_option(option, names, help)
      ->delimiter(',')
      ->capture_default_str()
      ->check(CLI::IsMember(std::move(known)));
}

void add_seconds(CLI::App& command, double& seconds) {
  command.add_option("--seconds", seconds, "Time for each line of the table")
      ->capture_default_str()
      ->check(CLI::Range(0.05, 600.0));
}

template <class Options>
using Run = int (*)(const Options&);

/// A command whose options live as long as `app`.
template <class Options>
std::pair<CLI::App*, Options*> add(CLI::App& bench, std::function<int()>& chosen, const char* name, const char* help,
                                   Run<Options> run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = bench.add_subcommand(name, help);
  command->callback([options, run, name, &chosen] {
    chosen = [options, run, name] {
      try {
        return run(*options);
      } catch (const std::exception& error) {
        std::cerr << "bench " << name << ": " << error.what() << '\n';
        return 1;
      }
    };
  });
  return {command, options.get()};
}

void add_actors(CLI::App& bench, std::function<int()>& chosen) {
  auto [command, options] =
      add<ActorsOptions>(bench, chosen, "actors", "Actors in one process: memory, spawning, messages", &run_actors);
  command->footer(
      "Cases: idle (bytes of resident memory for each actor), spawn; pair, pairs, many_to_one on one shard, and\n"
      "across two; stream across two. Beside them the same work through a queue without actors:\n"
      "a std::deque of std::function on one thread, a queue with a mutex between two.");
  add_seconds(*command, options->seconds);
  command->add_option("--actors", options->actors, "Actors that are spawned")
      ->capture_default_str()
      ->check(CLI::Range(1, 9'000'000));
  command->add_option("--pairs", options->pairs, "Pairs in the case `pairs`")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  command->add_option("--senders", options->senders, "Senders in the case `many_to_one`")
      ->capture_default_str()
      ->check(CLI::Range(1, 900));
  command->add_option("--busy-poll-us", options->busy_poll_us, "How long an idle shard spins before it sleeps")
      ->capture_default_str();
  add_names(*command, "--peers", options->peers, {"erlang", "caf"}, "erlang, caf");
  add_output(*command, options->output);
}

void add_echo(CLI::App& bench, std::function<int()>& chosen) {
  auto [command, options] = add<EchoOptions>(
      bench, chosen, "echo", "Two nodes in two processes: messages a second and round trips", &run_echo);
  command->footer(
      "Mode `ack`: each of the N senders sends a message of the size and waits for a short answer before the next.\n"
      "Mode `one_way`: each sender sends as fast as its receiver takes it.\n"
      "Mode `beside_bulk`: 1 KiB round trips of one pair beside 4 senders of 8 MiB, and each of the two alone.\n"
      "Peers do the same, one after the other: `erlang` and `caf` if they are installed; `tcp`, a program that does\n"
      "nothing but this on bare sockets, is the limit.");
  add_seconds(*command, options->seconds);
  add_names(*command, "--modes", options->modes, {"ack", "one_way", "beside_bulk"}, "ack, one_way, beside_bulk");
  add_names(*command, "--peers", options->peers, {"erlang", "caf", "tcp", "none"}, "erlang, caf, tcp, or none");
  command->add_option("--pairs", options->pairs, "Numbers of sender-receiver pairs")
      ->delimiter(',')
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  command->add_option("--sizes", options->sizes, "Sizes of a message: 64,1KiB,512KiB")
      ->delimiter(',')
      ->capture_default_str()
      ->transform(size_value());
  command->add_option("--shards", options->shards, "Shards of each node")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  command->add_option("--busy-poll-us", options->busy_poll_us, "How long an idle shard spins before it sleeps")
      ->capture_default_str();
  command->add_option("--parallelism", options->parallelism, "Connections between the two; Erlang and CAF have one")
      ->delimiter(',')
      ->capture_default_str()
      ->check(CLI::Range(1, 128));
  add_names(*command, "--affinity", options->affinity, {"pair", "random", "round_robin"},
            "What chooses the connection of a message: pair, random, round_robin (Troupe only; of peers once)");
  command
      ->add_option("--tls", options->tls,
                   "Folder with certificate.pem, key.pem and authority.pem: Troupe's nodes speak TLS (not the peers)")
      ->type_name("FOLDER")
      ->check(CLI::ExistingDirectory);
  command->add_option("--rtt-ms", options->rtt_ms, "Round-trip times of the network between the two; 0: loopback")
      ->delimiter(',')
      ->capture_default_str()
      ->check(CLI::Range(0, 1'000));
  add_output(*command, options->output);
}

/// The processes of `bench echo`, which it starts itself.
void add_echo_roles(CLI::App& bench, std::function<int()>& chosen) {
  const std::initializer_list<std::pair<const char*, Run<EchoRole>>> roles = {{"echo-server", &run_echo_server},
                                                                              {"echo-client", &run_echo_client},
                                                                              {"tcp-server", &run_tcp_server},
                                                                              {"tcp-client", &run_tcp_client}};
  for (const auto& [name, run] : roles) {
    auto [command, role] = add<EchoRole>(bench, chosen, name, "A process of `echo`", run);
    command->group("");  // Hidden.
    add_role_options(*command, *role);
  }
}

void add_fanout(CLI::App& bench, std::function<int()>& chosen) {
  auto [command, options] = add<FanoutOptions>(
      bench, chosen, "fanout", "A node and its WebSocket clients: events a second and their latency", &run_fanout);
  command->footer(
      "One sender and K receivers join one document. The sender keeps its number of events under way; an event counts "
      "as\n"
      "delivered at each client that gets it. Each is stored by RocksDB, with an fsync, before anybody sees it.");
  add_seconds(*command, options->seconds);
  command->add_option("--receivers", options->receivers, "Numbers of receivers")
      ->delimiter(',')
      ->capture_default_str()
      ->check(CLI::Range(1, 9'000));
  command->add_option("--outstanding", options->outstanding, "Events under way")
      ->delimiter(',')
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  command->add_option("--size", options->size, "Bytes of an event's data, about")
      ->capture_default_str()
      ->transform(size_value());
  command
      ->add_option("--directory", options->directory,
                   "Where the data directory is made, for the time of the run; not a RAM disk")
      ->check(CLI::ExistingDirectory)
      ->type_name("DIR");
  command->add_option("--shards", options->shards, "Shards of the node")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  add_output(*command, options->output);

  auto [server, server_options] =
      add<FanoutServerOptions>(bench, chosen, "fanout-server", "The node of `fanout`", &run_fanout_server);
  server->group("");
  server->add_option("--data", server_options->data)->required();
  server->add_option("--shards", server_options->shards);
}

void add_journal(CLI::App& bench, std::function<int()>& chosen) {
  auto [command, options] = add<JournalBenchOptions>(bench, chosen, "journal",
                                                     "Durable events a second, beside the bare engine", &run_journal);
  command->footer(
      "Each document has one append under way, as its owner has. `bare` commits as many events at once as the journal\n"
      "did on average, without heads, fences, checksums, queues or answers. PostgreSQL is started in a temporary "
      "folder\n"
      "unless --connection names one.");
  add_seconds(*command, options->seconds);
  add_names(*command, "--engines", options->engines, {"rocksdb", "postgres"}, "rocksdb, postgres");
  command->add_option("--documents", options->documents, "Numbers of documents")
      ->delimiter(',')
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  command->add_option("--batch", options->batch, "Events of one append, where there is one document")
      ->capture_default_str()
      ->check(CLI::Range(1, 4096));
  command->add_option("--size", options->size, "Bytes of an event's data")
      ->capture_default_str()
      ->transform(size_value());
  command->add_option("--directory", options->directory, "Where data directories are made; not a RAM disk")
      ->check(CLI::ExistingDirectory)
      ->type_name("DIR");
  command->add_option("--connection", options->connection, "To a PostgreSQL, as journal.connection");
  add_output(*command, options->output);
}

void add_nodes(CLI::App& bench, std::function<int()>& chosen) {
  auto [command, options] = add<NodesOptions>(
      bench, chosen, "nodes", "A cluster of many processes: memory, joining, idle processor time, noticing a death",
      &run_nodes);
  command->footer(
      "Each node is a process with one shard and nothing but its part in the cluster. All are told at once to join "
      "the\n"
      "first. Memory is read from /proc after the idle time, processor time over it. Then some are killed, and some\n"
      "stopped, and it is measured when the others say that they are down. Erlang's nodes are fully connected:\n"
      "`erlang` with one scheduler, no spinning and a net_ticktime of 4 s, `erlang_default` as it comes (60 s).");
  command->add_option("--nodes", options->nodes, "Processes")->capture_default_str()->check(CLI::Range(2, 200));
  add_names(*command, "--overlays", options->overlays, {"peer_to_peer", "full_mesh", "ring", "client_server"},
            "peer_to_peer, full_mesh, ring, client_server (three servers)");
  add_names(*command, "--peers", options->peers, {"erlang", "erlang_default"}, "erlang, erlang_default");
  command->add_option("--settle-seconds", options->settle_seconds, "Between the joining and that time")
      ->capture_default_str()
      ->check(CLI::Range(0.5, 600.0));
  command->add_option("--idle-seconds", options->idle_seconds, "For which the cluster is left alone")
      ->capture_default_str()
      ->check(CLI::Range(0.5, 600.0));
  command->add_option("--kills", options->kills, "Processes that are killed, one after the other")
      ->capture_default_str()
      ->check(CLI::Range(0, 50));
  command->add_option("--stops", options->stops, "Processes that are stopped, so that they fall silent")
      ->capture_default_str()
      ->check(CLI::Range(0, 50));
  add_output(*command, options->output);

  auto [node, role] = add<NodesRole>(bench, chosen, "node", "A process of `nodes`", &run_node);
  node->group("");
  node->add_option("--name", role->name)->required();
  node->add_option("--nodes", role->nodes)->required();
  node->add_option("--overlay", role->overlay);
  node->add_option("--server", role->server);
}

}  // namespace

void add_bench_command(CLI::App& app, std::function<int()>& chosen) {
  CLI::App* bench =
      app.add_subcommand("bench", "Measure this machine: actors, two nodes, many, a node with its clients");
  bench->require_subcommand(1);
  add_actors(*bench, chosen);
  add_echo(*bench, chosen);
  add_echo_roles(*bench, chosen);
  add_fanout(*bench, chosen);
  add_nodes(*bench, chosen);
  add_journal(*bench, chosen);
}

}  // namespace troupe::bench
