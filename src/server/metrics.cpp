#include "server/metrics.h"

#include <array>
#include <cmath>
#include <filesystem>

#include "auth/accounts/names/providers.h"
#include "auth/oauth/memory/memory.h"

namespace authd::server {
namespace {

using http::Metrics;
using Type = Metrics::Type;

struct CounterRow {
  const char* name;
  const char* help;
  const char* labels;
  std::atomic<uint64_t> auth::Counters::*member;
};

using C = auth::Counters;
constexpr std::array kCounters = {
    CounterRow{"authd_logins_total", "Logins by outcome.", "outcome=\"refused\"",
               &C::logins_refused},
    CounterRow{"authd_logins_total", "", "outcome=\"disabled\"", &C::logins_disabled},
    CounterRow{"authd_second_factors_refused_total",
               "Wrong second factors, which are refused logins as well.", "",
               &C::second_factors_refused},
    CounterRow{"authd_signups_total", "Accounts created by sign-up.", "", &C::signups},
    CounterRow{"authd_refreshes_total", "Refreshes by outcome.", "outcome=\"rotated\"",
               &C::refreshes_rotated},
    CounterRow{"authd_refreshes_total", "", "outcome=\"repeated\"", &C::refreshes_repeated},
    CounterRow{"authd_refreshes_total", "", "outcome=\"reused\"", &C::refreshes_reused},
    CounterRow{"authd_refreshes_total", "", "outcome=\"refused\"", &C::refreshes_refused},
    CounterRow{"authd_authorizations_total", "Authorization requests by outcome.",
               "outcome=\"issued\"", &C::authorizations_issued},
    CounterRow{"authd_authorizations_total", "", "outcome=\"paused\"", &C::authorizations_paused},
    CounterRow{"authd_authorizations_total", "", "outcome=\"refused\"", &C::authorizations_refused},
    CounterRow{"authd_authorizations_total", "", "outcome=\"unregistered\"",
               &C::authorizations_unregistered},
    CounterRow{"authd_codes_total", "Codes of all kinds, by outcome.", "outcome=\"exchanged\"",
               &C::codes_exchanged},
    CounterRow{"authd_codes_total", "", "outcome=\"refused\"", &C::codes_refused},
    CounterRow{"authd_codes_total", "", "outcome=\"reused\"", &C::codes_reused},
    CounterRow{"authd_client_tokens_total", "Access tokens issued to clients for themselves.", "",
               &C::client_tokens_issued},
    CounterRow{"authd_token_exchanges_total",
               "Access tokens issued to clients in exchange for others.", "", &C::tokens_exchanged},
    CounterRow{"authd_access_tokens_total", "Access tokens checked.", "outcome=\"accepted\"",
               &C::tokens_accepted},
    CounterRow{"authd_access_tokens_total", "", "outcome=\"refused\"", &C::tokens_refused},
    CounterRow{"authd_claims_cache_hits_total", "Signatures that need not be checked again.", "",
               &C::claims_cache_hits},
    CounterRow{"authd_password_rehashes_total", "Hashes of other forms replaced at login.", "",
               &C::rehashes},
    CounterRow{"authd_password_leak_checks_total",
               "Passwords looked up among those of known breaches.", "outcome=\"found\"",
               &C::leaks_found},
    CounterRow{"authd_password_leak_checks_total", "", "outcome=\"absent\"", &C::leaks_absent},
    CounterRow{"authd_password_leak_checks_total", "", "outcome=\"unanswered\"",
               &C::leaks_unanswered},
    CounterRow{"authd_password_leak_checks_total", "", "outcome=\"skipped\"", &C::leaks_skipped},
    CounterRow{"authd_logout_deliveries_total", "Applications told of a sign-out, by outcome.",
               "outcome=\"delivered\"", &C::logouts_delivered},
    CounterRow{"authd_logout_deliveries_total", "", "outcome=\"failed\"", &C::logouts_failed},
    CounterRow{"authd_logout_deliveries_total", "", "outcome=\"dead\"", &C::logouts_dead},
    CounterRow{"authd_webhook_deliveries_total", "Attempts to send an event, by outcome.",
               "outcome=\"delivered\"", &C::webhooks_delivered},
    CounterRow{"authd_webhook_deliveries_total", "", "outcome=\"failed\"", &C::webhooks_failed},
    CounterRow{"authd_webhook_deliveries_total", "", "outcome=\"dead\"", &C::webhooks_dead},
};

void add_logins(Metrics& metrics, const auth::LoginCounter& logins) {
  for (const auto& [method, word] : config::kChoices<config::LoginMethod>) {
    metrics.add(Type::counter, "authd_logins_by_method_total",
                "Logins that succeeded, by the method that they began with.",
                "method=\"" + std::string(word) + "\"",
                [&logins, method] { return static_cast<double>(logins.of(method)); });
  }
}

std::string label(const char* name, std::string_view word) {
  return std::string(name) + "=\"" + std::string(word) + "\"";
}

void add_outcomes(Metrics& metrics, const auth::Outcomes& outcomes) {
  for (size_t grant = 0; grant < auth::kCountedGrants.size(); ++grant) {
    for (size_t outcome = 0; outcome < auth::kTokenOutcomes.size(); ++outcome) {
      metrics.add(Type::counter, "authd_token_requests_total",
                  "Answers of the token endpoint by grant type and outcome.",
                  label("grant", auth::kCountedGrants[grant]) + "," +
                      label("outcome", auth::kTokenOutcomes[outcome]),
                  [&outcomes, grant, outcome] {
                    return static_cast<double>(outcomes.token_answers(grant, outcome));
                  });
    }
  }
  for (size_t reason = 0; reason < auth::kRefusalReasons.size(); ++reason) {
    metrics.add(Type::counter, "authd_authorization_refusals_total",
                "Authorization requests that were refused, by reason.",
                label("reason", auth::kRefusalReasons[reason]),
                [&outcomes, reason] { return static_cast<double>(outcomes.refusals(reason)); });
  }
}

void add_auth(Metrics& metrics, const auth::Services& s) {
  const auth::LoginCounter& logins = s.counters.logins_ok;
  // Before the first row, which has the other outcomes of the same name.
  metrics.add(Type::counter, "authd_logins_total", "Logins by outcome.", "outcome=\"ok\"",
              [&logins] { return static_cast<double>(uint64_t{logins}); });
  for (const CounterRow& row : kCounters) {
    const std::atomic<uint64_t>& counter = s.counters.*row.member;
    metrics.add(Type::counter, row.name, row.help, row.labels,
                [&counter] { return static_cast<double>(counter.load()); });
  }
  add_logins(metrics, logins);
  add_outcomes(metrics, s.oauth.outcomes);
  for (const config::Provider& provider : s.config.providers) {
    metrics.add(Type::counter, "authd_provider_failures_total",
                "Requests to identity providers that came to nothing.",
                "provider=\"" + provider.name + "\"",
                [&s, &provider] { return static_cast<double>(s.providers.failures(provider)); });
  }
  metrics.add(Type::gauge, "authd_password_lane_queued", "Hashes that wait for a core.", "",
              [&s] { return static_cast<double>(s.hasher.stats().queued); });
  metrics.add(Type::gauge, "authd_password_lane_running", "Hashes being computed.", "",
              [&s] { return static_cast<double>(s.hasher.stats().running); });
  metrics.add(Type::counter, "authd_password_hashes_total", "Hashes computed.", "",
              [&s] { return static_cast<double>(s.hasher.stats().done); });
  metrics.add(Type::counter, "authd_password_hash_seconds_total", "Time spent on them.", "",
              [&s] { return std::chrono::duration<double>(s.hasher.stats().busy).count(); });
  metrics.add(Type::counter, "authd_password_hashes_rejected_total", "Refused: the queue was full.",
              "", [&s] { return static_cast<double>(s.hasher.stats().rejected); });
}

void add_process(Metrics& metrics, const auth::Services& s) {
  metrics.add(Type::gauge, "authd_build_info", "Always 1; the label says which release runs.",
              "version=\"" AUTHD_VERSION "\"", [] { return 1.0; });
  const auto started = std::chrono::duration<double>(s.clock.now().time_since_epoch()).count();
  metrics.add(Type::gauge, "authd_start_timestamp_seconds", "When the server started.", "",
              [started] { return started; });
  const config::Backups& backup = s.config.backup;
  const auto interval = std::chrono::duration<double>(backup.interval).count();
  metrics.add(Type::gauge, "authd_backup_interval_seconds",
              "How often the server makes a backup; 0: it makes none.", "",
              [interval = backup.directory.empty() ? 0.0 : interval] { return interval; });
  metrics.add(Type::gauge, "authd_disk_free_bytes",
              "What the server may still write to the disk of its data; -1: it cannot be asked.",
              "", [&directory = s.config.server.data_dir] {
                std::error_code failed;
                const std::filesystem::space_info space = std::filesystem::space(directory, failed);
                return failed ? -1.0 : static_cast<double>(space.available);
              });
}

Metrics::Buckets batch_sizes(store::Store& store) {
  const store::Stats stats = store.stats();
  Metrics::Buckets buckets;
  for (size_t i = 0; i < stats.batch_sizes.size(); ++i) {
    const bool is_last = i + 1 == stats.batch_sizes.size();
    buckets.counts.emplace_back(is_last ? INFINITY : static_cast<double>(1u << i),
                                stats.batch_sizes[i]);
  }
  buckets.sum = static_cast<double>(stats.writes);
  return buckets;
}

void add_store(Metrics& metrics, store::Store& store) {
  const auto add = [&](Type type, const char* name, const char* help,
                       uint64_t store::Stats::*member) {
    metrics.add(type, name, help, "",
                [&store, member] { return static_cast<double>(store.stats().*member); });
  };
  add(Type::counter, "authd_store_commits_total", "Durable commits.", &store::Stats::commits);
  add(Type::counter, "authd_store_writes_total", "Writes that were committed.",
      &store::Stats::writes);
  add(Type::counter, "authd_store_faults_total", "Reads, writes or commits that failed.",
      &store::Stats::faults);
  add(Type::gauge, "authd_store_used_bytes", "Size of the data file.", &store::Stats::used_bytes);
  add(Type::gauge, "authd_store_max_bytes", "Size at which it is full.", &store::Stats::max_bytes);
  add(Type::gauge, "authd_store_entries", "Rows and index entries.", &store::Stats::entries);
  metrics.add(Type::gauge, "authd_store_write_waits_seconds",
              "How long writes have been waiting for another process; 0: none waits.", "",
              [&store] { return std::chrono::duration<double>(store.write_waits()).count(); });
  metrics.add(Type::gauge, "authd_store_oldest_reader_seconds",
              "How long a read, of any process, has kept a state of the data that is no longer the "
              "newest, so that the file grows; 0: there is none.",
              "", [&store] {
                const auto oldest = store.oldest_reader();
                return oldest ? std::chrono::duration<double>(oldest->age).count() : 0.0;
              });
  metrics.add(Type::gauge, "authd_store_can_write",
              "1: the last write succeeded; 0: it failed, or the files of the store are gone.", "",
              [&store] {
                const store::Stats stats = store.stats();
                return stats.can_write && stats.has_files ? 1.0 : 0.0;
              });
  metrics.add_histogram("authd_store_batch_size", "Writes per commit.",
                        [&store] { return batch_sizes(store); });
}

// Of a server that answers from a copy: of what it shares with other hosts, or as a replica.
void add_replication(Metrics& metrics, store::Store& store) {
  if (!store.replication()) return;
  const auto add = [&](Type type, const char* name, const char* help, auto value) {
    metrics.add(type, name, help, "", [&store, value] {
      return static_cast<double>(value(store.replication().value_or(store::Replication{})));
    });
  };
  using store::Replication;
  add(Type::gauge, "authd_store_revision", "State of the data that this server answers from.",
      [](const Replication& now) { return now.revision; });
  add(Type::gauge, "authd_store_newest_revision", "Newest state that it has heard of.",
      [](const Replication& now) { return now.newest; });
  add(Type::gauge, "authd_store_lease_held",
      "1: it answers; 0: its copy was not known to be complete for the lease, and it answers 503.",
      [](const Replication& now) { return now.holds_lease ? 1 : 0; });
  add(Type::gauge, "authd_store_copy_age_seconds", "Since its copy was last known to be complete.",
      [](const Replication& now) { return std::chrono::duration<double>(now.age).count(); });
  add(Type::counter, "authd_store_conflicts_total",
      "Writes that were decided again because another host had changed what they read.",
      [](const Replication& now) { return now.conflicts; });
  add(Type::counter, "authd_store_second_looks_total",
      "Reads that asked for the newest state before they said no.",
      [](const Replication& now) { return now.looks; });
  add(Type::counter, "authd_store_copies_total", "How often it copied everything.",
      [](const Replication& now) { return now.copies; });
  add(Type::counter, "authd_store_reconnects_total", "How often it connected again.",
      [](const Replication& now) { return now.reconnects; });
  metrics.add(Type::gauge, "authd_store_leads",
              "1: this server runs the background jobs; exactly one of all servers does.", "",
              [&store] { return store.leads() ? 1.0 : 0.0; });
}

void add_front(Metrics& metrics, const http::Front& front) {
  const auto add = [&](Type type, const char* name, const char* help, auto value) {
    metrics.add(type, name, help, "",
                [&front, value] { return static_cast<double>(value(front.stats())); });
  };
  add(Type::gauge, "authd_http_connections", "Open connections.",
      [](const http::FrontStats& stats) { return stats.connections; });
  add(Type::counter, "authd_http_connections_refused_total", "Connections beyond the limits.",
      [](const http::FrontStats& stats) { return stats.connections_refused; });
  add(Type::counter, "authd_http_budget_refusals_total",
      "Connections ended because a memory budget for unfinished requests or untaken replies, or "
      "one "
      "client's part of it, was used up.",
      [](const http::FrontStats& stats) { return stats.budget_refusals; });
  add(Type::counter, "authd_http_handshakes_cut_total",
      "TLS handshakes that were ended to make room for later ones.",
      [](const http::FrontStats& stats) { return stats.handshakes_cut; });
  add(Type::gauge, "authd_http_requests_in_flight", "Requests being worked on.",
      [](const http::FrontStats& stats) { return stats.working; });
  add(Type::gauge, "authd_http_parked", "Requests that wait for news, without a thread.",
      [](const http::FrontStats& stats) { return stats.parked; });
  add(Type::gauge, "authd_http_write_queued", "Requests that wait for the write lane.",
      [](const http::FrontStats& stats) { return stats.write_queued; });
  add(Type::gauge, "authd_http_slow_queued", "Requests that wait for the slow lane.",
      [](const http::FrontStats& stats) { return stats.slow_queued; });
  add(Type::counter, "authd_http_rate_limited_total", "Requests refused by a rate limit.",
      [](const http::FrontStats& stats) { return stats.rate_limited; });
  add(Type::counter, "authd_http_tls_failures_total", "TLS handshakes that failed.",
      [](const http::FrontStats& stats) { return stats.tls_failures; });
  add(Type::gauge, "authd_tls_certificate_expiry_timestamp_seconds",
      "When the certificate that is served ends; 0: TLS is not done here.",
      [](const http::FrontStats& stats) { return unix_seconds(stats.certificate_ends_at); });
}

// The label is not named "job": Prometheus adds a label of that name to everything that it scrapes,
// and would rename ours.
void add_jobs(Metrics& metrics, const JobRunner& jobs) {
  const auto add = [&](Type type, const char* name, const char* help, double scale, auto member) {
    for (size_t i = 0; i < all_jobs().size(); ++i) {
      metrics.add(type, name, help, "name=\"" + std::string(all_jobs()[i].name) + "\"",
                  [&jobs, i, scale, member] {
                    return static_cast<double>((jobs.counts(i).*member).load()) * scale;
                  });
    }
  };
  using Counts = JobRunner::Counts;
  add(Type::counter, "authd_job_runs_total", "Runs of a background job.", 1, &Counts::runs);
  add(Type::counter, "authd_job_rows_total", "Rows it worked on.", 1, &Counts::rows);
  add(Type::counter, "authd_job_failures_total", "Runs that failed.", 1, &Counts::failures);
  add(Type::gauge, "authd_job_last_duration_seconds", "What the last run took.", 1e-3,
      &Counts::took_ms);
  add(Type::gauge, "authd_job_last_success_timestamp_seconds",
      "When the last run that did not fail ended; 0: none since the start.", 1,
      &Counts::succeeded_at_s);
}

void add_mail(Metrics& metrics, const MailRunner& mails) {
  const auto count = [&](const char* name, const char* help, const std::atomic<uint64_t>& counter) {
    metrics.add(Type::counter, name, help, "",
                [&counter] { return static_cast<double>(counter.load()); });
  };
  count("authd_mails_sent_total",
        "Mails that a server took, and those to addresses without an account.",
        mails.counts().sent);
  count("authd_mail_attempts_failed_total", "Attempts that will be repeated.",
        mails.counts().failed);
  count("authd_mails_dead_total", "Mails that were given up.", mails.counts().dead);
  const auto size = [&](const char* help, const char* labels, const std::atomic<uint64_t>& value) {
    metrics.add(Type::gauge, "authd_mail_outbox", help, labels,
                [&value] { return static_cast<double>(value.load()); });
  };
  size("Mails in the outbox.", "state=\"waiting\"", mails.outbox().waiting);
  size("", "state=\"dead\"", mails.outbox().dead);
  metrics.add(Type::gauge, "authd_mail_oldest_seconds", "Age of the oldest mail that waits.", "",
              [&mails] { return static_cast<double>(mails.outbox().oldest_age_s.load()); });
}

void add_webhooks(http::Metrics& metrics, const WebhookRunner& webhooks) {
  const WebhookRunner::State& state = webhooks.state();
  const auto add = [&](Type type, const char* name, const char* help, const auto& value) {
    metrics.add(type, name, help, "", [&value] { return static_cast<double>(value.load()); });
  };
  add(Type::gauge, "authd_webhook_pending", "Events that wait for an endpoint.", state.waiting);
  add(Type::gauge, "authd_webhook_dead", "Events that were given up, and are kept for a retry.",
      state.dead);
  add(Type::gauge, "authd_webhook_lag_seconds", "Age of the oldest event that waits.", state.lag_s);
  add(Type::counter, "authd_webhook_lost_total",
      "Events that were dropped before they were sent, as too many waited.", state.lost);
}

}  // namespace

void add_replica_metrics(http::Metrics& metrics, const auth::Services& services,
                         const http::Front& front) {
  add_process(metrics, services);
  add_auth(metrics, services);
  add_store(metrics, services.store);
  add_replication(metrics, services.store);
  add_front(metrics, front);
}

void add_metrics(http::Metrics& metrics, const auth::Services& services, const http::Front& front,
                 const JobRunner& jobs, const MailRunner& mails, const LogoutRunner& logouts,
                 const WebhookRunner& webhooks) {
  add_process(metrics, services);
  add_auth(metrics, services);
  add_store(metrics, services.store);
  add_replication(metrics, services.store);
  add_front(metrics, front);
  add_jobs(metrics, jobs);
  add_mail(metrics, mails);
  add_webhooks(metrics, webhooks);
  metrics.add(Type::gauge, "authd_logout_deliveries_waiting",
              "Sign-outs that an application is still to be told of.", "",
              [&logouts] { return static_cast<double>(logouts.waiting()); });
}

}  // namespace authd::server
