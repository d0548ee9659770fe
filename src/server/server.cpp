#include "server/server.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <new>

#include "api/contract/openapi.h"
#include "api/endpoints/pages/pages.h"
#include "api/routes.h"
#include "auth/accounts/account/setup.h"
#include "auth/accounts/factors/ways_in.h"
#include "auth/accounts/names/provider_logos.h"
#include "auth/accounts/passkeys/relying_party.h"
#include "auth/oauth/clients/configured_clients.h"
#include "auth/passwords/known_passwords.h"
#include "auth/sessions/token_names.h"
#include "base/check.h"
#include "base/file.h"
#include "base/text.h"
#include "http/front/front.h"
#include "mail/logo.h"
#include "server/data/backup.h"
#include "server/data/instance.h"
#include "server/data/kept_aside.h"
#include "server/data/master_key.h"
#include "server/data/scratch.h"
#include "server/data/snapshot.h"
#include "server/data/upgrade.h"
#include "server/end_guard.h"
#include "server/jobs.h"
#include "server/leak_runner.h"
#include "server/logout_runner.h"
#include "server/mail_runner.h"
#include "server/metrics.h"
#include "server/process/confinement.h"
#include "server/process/footprint.h"
#include "server/running.h"
#include "server/webhook_runner.h"
#include "store/directory.h"
#include "tables/roles.h"

namespace authd::server {
namespace {

// A role that does not exist yet protects nobody.
void warn_of_unknown_roles(const auth::Services& services) {
  for (const std::string& name : services.config.passkeys.required_for) {
    const Result<bool> is_there = services.store.read([&](store::ReadTxn& tx) -> Result<bool> {
      return tables::find_role_by_name(tx, name).has_value();
    });
    if (is_there.value_or(true)) continue;
    services.log.warn("passkeys.required_for names a role that does not exist", {{"role", name}});
  }
}

// What is wrong with a client is told with its place: "clients.x.scopes (authd.toml:7): …".
Result<void> apply_clients(const auth::Services& s, const config::Loaded& loaded) {
  const bool is_read = !loaded.file.empty() || !loaded.config.clients.empty();
  const Result<void> done =
      auth::apply_configured_clients(s, is_read ? auth::Missing::end : auth::Missing::stay);
  if (done || done.error().field.empty()) return done;
  return config::at_source(loaded, done.error());
}

// Likewise: "providers.google.logo_file (authd.toml:7): …".
Result<std::vector<auth::ProviderLogo>> read_logos(const auth::Services& s,
                                                   const config::Loaded& loaded) {
  auto logos = auth::read_provider_logos(s);
  if (!logos && !logos.error().field.empty()) return config::at_source(loaded, logos.error());
  return logos;
}

// "passwords.blocklist_file (authd.toml:7): …"
Result<void> open_known_passwords(const auth::Services& s, const config::Loaded& loaded) {
  const Result<void> opened = s.known.open();
  if (opened) return {};
  return config::at_source(
      loaded, Error{opened.error().code, opened.error().message, "passwords.blocklist_file"});
}

// Removes what killed processes left. The server holds the lock, so it is the only one.
void remove_leftovers(const config::Config& config) {
  remove_unfinished_asides(config.server.data_dir);
  Scratch::remove_abandoned(config.server.data_dir);
  remove_unfinished_snapshots(config);
  remove_unfinished_backups(config);
  remove_unfinished_keys(config);
}

// What a reload changes.
struct Reloaded {
  http::Front& front;
  web::Site& site;
  web::Replaceable<web::Catalogues>& mails;
  config::InForce& settings;  // what the administration shows of it
};

// Own words for pages and mails, read again.
void use_texts(const web::AllTexts& texts, const Reloaded& running, Log& log) {
  const bool is_used = running.site.use(texts.pages) &&
                       (texts.mails == running.mails.get() || running.mails.replace(texts.mails));
  if (!is_used)
    log.warn("the texts changed too often: the current ones take effect at the next start");
}

// Applies the settings that can change without a restart. On an error nothing changes.
void reload(const ServeOptions& options, const config::Config& running, const Reloaded& parts,
            Log& log) {
  const Result<config::Loaded> loaded = options.reload();
  if (!loaded) {
    log.error("not reloaded: " + joined(config::problems_of(loaded.error()), "; "));
    return;
  }
  const Result<web::AllTexts> texts = web::read_own_texts(loaded->config.branding.texts_dir);
  if (!texts) {
    log.error("not reloaded: branding.texts_dir: " + texts.error().message);
    return;
  }
  if (const Result<void> done = parts.front.reload(http::Policy::of(loaded->config)); !done) {
    log.error("not reloaded: " + done.error().message);
    return;
  }
  use_texts(*texts, parts, log);
  log.set_level(loaded->config.log.level);
  parts.settings.reload(*loaded);
  const std::vector<std::string> later = config::changed_until_restart(running, loaded->config);
  if (!later.empty())
    log.warn("changed: takes effect at the next start", {{"keys", joined(later, ", ")}});
  log.info("reloaded");
}

// The same, and the place where the signal thread catches a lack of memory (base/out_of_memory.h).
void reload_if_possible(const ServeOptions& options, const config::Config& running,
                        const Reloaded& parts, Log& log) {
  try {
    reload(options, running, parts, log);
  } catch (const std::bad_alloc&) {
    log.error("not reloaded: out of memory");
  }
}

void reload_for_systemd(const ServeOptions& options, const config::Config& running,
                        const Clock& clock, const Reloaded& parts, Log& log) {
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(clock.steady_now().time_since_epoch());
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "RELOADING=1\nMONOTONIC_USEC=%lld",
                static_cast<long long>(now.count()));
  options.systemd.notify(text.data());
  reload_if_possible(options, running, parts, log);
  options.systemd.notify("READY=1");
}

// Waits for signals and feeds the watchdog until it is time to end.
void run(const ServeOptions& options, const config::Config& config, const Clock& clock,
         Signals& signals, Feeder& feeder, const Reloaded& parts, Log& log) {
  while (true) {
    switch (signals.wait(feeder.patience())) {
      case SIGHUP: reload_for_systemd(options, config, clock, parts, log); break;
      case SIGTERM:
      case SIGINT: return;
      default: break;
    }
    feeder.feed_when_due();
  }
}

// The page that creates the first administrator. Its link is a secret that must be readable
// somewhere. It is valid for a day at most, and only until there is an administrator.
Result<void> offer_setup(const auth::Services& s, const ServeOptions& options, Log& log) {
  const std::optional<OneTimeSecret> token = TRY(auth::offer_setup(s));
  if (!token) return {};
  const std::string url = s.config.public_url + "/setup?token=" + std::string(token->reveal());
  if (options.show_setup) {
    options.show_setup(url);
    return {};
  }
  log.warn(
      "there is no account yet: create the administrator at this address, or with authd user add "
      "--admin",
      {{"setup_url", url}});
  return {};
}

}  // namespace

