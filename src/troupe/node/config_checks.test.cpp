#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "troupe/node/config.hpp"

namespace troupe {
namespace {

namespace fs = std::filesystem;

std::string problems(const ConfigSources& sources) {
  std::string all;
  for (const ConfigProblem& problem : load_config(sources).problems) all += to_string(problem);
  return all;
}

std::string problems(std::string text) {
  return problems({.file = "f", .file_text = std::move(text), .serves_documents = false});
}

/// The texts alone, one a line, without place and remedy.
std::string texts(std::string text) {
  std::string all;
  for (const ConfigProblem& problem :
       load_config({.file = "f", .file_text = std::move(text), .serves_documents = false}).problems) {
    all += (problem.is_error ? "error: " : "warning: ") + problem.text + "\n";
  }
  return all;
}

TEST(ConfigChecks, discovery_needs_a_cluster_port_and_the_owners_of_documents) {
  const std::string source = "[cluster]\ndiscover = [\"file:/etc/troupe/nodes\"]\n";
  EXPECT_EQ(texts(source), "error: cluster.discover: this node is alone, as it has no cluster port\n");
  EXPECT_EQ(texts(source + "listen = \"127.0.0.1:7400\"\n"), "");
  const std::string serving = problems({.file = "f",
                                        .file_text = "data = \"/tmp\"\n" + source + "listen = \"127.0.0.1:7400\"\n",
                                        .serves_documents = true});
  EXPECT_TRUE(serving.contains("document.nodes: where nodes are discovered")) << serving;
  EXPECT_EQ(texts(source + "listen = \"127.0.0.1:7400\"\nnameserver = \"ns:53\"\n"),
            "error: cluster.nameserver: \"ns:53\" is not a numeric address\n");
  EXPECT_EQ(texts(source + "listen = \"127.0.0.1:7400\"\nnameserver = \"[::1]:53\"\n"), "");
}

TEST(ConfigChecks, a_source_is_named_as_one) {
  EXPECT_TRUE(texts("[cluster]\nlisten = \"127.0.0.1:7400\"\ndiscover = [\"dns:a:1\", \"nodes\"]\n")
                  .contains("a source begins with dns:, srv: or file:"));
  const Config config = load_config(
      {.flags = {{"cluster.listen", "127.0.0.1:1"}, {"cluster.discover", "dns:a:1,srv:_troupe._tcp.a,file:/b"}},
       .serves_documents = false});
  ASSERT_EQ(config.options.discovery.sources.size(), 3U);
  EXPECT_EQ(changed_settings(config).back().value, R"(["dns:a:1", "srv:_troupe._tcp.a", "file:/b"])");
}

class ConfigFiles : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text,
                    fs::perms perms = fs::perms::owner_read | fs::perms::owner_write) const {
    std::ofstream(folder_ / name) << text;
    fs::permissions(folder_ / name, perms);
    return folder_ / name;
  }

  const fs::path folder_ = fs::temp_directory_path() / ("troupe-config-test-" + std::to_string(getpid()));
};

TEST_F(ConfigFiles, the_secret_is_the_file_without_its_line_end) {
  const std::string path = write("secret", "0123456789abcdef \n");
  const Config config = load_config({.flags = {{"cluster.secret_file", path}}, .serves_documents = false});
  EXPECT_TRUE(config.problems.empty()) << to_string(config.problems.front());
  EXPECT_EQ(config.options.secret, "0123456789abcdef ");
  EXPECT_EQ(changed_settings(config).size(), 1U) << "the secret itself is no setting";
}

TEST_F(ConfigFiles, the_token_of_operators_is_a_secret_in_a_file_too) {
  const std::string path = write("token", "0123456789abcdef\n");
  const Config config = load_config({.flags = {{"admin.token_file", path}}, .serves_documents = false});
  EXPECT_TRUE(config.problems.empty()) << to_string(config.problems.front());
  EXPECT_EQ(config.options.gateway.admin.token, "0123456789abcdef");
  EXPECT_EQ(texts("admin.token_file = \"not-there\""),
            "error: admin.token_file: \"not-there\" cannot be read: No such file or directory\n");
}

TEST(ConfigChecks, the_socket_of_operators_is_where_ctl_finds_it_unless_it_is_said) {
  const auto socket = [](std::string text) {
    return load_config({.file_text = std::move(text), .serves_documents = false}).options.gateway.admin.socket;
  };
  EXPECT_EQ(socket(""), "auto");
  EXPECT_EQ(socket("admin.socket = \"/run/a.socket\""), "/run/a.socket");
  EXPECT_EQ(socket("admin.socket = \"\""), "");
  EXPECT_EQ(NodeOptions().gateway.admin.socket, "") << "a program's own node leaves none";
}

