#include "config/keys.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/nearest.h"
#include "base/text.h"
#include "config/values.h"

namespace authd::config {
namespace {

using Parts = std::vector<std::string>;
using namespace std::chrono_literals;

// A value of T with a parser and a formatter, somewhere in Config.
template <typename T, typename Get, typename Parse, typename Format>
Key one(std::string name, std::string default_text, Get get, Parse parse, Format format,
        std::string help) {
  Key key;
  key.name = std::move(name);
  key.default_text = std::move(default_text);
  key.help = std::move(help);
  key.set = [get, parse = std::move(parse)](Config& config, const Parts& parts) -> Result<void> {
    T value = TRY(parse(parts.front()));
    get(config) = std::move(value);
    return {};
  };
  key.show = [get, format](const Config& config) {
    return std::string(format(get(const_cast<Config&>(config))));
  };
  return key;
}

template <typename T, typename Get, typename Parse, typename Format>
Key list(std::string name, std::string default_text, Get get, Parse parse, Format format,
         std::string help) {
  Key key;
  key.name = std::move(name);
  key.default_text = std::move(default_text);
  key.is_list = true;
  key.help = std::move(help);
  key.set = [get, parse = std::move(parse)](Config& config, const Parts& parts) -> Result<void> {
    std::vector<T> values;
    for (const std::string& part : parts)
      values.push_back(TRY(parse(part)));
    get(config) = std::move(values);
    return {};
  };
  key.show = [get, format](const Config& config) {
    return joined(get(const_cast<Config&>(config)), ",", format);
  };
  return key;
}

Key of_type(KeyType type, Key key) {
  key.type = type;
  return key;
}

Error outside(std::string_view low, std::string_view high) {
  return Error{ErrorCode::invalid,
               "must be between " + std::string(low) + " and " + std::string(high)};
}

template <typename Get>
Key number(std::string name, std::string default_text, uint64_t low, uint64_t high, Get get,
           std::string help) {
  const auto parse = [low, high](std::string_view text) -> Result<uint64_t> {
    const uint64_t value = TRY(parse_number(text));
    if (value < low || value > high) return outside(std::to_string(low), std::to_string(high));
    return value;
  };
  return of_type(KeyType::number,
                 one<uint64_t>(
                     std::move(name), std::move(default_text), get, parse,
                     [](auto value) { return std::to_string(value); }, std::move(help)));
}

template <typename Get>
Key size(std::string name, std::string default_text, uint64_t low, uint64_t high, Get get,
         std::string help) {
  const auto parse = [low, high](std::string_view text) -> Result<uint64_t> {
    const uint64_t value = TRY(parse_size(text));
    if (value < low || value > high) return outside(format_size(low), format_size(high));
    return value;
  };
  return of_type(KeyType::quantity, one<uint64_t>(std::move(name), std::move(default_text), get,
                                                  parse, &format_size, std::move(help)));
}

template <typename Get>
Key duration(std::string name, std::string default_text, Milliseconds low, Milliseconds high,
             Get get, std::string help) {
  const auto parse = [low, high](std::string_view text) -> Result<Milliseconds> {
    const Milliseconds value = TRY(parse_duration(text));
    if (value < low || value > high) return outside(format_duration(low), format_duration(high));
    return value;
  };
  return of_type(KeyType::quantity, one<Milliseconds>(std::move(name), std::move(default_text), get,
                                                      parse, &format_duration, std::move(help)));
}

template <typename Get>
Key flag(std::string name, std::string default_text, Get get, std::string help) {
  return of_type(KeyType::boolean,
                 one<bool>(
                     std::move(name), std::move(default_text), get, &parse_bool,
                     [](bool value) { return value ? "true" : "false"; }, std::move(help)));
}

template <typename Get>
Key text(std::string name, std::string default_text, Get get, std::string help) {
  const auto parse = [](std::string_view value) -> Result<std::string> {
    const bool printable = std::all_of(value.begin(), value.end(), [](char c) {
      return static_cast<uint8_t>(c) >= 0x20 && c != 0x7f;
    });
    if (!printable || value.size() > 4096) {
      return Error{ErrorCode::invalid, "must be plain text of at most 4096 bytes"};
    }
    return std::string(value);
  };
  return one<std::string>(
      std::move(name), std::move(default_text), get, parse,
      [](const std::string& value) { return value; }, std::move(help));
}

template <typename E>
Key choosing(Key key) {
  for (const Choice<E>& choice : kChoices<E>)
    key.choices.emplace_back(choice.word);
  return key;
}

// One of the words of an enum (config/choices.h).
template <typename E, typename Get>
Key choice(std::string name, std::string default_text, Get get, std::string help) {
  return choosing<E>(one<E>(std::move(name), std::move(default_text), get, &parse_choice<E>,
                            &word_of<E>, std::move(help)));
}

template <typename Get>
Key rate(std::string name, std::string default_text, Get get, std::string help) {
  return one<Rate>(std::move(name), std::move(default_text), get, &parse_rate, &format_rate,
                   std::move(help));
}

// Text that may not be empty.
Key filled(Key key) {
  key.set = [set = std::move(key.set)](Config& config, const Parts& parts) -> Result<void> {
    if (parts.front().empty()) return Error{ErrorCode::invalid, "must not be empty"};
    return set(config, parts);
  };
  return key;
}

Key computed(std::string note, Key key) {
  key.default_note = std::move(note);
  return key;
}

Key reloadable(Key key) {
  key.is_reloadable = true;
  return key;
}

Key switching(Key key) {
  key.is_switch = true;
  return key;
}

std::string as_is(const std::string& value) {
  return value;
}

#define AT(member)          \
  [](Config & c) -> auto& { \
    return c.member;        \
  }

void add_server(std::vector<Key>& keys) {
  keys.push_back(list<Listen>(
      "server.listen", "localhost:8080", AT(server.listen), &parse_listen, &format_listen,
      "Where to listen: host:port, [ipv6]:port, unix:/path, or systemd; localhost "
      "is 127.0.0.1 and ::1."));
  keys.push_back(computed("$STATE_DIRECTORY, else ./authd-data",
                          text("server.data_dir", "", AT(server.data_dir),
                               "The directory of the database and the master key.")));
  keys.push_back(computed("http://<first listen>, or http://localhost:<port>",
                          one<std::string>("server.public_url", "", AT(public_url), &parse_url,
                                           &as_is, "The URL at which clients reach this server.")));
  keys.push_back(reloadable(
      list<std::string>("server.allowed_hosts", "*", AT(ingress.allowed_hosts), &parse_host, &as_is,
                        "Host headers that are answered: names, *.example.org, or * for all.")));
  keys.push_back(reloadable(list<Network>(
      "server.trusted_proxies", "", AT(ingress.trusted_proxies), &parse_network,
      [](const Network& network) { return network.to_string(); },
      "Networks of reverse proxies whose X-Forwarded-* and Forwarded headers are believed.")));
  keys.push_back(reloadable(choice<ProxyHeaders>(
      "server.proxy_headers", "x-forwarded", AT(ingress.proxy_headers),
      "Which header the trusted proxies write: X-Forwarded-*, or Forwarded (RFC 7239).")));
  keys.push_back(
      switching(reloadable(text("server.tls_cert", "", AT(ingress.tls_cert),
                                "PEM file of the certificate chain; switches TLS on."))));
  keys.push_back(switching(reloadable(text("server.tls_key", "", AT(ingress.tls_key),
                                           "PEM file of the certificate's private key."))));
  keys.push_back(flag("server.force_https", "false", AT(server.force_https),
                      "Send clients that came by plain http to https."));
  keys.push_back(list<Listen>("server.redirect_listen", "", AT(server.redirect_listen),
                              &parse_tcp_listen, &format_listen,
                              "Plain http addresses that only redirect to https."));
  keys.push_back(computed(
      "4 x cores, at least 64",
      number("server.workers", "", 1, 1024, AT(server.workers),
             "Threads for requests that change something: they wait for the disk together.")));
  keys.push_back(number("server.max_connections", "10000", 16, 1'000'000,
                        AT(server.max_connections), "Connections at once, in all."));
  keys.push_back(number("server.max_connections_per_address", "1000", 0, 1'000'000,
                        AT(server.max_connections_per_address),
                        "Connections at once from one address (IPv6: one /64); 0 is no limit."));
  keys.push_back(size("server.max_body", "64KiB", 1024, 64 << 20, AT(server.max_body),
                      "Longest request body."));
  keys.push_back(size("server.max_header", "16KiB", 1024, 1 << 20, AT(server.max_header),
                      "Longest request line and headers."));
  keys.push_back(duration("server.handshake_timeout", "10s", 100ms, 10min,
                          AT(server.handshake_timeout), "Time for a TLS handshake."));
  keys.push_back(duration("server.header_timeout", "10s", 100ms, 10min, AT(server.header_timeout),
                          "Time for a request's headers, from its first byte."));
  keys.push_back(duration("server.body_timeout", "30s", 100ms, 1h, AT(server.body_timeout),
                          "Time for a request's body."));
  keys.push_back(duration("server.idle_timeout", "1m", 100ms, 1h, AT(server.idle_timeout),
                          "Time between two requests on a connection."));
  keys.push_back(duration("server.write_timeout", "30s", 100ms, 1h, AT(server.write_timeout),
                          "Time for a client to take its reply."));
  keys.push_back(duration("server.drain_timeout", "20s", 0ms, 1h, AT(server.drain_timeout),
                          "Time for running requests to finish when the server stops."));
  keys.push_back(flag("server.sandbox", "true", AT(server.sandbox),
                      "Whether the server gives up system calls and files that it does not need; "
                      "off for debuggers."));
}

void add_tokens(std::vector<Key>& keys) {
  keys.push_back(computed("server.public_url",
                          one<std::string>("tokens.issuer", "", AT(tokens.issuer), &parse_issuer,
                                           &as_is, "The iss of the tokens.")));
  keys.push_back(
      filled(text("tokens.audience", "authd", AT(tokens.audience), "The aud of the tokens.")));
  keys.push_back(
      choice<SigningAlgorithm>("tokens.algorithm", "ES256", AT(tokens.algorithm),
                               "The algorithm of access tokens: ES256, EdDSA, RS256 or HS256."));
  keys.push_back(duration("tokens.access_ttl", "15m", 10s, 24h, AT(tokens.access_ttl),
                          "Lifetime of an access token."));
  keys.push_back(duration("tokens.refresh_ttl", "30d", 1min, 24h * 3650, AT(tokens.refresh_ttl),
                          "Lifetime of a session that is not refreshed."));
  keys.push_back(duration("tokens.refresh_grace", "10s", 0ms, 10min, AT(tokens.refresh_grace),
                          "How long the previous refresh token gives the same successor again."));
  keys.push_back(
      duration("tokens.idle_timeout", "0", 0ms, 24h * 365, AT(tokens.idle_timeout),
               "End the sessions of a user who has done nothing for this long; 0 is off."));
  keys.push_back(duration("tokens.session_max_age", "90d", 1min, 24h * 3650,
                          AT(tokens.session_max_age),
                          "Lifetime of a session, however often it is refreshed."));
  const auto parse_rotation = [](std::string_view text) -> Result<Milliseconds> {
    const Milliseconds value = TRY(parse_duration(text));
    // A retired key stays for 24 hours, and there are at most 20.
    if (value == 0ms || (value >= 2h && value <= 24h * 3650)) return value;
    return Error{ErrorCode::invalid, "must be 0 or between 2h and 3650d"};
  };
  keys.push_back(of_type(KeyType::quantity,
                         one<Milliseconds>("tokens.rotate_every", "0", AT(tokens.rotate_every),
                                           parse_rotation, &format_duration,
                                           "How often to rotate the signing keys (at least 2h); 0: "
                                           "only by command. A key signs once it has been "
                                           "published for 48 hours.")));
}

void add_passwords(std::vector<Key>& keys) {
  keys.push_back(number("passwords.min_length", "8", 1, 256, AT(passwords.min_length),
                        "Shortest password, in characters."));
  keys.push_back(number("passwords.max_length", "256", 8, 4096, AT(passwords.max_length),
                        "Longest password, in characters."));
  const auto parse_score = [](std::string_view value) -> Result<int> {
    if (value.size() == 1 && value[0] >= '0' && value[0] <= '4') return value[0] - '0';
    return outside("0", "4");
  };
  keys.push_back(of_type(KeyType::number,
                         one<int>(
                             "passwords.min_score", "0", AT(passwords.min_score), parse_score,
                             [](int value) { return std::to_string(value); },
                             "How hard to guess a password must be (zxcvbn, 0 to 4; 0 is off).")));
  keys.push_back(
      choice<Blocklist>("passwords.blocklist", "common", AT(passwords.blocklist),
                        "Refuse the passwords that attackers try first: common or off."));
  keys.push_back(choice<PasswordProfile>(
      "passwords.profile", "standard", AT(passwords.profile),
      "standard, or nist: at least 15 characters, or 8 for an account with a second factor (NIST "
      "SP 800-63B-4)."));
  keys.push_back(size("passwords.argon2_memory", "19MiB", 64 << 10, 1ull << 30,
                      AT(hashing.argon2_memory), "Argon2id memory of a password hash."));
  keys.push_back(number("passwords.argon2_passes", "2", 1, 20, AT(hashing.argon2_passes),
                        "Argon2id passes of a password hash."));
}

void add_passkeys(std::vector<Key>& keys) {
  keys.push_back(
      flag("passkeys.enabled", "true", AT(passkeys.enabled), "Let people sign in with passkeys."));
  keys.push_back(
      computed("the host of server.public_url",
               one<std::string>(
                   "passkeys.rp_id", "", AT(passkeys.rp_id), &parse_rp_id, &as_is,
                   "The host that passkeys are made for: that of server.public_url, or a "
                   "domain above it. Passkeys that were made for another one no longer work.")));
  keys.push_back(list<std::string>(
      "passkeys.origins", "", AT(passkeys.origins), &parse_secure_origin, &as_is,
      "Other origins whose pages may use these passkeys; for another domain than passkeys.rp_id "
      "browsers ask /.well-known/webauthn (related origins)."));
  keys.push_back(choice<PasskeyRecovery>(
      "passkeys.recovery", "email", AT(passkeys.recovery),
      "What makes a new passkey for somebody who has lost the only way into the account: email (a "
      "mailed link, or a recovery code), codes (a recovery code), or admin (only a link from an "
      "administrator)."));
  keys.push_back(list<std::string>(
      "passkeys.required_for", "", AT(passkeys.required_for), &parse_role_name, &as_is,
      "Roles whose members sign in with a passkey, or with a passkey, a security key or a recovery "
      "code after the password. A server for which browsers make no passkeys does not start with "
      "it."));
}

void add_mail(std::vector<Key>& keys) {
  keys.push_back(one<MailUrl>(
      "mail.url", "log:", AT(mail.url), &parse_mail_url, &format_mail_url,
      "Where mail goes: smtp://[user:password@]host[:port], smtps://…, file:DIRECTORY, or log:."));
  keys.push_back(one<std::string>("mail.from", "authd@localhost", AT(mail.from), &parse_mail_from,
                                  &as_is, "The sender: an address, or Name <address>."));
  keys.push_back(duration("mail.timeout", "20s", 100ms, 10min, AT(mail.timeout),
                          "Time for a mail server to take one mail."));
  keys.push_back(choice<StartTls>(
      "mail.starttls", "required", AT(mail.starttls),
      "Whether smtp:// needs STARTTLS: required, or optional, which sends without TLS if the "
      "server does not offer it. A password is sent without TLS only to this machine."));
  keys.push_back(text("mail.ca_file", "", AT(mail.ca_file),
                      "PEM file of the authorities for the mail server's certificate; empty: the "
                      "system's."));
  const auto parse_hello = [](std::string_view value) -> Result<std::string> {
    const bool is_name = value.size() <= 253 && std::all_of(value.begin(), value.end(), [](char c) {
                           return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                  std::string_view(".-[]:").find(c) != std::string_view::npos;
                         });
    if (is_name) return std::string(value);
    return Error{ErrorCode::invalid, "must be a host name, such as auth.example.org"};
  };
  keys.push_back(computed(
      "the host of server.public_url if it has a dot, else the machine's name",
      one<std::string>("mail.hello_name", "", AT(mail.hello_name), parse_hello, &as_is,
                       "The name by which this server introduces itself to mail servers (EHLO).")));
  keys.push_back(text(
      "mail.oauth_token_file", "", AT(mail.oauth_token_file),
      "A file with an OAuth access token, sent in place of a password (XOAUTH2, for Microsoft 365 "
      "and Google). It is read for each mail, so whatever renews the token replaces the file."));
  keys.push_back(filled(text("branding.name", "authd", AT(branding.name),
                             "What the service is called in mails and on pages.")));
  keys.push_back(one<std::string>("branding.accent", "#3d5af1", AT(branding.accent), &parse_accent,
                                  &as_is, "The colour of the pages' buttons and links: #rrggbb."));
  keys.push_back(text("branding.logo_file", "", AT(branding.logo),
                      "File of the logo on the pages (SVG, PNG, JPEG, WebP; at most 256KiB); "
                      "empty: the first letter of the name."));
  keys.push_back(list<std::string>(
      "branding.links", "", AT(branding.links), &parse_link, &as_is,
      "Links at the foot of the pages: a label, a space, and https://…, mailto:… or a path."));
}

void add_backup(std::vector<Key>& keys) {
  const auto parse_directory = [](std::string_view value) -> Result<std::string> {
    const bool is_path = value.empty() || (value.starts_with('/') && value.size() <= 1024 &&
                                           value.find('\0') == std::string_view::npos);
    if (is_path) return std::string(value);
    return Error{ErrorCode::invalid, "must be a path that begins with /"};
  };
  keys.push_back(computed(
      "empty",
      one<std::string>("backup.directory", "", AT(backup.directory), parse_directory, &as_is,
                       "Where the server puts scheduled backups, preferably on another disk; "
                       "empty: no backups.")));
  keys.push_back(duration("backup.interval", "1d", 1min, 24h * 365, AT(backup.interval),
                          "Time between two backups."));
  keys.push_back(number("backup.keep", "7", 1, 10'000, AT(backup.keep),
                        "How many scheduled backups to keep; older ones are removed."));
  keys.push_back(text("backup.key_file", "", AT(backup.key_file),
                      "A file of at least 32 random bytes that encrypts the backups; empty: they "
                      "are not encrypted."));
}

void add_fetch(std::vector<Key>& keys) {
  const auto parse_proxy = [](std::string_view value) -> Result<std::string> {
    if (value.empty()) return std::string();
    const std::string url = TRY(parse_url(value));
    const bool has_path = url.find('/', url.find("://") + 3) != std::string::npos;
    if (url.starts_with("http://") && !has_path) return url;
    return Error{ErrorCode::invalid, "must be http://host:port, without a path"};
  };
  const auto parse_direct = [](std::string_view value) {
    return parse_host(value.starts_with("*.") ? value.substr(2) : value);
  };
  keys.push_back(computed(
      "none",
      one<std::string>("fetch.proxy", "", AT(fetch.proxy), parse_proxy, &as_is,
                       "The HTTP proxy through which providers are reached: http://host:port. The "
                       "variables HTTPS_PROXY and NO_PROXY are ignored.")));
  keys.push_back(list<std::string>(
      "fetch.no_proxy", "", AT(fetch.no_proxy), parse_direct, &as_is,
      "Hosts that are reached without fetch.proxy, with all hosts below them. This machine always "
      "is."));
}

void add_limits(std::vector<Key>& keys) {
  keys.push_back(reloadable(flag("rate_limit.enabled", "true", AT(rate_limit.enabled),
                                 "Limit requests by client address.")));
  for (const LimitClass& one : kLimitClasses) {
    if (one.default_rate.empty()) continue;
    const auto rate_at = [limit = one.limit](Config & c) -> auto& {
      return c.rate_limit[limit];
    };
    keys.push_back(reloadable(rate("rate_limit." + std::string(one.name),
                                   std::string(one.default_rate), rate_at, std::string(one.help))));
  }
}

std::vector<Key> make_keys() {
  std::vector<Key> keys;
  add_server(keys);
  const auto parse_engine = [](std::string_view value) -> Result<std::string> {
    if (value == "lmdb") return std::string(value);
    return Error{ErrorCode::invalid, "must be one of lmdb"};
  };
  keys.push_back(one<std::string>("store.engine", "lmdb", AT(store.engine), parse_engine, &as_is,
                                  "The store's engine."));
  keys.push_back(size("store.max_size", "64GiB", 16 << 20, 16ull << 40, AT(store.max_size),
                      "The largest the database may become; address space, not disk."));
  keys.push_back(
      computed("$CREDENTIALS_DIRECTORY/master.key if it is there, else <data_dir>/master.key",
               text("secrets.master_key_file", "", AT(secrets.master_key_file),
                    "The file of the key that seals secrets in the database.")));
  add_tokens(keys);
  add_passwords(keys);
  keys.push_back(
      flag("signup.enabled", "true", AT(signup.enabled), "Let people create accounts themselves."));
  keys.push_back(flag("signup.require_verified_email", "false", AT(signup.require_verified_email),
                      "Require a verified email before login."));
  keys.push_back(list<std::string>(
      "signup.reserved_usernames",
      "abuse,admin,administrator,anonymous,authd,daemon,guest,hostmaster,mailer-daemon,moderator,"
      "no-reply,nobody,noreply,operator,postmaster,root,security,staff,superuser,support,sysadmin,"
      "system,webmaster",
      AT(signup.reserved_usernames),
      [](std::string_view name) -> Result<std::string> { return lower(name); }, &as_is,
      "Usernames that only an administrator can give to an account."));
  keys.push_back(duration("signup.username_retention", "180d", 0ms, 24h * 3650,
                          AT(signup.username_retention),
                          "How long a username that was given up, by renaming or deleting the "
                          "account, is kept from others; 0 is off."));
  keys.push_back(
      choice<EmailOtp>("mfa.email_otp", "off", AT(mfa.email_otp),
                       "Whether a login without another second factor needs a mailed code: off or "
                       "required."));
  add_passkeys(keys);
  add_mail(keys);
  keys.push_back(duration("audit.retention", "365d", 24h, 24h * 3650, AT(audit.retention),
                          "How long audit entries are kept."));
  add_backup(keys);
  add_fetch(keys);
  add_limits(keys);
  keys.push_back(reloadable(list<std::string>(
      "cors.allowed_origins", "", AT(cors.allowed_origins), &parse_cors_origin, &as_is,
      "Origins of web pages that may call the API (also capacitor://localhost and the like), or * "
      "for all (without credentials).")));
  keys.push_back(
      computed("this host alone",
               one<std::string>("cookies.domain", "", AT(cookies.domain), &parse_domain, &as_is,
                                "The domain whose hosts all get the session cookie.")));
  keys.push_back(computed(
      "<server.public_url>/",
      one<std::string>("pages.sign_in_url", "", AT(pages.sign_in_url), &parse_page_url, &as_is,
                       "The page that people who are not signed in are sent "
                       "to.")));
  keys.push_back(list<std::string>(
      "pages.return_origins", "", AT(pages.return_origins), &parse_return_origin, &as_is,
      "Origins that people may be sent back to after signing in: https://app.example.org, or "
      "https://*.example.org for all hosts below."));
  keys.push_back(reloadable(
      choosing<LogLevel>(one<LogLevel>("log.level", "info", AT(log.level), &parse_log_level,
                                       &word_of<LogLevel>, "debug, info, warn, error or off."))));
  keys.push_back(reloadable(choice<RequestLog>("log.requests", "all", AT(log.requests),
                                               "Which requests have a line at level info: all, "
                                               "refused (a status of 400 or more) or none.")));
  keys.push_back(computed(
      "text on a terminal, else json",
      choosing<LogFormat>(one<LogFormat>("log.format", "", AT(log.format), &parse_log_format,
                                         &word_of<LogFormat>, "json or text."))));
  keys.push_back(list<std::string>("compat.enabled", "secureauth,facade,fastapi,oauthapp",
                                   AT(compat.enabled), &parse_compat_api, &as_is,
                                   "The APIs of replaced services to serve."));
  keys.push_back(choice<CompatPasswords>(
      "compat.passwords", "own", AT(compat.passwords),
      "Rules for passwords in these APIs: own, without passwords.blocklist and passwords.profile, "
      "which they do not know, or ours."));
  keys.push_back(flag("metrics.enabled", "true", AT(metrics.enabled), "Serve /metrics."));
  keys.push_back(list<Network>(
      "metrics.allowed_networks",
      "127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,fc00::/7,"
      "fe80::/10",
      AT(metrics.allowed_networks), &parse_network,
      [](const Network& network) { return network.to_string(); },
      "Networks whose clients may read /metrics; a unix socket always may."));
  keys.push_back(
      flag("docs.enabled", "true", AT(docs.enabled), "Serve /docs, /redoc and /openapi.json."));
  keys.push_back(flag("provider.enabled", "true", AT(provider.enabled),
                      "Sign people in to other applications (OpenID Connect)."));
  keys.push_back(duration("provider.code_ttl", "1m", 10s, 10min, AT(provider.code_ttl),
                          "Lifetime of an authorization code."));
  return keys;
}

#undef AT

// The key whose `form` of name differs from `name` by no more than a typing error.
template <typename Form>
const Key* nearest(std::string_view name, char separator, Form form) {
  constexpr size_t kNear = 3;
  if (name.size() > 100) return nullptr;
  const Key* found = nullptr;
  size_t least = kNear + 1;
  for (const Key& key : all_keys()) {
    const std::string right = form(key.name);
    // "max_body" without its section counts as one wrong letter.
    const bool is_tail = right.size() > name.size() + 1 && right.ends_with(name) &&
                         right[right.size() - name.size() - 1] == separator;
    const size_t distance = is_tail ? 1 : edit_distance(name, right);
    if (distance < least) {
      least = distance;
      found = &key;
    }
  }
  return found;
}

}  // namespace

std::span<const Key> all_keys() {
  static const std::vector<Key> keys = make_keys();
  return keys;
}

Config defaults() {
  Config config;
  for (const Key& key : all_keys()) {
    if (key.default_text.empty()) continue;
    const Parts parts = key.is_list ? split_list(key.default_text) : Parts{key.default_text};
    CHECK(key.set(config, parts));
  }
  return config;
}

const Key* find_key(std::string_view name) {
  for (const Key& key : all_keys()) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

const Key* nearest_key(std::string_view name) {
  return nearest(name, '.', [](const std::string& key) { return key; });
}

const Key* nearest_variable(std::string_view name) {
  return nearest(name, '_', [](const std::string& key) { return environment_name(key); });
}

std::string environment_name(std::string_view key) {
  std::string name = "AUTHD_";
  for (const char c : key) {
    name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

std::string flag_name(std::string_view key) {
  std::string name = "--" + std::string(key);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

}  // namespace authd::config
