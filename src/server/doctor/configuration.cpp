// Settings that are valid but dangerous in production.
#include <algorithm>
#include <array>

#include "base/ip_address.h"
#include "config/reading/values.h"
#include "server/doctor/checks.h"

namespace authd::server::doctor {
namespace {

using config::Config;
using config::Listen;

bool is_public(const Config& c) {
  return !is_loopback_host(config::host_of(c.public_url));
}

bool has_https(const Config& c) {
  return c.public_url.starts_with("https://");
}

// Whether other machines can reach it without a proxy in between.
bool listens_outside(const Config& c) {
  return std::any_of(c.server.listen.begin(), c.server.listen.end(), [](const Listen& one) {
    return one.kind == Listen::Kind::tcp && !is_loopback_host(one.host);
  });
}

bool has_any(const std::vector<std::string>& list, std::string_view wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

struct Danger {
  Severity severity;
  bool (*is_there)(const Config&);
  const char* text;
  const char* advice;
};

constexpr std::array kDangers = {
    Danger{Severity::fail,
           [](const Config& c) {
             return listens_outside(c) && !has_https(c) && c.ingress.tls_cert.empty();
           },
           "server.listen takes connections of other machines, and nothing is encrypted "
           "(server.public_url is http)",
           "listen on 127.0.0.1 behind a proxy with TLS, or set server.tls_cert and tls_key; then "
           "make server.public_url https"},
    Danger{Severity::warn,
           [](const Config& c) { return !listens_outside(c) && is_public(c) && !has_https(c); },
           "server.public_url is http: passwords and cookies are seen on the way",
           "put TLS before it, and make server.public_url https"},
    Danger{Severity::fail,
           [](const Config& c) {
             return std::any_of(
                 c.ingress.trusted_proxies.begin(), c.ingress.trusted_proxies.end(),
                 [](const Network& one) { return one.prefix == (one.address.is_v4() ? 96 : 0); });
           },
           "server.trusted_proxies trusts everyone: any client can claim another address, so "
           "limits by address protect nothing",
           "list the addresses of your proxies only"},
    Danger{Severity::warn,
           [](const Config& c) {
             return is_public(c) && c.mail.url.kind == config::MailUrl::Kind::log;
           },
           "mail.url is log: (the default): nobody gets a mail, and links that sign people in are "
           "written to the log",
           "set mail.url to your mail server: smtp://user:password@host"},
    Danger{Severity::warn, [](const Config& c) { return !c.rate_limit.enabled; },
           "rate_limit.enabled is false: one client can use up the whole server",
           "leave it on; raise the limit that hurts"},
    Danger{Severity::fail, [](const Config& c) { return has_any(c.cors.allowed_origins, "*"); },
           "cors.allowed_origins is *: the scripts of every site may talk to this server",
           "list the origins of your own applications"},
    Danger{Severity::warn,
           [](const Config& c) { return is_public(c) && has_any(c.ingress.allowed_hosts, "*"); },
           "server.allowed_hosts is * (the default): requests for any host are answered",
           "set it to the host of server.public_url and those of applications behind the proxy"},
    Danger{Severity::warn, [](const Config& c) { return c.hashing.argon2_memory < (7u << 20); },
           "passwords.argon2_memory is below 7 MiB, the least that OWASP recommends",
           "leave it at its default of 19MiB"},
    Danger{Severity::warn,
           [](const Config& c) { return c.tokens.algorithm == config::SigningAlgorithm::hs256; },
           "tokens.algorithm is HS256: there is no public key, so that no other program can verify "
           "a token by itself (/.well-known/jwks.json is empty)",
           "use ES256, unless every application asks /auth/verify or /oauth2/introspect"},
    Danger{Severity::warn,
           [](const Config& c) {
             return has_https(c) && c.ingress.trusted_proxies.empty() &&
                    c.ingress.tls_cert.empty() && !listens_outside(c) && !c.server.listen.empty() &&
                    c.server.listen.front().kind == Listen::Kind::tcp;
           },
           "server.public_url is https, but no certificate is set here, and no proxy is trusted: "
           "all clients appear with the proxy's address and over plain http",
           "list the proxy in server.trusted_proxies"},
};

}  // namespace

void check_configuration(const Patient& patient, Report& report) {
  bool has_danger = false;
  for (const Danger& danger : kDangers) {
    if (!danger.is_there(patient.config())) continue;
    has_danger = true;
    if (danger.severity == Severity::fail) {
      report.fail(danger.text, danger.advice);
    } else {
      report.warn(danger.text, danger.advice);
    }
  }
  if (has_danger) return;
  const std::string& file = patient.loaded.file;
  report.ok((file.empty() ? "no file" : file) + ": valid, and nothing in it is dangerous");
}

}  // namespace authd::server::doctor
