#include "config/reading/load.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/file.h"
#include "base/ip_address.h"
#include "base/secret.h"
#include "base/text.h"
#include "config/reading/attributes.h"
#include "config/reading/clients.h"
#include "config/reading/keys.h"
#include "config/reading/named_tables.h"
#include "config/reading/providers.h"
#include "config/reading/store_url.h"
#include "config/reading/toml_file.h"
#include "config/reading/values.h"

extern char** environ;

namespace authd::config {
namespace {

constexpr std::string_view kPrefix = "AUTHD_";

constexpr std::string_view kFileVariable = "AUTHD_CONFIG";

constexpr size_t kMaxCredential = 4096;

// Variables of others that decide something: systemd's directories, and where libpq connects to.
constexpr std::array kForeign = {"STATE_DIRECTORY", "CREDENTIALS_DIRECTORY", "PGHOST", "PGHOSTADDR",
                                 "PGSERVICE"};

// Variables of the build (third_party/fetch), which `make run` passes on.
bool is_of_build(std::string_view name) {
  return name == "AUTHD_SOURCES" || name == "AUTHD_CACHE" || name == "AUTHD_ALLOW_NEWER";
}

// Kubernetes sets these in every pod beside a service whose name begins with "authd":
// AUTHD_SERVICE_HOST, AUTHD_SERVICE_PORT_HTTP, AUTHD_PORT=tcp://…, AUTHD_PORT_8080_TCP_ADDR.
bool is_of_kubernetes(std::string_view name, std::string_view value) {
  constexpr std::string_view kNumbered = "_PORT_";
  const size_t numbered = name.find(kNumbered);
  const char after = numbered == std::string_view::npos || name.ends_with(kNumbered)
                         ? '\0'
                         : name[numbered + kNumbered.size()];
  return name.find("_SERVICE_HOST") != std::string_view::npos ||
         name.find("_SERVICE_PORT") != std::string_view::npos ||
         (name.ends_with("_PORT") && value.find("://") != std::string_view::npos) ||
         (after >= '0' && after <= '9');
}

Error invalid(std::string message) {
  return Error{ErrorCode::invalid, std::move(message)};
}

std::string variable(const Sources& sources, const std::string& name) {
  const auto it = sources.environment.find(name);
  return it == sources.environment.end() ? "" : it->second;
}

Error unknown_key(const std::string& place, std::string_view name) {
  const Key* near = nearest_key(name);
  return invalid(place + "there is no key \"" + std::string(name) + "\"" +
                 (near != nullptr ? "; did you mean \"" + near->name + "\"?"
                                  : "; `authd config show` lists them all"));
}

bool is_section_of_tables(std::string_view name) {
  const auto all = named_tables();
  return std::any_of(all.begin(), all.end(),
                     [&](const NamedTables& one) { return one.section == name; });
}

// What is wrong with the type of a value in the file; nullptr if nothing is.
const char* wrong_type(const Key& key, const TomlEntry& entry) {
  if (entry.parts.empty() && !entry.is_array) return "takes a value, not a table";
  if (entry.is_array && !key.is_list) return "takes one value, not an array";
  if (entry.type == TomlType::empty) return nullptr;
  switch (key.type) {
    case KeyType::text:
      if (entry.type == TomlType::text) return nullptr;
      return key.is_list ? "takes text in quotes, or an array of such texts: [\"a\", \"b\"]"
                         : "takes text in quotes";
    case KeyType::number:
      return entry.type == TomlType::number ? nullptr : "takes a whole number without quotes";
    case KeyType::quantity:
      return entry.type != TomlType::boolean ? nullptr : "takes text in quotes or a whole number";
    case KeyType::boolean:
      return entry.type == TomlType::boolean ? nullptr : "takes true or false without quotes";
  }
  __builtin_unreachable();
}

class Loader {
 public:
  explicit Loader(const Sources& sources) : sources_(sources) {}

  Result<Loaded> load() {
    TRY(read());
    if (!problems_.empty()) return all_problems();
    return std::move(loaded_);
  }

