#include "store/cluster.h"

#include <chrono>

#include "store/copy/copy.h"
#include "store/directory.h"
#include "store/postgresql/options.h"
#include "store/postgresql/schema.h"

namespace authd::store {
namespace {

constexpr Milliseconds kLimit{10'000};

Result<Connection> connect(const Options& options) {
  if (is_one_file(options)) {
    return Error{ErrorCode::invalid,
                 "there is no cluster: store.engine is lmdb, the database of one host"};
  }
  Connection connection = TRY(Connection::open(server_of(options), kLimit));
  if (!TRY(has_schema(connection, kLimit))) {
    return Error{ErrorCode::not_found,
                 "there is no data of authd in the schema " + options.schema +
                     " (store.schema): start the server, or move data there (authd db move)"};
  }
  return connection;
}

std::string version_text(int version) {
  return std::to_string(version / 10000) + "." + std::to_string(version % 10000);
}

std::vector<Node> nodes_of(const Rows& rows) {
  std::vector<Node> nodes;
  for (int row = 0; row < rows.count(); ++row) {
    Node node;
    node.name = rows.bytes(row, 0);
    node.version = rows.bytes(row, 1);
    node.revision = static_cast<uint64_t>(rows.number(row, 2));
    node.seen = Milliseconds(rows.number(row, 3));
    node.leads = rows.flag(row, 4) && node.seen < Milliseconds(10'000);
    nodes.push_back(std::move(node));
  }
  return nodes;
}

}  // namespace

Result<ClusterStatus> cluster_status(const Options& options) {
  Connection connection = TRY(connect(options));
  ClusterStatus status;
  status.server_version = version_text(connection.server_version());
  status.is_primary = true;  // Connection::open refuses anything else.
  const Rows log =
      TRY(connection.run("SELECT h.rev, coalesce((SELECT min(rev) FROM authd_log), h.rev), "
                         "(SELECT count(*) FROM authd_log) FROM authd_head h",
                         {}, kLimit));
  status.revision = static_cast<uint64_t>(log.number(0, 0));
  status.oldest_kept = static_cast<uint64_t>(log.number(0, 1));
  status.log_commits = static_cast<uint64_t>(log.number(0, 2));
  const Rows settings = TRY(connection.run(
      "SELECT current_setting('synchronous_commit'), "
      "current_setting('synchronous_standby_names'), "
      "coalesce((SELECT rolsuper FROM pg_roles WHERE rolname = current_user), false)",
      {}, kLimit));
  status.synchronous_commit = settings.bytes(0, 0);
  status.synchronous_standby_names = settings.bytes(0, 1);
  status.is_superuser = settings.flag(0, 2);
  status.is_synchronous =
      !status.synchronous_standby_names.empty() &&
      (status.synchronous_commit == "on" || status.synchronous_commit == "remote_apply" ||
       status.synchronous_commit == "remote_write");
  // Half of the way there and back lies between their time and ours.
  const auto before = std::chrono::steady_clock::now();
  const Rows clock = TRY(
      connection.run("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint", {}, kLimit));
  const Time ours = SystemClock().now();
  const auto took = std::chrono::steady_clock::now() - before;
  status.round_trip = std::chrono::duration_cast<Milliseconds>(took);
  const Milliseconds theirs{clock.number(0, 0)};
  status.clock_ahead = theirs - ours.time_since_epoch() + status.round_trip / 2;
  status.nodes = nodes_of(TRY(connection.run(
      "SELECT name, version, rev, (extract(epoch FROM clock_timestamp() - seen) * 1000)::bigint, "
      "leads FROM authd_nodes ORDER BY name",
      {}, kLimit)));
  return status;
}

Result<void> forget_node(const Options& options, const std::string& name) {
  Connection connection = TRY(connect(options));
  const Rows found =
      TRY(connection.run("SELECT seen > now() - interval '10 seconds' FROM authd_nodes "
                         "WHERE name = convert_from($1, 'UTF8')",
                         {Parameter(name)}, kLimit));
  if (found.count() == 0) {
    return Error{ErrorCode::not_found, "there is no node " + name + "; see authd cluster nodes"};
  }
  if (found.flag(0, 0)) {
    return Error{
        ErrorCode::conflict,
        "the node " + name + " has reported within the last 10 seconds: stop it, and try again"};
  }
  TRY(connection.run("DELETE FROM authd_nodes WHERE name = convert_from($1, 'UTF8')",
                     {Parameter(name)}, kLimit));
  return {};
}

Result<void> discard_copy(const Options& options) {
  if (is_one_file(options)) {
    return Error{
        ErrorCode::invalid,
        "there is no copy: store.engine is lmdb, and the database lies in " + options.directory};
  }
  TRY(make_directory(copy_directory(options), null_log()));
  return Copy::remove(copy_directory(options));
}

}  // namespace authd::store
