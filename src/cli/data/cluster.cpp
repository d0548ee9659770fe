// authd cluster status|nodes|resync|forget
#include "store/cluster.h"

#include <cstdio>

#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "config/reading/values.h"
#include "server/data/other_hosts.h"
#include "server/data/store_options.h"
#include "store/directory.h"

namespace authd::cli {
namespace {

using store::ClusterStatus;
using store::Node;

// The options of the store, unless its data is of one host.
Result<store::Options> options_of(const config::Config& config) {
  if (!server::is_shared(config)) {
    return Error{ErrorCode::invalid,
                 "there is no cluster: store.engine is " +
                     std::string(config::word_of(config.store.engine)) +
                     ", whose data is of one host (authd db move changes that)"};
  }
  return server::store_options(config);
}

Result<ClusterStatus> status_of(Command& command) {
  const config::Loaded* loaded = TRY(command.loaded());
  return store::cluster_status(TRY(options_of(loaded->config)));
}

// How long ago, and whether that is too long for a server that runs.
std::string seen_text(const Node& node) {
  const std::string ago = config::format_duration(node.seen) + " ago";
  return node.seen > server::kServerReports ? ago + " (does not run)" : ago;
}

std::string nodes_table(const std::vector<Node>& nodes) {
  return table_of({"NODE", "VERSION", "REVISION", "SEEN", "JOBS"}, nodes, [](const Node& node) {
    return std::vector{node.name, node.version, std::to_string(node.revision), seen_text(node),
                       std::string(node.leads ? "runs them" : "")};
  });
}

void write_node(JsonWriter& json, const Node& node) {
  json.begin_object()
      .field("name", node.name)
      .field("version", node.version)
      .field("revision", node.revision)
      .field("seen_ms", static_cast<uint64_t>(node.seen.count()))
      .field("runs", node.seen <= server::kServerReports)
      .field("leads", node.leads)
      .end_object();
}

std::string told(const ClusterStatus& status) {
  const std::string commits = status.is_synchronous
                                  ? "wait for a standby (" + status.synchronous_standby_names + ")"
                                  : "wait for no standby";
  return "PostgreSQL " + printable(status.server_version) + ", " +
         (status.is_primary ? "primary" : "standby: it takes no writes") +
         "; one statement takes " + config::format_duration(status.round_trip) + "\n" + "commits " +
         printable(commits) + ", synchronous_commit = " + printable(status.synchronous_commit) +
         "\n" + "revision " + std::to_string(status.revision) + "; the log has " +
         counted(status.log_commits, "commit") + " after revision " +
         std::to_string(status.oldest_kept) + "\n" +
         (status.nodes.empty() ? "no server runs" : nodes_table(status.nodes));
}

Result<void> show_status(Command& command) {
  const ClusterStatus status = TRY(status_of(command));
  command.print(told(status), [&](JsonWriter& json) {
    json.begin_object()
        .field("revision", status.revision)
        .field("oldest_kept", status.oldest_kept)
        .field("log_commits", status.log_commits)
        .field("server_version", status.server_version)
        .field("is_primary", status.is_primary)
        .field("is_synchronous", status.is_synchronous)
        .field("synchronous_commit", status.synchronous_commit)
        .field("synchronous_standby_names", status.synchronous_standby_names)
        .field("is_superuser", status.is_superuser)
        .field("clock_ahead_ms", static_cast<int64_t>(status.clock_ahead.count()))
        .field("round_trip_ms", static_cast<uint64_t>(status.round_trip.count()))
        .key("nodes")
        .begin_array();
    for (const Node& node : status.nodes)
      write_node(json, node);
    json.end_array().end_object();
  });
  return {};
}

Result<void> show_nodes(Command& command) {
  const ClusterStatus status = TRY(status_of(command));
  command.print(nodes_table(status.nodes), [&](JsonWriter& json) {
    api::write_list(json, "nodes", status.nodes, &write_node);
  });
  return {};
}

Result<void> resync(Command& command, bool is_sure) {
  const config::Loaded* loaded = TRY(command.loaded());
  const store::Options options = TRY(options_of(loaded->config));
  std::fprintf(stderr, "data directory: %s\n", options.directory.c_str());
  const store::ServerLock lock = TRY(store::ServerLock::take(options.directory));
  TRY(confirm(is_sure,
              "accept what PostgreSQL has now, even if it lacks commits that this host "
              "has seen"));
  TRY(store::discard_copy(options));
  command.print(
      "the copy of this host is void: the next start copies everything from PostgreSQL",
      [&](JsonWriter& json) { json.begin_object().field("discarded", true).end_object(); });
  return {};
}

Result<void> forget(Command& command, const std::string& name) {
  const config::Loaded* loaded = TRY(command.loaded());
  TRY(store::forget_node(TRY(options_of(loaded->config)), name));
  command.print("forgotten: " + printable(name), [&](JsonWriter& json) {
    json.begin_object().field("forgotten", name).end_object();
  });
  return {};
}

}  // namespace

void add_cluster(const Subcommand& app, Command& command) {
  const Subcommand group =
      make_group(app, "cluster", "Several hosts on one PostgreSQL: status, nodes, resync, forget");
  set_action(
      group.add_subcommand("status", "Show the state of PostgreSQL, of the log and the nodes"),
      command, &show_status);
  set_action(group.add_subcommand("nodes", "List the servers, and which one runs the jobs"),
             command, &show_nodes);
  const Subcommand syncing = group.add_subcommand(
      "resync",
      "Accept the data of a PostgreSQL that was promoted with loss; no server may run here");
  const auto is_sure = std::make_shared<bool>(false);
  set_action(syncing, command, is_sure, &resync);
  syncing.add_flag("--yes", *is_sure, kYesHelp);
  const Subcommand forgetting =
      group.add_subcommand("forget", "Remove a server that is gone for good from the list");
  const auto name = std::make_shared<std::string>();
  set_action(forgetting, command, name, &forget);
  forgetting.add_option("NODE", *name, "Its name, as authd cluster nodes shows it").required();
}

}  // namespace authd::cli