  Result<Loaded> load_valid(std::vector<std::string>& problems) {
    TRY(read());
    problems = std::move(problems_);
    return std::move(loaded_);
  }

 private:
  Result<void> read() {
    for (const Key& key : all_keys()) {
      loaded_.origins.push_back({key.name, "", "default"});
      if (!key.default_text.empty() || key.is_list) {
        TRY(set(key, key.default_text, "default"));
      }
    }
    TRY(read_file());
    read_environment();
    for (const Sources::Flag& flag : sources_.flags)
      note(take_flag(flag));
    note(fill_computed());
    // Rules between keys would judge defaults in place of what is wrong.
    if (!problems_.empty()) return {};
    note(check_together());
    if (!problems_.empty()) return {};
    for (Origin& origin : loaded_.origins)
      origin.value = TRY(key_of("", origin.key))->show(loaded_.config);
    return {};
  }

  // What is wrong is collected, so that one look shows all of it.
  void note(const Result<void>& step) {
    if (!step) problems_.push_back(step.error().message);
  }
  Error all_problems() const { return invalid(joined(problems_, "\n")); }

  Result<void> set_parts(const Key& key, const std::vector<std::string>& parts,
                         const std::string& source) {
    if (const Result<void> done = key.set(loaded_.config, parts); !done) {
      return invalid(source + ": " + key.name + ": " + done.error().message);
    }
    origin_of(key.name).source = source;
    return {};
  }

  // Environment and flags write lists with commas.
  Result<void> set(const Key& key, const std::string& text, const std::string& source) {
    return set_parts(key, key.is_list ? split_list(text) : std::vector{text}, source);
  }

  Result<void> read_file() {
    std::string path = sources_.file;
    if (path.empty()) path = variable(sources_, std::string(kFileVariable));
    const bool is_named = !path.empty();
    if (!is_named) path = sources_.default_file;
    if (path.empty()) return {};
    const Result<std::vector<TomlEntry>> entries = read_toml(path);
    if (!entries) {
      if (!is_named && entries.error().code == ErrorCode::not_found) return {};
      return entries.error();
    }
    loaded_.file = path;
    for (const TomlEntry& entry : *entries)
      note(take_entry(path + ":" + std::to_string(entry.line), entry));
    return {};
  }

  Result<void> take_entry(const std::string& place, const TomlEntry& entry) {
    const Key* key = TRY(key_of(place + ": ", entry.key));
    if (key == nullptr && is_section(entry)) return {};
    if (key == nullptr) return unknown_key(place + ": ", entry.key);
    if (const char* wrong = wrong_type(*key, entry)) {
      return invalid(place + ": " + key->name + ": " + wrong);
    }
    // To TOML, "server.listen" = 1 and [server] listen = 2 are two different keys.
    if (!is_default(key->name)) {
      return invalid(place + ": " + key->name + ": is in the file twice, also at " +
                     source_of(key->name));
    }
    return set_parts(*key, entry.parts, place);
  }

  Result<void> take_flag(const Sources::Flag& flag) {
    const Key* key = TRY(key_of(flag.flag + ": ", flag.key));
    if (key == nullptr) return unknown_key(flag.flag + ": ", flag.key);
    return set(*key, flag.value, flag.flag);
  }

  // A key of the list, or of a named table, whether its name is new here or not; null for any
  // other.
  Result<const Key*> key_of(const std::string& source, const std::string& name) {
    const std::optional<TablePlace> place = place_of_key(name);
    if (!place) return find_key(name);
    const NamedTables& tables = *place->tables;
    if (const Result<void> checked = tables.check_name(place->name); !checked) {
      return invalid(source + name + ": " + checked.error().message);
    }
    const std::string table = std::string(tables.section) + "." + place->name;
    auto [at, is_new] = table_keys_.try_emplace(table);
    if (is_new) {
      at->second = tables.keys(place->name);
      for (const Key& key : at->second) {
        loaded_.origins.push_back({key.name, "", "default"});
        if (!key.default_text.empty()) TRY(set(key, key.default_text, "default"));
      }
    }
    for (const Key& key : at->second) {
      if (key.name == name) return &key;
    }
    if (name == table) return nullptr;
    return invalid(source + "there is no key \"" + name + "\"; " + std::string(tables.thing) +
                   " has " + key_names(tables));
  }

