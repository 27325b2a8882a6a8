#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "bench/peers/caf/roles.hpp"

using namespace troupe::bench;

int main(int argc, char** argv) {
  CLI::App app("CAF's side of troupe bench");
  EchoRole role;
  CLI::App* server = app.add_subcommand("echo-server");
  CLI::App* client = app.add_subcommand("echo-client");
  add_role_options(*server, role);
  add_role_options(*client, role);
  app.require_subcommand(1);
  CLI11_PARSE(app, argc, argv);
  try {
    return server->parsed() ? run_caf_echo_server(role) : run_caf_echo_client(role);
  } catch (const std::exception& error) {
    std::cerr << "caf: " << error.what() << '\n';
    return 1;
  }
}
