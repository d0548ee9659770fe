// Several hosts on one PostgreSQL: whether a failover keeps what was acknowledged, whether the
// hosts fit together, and whether PostgreSQL is near enough.
#include "store/cluster.h"

#include <charconv>

#include "config/reading/values.h"
#include "server/data/other_hosts.h"
#include "server/data/store_options.h"
#include "server/doctor/checks.h"

namespace authd::server::doctor {
namespace {

using namespace std::chrono_literals;
using config::format_duration;
using store::ClusterStatus;
using store::Node;

// Those that authd is tested with.
constexpr int kOldestPostgresql = 13;
constexpr int kNewestPostgresql = 17;

// Rows carry times of all hosts: ends of sessions, claims of deliveries.
constexpr Milliseconds kClockSlack = 1s;
constexpr Milliseconds kClockFar = 5s;

void judge_durability(Report& report, const ClusterStatus& status) {
  if (!status.is_primary) {
    report.fail("store.url leads to a standby of PostgreSQL, which takes no writes",
                "name all its hosts in store.url, and add target_session_attrs=read-write");
  } else if (status.synchronous_commit == "off") {
    report.fail("synchronous_commit is off: acknowledged writes are lost if PostgreSQL crashes",
                "set it to on, for the role of authd at least (ALTER ROLE … SET)");
  } else if (!status.is_synchronous) {
    report.warn("commits wait for no standby (synchronous_standby_names is \"" +
                    status.synchronous_standby_names + "\", synchronous_commit is " +
                    status.synchronous_commit +
                    "): a failover may lose acknowledged writes, revocations too",
                "set synchronous_standby_names, such as ANY 1 (*), and leave synchronous_commit "
                "on; a managed service that replicates its disks needs neither");
  }
}

void judge_server(Report& report, const ClusterStatus& status) {
  const std::string& version = status.server_version;
  int major = 0;
  std::from_chars(version.data(), version.data() + version.size(), major);
  if (major < kOldestPostgresql || major > kNewestPostgresql) {
    report.warn("this is PostgreSQL " + version + ", and authd is tested with " +
                    std::to_string(kOldestPostgresql) + " to " + std::to_string(kNewestPostgresql),
                major < kOldestPostgresql ? "upgrade PostgreSQL"
                                          : "try it on a copy first, or use a newer authd");
  }
  if (status.is_superuser) {
    report.warn(
        "the role of authd in PostgreSQL is a superuser, and could read and change more "
        "than its own schema",
        "give it a role of its own: ALTER ROLE … NOSUPERUSER, or another user in store.url");
  }
}

void judge_times(Report& report, const ClusterStatus& status, const config::Cluster& cluster) {
  const Milliseconds apart = status.clock_ahead;
  const std::string clocks = "this machine's clock is " +
                             format_duration(apart < 0ms ? -apart : apart) +
                             (apart < 0ms ? " ahead of" : " behind") + " that of PostgreSQL";
  const char* advice = "set both with NTP (timedatectl set-ntp true)";
  if (apart > kClockFar || apart < -kClockFar) {
    report.fail(clocks + ": hosts disagree about when sessions and limits end", advice);
  } else if (apart > kClockSlack || apart < -kClockSlack) {
    report.warn(clocks, advice);
  }
  const std::string trip = "one statement takes " + format_duration(status.round_trip);
  const char* nearer =
      "run PostgreSQL nearer to this host, or raise cluster.lease and "
      "cluster.heartbeat";
  if (status.round_trip > cluster.lease / 3) {
    report.fail(trip + ", and cluster.lease is " + format_duration(cluster.lease) +
                    ": this host will often answer 503",
                nearer);
  } else if (status.round_trip > cluster.heartbeat) {
    report.warn(trip + ", more than cluster.heartbeat (" + format_duration(cluster.heartbeat) + ")",
                nearer);
  }
}

void judge_nodes(Report& report, const ClusterStatus& status) {
  size_t running = 0;
  bool has_leader = false;
  for (const Node& node : status.nodes) {
    if (node.seen > kServerReports) {
      report.warn("the server " + node.name + " has not reported for " + in_words(node.seen) +
                      ": the log is kept for it, for a day at most",
                  "start it, or authd cluster forget " + node.name);
      continue;
    }
    running += 1;
    has_leader = has_leader || node.leads;
    if (node.version == AUTHD_VERSION) continue;
    report.warn("the server " + node.name + " runs version " + node.version +
                    "; this command is version " + AUTHD_VERSION,
                "run the same release on every host");
  }
  if (running > 0 && !has_leader) {
    report.warn("none of the " + std::to_string(running) +
                    " servers runs the background jobs: no mail is sent",
                "look again in a few seconds; if it stays so, the logs of the servers say why");
  }
}

}  // namespace

void judge_cluster(Report& report, const ClusterStatus& status, const config::Cluster& cluster) {
  const size_t before = report.findings().size();
  judge_durability(report, status);
  judge_server(report, status);
  judge_times(report, status, cluster);
  judge_nodes(report, status);
  if (report.findings().size() > before) return;
  report.ok("PostgreSQL " + status.server_version + ", one statement takes " +
            format_duration(status.round_trip) + "; commits wait for a standby; " +
            std::to_string(status.nodes.size()) + " servers, all of this version");
}

void check_cluster(const Patient& patient, Report& report) {
  const config::Config& config = patient.config();
  if (!is_shared(config)) return report.ok("the data is of this host alone");
  const Result<ClusterStatus> status = store::cluster_status(store_options(config));
  if (status) return judge_cluster(report, *status, config.cluster);
  report.fail(
      "the other hosts cannot be asked for: " + status.error().message,
      status.error().code == ErrorCode::not_found
          ? "authd serve creates new data; check store.schema if there should be some"
          : "check store.url, and whether this host reaches a PostgreSQL that takes writes");
}

}  // namespace authd::server::doctor