TEST_F(ConfigFiles, a_secret_that_is_none_is_refused) {
  const auto secret = [](const std::string& path) { return texts("cluster.secret_file = \"" + path + "\""); };
  EXPECT_EQ(secret(write("empty", "\n")),
            "error: cluster.secret_file: \"" + (folder_ / "empty").string() + "\" is empty\n");
  EXPECT_EQ(secret("not-there"),
            "error: cluster.secret_file: \"not-there\" cannot be read: No such file or directory\n");
  EXPECT_EQ(secret(folder_), "error: cluster.secret_file: \"" + folder_.string() + "\" is not a file\n");
  EXPECT_EQ(secret(write("long", std::string(100'000, 'x'))),
            "error: cluster.secret_file: \"" + (folder_ / "long").string() + "\" is too long for a secret\n");
  EXPECT_EQ(secret(write("short", "abc")), "warning: cluster.secret_file: so short a secret can be guessed\n");
}

TEST_F(ConfigFiles, a_secret_that_everybody_can_read_is_a_warning) {
  const std::string path = write("open", "0123456789abcdef", fs::perms(0644));
  EXPECT_EQ(problems("cluster.secret_file = \"" + path + "\""),
            "f:1:23: warning: cluster.secret_file: every user of this machine may read or change \"" + path +
                "\"\n  remedy: run `chmod o= " + path + "`\n");
}

TEST_F(ConfigFiles, the_data_directory_is_there_or_can_be_made) {
  const auto data = [](const std::string& path) { return texts("data = \"" + path + "\""); };
  EXPECT_EQ(data(folder_), "");
  EXPECT_EQ(data(folder_ / "a/b/c"), "");
  EXPECT_FALSE(fs::exists(folder_ / "a")) << "nothing is made";
  const std::string file = write("file", "");
  EXPECT_EQ(data(file + "/data"),
            "error: data: \"" + file + "/data\" cannot be used: \"" + file + "\" is not a directory\n");
  if (geteuid() != 0) {  // Whom nothing is forbidden.
    EXPECT_EQ(data("/proc/1/data"),
              "error: data: \"/proc/1/data\" cannot be used: this user may not write in \"/proc/1\"\n");
  }
}

TEST(ConfigChecks, documents_need_a_data_directory) {
  EXPECT_EQ(problems(ConfigSources{.file = "f", .file_text = ""}),
            "f: error: data: documents need a directory for their journal\n"
            "  remedy: give data, as in \"/var/lib/troupe\" (flag --data)\n");
  EXPECT_EQ(problems(ConfigSources{}).substr(0, 20), "configuration: error");
}

TEST(ConfigChecks, a_cluster_that_others_can_reach_has_a_secret) {
  EXPECT_EQ(texts("cluster.listen = \"10.0.0.1:7400\""),
            "error: cluster.listen: \"10.0.0.1:7400\" is open to other machines, so the cluster needs a secret\n");
  for (const char* loopback : {"127.0.0.1:7400", "localhost:7400", "[::1]:7400", "127.9.9.9:0"}) {
    EXPECT_EQ(texts("cluster.listen = \"" + std::string(loopback) + "\""), "") << loopback;
  }
  EXPECT_EQ(texts("cluster.listen = \":7400\"\ncluster.secret_file = \"not-there\""),
            "error: cluster.secret_file: \"not-there\" cannot be read: No such file or directory\n"
            "error: cluster.listen: other nodes cannot reach this one at \":7400\"\n"
            "error: cluster.listen: \":7400\" is open to other machines, so the cluster needs a secret\n");
}

TEST(ConfigChecks, addresses_can_be_reached) {
  EXPECT_EQ(texts("cluster.listen = \"127.0.0.1:7400\"\ncluster.advertise = \"0.0.0.0:7400\""),
            "error: cluster.advertise: nobody can connect to \"0.0.0.0:7400\"\n");
  EXPECT_EQ(texts("cluster.listen = \"127.0.0.1:7400\"\ncluster.join = [\"127.0.0.1:0\"]"),
            "error: cluster.join: '127.0.0.1:0' has port 0, to which nobody can connect\n");
  EXPECT_EQ(texts("cluster.listen = \"127.0.0.1:7400\"\ncluster.join = [\":7401\"]"),
            "error: cluster.join: ':7401' does not say on which host\n");
  EXPECT_EQ(texts("http.listen = \"0.0.0.0:8080\""),
            "warning: http.listen: `GET /api/v1/cluster` will show \"0.0.0.0:8080\", which no client can reach\n");
  EXPECT_EQ(texts("http.listen = \"0.0.0.0:8080\"\nhttp.advertise = \"a.example.org:80\""), "");
  EXPECT_EQ(texts("http.listen = \"0.0.0.0:8080\"\nhttp.advertise = \"a.example.org:0\""),
            "error: http.advertise: nobody can connect to port 0\n");
  EXPECT_EQ(texts("http.advertise = \"a.example.org:80\""),
            "warning: http.advertise: this has no effect without a port for clients\n");
}

TEST(ConfigChecks, a_node_without_a_cluster_port_is_alone) {
  EXPECT_EQ(texts("cluster.join = [\"a:1\"]\ncluster.advertise = \"a:1\"\ndocument.nodes = [\"a:1\"]"),
            "error: cluster.join: this node is alone, as it has no cluster port\n"
            "error: document.nodes: this node is alone, as it has no cluster port\n"
            "warning: cluster.advertise: this has no effect without a cluster port\n");
}

TEST(ConfigChecks, own_address_among_the_others) {
  EXPECT_EQ(problems("cluster.listen = \"127.0.0.1:7400\"\ncluster.join = [\"localhost:7400\", \"127.0.0.1:7401\"]"),
            "f:2:16: warning: cluster.join: \"localhost:7400\" is this node's own address, and is skipped\n"
            "  remedy: name the other nodes only\n");
}

TEST(ConfigChecks, the_owners_of_documents_include_this_node) {
  const std::string listen = "cluster.listen = \"127.0.0.1:7400\"\n";
  EXPECT_EQ(texts(listen + "document.nodes = [\"127.0.0.1:7400\", \"127.0.0.1:7401\"]"), "");
  EXPECT_EQ(texts(listen + "document.nodes = [\"127.0.0.1:7401\"]"),
            "error: document.nodes: this node's own cluster address, \"127.0.0.1:7400\", is not in the list\n");
  EXPECT_EQ(problems(listen + "document.nodes = [\"localhost:7400\"]"),
            "f:2:18: error: document.nodes: this node's own cluster address, \"127.0.0.1:7400\", is not in the list\n"
            "  remedy: write it the same way: \"localhost:7400\" is another name\n");
  EXPECT_EQ(texts(listen + "cluster.advertise = \"a:7400\"\ndocument.nodes = [\"a:7400\", \"a:7400\"]"),
            "warning: document.nodes: \"a:7400\" is in the list twice\n");
  EXPECT_EQ(texts("cluster.listen = \"127.0.0.1:0\"\ndocument.nodes = [\"127.0.0.1:7400\"]"),
            "error: document.nodes: whether this node owns documents is not known, as its port is free to change "
            "(\"127.0.0.1:0\")\n");
}

TEST(ConfigChecks, two_ports_are_two) {
  const std::string http = "http.listen = \"127.0.0.1:7400\"\ncluster.listen = ";
  EXPECT_EQ(texts(http + "\"localhost:7400\""), "error: http.listen: port 7400 is the cluster's, too\n");
  EXPECT_EQ(texts(http + "\"127.0.0.2:7400\""), "");
  EXPECT_EQ(texts("http.listen = \"127.0.0.1:0\"\ncluster.listen = \"127.0.0.1:0\""), "");
}

TEST(ConfigChecks, times_fit_together) {
  EXPECT_EQ(problems("cluster.heartbeat_interval = \"2 s\""),
            "f: error: cluster.silence_timeout: 3 s is not above 2 × cluster.heartbeat_interval (2 s): a connection "
            "that works would be taken for dead\n"
            "  remedy: give more than 4 s, or a shorter cluster.heartbeat_interval\n");
  EXPECT_EQ(
      texts("cluster.redial_wait_max = \"50 ms\""),
      "error: cluster.redial_wait_max: the longest wait is shorter than the first one, cluster.redial_wait_min\n");
  EXPECT_EQ(texts("document.append_timeout = \"10 s\""),
            "warning: session.send_timeout: clients are answered `unavailable` before the owner's answer can come, "
            "which takes up to 10 s (document.append_timeout)\n");
  EXPECT_EQ(texts("session.idle_timeout = \"2 s\""),
            "warning: session.idle_timeout: a client has only 1 s, half of it, to answer a ping: a phone that is slow "
            "for a moment is cut off\n");
}

TEST(ConfigChecks, pauses_and_bounds_of_deliveries_fit_each_other) {
  EXPECT_EQ(texts("delivery.retry_min = \"2 s\"\ndelivery.retry_max = \"2 s\""), "");
  EXPECT_EQ(texts("delivery.retry_min = \"2 s\"\ndelivery.retry_max = \"1 s\""),
            "error: delivery.retry_max: the longest pause is shorter than the first one, delivery.retry_min\n");
  EXPECT_EQ(texts("delivery.remembered_max = 65536"), "");
  EXPECT_EQ(texts("delivery.remembered_max = 65535"),
            "error: delivery.remembered_max: one other node may send more at once, delivery.node_messages_max\n");
}

TEST(ConfigChecks, sizes_fit_into_each_other) {
  EXPECT_EQ(texts("cluster.window_bytes_max = \"256 KiB\""), "");
  EXPECT_EQ(
      texts("cluster.window_bytes_max = \"255 KiB\""),
      "error: cluster.window_bytes_min: 256 KiB is above cluster.window_bytes_max (255 KiB): the window could not be "
      "so small\n");
  EXPECT_EQ(problems("[session]\ndata_bytes_max = \"2 MiB\""),
            "f:2:18: error: session.data_bytes_max: 2 MiB is above session.message_bytes_max (1 MiB): such `data` "
            "cannot come in\n"
            "  remedy: give at most 1 MiB, or a larger session.message_bytes_max\n");
  EXPECT_EQ(texts("session.queue_bytes_max = \"64 KiB\""),
            "error: session.message_bytes_max: 1 MiB is above session.queue_bytes_max (64 KiB): a client would be "
            "closed as a slow reader by one message\n");
}

TEST(ConfigChecks, a_value_that_could_not_be_read_has_no_further_consequences) {
  EXPECT_EQ(texts("cluster.listen = \"127.0.0.1\"\ncluster.join = [\"a:1\"]"),
            "error: cluster.listen: '127.0.0.1' is not host:port: the port is missing\n");
}

TEST(ConfigChecks, pages_that_are_not_there_are_a_warning) {
  EXPECT_EQ(texts("http.web_root = \"not-there\""),
            "warning: http.web_root: there is no index.html in \"not-there\", so only the API is served\n");
}

TEST(ConfigChecks, an_overlay_is_chosen_by_one_line) {
  const auto chosen = [](std::string text) {
    const Config config = load_config({.file_text = std::move(text), .serves_documents = false});
    EXPECT_TRUE(config.problems.empty()) << to_string(config.problems.front());
    return config.options;
  };
  EXPECT_EQ(chosen("").cluster.overlay.name, "full_mesh");
  EXPECT_EQ(chosen("cluster.overlay = \"ring\"").cluster.overlay.name, "ring");
  const NodeOptions options = chosen(R"(cluster.overlay = "peer_to_peer"
cluster.listen = "127.0.0.1:7400"
cluster.zone = "east"
cluster.hops_max = 255
cluster.active_view = 6
cluster.prefer_near = true)");
  EXPECT_EQ(options.zone, "east");
  EXPECT_EQ(options.cluster.hops_max, 255);
  EXPECT_EQ(options.cluster.overlay.peer_to_peer.active_view_max, 6U);
  EXPECT_TRUE(options.cluster.overlay.peer_to_peer.x_bot.enabled);
  EXPECT_EQ(problems("cluster.overlay = \"mesh\"\n"),
            "f:1:19: error: cluster.overlay: there is no \"mesh\"\n"
            "  remedy: choose one of static, full_mesh, client_server, peer_to_peer, ring\n");
  EXPECT_EQ(texts("cluster.broadcast_bytes_per_second = \"1023 B\""),
            "error: cluster.broadcast_bytes_per_second: 1023 B is too little\n");
  EXPECT_EQ(texts("cluster.hops_max = 256"), "error: cluster.hops_max: 256 is too much\n");
  EXPECT_EQ(texts("cluster.zone = \"" + std::string(256, 'z') + "\""),
            "error: cluster.zone: it has more than 255 bytes\n");
}

TEST(ConfigChecks, what_an_overlay_needs_or_does_not_know_is_said) {
  const std::string listen = "cluster.listen = \"127.0.0.1:7400\"\n";
  const std::string join = "cluster.join = [\"127.0.0.1:7401\"]\n";
  EXPECT_EQ(texts(listen + "cluster.overlay = \"client_server\"\ncluster.role = \"client\""),
            "error: cluster.join: a client has to know a server\n");
  EXPECT_EQ(texts(listen + join + "cluster.overlay = \"client_server\"\ncluster.role = \"client\""), "");
  EXPECT_EQ(texts(listen + join + "cluster.role = \"client\""),
            "warning: cluster.role: this has no effect in the overlay full_mesh\n");
  EXPECT_EQ(
      texts(listen + "cluster.overlay = \"static\""),
      "warning: cluster.join: in the overlay static these are the node's neighbours, and it has none of its own\n");
  EXPECT_EQ(texts(listen + "cluster.overlay = \"ring\"\ncluster.active_view = 4"),
            "warning: cluster.active_view: this has no effect in the overlay ring\n");
}

}  // namespace
}  // namespace troupe
