#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <iterator>

#include "troupe/node/config_setting.hpp"
#include "troupe/overlay/overlay_choice.hpp"

namespace troupe::config {

namespace {

constexpr std::uint64_t kKiB = 1U << 10U;
constexpr std::uint64_t kMiB = 1U << 20U;
constexpr std::uint64_t kGiB = 1U << 30U;

/// A setting whose flag and variable are made from its key, unless a flag is given.
Setting make(std::string key, Kind kind, std::string help, std::string flag = "") {
  std::string variable = "TROUPE_";
  std::string long_flag = "--";
  for (const char character : key) {
    const bool letter = character != '.' && character != '_';
    variable += letter ? static_cast<char>(std::toupper(static_cast<unsigned char>(character))) : '_';
    long_flag += letter ? character : '-';
  }
  return {std::move(key), flag.empty() ? std::move(long_flag) : std::move(flag), std::move(variable), std::move(kind),
          std::move(help)};
}

// A setting's Field.
#define TROUPE_FIELD(path) \
  [](Config& config) -> decltype(config.path)& { return config.path; }  // NOLINT(bugprone-macro-parentheses)

std::vector<Setting> node_settings() {
  return {
      make("name", Text{TROUPE_FIELD(options.name), true}, "The node's name, unique in the cluster"),
      make("data", Path{TROUPE_FIELD(options.data)},
           "Directory of the journal; made if it is not there. Needed where documents are served by `rocksdb`"),
      make("shards", Count{TROUPE_FIELD(options.shards), 0, 1'024}, "Threads; 0: one for each processor"),
      make("mailbox_messages_max", Count{TROUPE_FIELD(options.mailbox_messages_max), 16, 16'777'216},
           "Messages that wait for one actor; one more is refused"),
      make("mailbox_bytes_max", Size{TROUPE_FIELD(options.mailbox_bytes_max), kMiB, 64 * kGiB},
           "Bytes of messages from other nodes that wait for one actor; half full, their senders are told to wait; "
           "full, messages are dropped"),
      make("busy_poll", Time{TROUPE_FIELD(options.busy_poll), 0s, 1s},
           "How long an idle thread polls before it sleeps: shorter answers for more processor time"),
      make("long_handler_threshold", Time{TROUPE_FIELD(options.long_handler_threshold), 0s, 1h},
           "A handler that holds its thread for longer is logged and counted; 0: not watched"),
      make("drain_timeout", Time{TROUPE_FIELD(options.drain_timeout), 0s, 1h},
           "How long a node that stops waits for its clients to leave"),
  };
}

std::vector<Setting> cluster_settings() {
  return {
      make("cluster.listen", HostPort{TROUPE_FIELD(options.cluster_listen)},
           "Where other nodes connect; port 0: any that is free; empty: this node is alone", "--cluster"),
      make("cluster.advertise", HostPort{TROUPE_FIELD(options.cluster_advertise), true},
           "Where the others reach this node; empty: as it listens"),
      make("cluster.name", Text{TROUPE_FIELD(options.cluster_name), true},
           "Nodes of clusters with different names refuse each other"),
      make("cluster.join", HostPortList{TROUPE_FIELD(options.join)}, "Cluster addresses of other nodes", "--join"),
      make("cluster.discover", SourceList{},
           "Where more of them are found, again and again: a name in DNS with a port, a service, a file; "
           "[cluster.md](cluster.md#finding-other-nodes)",
           "--discover"),
      make("cluster.discover_interval", Time{TROUPE_FIELD(options.discovery.dns_interval), 100ms, 24h},
           "How often a name is looked up again, up to half of it less at random; after a failure sooner"),
      make("cluster.discover_file_interval", Time{TROUPE_FIELD(options.discovery.file_interval), 10ms, 1h},
           "How often it is looked whether a file has changed; it is read when it stays as it is"),
      make("cluster.discovered_max", Count{TROUPE_FIELD(options.discovery.addresses_max), 1, 65'536},
           "Addresses of all sources together; more of them are left out"),
      make("cluster.nameserver", HostPort{TROUPE_FIELD(options.discovery.nameserver), true},
           "Who is asked for names in `cluster.discover`, by its numeric address; empty: as `/etc/resolv.conf` says"),
      make("cluster.secret_file", Path{TROUPE_FIELD(secret_file)},
           "File with the secret that all nodes share. Needed unless the node listens on loopback", "--secret-file"),
      make("cluster.tls_certificate", Path{TROUPE_FIELD(options.cluster_tls.certificate)},
           "PEM file with this node's certificate: all connections to other nodes are in TLS, and both ends show one; "
           "[operations.md](operations.md#tls-between-nodes) has the steps"),
      make("cluster.tls_key", Path{TROUPE_FIELD(options.cluster_tls.key)}, "PEM file with its private key"),
      make("cluster.tls_authority", Path{TROUPE_FIELD(options.cluster_tls.authority)},
           "PEM file with the certificates of those who may sign nodes' certificates"),
      make("cluster.tls_check_interval", Time{TROUPE_FIELD(options.cluster_tls.check_interval), 100ms, 24h},
           "How often it is looked whether these files have changed; a `SIGHUP` has them read at once"),
      make("cluster.tls_expiry_warning", Time{TROUPE_FIELD(options.cluster_tls.expiry_warning), 0s, 8760h},
           "So long before the certificate expires the log begins to warn"),
      make("cluster.channels", ChannelList{},
           "Classes of traffic, each with connections and a queue of its own: `\"bulk parallelism=4\"`; settings in "
           "[cluster.md](cluster.md#channels)"),
      make("cluster.message_bytes_max", Size{TROUPE_FIELD(options.cluster.message_bytes_max), 64 * kKiB, kGiB},
           "The largest message that this node takes from another"),
      make("cluster.chunk_bytes", Size{TROUPE_FIELD(options.cluster.chunk_bytes), kKiB, 16 * kMiB},
           "A larger message goes in chunks of this size, between which other messages go"),
      make("cluster.window_bytes_min", Size{TROUPE_FIELD(options.cluster.window.window_bytes_min), 128 * kKiB, kGiB},
           "What may always be on the way on one lane, unacknowledged"),
      make("cluster.window_bytes_max",
           Size{TROUPE_FIELD(options.cluster.window.window_bytes_max), 128 * kKiB, 4 * kGiB},
           "And at most, where the way is long and fast"),
  };
}

/// Connections: when they are given up, and when a node is.
std::vector<Setting> failure_settings() {
  return {
      make("cluster.handshakes_max", Count{TROUPE_FIELD(options.cluster.handshakes_max), 1, 65'536},
           "Connections that have not shown yet who they are; one more is closed"),
      make("cluster.handshake_timeout", Time{TROUPE_FIELD(options.cluster.handshake_timeout), 100ms, 5min},
           "How long such a connection has time"),
      make("cluster.lane_away_max", Time{TROUPE_FIELD(options.cluster.lane_away_max), 100ms, 5min},
           "A connection of a link that broke has so long to be made again, or the link is lost"),
      make("cluster.heartbeat_interval", Time{TROUPE_FIELD(options.cluster.liveness.heartbeat_interval), 10ms, 60s},
           "A heartbeat goes out when nothing else has for so long"),
      make("cluster.round_trip_interval", Time{TROUPE_FIELD(options.cluster.liveness.round_trip_interval), 10ms, 10min},
           "And at least so often, so that the round trip is known under load too"),
      make("cluster.silence_timeout", Time{TROUPE_FIELD(options.cluster.liveness.silence_timeout), 50ms, 10min},
           "Nothing came from a node for so long: the connection is dead"),
      make(
          "cluster.suspicion_threshold", Count{TROUPE_FIELD(options.cluster.fabric.suspicion.threshold), 1, 64},
          "A neighbour is suspected when its silence is this surprising (phi): at 8, one of 10^8 waits for a heartbeat "
          "is as long by chance. A suspected node stays a member"),
      make("cluster.suspicion_deviation_min",
           Time{TROUPE_FIELD(options.cluster.fabric.suspicion.deviation_min), 1ms, 60s},
           "The waits for heartbeats are taken to spread by at least so much, however regular they are"),
      make("cluster.suspicion_samples", Count{TROUPE_FIELD(options.cluster.fabric.suspicion.samples_max), 2, 10'000},
           "So many of the newest waits are remembered for each neighbour"),
      make("cluster.down_after", Time{TROUPE_FIELD(options.cluster.fabric.down_after), 0s, 1h},
           "A node to which no way leads for so long is down"),
      make("cluster.forget_after", Time{TROUPE_FIELD(options.cluster.fabric.forget_after), 1s, 168h},
           "A node that is down is forgotten then, unless `cluster.join` names it"),
      make("cluster.redial_wait_min", Time{TROUPE_FIELD(options.cluster.fabric.backoff.initial), 1ms, 60s},
           "The first wait before a node is dialed again; each failure doubles it"),
      make("cluster.redial_wait_max", Time{TROUPE_FIELD(options.cluster.fabric.backoff.max), 1ms, 1h},
           "The longest such wait"),
      make("cluster.second_dial_wait", Time{TROUPE_FIELD(options.cluster.overlay.links.second_dial_wait), 0s, 60s},
           "How long one of two nodes leaves the dialing to the other"),
      make("cluster.duplicate_window", Time{TROUPE_FIELD(options.cluster.fabric.duplicate_window), 0s, 5min},
           "Two links to a node within this time are two dials that crossed; later, the older link is dead"),
      make("cluster.exchange_interval", Time{TROUPE_FIELD(options.cluster.fabric.exchange_interval), 100ms, 1h},
           "How often what is known of the members is compared with a random neighbour's"),
      make("cluster.members_max", Count{TROUPE_FIELD(options.cluster.fabric.members_max), 1, 100'000},
           "Other nodes that this one knows at most"),
  };
}

/// Who is linked with whom.
std::vector<Setting> overlay_settings() {
  const Choice overlay{
      overlay::overlay_names(),
      [](const Config& config) {
        const auto& names = overlay::overlay_names();
        return static_cast<std::size_t>(std::ranges::find(names, config.options.cluster.overlay.name) - names.begin());
      },
      [](Config& config, std::size_t choice) {
        config.options.cluster.overlay.name = overlay::overlay_names()[choice];
      }};
  const Choice role{{"server", "client"},
                    [](const Config& config) { return std::size_t{config.options.is_server ? 0U : 1U}; },
                    [](Config& config, std::size_t choice) { config.options.is_server = choice == 0; }};
  return {
      make("cluster.overlay", overlay,
           "Who is linked with whom, the same on all nodes; [overlays.md](overlays.md) says which is for what"),
      make("cluster.zone", Text{TROUPE_FIELD(options.zone)},
           "Rack, room or region of this node; overlays keep links within it where they can"),
      make("cluster.role", role, "What this node is in the overlay `client_server`"),
      make("cluster.hops_max", Count{TROUPE_FIELD(options.cluster.hops_max), 1, 255},
           "Nodes that a message passes at most, on its way to one that is no neighbour"),
      make("cluster.broadcast_bytes_per_second",
           Size{TROUPE_FIELD(options.cluster.broadcast_bytes_per_second), kKiB, kGiB},
           "What the actors of this node broadcast to all members; and as much at once"),
      make("cluster.probes", Count{TROUPE_FIELD(options.cluster.fabric.probes), 0, 64},
           "Neighbours that are asked to look for a node that this one lost, before it is down"),
      make("cluster.link_linger", Time{TROUPE_FIELD(options.cluster.overlay.links.linger), 0s, 5min},
           "A link that neither end wants any more is closed after so long; not in `peer_to_peer`"),
      make("cluster.servers_per_client", Count{TROUPE_FIELD(options.cluster.overlay.servers_per_client), 1, 64},
           "With how many servers a client is linked; `client_server` only"),
      make("cluster.ring_tries", Count{TROUPE_FIELD(options.cluster.overlay.ring_tries), 1, 64},
           "Suspected nodes on either side that are tried at a time; `ring` only"),
      make("cluster.active_view", Count{TROUPE_FIELD(options.cluster.overlay.peer_to_peer.active_view_max), 2, 64},
           "Neighbours of a node: log10 of the number of nodes, plus one; `peer_to_peer` only"),
      make("cluster.passive_view", Count{TROUPE_FIELD(options.cluster.overlay.peer_to_peer.passive_view_max), 2, 1'024},
           "Other nodes kept in reserve for lost neighbours; `peer_to_peer` only"),
      make("cluster.shuffle_period", Time{TROUPE_FIELD(options.cluster.overlay.peer_to_peer.shuffle.period), 100ms, 1h},
           "How often a part of that reserve is exchanged with another node's; `peer_to_peer` only"),
      make("cluster.prefer_near", Switch{TROUPE_FIELD(options.cluster.overlay.peer_to_peer.x_bot.enabled)},
           "Swap neighbours that are far for nearer ones (X-BOT); `peer_to_peer` only"),
  };
}

std::vector<Setting> delivery_settings() {
  return {
      make("delivery.messages_max", Count{TROUPE_FIELD(options.deliveries_max), 1, 16'777'216},
           "Messages of `deliver` that one thread's actors have under way; one more is refused"),
      make("delivery.within_max", Time{TROUPE_FIELD(options.deliver_within_max), 1s, 168h},
           "The longest time that a message of `deliver` may take; the same on all nodes"),
      make("delivery.node_messages_max",
           Count{TROUPE_FIELD(options.cluster.delivery.protocol.messages_max), 1, 16'777'216},
           "Of them, those to one other node, from the oldest without an outcome on; one more is refused"),
      make("delivery.remembered_max",
           Count{TROUPE_FIELD(options.cluster.delivery.protocol.remembered_max), 1, 67'108'864},
           "Messages of other nodes that one thread remembers, so that none is delivered twice; one more has to come "
           "again"),
      make("delivery.bytes_max", Size{TROUPE_FIELD(options.cluster.delivery.bytes_max), 64 * kKiB, 64 * kGiB},
           "Size of the messages that one thread keeps to send them again; and of those that came and wait for room"),
      make("delivery.retry_min", Time{TROUPE_FIELD(options.cluster.delivery.protocol.retry_min), 1ms, 60s},
           "A message without an answer is sent again after this, and each time after twice as long"),
      make("delivery.retry_max", Time{TROUPE_FIELD(options.cluster.delivery.protocol.retry_max), 1ms, 10min},
           "The longest such pause"),
      make("delivery.attempts_max", Count{TROUPE_FIELD(options.cluster.delivery.protocol.attempts_max), 1, 1'000'000},
           "After so many attempts its outcome is unknown, even before its deadline"),
  };
}

std::vector<Setting> document_settings() {
  return {
      make("document.nodes", HostPortList{TROUPE_FIELD(options.document_nodes)},
           "Cluster addresses of the nodes that own documents, the same list on each, for ever; empty: this node and "
           "`cluster.join`, or, with the engine `postgres`, the nodes that are there, and documents move"),
      make("document.partitions", Count{TROUPE_FIELD(options.documents.partitions), 1, 65'536},
           "Into so many parts documents fall, which are shared out over their owners; the same on each node"),
      make("document.keys_max", Count{TROUPE_FIELD(options.documents.keys_max), 1, 16'777'216},
           "Keys of events that each document remembers, so that a retry is applied once"),
      make("document.waiting_max", Count{TROUPE_FIELD(options.documents.waiting_max), 1, 1'048'576},
           "Requests that wait for one document; one more is refused"),
      make("document.batch_events_max", Count{TROUPE_FIELD(options.documents.batch_events_max), 1, 65'536},
           "Events that a document appends at once"),
      make("document.batch_bytes_max", Size{TROUPE_FIELD(options.documents.batch_bytes_max), kKiB, 32 * kMiB},
           "And their size"),
      make("document.recent_events_max", Count{TROUPE_FIELD(options.documents.recent_events_max), 1, 1'048'576},
           "Events of each document kept in memory, for those who lack a few"),
      make("document.recent_bytes_max", Size{TROUPE_FIELD(options.documents.recent_bytes_max), kKiB, kGiB},
           "And their size"),
      make("document.replay_events_max", Count{TROUPE_FIELD(options.documents.replay_events_max), 1, 10'000'000},
           "A client that lacks more events begins from a snapshot"),
      make("document.snapshot_bytes_min", Size{TROUPE_FIELD(options.documents.snapshot_bytes_min), kKiB, kGiB},
           "A snapshot is saved after at least so many bytes of events"),
      make("document.journal_timeout", Time{TROUPE_FIELD(options.documents.journal_timeout), 100ms, 10min},
           "How long a document waits for the disk"),
      make("document.append_timeout", Time{TROUPE_FIELD(options.documents.append_timeout), 100ms, 10min},
           "How long a node waits for the owner of a document to store an event"),
      make("document.follow_timeout", Time{TROUPE_FIELD(options.documents.follow_timeout), 100ms, 10min},
           "How long a node waits for the owner's answer when it follows a document"),
      make("document.repair_interval", Time{TROUPE_FIELD(options.documents.repair_interval), 100ms, 10min},
           "How often a node compares what it has of a document with the owner"),
      make("document.idle_timeout", Time{TROUPE_FIELD(options.documents.idle_timeout), 1s, 168h},
           "A document that nobody needs is put away after it"),
  };
}

std::vector<Setting> journal_settings() {
  const Choice engine{{"rocksdb", "postgres"},
                      [](const Config& config) { return static_cast<std::size_t>(config.options.journal.engine); },
                      [](Config& config, std::size_t choice) {
                        config.options.journal.engine = static_cast<JournalOptions::Engine>(choice);
                      }};
  const Choice durability{
      {"cluster", "node"},
      [](const Config& config) { return static_cast<std::size_t>(config.options.journal.durability); },
      [](Config& config, std::size_t choice) {
        config.options.journal.durability = static_cast<JournalOptions::Durability>(choice);
      }};
  return {
      make("journal.engine", engine,
           "Where documents are kept: in `data` on this machine, or in a PostgreSQL; [durability.md](durability.md)"),
      make("journal.durability", durability,
           "What an acknowledged event survives: the loss of a machine, or only that of processes and power. A node "
           "that cannot keep `cluster` does not start"),
      make("journal.connection", Text{TROUPE_FIELD(options.journal.connection)},
           "Where the PostgreSQL is, as libpq understands it, without a password: `host=db1,db2 dbname=troupe "
           "user=troupe`"),
      make("journal.password_file", Path{TROUPE_FIELD(journal_password_file)},
           "File with its password; empty: as libpq finds it (`PGPASSWORD`, `~/.pgpass`)"),
      make("journal.connect_timeout", Time{TROUPE_FIELD(options.journal.connect_timeout), 100ms, 1min},
           "How long a connection to one of its hosts may take; `postgres` only, like the next four"),
      make("journal.answer_timeout", Time{TROUPE_FIELD(options.journal.answer_timeout), 100ms, 5min},
           "How long a transaction may take; then its outcome is unknown"),
      make("journal.retry_min", Time{TROUPE_FIELD(options.journal.retry_min), 1ms, 60s},
           "After a failure it is connected again at once, then after this, and each time after twice as long"),
      make("journal.retry_max", Time{TROUPE_FIELD(options.journal.retry_max), 1ms, 10min}, "The longest such pause"),
      make("journal.writers", Count{TROUPE_FIELD(options.journal.writers), 1, 64},
           "Documents are shared out over so many writers, each with two connections"),
      make("journal.queue_requests_max", Count{TROUPE_FIELD(options.journal.queue_requests_max), 1, 1'048'576},
           "Writes that wait for one writer (`rocksdb` has one); one more is refused"),
      make("journal.queue_bytes_max", Size{TROUPE_FIELD(options.journal.queue_bytes_max), kMiB, 16 * kGiB},
           "And their size; a snapshot has to fit"),
      make("journal.reads_max", Count{TROUPE_FIELD(options.journal.reads_max), 1, 1'048'576},
           "Reads that wait for one writer; one more is refused"),
      make("journal.batch_events_max", Count{TROUPE_FIELD(options.journal.batch_events_max), 1, 65'536},
           "Events that one writer commits at once"),
      make("journal.batch_bytes_max", Size{TROUPE_FIELD(options.journal.batch_bytes_max), kKiB, 64 * kMiB},
           "And their size"),
  };
}

std::vector<Setting> http_settings() {
  return {
      make("http.listen", HostPort{TROUPE_FIELD(options.http_listen)},
           "Where clients connect (HTTP and WebSocket); port 0: any that is free; empty: nowhere", "--http"),
      make("http.advertise", HostPort{TROUPE_FIELD(options.http_advertise), true},
           "Where clients reach this node; empty: as it listens"),
      make("http.web_root", Path{TROUPE_FIELD(options.gateway.web_root)},
           "Folder with the pages (index.html, assets/); empty: only the API"),
      make("http.allowed_origins", OriginList{TROUPE_FIELD(options.gateway.allowed_origins)},
           "Origins whose pages may use this node; empty: any"),
  };
}

std::vector<Setting> session_settings() {
  return {
      make("session.message_bytes_max", Size{TROUPE_FIELD(options.gateway.session.message_bytes_max), kKiB, kGiB},
           "One WebSocket message or HTTP body; a larger one: closed with 1009, HTTP 413"),
      make("session.data_bytes_max", Size{TROUPE_FIELD(options.gateway.session.data_bytes_max), 16, kGiB},
           "One `data` or `present`; a larger one: `too_large`"),
      make("session.topics_max", Count{TROUPE_FIELD(options.gateway.session.topics_max), 1, 65'536},
           "Topics that one client has joined; one more: `too_many_topics`"),
      make("session.sends_max", Count{TROUPE_FIELD(options.gateway.session.sends_max), 1, 65'536},
           "Sends of one client that are not answered yet; one more: `busy`"),
      make("session.queue_bytes_max", Size{TROUPE_FIELD(options.gateway.queue_bytes_max), 64 * kKiB, 16 * kGiB},
           "What waits for a slow reader; more: closed with 4001"),
      make("session.idle_timeout", Time{TROUPE_FIELD(options.gateway.idle_timeout), 1s, 24h},
           "Nothing came from a client for so long: closed. A WebSocket is pinged after half of it"),
      make("session.join_timeout", Time{TROUPE_FIELD(options.gateway.times.join_timeout), 100ms, 10min},
           "How long a join may take"),
      make("session.send_timeout", Time{TROUPE_FIELD(options.gateway.times.send_timeout), 100ms, 10min},
           "How long a send may take; more than `document.append_timeout`"),
      make("session.retry_pause", Time{TROUPE_FIELD(options.gateway.times.retry_pause), 10ms, 60s},
           "Before a session asks again for what it lacks"),
      make("session.hold_events_max", Count{TROUPE_FIELD(options.gateway.session.hold.events_max), 1, 1'048'576},
           "Events of one topic that a session keeps while it waits for earlier ones"),
      make("session.hold_bytes_max", Size{TROUPE_FIELD(options.gateway.session.hold.bytes_max), kKiB, kGiB},
           "And their size"),
  };
}

std::vector<Setting> gateway_settings() {
  return {
      make("gateway.connections_max", Count{TROUPE_FIELD(options.gateway.connections_max), 1, 10'000'000},
           "HTTP and WebSocket connections together; one more: HTTP 503"),
      make("gateway.header_bytes_max", Size{TROUPE_FIELD(options.gateway.header_bytes_max), kKiB, kMiB},
           "A request's line and header fields; more: HTTP 431"),
      make("gateway.request_timeout", Time{TROUPE_FIELD(options.gateway.request_timeout), 100ms, 10min},
           "From a request's first byte to its last; longer: HTTP 408"),
      make("gateway.close_timeout", Time{TROUPE_FIELD(options.gateway.close_timeout), 100ms, 5min},
           "For a client to answer a close; then the connection is cut"),
      make("gateway.unhandled_bytes_max", Size{TROUPE_FIELD(options.gateway.unhandled_bytes_max), kKiB, kGiB},
           "Messages of one client that wait for its session; then the node stops to read from this client"),
      make("gateway.unhandled_messages_max", Count{TROUPE_FIELD(options.gateway.unhandled_messages_max), 1, 65'536},
           "And their number"),
      make("gateway.permessage_deflate", Switch{TROUPE_FIELD(options.gateway.permessage_deflate)},
           "Compress WebSocket messages; some 300 KiB for each connection"),
  };
}

std::vector<Setting> admin_settings() {
  return {
      make("admin.socket", Path{TROUPE_FIELD(options.gateway.admin.socket)},
           "Unix socket over which this user's programs look at the node; `auto`: where `troupe ctl` finds it; empty: "
           "none"),
      make("admin.token_file", Path{TROUPE_FIELD(token_file)},
           "File with the token that opens `/admin` on the port for clients; empty: it is closed there"),
      make("admin.attempts_max", Count{TROUPE_FIELD(options.gateway.admin.attempts_max), 1, 1'000'000},
           "Wrong tokens from one address in a minute; one more: HTTP 429 until it is over"),
  };
}

std::vector<Setting> log_settings() {
  const Choice level{
      {"debug", "info", "warning", "error"},
      [](const Config& config) { return static_cast<std::size_t>(config.options.log_level); },
      [](Config& config, std::size_t choice) { config.options.log_level = static_cast<LogLevel>(choice); }};
  const Choice format{{"text", "json"},
                      [](const Config& config) { return std::size_t{config.options.log_json ? 1U : 0U}; },
                      [](Config& config, std::size_t choice) { config.options.log_json = choice == 1; }};
  return {
      make("log.level", level, "The least severe lines that are written"),
      make("log.format", format, "How a line is written to standard error"),
  };
}

std::vector<Setting> trace_settings() {
  return {
      make("trace.sample", Share{TROUPE_FIELD(options.trace.sample)},
           "The share of clients' requests that begin a trace, of those that bring none; "
           "see [operations.md](operations.md#traces)"),
      make("trace.from_clients", Switch{TROUPE_FIELD(options.trace.from_clients)},
           "Whether a client's `traceparent` is followed"),
      make("trace.depth_max", Count{TROUPE_FIELD(options.trace.depth_max), 1, 255},
           "Spans above each other; what they cause is not traced"),
      make("trace.file", Path{TROUPE_FIELD(options.spans.path)},
           "Where spans are written as OTLP/JSON lines; empty: they are only logged, at level debug"),
      make("trace.file_bytes_max", Size{TROUPE_FIELD(options.spans.bytes_max), kMiB, 64 * kGiB},
           "A larger file is renamed to FILE.1, in the place of the one before"),
      make("trace.queue_spans_max", Count{TROUPE_FIELD(options.spans.queue_spans_max), 16, 1'048'576},
           "Spans that wait to be written; one more is dropped"),
      make("trace.gather", Time{TROUPE_FIELD(options.spans.gather), 1ms, 60s},
           "How long a span waits for others that are written with it"),
  };
}

#undef TROUPE_FIELD

}  // namespace

const std::vector<Setting>& settings() {
  static const std::vector<Setting> all = [] {
    std::vector<Setting> result;
    for (auto part : {node_settings, cluster_settings, failure_settings, overlay_settings, delivery_settings,
                      document_settings, journal_settings, http_settings, session_settings, gateway_settings,
                      admin_settings, log_settings, trace_settings}) {
      std::ranges::move(part(), std::back_inserter(result));
    }
    return result;
  }();
  return all;
}

const Setting* find_setting(std::string_view key) {
  const auto found = std::ranges::find(settings(), key, &Setting::key);
  return found == settings().end() ? nullptr : &*found;
}

}  // namespace troupe::config
