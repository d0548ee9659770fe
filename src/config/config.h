// The configuration in two halves: what belongs to the machine, and what belongs to the realm that
// it serves (its accounts, tokens and pages). Where values come from, in rising order: the default,
// the TOML file, the environment, flags (config/reading/load.h). The list of keys with their
// defaults and bounds is config/reading/keys.h.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/log.h"
#include "base/time.h"
#include "config/choices.h"
#include "config/client_members.h"
#include "config/limits.h"

namespace authd::config {

// "5/1m": at most `count` in `window`.
struct Rate {
  uint32_t count = 0;
  Milliseconds window{};
  friend bool operator==(const Rate&, const Rate&) = default;
};

// Where to listen: "127.0.0.1:8080", "[::1]:8080", "localhost:8080" (both loopbacks), ":8080" (all
// addresses, IPv6 and IPv4), "unix:/run/authd.sock", "systemd" (the sockets that systemd passes).
struct Listen {
  enum class Kind { tcp, unix_path, systemd };
  Kind kind = Kind::tcp;
  std::string host;  // an address or "localhost"; empty: all
  uint16_t port = 0;
  std::string path;
  friend bool operator==(const Listen&, const Listen&) = default;
};

// The keys of [server] that only take effect at the start.
struct Server {
  std::vector<Listen> listen;
  std::string data_dir;
  bool force_https = false;
  bool sandbox = true;  // server/process/confinement.h
  std::vector<Listen> redirect_listen;
  uint64_t workers = 0;
  uint64_t max_connections = 0;
  uint64_t max_connections_per_address = 0;  // 0: no limit
  uint64_t max_body = 0;                     // bytes
  uint64_t max_header = 0;                   // bytes
  Milliseconds handshake_timeout{};
  Milliseconds header_timeout{};
  Milliseconds body_timeout{};
  Milliseconds idle_timeout{};
  Milliseconds write_timeout{};
  Milliseconds drain_timeout{};
};

// The keys of [server] that SIGHUP replaces: which hosts are answered, which proxies are believed,
// which certificate is shown.
struct Ingress {
  std::vector<std::string> allowed_hosts;
  std::vector<Network> trusted_proxies;
  ProxyHeaders proxy_headers = ProxyHeaders::x_forwarded;
  std::string tls_cert;  // PEM files; empty: no TLS
  std::string tls_key;
  friend bool operator==(const Ingress&, const Ingress&) = default;
};

struct StoreSettings {
  StoreEngine engine = StoreEngine::one_host;
  uint64_t max_size = 0;  // bytes
  // Of the engine postgresql.
  std::string url;     // as libpq reads it, often with a password; empty: libpq's PG* variables
  std::string schema;  // [a-z][a-z0-9_]*
};

// This host among those that share one PostgreSQL.
struct Cluster {
  std::string node;          // unique
  Milliseconds lease{};      // how old an answer may be
  Milliseconds heartbeat{};  // at most a third of the lease
};

// A server that answers from a copy of what another one has (docs/sidecar.md).
struct Replica {
  std::string of;  // "https://host[:port]" or "unix:/path"; empty: this is none
  std::string client_id;
  std::string client_secret_file;
  Milliseconds lease{};  // how old an answer may be
};

struct Secrets {
  std::string master_key_file;
};

struct Tokens {
  std::string issuer;
  std::string audience;
  SigningAlgorithm algorithm = SigningAlgorithm::es256;  // of access tokens
  Milliseconds access_ttl{};
  Milliseconds refresh_ttl{};
  Milliseconds refresh_grace{};
  Milliseconds idle_timeout{};  // 0: off
  Milliseconds session_max_age{};
  Milliseconds rotate_every{};  // of the signing keys; 0: only by command
};

// The OAuth 2.1 / OpenID Connect provider.
struct Provision {
  bool enabled = true;
  Milliseconds code_ttl{};  // of an authorization code
  Registration registration = Registration::off;
  ClientDocuments cimd = ClientDocuments::off;
  std::vector<std::string> cimd_hosts;     // in lower case
  std::vector<Network> outbound_networks;  // that addresses from strangers may lead to
};

// What a password hash costs: the keys passwords.argon2_*.
struct Hashing {
  uint64_t argon2_memory = 0;  // bytes
  uint64_t argon2_passes = 0;
};

struct Passwords {
  uint64_t min_length = 0;  // code points
  uint64_t max_length = 0;
  int min_score = 0;  // zxcvbn, 0 to 4
  Blocklist blocklist = Blocklist::common;
  PasswordProfile profile = PasswordProfile::standard;
  std::string blocklist_file;  // made by `authd password-list build`; empty: none
  PwnedCheck pwned = PwnedCheck::off;
  std::string pwned_url;  // what the first five digits of a hash are appended to
};

struct Signup {
  bool enabled = true;
  bool require_verified_email = false;
  std::vector<std::string> reserved_usernames;  // in lower case
  Milliseconds username_retention{};            // how long a name that was given up is kept
  ProofOfWork proof_of_work = ProofOfWork::automatic;
};

// How people sign in (auth/core/login_methods.h).
struct Login {
  std::vector<LoginMethod> methods;  // at least one
};

// Where mail goes: smtp://[user:password@]host[:port], smtps://…, file:DIRECTORY (one .eml file
// each), log: (for development: the log shows links and codes).
struct MailUrl {
  enum class Kind { log, file, smtp, smtps };
  Kind kind = Kind::log;
  std::string host;
  uint16_t port = 0;
  std::string user;
  std::string password;
  std::string directory;
  friend bool operator==(const MailUrl&, const MailUrl&) = default;
};

struct MailSettings {
  MailUrl url;
  std::string from;  // an address, or "Name <address>"
  Milliseconds timeout{};
  StartTls starttls = StartTls::required;  // what smtp:// does before anything is sent
  std::string ca_file;                     // PEM; empty: the system's
  std::string hello_name;                  // of EHLO; empty: the machine's name
  std::string oauth_token_file;            // an access token for XOAUTH2; empty: none
  bool new_device = true;                  // tell people of logins from devices not seen lately
};

// How this server reaches other servers over https.
struct Fetch {
  std::string proxy;                  // "http://host:port"; empty: none
  std::vector<std::string> no_proxy;  // hosts that are reached without it
  std::string ca_file;                // PEM; empty: the system's authorities
};

// Events for other programs (auth/webhooks).
struct Webhooks {
  bool enabled = true;
  std::vector<Network> allow_networks;  // besides public addresses; plain http is sent there, too
};

// How the service presents itself to people.
struct Branding {
  std::string name;
  std::string accent;              // "#1a4fa3"
  std::string logo;                // an image file; empty: the first letter of the name
  std::vector<std::string> links;  // "label address", at the foot of the pages
  std::string language;            // where nobody asks for one (config/languages.h)
  std::string texts_dir;  // own words for texts of pages and mails (web/catalogue.h); empty: none
};

struct Mfa {
  EmailOtp email_otp = EmailOtp::off;
  Milliseconds remember{};  // how long a trusted device needs no second factor; 0: off
};

// What people accept at sign-up, and again at a login after the version has moved.
struct Terms {
  std::string version;  // empty: there are none
  std::string url;      // where they can be read; set if there is a version
};

// The end of accounts that nobody uses (auth/upkeep/retention.h); 0 is never.
struct Retention {
  Milliseconds unverified{};    // without activity, of an account whose email is not verified
  Milliseconds inactive{};      // without activity, of every other account
  Milliseconds delete_after{};  // after the account was disabled for that
};

// Signing in with what a device or a key keeps (Web Authentication).
struct Passkeys {
  bool enabled = true;
  std::string rp_id;                 // a host; empty only before the configuration is complete
  std::vector<std::string> origins;  // besides public_url's own
  PasskeyRecovery recovery = PasskeyRecovery::email;
  std::vector<std::string> required_for;  // names of roles
};

struct RateLimits {
  bool enabled = true;
  std::array<Rate, kLimitClasses.size()> rates{};  // by Limit; of those with a key