  // An empty "[server]".
  static bool is_section(const TomlEntry& entry) {
    const auto keys = all_keys();
    return entry.parts.empty() && !entry.is_array &&
           (is_section_of_tables(entry.key) || place_of_key(entry.key) ||
            std::any_of(keys.begin(), keys.end(),
                        [&](const Key& key) { return key.name.starts_with(entry.key + "."); }));
  }

  void read_environment() {
    for (const auto& [name, value] : sources_.environment) {
      if (!name.starts_with(kPrefix) || name == kFileVariable || is_of_build(name) ||
          is_of_kubernetes(name, value)) {
        continue;
      }
      note(take_variable(name, value));
    }
  }

  Result<void> take_variable(const std::string& name, const std::string& value) {
    if (const auto of_table = table_key_of_variable(name)) {
      const Key* key = TRY(key_of("environment: " + name + ": ", *of_table));
      return set(*key, value, name);
    }
    const auto keys = all_keys();
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const Key& candidate) {
      return environment_name(candidate.name) == name;
    });
    if (key != keys.end()) return set(*key, value, name);
    const Key* near = nearest_variable(name);
    return invalid("environment: " + name + " is not a variable of authd; " +
                   (near != nullptr ? "did you mean " + environment_name(near->name) + "?"
                                    : "`authd config show` lists the keys, and a.b_c is "
                                      "AUTHD_A_B_C"));
  }

  Result<void> fill_computed() {
    Config& c = loaded_.config;
    if (c.server.listen.empty())
      return invalid(source_of("server.listen") + ": server.listen: is empty");
    if (c.server.data_dir.empty()) {
      // systemd separates several state directories by colons (systemd.exec(5)).
      const std::string state = variable(sources_, "STATE_DIRECTORY");
      c.server.data_dir = state.empty() ? "./authd-data" : state.substr(0, state.find(':'));
    }
    if (c.public_url.empty()) c.public_url = derived_url();
    if (c.tokens.issuer.empty()) c.tokens.issuer = c.public_url;
    if (c.pages.sign_in_url.empty()) c.pages.sign_in_url = c.public_url + "/";
    // An address that can have no passkeys leaves it empty.
    if (c.passkeys.rp_id.empty())
      c.passkeys.rp_id = parse_rp_id(host_of(c.public_url)).value_or("");
    if (c.secrets.master_key_file.empty()) {
      const std::string credential = credential_file("master.key");
      c.secrets.master_key_file =
          credential.empty() ? c.server.data_dir + "/master.key" : credential;
    }
    if (c.cluster.node.empty()) c.cluster.node = sources_.host_name;
    if (c.replica.client_secret_file.empty())
      c.replica.client_secret_file = credential_file("replica.secret");
    TRY(take_store_credential());
    const std::string host = host_of(c.public_url);
    if (c.mail.hello_name.empty() && host.find('.') != std::string::npos &&
        !IpAddress::parse(host)) {
      c.mail.hello_name = host;
    }
    for (Provider& provider : c.providers) {
      if (provider.label.empty()) provider.label = provider.name;
    }
    for (Attribute& attribute : c.attributes) {
      if (attribute.label.empty()) attribute.label = attribute.name;
    }
    if (c.server.workers == 0) c.server.workers = std::clamp(4 * sources_.cores, 64u, 1024u);
    if (is_default("log.format")) {
      c.log.format = sources_.is_terminal ? LogFormat::text : LogFormat::json;
    }
    return {};
  }

  // The file that systemd or a container engine passes by this name; empty if there is none.
  std::string credential_file(const std::string& name) const {
    const std::string directory = variable(sources_, "CREDENTIALS_DIRECTORY");
    const std::string file = directory + "/" + name;
    return directory.starts_with('/') && access(file.c_str(), R_OK) == 0 ? file : "";
  }

