#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "bench/peers/caf/roles.hpp"

using namespace troupe::bench;

int main(int argc, char** argv) {
  CLI::App app("CAF's side of troupe bench");
  EchoRole role;
  ActorsWork work;
  CLI::App* server = app.add_subcommand("echo-server");
  CLI::App* client = app.add_subcommand("echo-client");
  CLI::App* actors = app.add_subcommand("actors");
  add_role_options(*server, role);
  add_role_options(*client, role);
  add_work_options(*actors, work);
  app.require_subcommand(1);
  CLI11_PARSE(app, argc, argv);
  try {
    if (server->parsed()) return run_caf_echo_server(role);
    if (client->parsed()) return run_caf_echo_client(role);
    return run_caf_actors(work);
  } catch (const std::exception& error) {
    std::cerr << "caf: " << error.what() << '\n';
    return 1;
  }
}
