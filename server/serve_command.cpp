#include "serve_command.hpp"

#include <signal.h>

#include <cstdio>
#include <initializer_list>

#include "canvas/canvas.hpp"
#include "troupe/node/node.hpp"
#include "web_root.hpp"

namespace troupe::server {

namespace {

void hold(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

void hold_stop_signals() { hold({SIGINT, SIGTERM}); }

int serve(const ConfigSources& sources) {
  hold_stop_signals();
  Config config = load_config(sources);
  for (const ConfigProblem& problem : config.problems) std::fputs(to_string(problem).c_str(), stderr);
  if (config.has_errors()) return 1;
  if (config.options.cluster_tls.is_on()) hold({SIGHUP});  // Node::run takes it, too.
  if (config.options.gateway.web_root.empty()) config.options.gateway.web_root = find_web_root();
  Node node(std::move(config.options));
  Result<void> started = node.add_document("canvas/", canvas::make);
  if (started) started = node.start();
  if (!started) {
    std::fprintf(stderr, "troupe: the node cannot start: %s\n", started.error().to_string().c_str());
    return 1;
  }
  std::printf("ready name=%s http=%s cluster=%s\n", node.name().c_str(), node.http_address().c_str(),
              node.cluster_address().c_str());
  std::fflush(stdout);
  node.run();
  return 0;
}

}  // namespace troupe::server