  Rate& operator[](Limit limit) { return rates[static_cast<size_t>(limit)]; }
  const Rate& operator[](Limit limit) const { return rates[static_cast<size_t>(limit)]; }

  // The limit for requests of this class; null: they are not counted.
  const Rate* rate_of(Limit limit) const {
    const Limit counted = limit_class(limit).rate_of;
    return enabled && counted != Limit::none ? &(*this)[counted] : nullptr;
  }
  friend bool operator==(const RateLimits&, const RateLimits&) = default;
};

// An OpenID provider that people sign in with. Its keys are config/reading/providers.h.
struct Provider {
  std::string name;    // [a-z0-9-]; part of URLs and of every identity
  std::string issuer;  // exactly as the provider writes it
  std::string client_id;
  std::string client_secret;  // empty: a public client, PKCE only
  std::string scopes;         // space-separated, with openid
  std::string label;          // for people
  std::string ca_file;        // PEM; empty: the system's
  // The tenants whose tokens count, "*" for all; only with "{tenantid}" in `issuer`.
  std::vector<std::string> tenants = {};
  EmailTrust trust_email = EmailTrust::verified;
  std::vector<std::string> domains = {};   // in lower case; only addresses of these; empty: all
  std::string groups_claim = {};           // lists the person's groups; empty: none
  std::vector<std::string> role_map = {};  // "group=role"; the last '=' separates
  std::string prompt = {};                 // sent with the authorization request; empty: nothing
  std::vector<std::string> extra_params = {};  // "name=value", likewise
  ResponseMode response_mode = ResponseMode::query;
  std::string logo_file = {};  // PNG, JPEG or GIF; empty: a letter
  friend bool operator==(const Provider&, const Provider&) = default;
};

// A client of the provider. Its keys are config/reading/clients.h.
struct ConfiguredClient {
  std::string id;
  std::map<std::string, MemberValue> members;  // those that are given, of config/client_members.h
  std::string secret;                          // empty: none
  std::string secret_file;                     // likewise; at most one of the two is set
  std::string logo_file;                       // PNG, JPEG or GIF; empty: none
  friend bool operator==(const ConfiguredClient&, const ConfiguredClient&) = default;
};

// A member of users that the operator adds. Its keys are config/reading/attributes.h.
struct Attribute {
  std::string name;  // [a-z][a-z0-9_]*
  AttributeType type = AttributeType::text;
  std::string label = {};                         // for people
  AttributeAccess read = AttributeAccess::owner;  // whoever writes it, reads it
  AttributeAccess write = AttributeAccess::admin;
  std::string claim = {};  // what applications know it by; empty: they do not get it
  std::string scope = {};  // that the claim comes with
  friend bool operator==(const Attribute&, const Attribute&) = default;
};

struct Audit {
  Milliseconds retention{};
};

// Backups that the server creates on its schedule.
struct Backups {
  std::string directory;  // empty: none
  Milliseconds interval{};
  uint64_t keep = 0;     // how many of the newest are kept
  std::string key_file;  // encrypts them; empty: not encrypted
};

struct Cors {
  std::vector<std::string> allowed_origins;
  friend bool operator==(const Cors&, const Cors&) = default;
};

// The session cookie of browsers (auth/sessions/session_cookie.h).
struct Cookies {
  std::string domain;  // empty: of this host only
};

// Where browsers are sent.
struct Pages {
  std::string sign_in_url;                  // without a query
  std::vector<std::string> return_origins;  // besides public_url's own
};

struct Logging {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::json;
  RequestLog requests = RequestLog::all;
};

struct Metrics {
  bool enabled = true;
  std::vector<Network> allowed_networks;  // of whoever may read them
};

// /docs, /redoc and /openapi.json.
struct Documentation {
  bool enabled = true;
};

// The APIs of the services that authd replaces (config/compat.h).
struct Compat {
  std::vector<std::string> enabled;
  CompatPasswords passwords = CompatPasswords::own;
};

// What belongs to the machine: its sockets, files, memory and limits.
struct Machine {
  Server server;
  Ingress ingress;
  StoreSettings store;
  Cluster cluster;
  Replica replica;
  Secrets secrets;
  Hashing hashing;
  RateLimits rate_limit;
  Backups backup;
  Fetch fetch;
  Webhooks webhooks;
  Logging log;
  Metrics metrics;
  Documentation docs;
};

// What belongs to a realm: the accounts that people have here, and how the service looks to them.
struct Realm {
  std::string public_url;  // server.public_url, without a slash at the end
  Tokens tokens;
  Provision provider;
  Passwords passwords;
  Signup signup;
  Login login;
  Mfa mfa;
  Terms terms;
  Retention retention;
  Passkeys passkeys;
  MailSettings mail;
  Branding branding;
  std::vector<Provider> providers;
  std::vector<ConfiguredClient> clients;
  std::vector<Attribute> attributes;  // in the order in which people see them
  Audit audit;
  Cors cors;
  Cookies cookies;
  Pages pages;
  Compat compat;
};

// Both halves. No name occurs in both.
struct Config : Machine, Realm {};

}  // namespace authd::config