  // The address of PostgreSQL as systemd or a container engine passes it.
  Result<void> take_store_credential() {
    const std::string directory = variable(sources_, "CREDENTIALS_DIRECTORY");
    if (!loaded_.config.store.url.empty() || !directory.starts_with('/')) return {};
    const std::string file = directory + "/store.url";
    Result<std::string> text = authd::read_file(file, kMaxCredential);
    if (!text && text.error().code == ErrorCode::not_found) return {};
    if (!text) return invalid(named("store.url") + ": " + text.error().message);
    const Result<void> done =
        set(*find_key("store.url"), std::string(trimmed(*text, " \r\n")), file);
    wipe(*text);
    return done;
  }

  std::string derived_url() const {
    const Config& c = loaded_.config;
    const std::string scheme = c.ingress.tls_cert.empty() ? "http://" : "https://";
    for (const Listen& listen : c.server.listen) {
      if (listen.kind != Listen::Kind::tcp) continue;
      const bool is_any = listen.host.empty() || listen.host == "0.0.0.0" || listen.host == "::";
      Listen shown = listen;
      // A passkey belongs to a host name, and an IP address is not one (WebAuthn section 5.1.2).
      if (is_any || is_loopback_host(listen.host)) shown.host = "localhost";
      const std::string url = scheme + format_listen(shown);
      const std::string default_port = c.ingress.tls_cert.empty() ? ":80" : ":443";
      return url.ends_with(default_port) ? url.substr(0, url.size() - default_port.size()) : url;
    }
    return scheme + "localhost";
  }

  // Rules between keys. Each names the keys and where their values come from.
  Result<void> check_together() {
    const Config& c = loaded_.config;
    note(check_tls());
    note(check_public_url());
    note(check_domain("cookies.domain", c.cookies.domain));
    note(check_domain("passkeys.rp_id", c.passkeys.rp_id));
    note(check_return_origins());
    note(check_store());
    note(check_cluster());
    note(check_replica());
    for (const Provider& provider : c.providers)
      note(check_provider(provider));
    for (const ConfiguredClient& client : c.clients)
      note(check_configured_client(client));
    for (const AttributeProblem& problem : attribute_problems(c))
      note(invalid(named(problem.key) + " " + problem.message));
    if (c.tokens.refresh_grace >= c.tokens.access_ttl) {
      note(conflict("tokens.refresh_grace", "must be shorter than", "tokens.access_ttl"));
    }
    if (c.tokens.access_ttl > c.tokens.refresh_ttl) {
      note(conflict("tokens.access_ttl", "must not be longer than", "tokens.refresh_ttl"));
    }
    if (c.tokens.refresh_ttl > c.tokens.session_max_age) {
      note(conflict("tokens.refresh_ttl", "must not be longer than", "tokens.session_max_age"));
    }
    if (!c.terms.version.empty() && c.terms.url.empty()) {
      note(conflict("terms.version", "needs an address where the terms can be read, in",
                    "terms.url"));
    }
    if (!c.mail.oauth_token_file.empty() && c.mail.url.user.empty()) {
      note(conflict("mail.oauth_token_file", "needs the name of a mailbox in", "mail.url"));
    }
    if (c.passwords.min_length > c.passwords.max_length) {
      note(conflict("passwords.min_length", "must not be greater than", "passwords.max_length"));
    }
    if (c.hashing.argon2_memory < 7 << 20) {
      loaded_.warnings.push_back(named("passwords.argon2_memory") +
                                 " is below 7 MiB, the least that OWASP recommends");
    }
    const auto is_everyone = [](const Network& network) {
      return network.prefix == (network.address.is_v4() ? 96 : 0);
    };
    if (std::any_of(c.ingress.trusted_proxies.begin(), c.ingress.trusted_proxies.end(),
                    is_everyone)) {
      loaded_.warnings.push_back(named("server.trusted_proxies") +
                                 " trusts everyone: any client can claim another address");
    }
    return {};
  }

  void warn_of_unused(std::initializer_list<const char*> keys, const std::string& why) {
    for (const char* key : keys) {
      if (!is_default(key)) loaded_.warnings.push_back(named(key) + " " + why);
    }
  }

