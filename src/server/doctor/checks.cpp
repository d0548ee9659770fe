#include "server/doctor/checks.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "server/data/store_options.h"
#include "store/directory.h"

namespace authd::server::doctor {
namespace {

constexpr std::array kChecks = {
    Check{"configuration", "the configuration", &check_configuration},
    Check{"files", "files and their permissions", &check_files},
    Check{"data", "the data", &check_data},
    Check{"cluster", "the other hosts, and PostgreSQL", &check_cluster},
    Check{"clock", "the clock", &check_clock},
    Check{"resources", "disk, descriptors and memory", &check_resources},
    Check{"keys", "the signing keys", &check_keys},
    Check{"passwords", "the lists of known passwords", &check_passwords},
    Check{"backups", "backups and snapshots", &check_backups},
    Check{"mail", "the mail server", &check_mail},
    Check{"providers", "the providers", &check_providers},
    Check{"certificate", "the TLS certificate", &check_certificate},
    Check{"public_url", "the public URL, through its proxies", &check_public_url},
    Check{"discovery", "discovery, as applications fetch it", &check_discovery},
    Check{"passkeys", "passkeys, as browsers make them", &check_passkeys},
    Check{"clients", "where logins came from", &check_clients},
    Check{"logouts", "sign-outs that applications are told of", &check_logouts},
    Check{"webhooks", "endpoints that are told of events", &check_webhooks},
};

Result<void> check_names(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const bool is_known = std::any_of(kChecks.begin(), kChecks.end(),
                                      [&](const Check& check) { return name == check.name; });
    if (is_known) continue;
    const std::string all = joined(kChecks, ", ", &Check::name);
    return Error{ErrorCode::usage, "there is no check \"" + name + "\"; there are: " + all};
  }
  return {};
}

bool is_chosen(const Check& check, const Choice& choice) {
  const auto has = [&](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), check.name) != names.end();
  };
  return (choice.only.empty() || has(choice.only)) && !has(choice.skip);
}

// Opens the data as it is. Unlike an Instance, this creates, upgrades and prepares nothing.
Result<std::unique_ptr<store::Store>> open_store(const config::Config& config, Log& log) {
  const store::Options options = store_options(config);
  if (!store::has_database(options)) {
    return Error{ErrorCode::not_found, "there is no database in " + options.directory};
  }
  return store::open(options, log);
}

}  // namespace

std::span<const Check> all_checks() {
  return kChecks;
}

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::ok: return "ok";
    case Severity::skipped: return "skipped";
    case Severity::warn: return "warn";
    case Severity::fail: return "fail";
  }
  __builtin_unreachable();
}

Result<Examination> examine(const config::Loaded& loaded, const Means& means, const Choice& choice,
                            const std::function<void(const char* subject)>& progress) {
  TRY(check_names(choice.only));
  TRY(check_names(choice.skip));
  const config::Config& config = loaded.config;
  const Result<std::unique_ptr<store::Store>> store = open_store(config, means.log);
  const Result<crypto::MasterKeys> key = crypto::MasterKeys::load(config.secrets.master_key_file);
  const Patient patient{loaded,
                        store ? store->get() : nullptr,
                        store ? "" : store.error().message,
                        key ? &*key : nullptr,
                        store::running_server(config.server.data_dir),
                        choice.mail_to,
                        means.fetch,
                        means.log,
                        means.clock,
                        means.random};
  Report report;
  for (const Check& check : kChecks) {
    if (!is_chosen(check, choice)) continue;
    progress(check.subject);
    report.begin(check.name);
    check.run(patient, report);
  }
  return Examination{patient.server, report.findings()};
}

std::string in_words(Milliseconds duration) {
  const auto say = [](int64_t count, const char* unit) {
    return std::to_string(count) + " " + unit + (count == 1 ? "" : "s");
  };
  using namespace std::chrono;
  const Milliseconds whole = duration < Milliseconds(0) ? -duration : duration;
  if (whole >= hours(48)) return say(duration_cast<days>(whole).count(), "day");
  if (whole >= hours(2)) return say(duration_cast<hours>(whole).count(), "hour");
  if (whole >= minutes(2)) return say(duration_cast<minutes>(whole).count(), "minute");
  return say(duration_cast<Seconds>(whole).count(), "second");
}

}  // namespace authd::server::doctor
