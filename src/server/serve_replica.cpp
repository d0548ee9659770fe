#include "server/serve_replica.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "api/contract/openapi.h"
#include "api/routes.h"
#include "auth/sessions/keyring.h"
#include "base/file.h"
#include "base/text.h"
#include "http/front/front.h"
#include "server/end_guard.h"
#include "server/metrics.h"
#include "server/process/confinement.h"
#include "server/process/footprint.h"
#include "server/replica/activity_sender.h"
#include "server/replica/instance.h"
#include "server/replica/main_server.h"
#include "server/running.h"
#include "store/directory.h"
#include "store/engine.h"

namespace authd::server {
namespace {

constexpr size_t kMaxSecret = 4096;
// Of a question that somebody waits for.
constexpr Milliseconds kAnswerLimit{2'000};
constexpr Milliseconds kFirstPause{100};
constexpr Milliseconds kLongestPause{2'000};
// How often the thread that waits for signals looks whether the settings have changed, and how long
// they must have been others: hosts of a cluster may differ for a while.
constexpr Milliseconds kLook{500};
constexpr Milliseconds kSettled{10'000};

Result<auth::ReplicaClient> read_client(const config::Replica& replica) {
  std::string text = TRY(read_file(replica.client_secret_file, kMaxSecret));
  auth::ReplicaClient client{replica.client_id, ClientSecret(std::string(trimmed(text, " \r\n")))};
  wipe(text);
  if (!client.secret.empty()) return client;
  return Error{ErrorCode::invalid,
               "replica.client_secret_file: " + replica.client_secret_file + " is empty"};
}

// One directory is either a database or a copy: a server would start on the wrong one some day.
Result<void> check_directory(const std::string& directory) {
  if (!store::has_database(directory)) return {};
  return Error{ErrorCode::conflict, directory +
                                        " has a database of its own: a replica needs an "
                                        "empty directory (--data-dir)"};
}

// Waits for the main server, which may start later than this one. Empty: a signal came first.
Result<std::optional<MainServer::Settings>> wait_for_settings(MainServer& main, Signals& signals,
                                                              Log& log) {
  std::string said;
  for (Milliseconds pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    Result<MainServer::Settings> settings = main.settings();
    if (settings) return std::optional(std::move(*settings));
    if (settings.error().code != ErrorCode::unavailable) return settings.error();
    if (said != settings.error().message)
      log.warn("waiting for the main server", {{"cause", settings.error().message}});
    said = settings.error().message;
    if (const int signal = signals.wait(pause); signal == SIGTERM || signal == SIGINT)
      return std::optional<MainServer::Settings>();
  }
}

// Since when the main server has had other settings than this process; nothing: it has not.
using Settling = std::optional<SteadyTime>;

struct Run {
  const config::Config& config;
  const ReplicaServeOptions& options;
  const auth::ReplicaClient& client;
  const store::ServerLock& lock;
  const std::string& tag;
};

// Whether the main server has settled on other settings, with which the next start will do: one
// that is being restarted, with a mistake in them perhaps, must not take its replicas with it.
bool has_other_settings(const Run& run, MainServer& main, std::atomic<bool>& is_told,
                        const Clock& clock, Settling& since) {
  if (!is_told.exchange(false)) return false;
  const Result<MainServer::Settings> settings = main.settings();
  if (!settings || settings->tag == run.tag || !run.options.with_settings(settings->values)) {
    since.reset();
    return false;
  }
  const SteadyTime now = clock.steady_now();
  if (!since) since = now;
  return *since + kSettled <= now;
}

// Answers until a signal comes. Error: `unavailable` when the main server has other settings: they
// take effect at the next start, which a confined process cannot make itself.
Result<void> answer(const Run& run, Signals& signals, Log& log, const Clock& clock,
                    Random& random) {
  const config::Config& config = run.config;
  std::atomic<bool> is_ending{false};
  std::atomic<bool> has_new_settings{false};
  const Stopping stopping = [&] { return is_ending || signals.ask_to_end(); };
  const Milliseconds limit = std::min(kAnswerLimit, config.replica.lease / 3);
  MainServer waiting(config, run.client, limit, stopping);
  MainServer asking(config, run.client, limit, stopping);
  MainServer telling(config, run.client, kAnswerLimit, {});
  store::ReplicaOptions wanted;
  wanted.directory = config.server.data_dir + "/copy";
  wanted.max_bytes = config.store.max_size;
  wanted.lease = config.replica.lease;
  wanted.reading_threads = std::max(std::thread::hardware_concurrency(), 2u);
  wanted.begin_thread = [&] { confine_thread(config, log); };
  wanted.stopping = stopping;
  wanted.settings = run.tag;
  wanted.settings_changed = [&] { has_new_settings = true; };
  Result<std::unique_ptr<store::Replica>> opened =
      store::Replica::open(wanted, waiting, asking, log);
  if (!opened && signals.ask_to_end()) return {};
  const std::unique_ptr<store::Replica> copy = TRY(std::move(opened));
  const ReplicaInstance instance(config, *copy, log, clock, random);
  const auth::Services& services = instance.services();
  TRY(auth::current_keys(services));

  std::atomic<bool> is_draining{false};
  http::Metrics metrics;
  web::Branding branding;  // of pages that nobody sees
  branding.accent = config.branding.accent;
  const web::Site site = TRY(web::Site::make(std::move(branding), {}));
  const api::OpenApi documentation(api::served_routes(config), config.public_url);
  const api::Api api{.auth = services,
                     .metrics = metrics,
                     .site = site,
                     .is_draining = [&] { return is_draining.load(); },
                     .documentation = documentation,
                     .own_client = &run.client};
  http::Front front(front_options(config, run.options.systemd, log), api::http_routes(api), log,
                    clock, random, metrics);
  TRY(front.open());
  run.lock.note(listening(config, front));
  confine(config, log);
  log.write_behind();
  EndGuard guard(services.store, log);
  const ActivitySender activity(services, telling);
  add_replica_metrics(metrics, services, front);
  front.start();
  log.info("authd serves", {{"version", AUTHD_VERSION},
                            {"listen", joined(front.addresses(), ", ")},
                            {"of", config.replica.of},
                            {"data_dir", config.server.data_dir},
                            {"pid", getpid()}});
  const Systemd& systemd = run.options.systemd;
  systemd.notify("READY=1\nSTATUS=serving on " + joined(front.addresses(), ", "));
  forget_startup_code();
  MainServer main(config, run.client, limit, stopping);
  Settling settling;
  bool is_settled = false;
  {
    Feeder feeder(systemd, clock, services.store, front, log);
    while (!is_settled) {
      const Milliseconds patience = feeder.patience();
      const int signal =
          signals.wait(patience < Milliseconds(0) ? kLook : std::min(patience, kLook));
      if (signal == SIGTERM || signal == SIGINT) break;
      if (signal == SIGHUP)
        log.info("a replica has no reload: the main server's settings come by themselves");
      feeder.feed_when_due();
      is_settled = has_other_settings(run, main, has_new_settings, clock, settling);
    }
  }
  is_draining = true;
  is_ending = true;
  guard.arm(config.server.drain_timeout);
  stop(systemd, config.server.drain_timeout, front, log);
  if (!is_settled) return {};
  return Error{ErrorCode::unavailable,
               "the settings of the main server have changed: the next start has them"};
}

}  // namespace

Result<void> serve_replica(ReplicaServeOptions options, Log& log, const Clock& clock,
                           Random& random) {
  const config::Config& own = options.loaded.config;
  Signals signals;
  raise_file_limit(own.server.max_connections, log);
  options.systemd.notify("STATUS=waiting for " + own.replica.of);
  TRY(store::make_directory(own.server.data_dir, log));
  const store::ServerLock lock = TRY(store::ServerLock::take(own.server.data_dir));
  TRY(check_directory(own.server.data_dir));
  const auth::ReplicaClient client = TRY(read_client(own.replica));
  MainServer main(own, client, kAnswerLimit, [&] { return signals.ask_to_end(); });
  const std::optional<MainServer::Settings> settings = TRY(wait_for_settings(main, signals, log));
  if (!settings) return {};
  const config::Loaded loaded = TRY(options.with_settings(settings->values));
  return answer({loaded.config, options, client, lock, settings->tag}, signals, log, clock, random);
}

}  // namespace authd::server