Result<void> serve(ServeOptions options, Log& log, const Clock& clock, Random& random) {
  const config::Config& config = options.loaded.config;
  TRY(auth::check_ways_in(config));
  Signals signals;
  raise_file_limit(config.server.max_connections, log);
  options.systemd.notify("STATUS=opening " + config.server.data_dir);
  TRY(store::make_directory(config.server.data_dir, log));  // Opening the store warns.
  const store::ServerLock lock = TRY(store::ServerLock::take(config.server.data_dir));
  remove_leftovers(config);
  std::atomic<bool> is_serving{false};
  const Opening opening{.stopping = [&] { return !is_serving && signals.ask_to_end(); },
                        .begin_thread = [&] { confine_thread(config, log); },
                        .tell =
                            [&](const std::string& text) {
                              if (!is_serving) options.systemd.notify("STATUS=" + text);
                            },
                        .serves = true};
  Result<std::unique_ptr<Instance>> opened = Instance::open(config, log, clock, random, opening);
  if (!opened && signals.ask_to_end()) {
    log.info("stopped before it served", {{"cause", opened.error().message}});
    return {};
  }
  const std::unique_ptr<Instance> instance = TRY(std::move(opened));
  const auth::Services& services = instance->services();
  TRY(open_known_passwords(services, options.loaded));
  finish_restored_keys(services);
  TRY(auth::record_token_names(services));
  TRY(auth::record_rp_id(services, options.may_change_rp_id));
  TRY(auth::record_server_version(services.store));
  warn_of_unknown_roles(services);
  TRY(apply_clients(services, options.loaded));

  std::atomic<bool> is_draining{false};
  http::Metrics metrics;
  web::AllTexts texts = TRY(web::read_own_texts(config.branding.texts_dir));
  web::Replaceable<web::Catalogues> mail_texts(std::move(texts.mails));
  mail::Picture mail_logo = TRY(mail::read_logo(config.branding));
  std::vector<auth::ProviderLogo> logos = TRY(read_logos(services, options.loaded));
  web::Site site = TRY(api::make_site(config, texts.pages, std::move(logos)));
  const api::OpenApi documentation(api::served_routes(config), config.public_url);
  config::InForce settings(options.loaded);
  const api::Api api{.auth = services,
                     .metrics = metrics,
                     .site = site,
                     .is_draining = [&] { return is_draining.load(); },
                     .documentation = documentation,
                     .settings = &settings};
  http::FrontOptions wanted = front_options(config, options.systemd, log);
  wanted.state = [&services] {
    return services.store.read([](store::ReadTxn& tx) -> Result<uint64_t> { return tx.snapshot(); })
        .value_or(0);
  };
  wanted.missing = [&](const http::Request& request) { return api::missing_page(api, request); };
  http::Front front(std::move(wanted), api::http_routes(api), log, clock, random, metrics);
  TRY(front.open());
  lock.note(listening(config, front));
  confine(config, log);
  log.write_behind();                   // The first thread: all threads inherit what is left.
  EndGuard guard(services.store, log);  // Ends after what it guards.
  JobRunner jobs(services);
  MailRunner mails(services, mail_texts, std::move(mail_logo));
  const LeakRunner leaks(services);
  LogoutRunner logouts(services, instance->https());
  WebhookRunner webhooks(services, instance->https());
  add_metrics(metrics, services, front, jobs, mails, logouts, webhooks);
  front.start();

  log.info("authd serves", {{"version", AUTHD_VERSION},
                            {"listen", joined(front.addresses(), ", ")},
                            {"public_url", config.public_url},
                            {"data_dir", config.server.data_dir},
                            {"config", options.loaded.file},
                            {"pid", getpid()}});
  TRY(offer_setup(services, options, log));
  is_serving = true;
  options.systemd.notify("READY=1\nSTATUS=serving on " + joined(front.addresses(), ", "));
  forget_startup_code();
  {
    Feeder feeder(options.systemd, clock, services.store, front, log);
    run(options, config, clock, signals, feeder, {front, site, mail_texts, settings}, log);
  }
  is_draining = true;
  guard.arm(config.server.drain_timeout);
  jobs.begin_end();
  logouts.begin_end();
  webhooks.begin_end();
  stop(options.systemd, config.server.drain_timeout, front, log);
  return {};
}

}  // namespace authd::server
