// troupe: the server and its tools, one file a command.

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <string>

#include "check_command.hpp"
#include "config_flags.hpp"
#include "ctl/ctl_command.hpp"
#include "demo_command.hpp"
#include "journal_command.hpp"
#include "serve_command.hpp"

#include "bench_command.hpp"
#include "troupe/overlay/overlay_choice.hpp"

namespace {

void add_demo_command(CLI::App& app, troupe::server::DemoOptions& options, std::function<int()>& chosen) {
  CLI::App* demo = app.add_subcommand("demo", "a shared canvas to try: one node, or several with --nodes");
  demo->add_option("--nodes", options.nodes, "how many nodes; more than one run as processes that form a cluster")
      ->capture_default_str()
      ->check(CLI::Range(1, 9));
  demo->add_option("--host", options.host, "address for browsers; 0.0.0.0 lets other devices in")
      ->capture_default_str();
  demo->add_option("--http-port", options.http_port,
                   "port of the first node for browsers; the next nodes have the next ports")
      ->capture_default_str();
  demo->add_option("--cluster-port", options.cluster_port, "port of the first node for the other nodes")
      ->capture_default_str();
  demo->add_option("--overlay", options.overlay, "who is linked with whom: the nodes' cluster.overlay")
      ->check(CLI::IsMember(troupe::overlay::overlay_names()));
  demo->add_option("--data", options.data, "folder in which drawings are kept")->capture_default_str();
  demo->add_option("--journal", options.journal,
                   "where several nodes keep drawings: in a PostgreSQL that ends with the demo, or on their own disks")
      ->capture_default_str()
      ->check(CLI::IsMember({"postgres", "rocksdb"}));
  demo->add_flag("--admin", options.admin,
                 "also the page for operators, /admin; its address is printed with its token");
  demo->add_flag("!--no-browser", options.open_browser, "do not open a browser");
  demo->callback([&] { chosen = [&options] { return troupe::server::demo(options); }; });
}

void add_serve_command(CLI::App& app, troupe::server::ConfigFlags& flags, std::function<int()>& chosen) {
  CLI::App* serve = app.add_subcommand(
      "serve", "run a node; each flag is also a key of the configuration file and an environment variable");
  troupe::server::add_config_file_flag(*serve, flags);
  troupe::server::add_config_flags(*serve, flags);
  serve->callback([&] { chosen = [&flags] { return troupe::server::serve(troupe::server::sources_of(flags)); }; });
}

void add_journal_command(CLI::App& app, troupe::server::ConfigFlags& flags, std::string& file,
                         std::function<int()>& chosen) {
  using troupe::server::JournalAction;
  CLI::App* journal =
      app.add_subcommand("journal", "all documents as lines of JSON: backup, and from engine to engine");
  journal->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, JournalAction action) {
    CLI::App* command = journal->add_subcommand(name, help);
    command->add_option("file", file, "The archive")->type_name("FILE")->required(action != JournalAction::kVerify);
    troupe::server::add_config_file_flag(*command, flags);
    troupe::server::add_config_flags(*command, flags);
    command->callback([&, action] {
      chosen = [&, action] { return troupe::server::journal_command(action, file, troupe::server::sources_of(flags)); };
    });
  };
  add("export", "write the journal that the configuration names to a file", JournalAction::kExport);
  add("import", "read a file into an empty journal", JournalAction::kImport);
  add("verify", "look at every record of the journal, or of a file", JournalAction::kVerify);
}

void add_check(CLI::App& app, troupe::server::ConfigFlags& flags, std::function<int()>& chosen) {
  troupe::server::add_check_command(app, flags)->callback([&] {
    chosen = [&flags] { return troupe::server::check_command(troupe::server::sources_of(flags), std::cout); };
  });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Troupe: a distributed actor runtime, and the real-time server built on it.\n"
      "Begin with `troupe demo`. The documentation is in docs/README.md."};
  app.require_subcommand(1);
  app.set_version_flag("--version", TROUPE_VERSION);
  std::function<int()> chosen;
  troupe::server::DemoOptions demo_options;
  troupe::server::ConfigFlags serve_flags;
  troupe::server::ConfigFlags check_flags;
  troupe::server::ConfigFlags journal_flags;
  std::string archive;
  add_demo_command(app, demo_options, chosen);
  add_serve_command(app, serve_flags, chosen);
  add_check(app, check_flags, chosen);
  add_journal_command(app, journal_flags, archive, chosen);
  troupe::server::add_ctl_command(app, chosen);
  troupe::bench::add_bench_command(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  return chosen();
}