  Result<void> check_store() {
    const Config& c = loaded_.config;
    if (source_of("store.url").starts_with("--") && has_password(c.store.url)) {
      return invalid(named("store.url") +
                     " has a password, and everybody on this machine can read a command line; put "
                     "it into the file or into AUTHD_STORE_URL, or use passfile=");
    }
    if (c.store.engine == StoreEngine::one_host) {
      warn_of_unused(
          {"store.url", "store.schema", "cluster.node", "cluster.lease", "cluster.heartbeat"},
          "is for several hosts, and is not used: " + named("store.engine") + " is " +
              std::string(word_of(c.store.engine)));
      return {};
    }
    const bool is_known = !c.store.url.empty() || !variable(sources_, "PGHOST").empty() ||
                          !variable(sources_, "PGHOSTADDR").empty() ||
                          !variable(sources_, "PGSERVICE").empty();
    if (is_known) return {};
    return invalid(named("store.engine") +
                   " does not say where PostgreSQL is: set store.url "
                   "(postgresql://user@host/database), or libpq's variable PGHOST or PGSERVICE");
  }

  Result<void> check_cluster() {
    const Cluster& cluster = loaded_.config.cluster;
    if (3 * cluster.heartbeat > cluster.lease) {
      return conflict("cluster.heartbeat", "must be at most a third of", "cluster.lease");
    }
    if (loaded_.config.store.engine == StoreEngine::one_host) return {};
    if (!cluster.node.empty() && parse_node(cluster.node)) return {};
    return invalid(named("cluster.node") + ": the name of this host, \"" + cluster.node +
                   "\", cannot be the name of a node: set another one");
  }

  Result<void> check_replica() {
    const Replica& replica = loaded_.config.replica;
    if (replica.of.empty()) {
      warn_of_unused({"replica.client_id", "replica.client_secret_file", "replica.lease"},
                     "is not used: replica.of names no server");
      return {};
    }
    for (const auto& [key, value] :
         {std::pair("replica.client_id", &replica.client_id),
          std::pair("replica.client_secret_file", &replica.client_secret_file)}) {
      if (value->empty()) return conflict("replica.of", "needs a client of that server:", key);
    }
    return {};
  }

  Result<void> check_tls() {
    const Server& server = loaded_.config.server;
    const Ingress& ingress = loaded_.config.ingress;
    const bool has_tls = !ingress.tls_cert.empty();
    if (has_tls != !ingress.tls_key.empty()) {
      return invalid(named(has_tls ? "server.tls_cert" : "server.tls_key") + " needs " +
                     (has_tls ? "server.tls_key" : "server.tls_cert") + ": set both or neither");
    }
    if (!server.redirect_listen.empty() && !has_tls) {
      return invalid(named("server.redirect_listen") + " needs server.tls_cert and server.tls_key");
    }
    const bool has_proxy =
        !ingress.trusted_proxies.empty() ||
        std::any_of(server.listen.begin(), server.listen.end(),
                    [](const Listen& listen) { return listen.kind != Listen::Kind::tcp; });
    if (server.force_https && !has_tls && !has_proxy) {
      return invalid(named("server.force_https") +
                     " needs server.tls_cert (TLS here), server.trusted_proxies, or a proxy on a "
                     "unix socket (TLS there); without any no request could ever be answered");
    }
    if (server.force_https && !loaded_.config.public_url.starts_with("https://")) {
      return invalid(named("server.force_https") +
                     " needs a server.public_url that begins with https://");
    }
    return {};
  }

  // The pages, the API and the cookies are at the root of their host.
  Result<void> check_public_url() {
    const std::string& url = loaded_.config.public_url;
    const size_t path = url.find('/', url.find("//") + 2);
    if (path == std::string::npos) return {};
    return invalid(named("server.public_url") + ": the path " + url.substr(path) +
                   " is not possible, because pages and API are at the root of their host; use a "
                   "host of its own, such as https://auth.example.org");
  }

  // Whoever signs in there comes back at once, and goes round in circles.
  Result<void> check_return_origins() {
    const Config& c = loaded_.config;
    for (const std::string& origin : c.pages.return_origins) {
      if (shares_session_cookie(c, origin)) continue;
      const bool is_insecure = c.public_url.starts_with("https://") && origin.starts_with("http:");
      return invalid(
          named("pages.return_origins") + ": browsers do not send the session cookie to " + origin +
          (is_insecure ? ", because it is Secure (" + named("server.public_url") +
                             " is https); use https there too"
                       : ": it is for " +
                             (c.cookies.domain.empty() ? host_of(c.public_url)
                                                       : c.cookies.domain + " and hosts below it") +
                             "; set cookies.domain to a domain that is above both, or use the "
                             "same host (localhost and 127.0.0.1 are two)"));
    }
    return {};
  }

  // Browsers drop a cookie for a domain that the host is not below (RFC 6265 section 5.3, step 6).
  Result<void> check_domain(std::string_view key, const std::string& domain) {
    const std::string host = host_of(loaded_.config.public_url);
    if (domain.empty() || host == domain || host.ends_with("." + domain)) return {};
    return invalid(named(key) + " must be the host of " + named("server.public_url") +
                   ", or a domain above it");
  }

  // "tokens.access_ttl (authd.toml:7)"
  std::string named(std::string_view key) { return std::string(key) + " (" + source_of(key) + ")"; }
  Error conflict(std::string_view key, std::string_view rule, std::string_view other) {
    return invalid(named(key) + " " + std::string(rule) + " " + named(other));
  }

  Origin& origin_of(std::string_view key) {
    return *std::find_if(loaded_.origins.begin(), loaded_.origins.end(),
                         [&](const Origin& origin) { return origin.key == key; });
  }
  std::string source_of(std::string_view key) { return origin_of(key).source; }
  bool is_default(std::string_view key) const { return loaded_.is_default(key); }

  const Sources& sources_;
  Loaded loaded_;
  std::vector<std::string> problems_;
  std::map<std::string, std::vector<Key>> table_keys_;  // by "providers.google"
};

}  // namespace

bool Loaded::is_default(std::string_view key) const {
  return std::any_of(origins.begin(), origins.end(), [&](const Origin& origin) {
    return origin.key == key && origin.source == "default";
  });
}

Result<Loaded> load(const Sources& sources) {
  return Loader(sources).load();
}

Result<Loaded> load_valid(const Sources& sources, std::vector<std::string>& problems) {
  return Loader(sources).load_valid(problems);
}

std::vector<std::string> problems_of(const Error& error) {
  std::vector<std::string> problems;
  for (std::string_view rest = error.message; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    problems.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return problems;
}

std::string source_of(const Loaded& loaded, std::string_view key) {
  for (const Origin& origin : loaded.origins) {
    if (origin.key == key) return origin.source;
  }
  return "";
}

Error at_source(const Loaded& loaded, const Error& error) {
  const std::string source = source_of(loaded, error.field);
  const bool is_given = !source.empty() && source != "default";
  return Error{error.code,
               error.field + (is_given ? " (" + source + ")" : "") + ": " + error.message};
}

std::map<std::string, std::string> read_environment() {
  std::map<std::string, std::string> found;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = text.substr(0, equals);
    if (name.starts_with(kPrefix) ||
        std::find(kForeign.begin(), kForeign.end(), name) != kForeign.end()) {
      found.emplace(name, text.substr(equals + 1));
    }
  }
  return found;
}

std::string environment_variable(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<std::string> changed_until_restart(const Config& running, const Config& wanted) {
  std::vector<std::string> changed;
  for (const Key& key : all_keys()) {
    const std::string before = key.show(running);
    const std::string after = key.show(wanted);
    const bool is_late = !key.is_reloadable || (key.is_switch && before.empty() != after.empty());
    if (is_late && before != after) changed.push_back(key.name);
  }
  if (running.providers != wanted.providers) changed.emplace_back(kProvidersSection);
  if (running.clients != wanted.clients) changed.emplace_back(kClientsSection);
  if (running.attributes != wanted.attributes) changed.emplace_back(kAttributesSection);
  return changed;
}

}  // namespace authd::config
