#include "config/load.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "config/keys.h"
#include "config/toml_file.h"
#include "config/values.h"

extern char** environ;

namespace authd::config {
namespace {

constexpr std::string_view kPrefix = "AUTHD_";

// Variables that are ours and no keys.
constexpr std::string_view kFileVariable = "AUTHD_CONFIG";

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

class Loader {
 public:
  explicit Loader(const Sources& sources) : sources_(sources) {}

  Result<Loaded> load() {
    for (const Key& key : all_keys()) {
      loaded_.origins.push_back({key.name, "", "default"});
      if (!key.default_text.empty() || key.is_list) {
        TRY(set(key, key.default_text, "default"));
      }
    }
    TRY(read_file());
    TRY(read_environment());
    for (const Sources::Flag& flag : sources_.flags) {
      const Key* key = find_key(flag.key);
      if (key == nullptr) return unknown_key("", flag.key);
      TRY(set(*key, flag.value, flag.flag));
    }
    TRY(fill_computed());
    TRY(check_together());
    for (Origin& origin : loaded_.origins)
      origin.value = find_key(origin.key)->show(loaded_.config);
    return std::move(loaded_);
  }

 private:
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
    for (const TomlEntry& entry : *entries) {
      const std::string place = path + ":" + std::to_string(entry.line);
      const Key* key = find_key(entry.key);
      if (key == nullptr) return unknown_key(place + ": ", entry.key);
      if (entry.is_array && !key->is_list) {
        return invalid(place + ": " + key->name + ": takes one value, not an array");
      }
      TRY(set_parts(*key, entry.parts, place));
    }
    return {};
  }

  Result<void> read_environment() {
    for (const auto& [name, value] : sources_.environment) {
      if (!name.starts_with(kPrefix) || name == kFileVariable) continue;
      const auto keys = all_keys();
      const auto key = std::find_if(keys.begin(), keys.end(), [&](const Key& candidate) {
        return environment_name(candidate.name) == name;
      });
      if (key == keys.end()) {
        return invalid("environment: " + name +
                       " is no variable of authd; `authd config show` lists the keys, and a.b_c is "
                       "AUTHD_A_B_C");
      }
      TRY(set(*key, value, name));
    }
    return {};
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
    if (c.server.public_url.empty()) c.server.public_url = derived_url();
    if (c.tokens.issuer.empty()) c.tokens.issuer = c.server.public_url;
    if (c.secrets.master_key_file.empty()) {
      const std::string credential = variable(sources_, "CREDENTIALS_DIRECTORY") + "/master.key";
      const bool is_there = credential.front() == '/' && credential.size() > 11 &&
                            access(credential.c_str(), R_OK) == 0;
      c.secrets.master_key_file = is_there ? credential : c.server.data_dir + "/master.key";
    }
    if (c.server.workers == 0) c.server.workers = std::max(4 * sources_.cores, 8u);
    if (is_default("log.format")) {
      c.log.format = sources_.is_terminal ? LogFormat::text : LogFormat::json;
    }
    return {};
  }

  std::string derived_url() const {
    const Config& c = loaded_.config;
    const std::string scheme = c.server.tls_cert.empty() ? "http://" : "https://";
    for (const Listen& listen : c.server.listen) {
      if (listen.kind != Listen::Kind::tcp) continue;
      const bool is_any = listen.host.empty() || listen.host == "0.0.0.0" || listen.host == "::";
      Listen shown = listen;
      if (is_any) shown.host = "localhost";
      return scheme + format_listen(shown);
    }
    return scheme + "localhost";
  }

  // Rules between keys. Each names the key to change.
  Result<void> check_together() {
    const Config& c = loaded_.config;
    if (c.server.tls_cert.empty() != c.server.tls_key.empty()) {
      return invalid("server.tls_cert and server.tls_key belong together: set both or neither");
    }
    if (!c.server.redirect_listen.empty() && c.server.tls_cert.empty()) {
      return invalid("server.redirect_listen needs server.tls_cert and server.tls_key");
    }
    if (c.server.force_https && c.server.tls_cert.empty() && c.server.trusted_proxies.empty()) {
      return invalid(
          "server.force_https needs server.tls_cert (TLS here) or server.trusted_proxies (TLS at "
          "a proxy); without either no request could ever be answered");
    }
    if (c.server.force_https && !c.server.public_url.starts_with("https://")) {
      return invalid("server.force_https needs a server.public_url that begins with https://");
    }
    if (c.tokens.refresh_grace >= c.tokens.access_ttl) {
      return invalid("tokens.refresh_grace must be shorter than tokens.access_ttl");
    }
    if (c.tokens.access_ttl > c.tokens.refresh_ttl) {
      return invalid("tokens.access_ttl must not be longer than tokens.refresh_ttl");
    }
    if (c.tokens.refresh_ttl > c.tokens.session_max_age) {
      return invalid("tokens.refresh_ttl must not be longer than tokens.session_max_age");
    }
    if (c.passwords.min_length > c.passwords.max_length) {
      return invalid("passwords.min_length must not be greater than passwords.max_length");
    }
    if (c.tokens.audience.empty()) return invalid("tokens.audience must not be empty");
    if (c.passwords.argon2_memory < 7 << 20) {
      loaded_.warnings.push_back(
          "passwords.argon2_memory is below 7 MiB, the least that OWASP recommends");
    }
    return {};
  }

  Origin& origin_of(std::string_view key) {
    return *std::find_if(loaded_.origins.begin(), loaded_.origins.end(),
                         [&](const Origin& origin) { return origin.key == key; });
  }
  std::string source_of(std::string_view key) { return origin_of(key).source; }
  bool is_default(std::string_view key) { return source_of(key) == "default"; }

  const Sources& sources_;
  Loaded loaded_;
};

}  // namespace

Result<Loaded> load(const Sources& sources) {
  return Loader(sources).load();
}

std::map<std::string, std::string> read_environment() {
  std::map<std::string, std::string> found;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = text.substr(0, equals);
    if (name.starts_with(kPrefix) || name == "STATE_DIRECTORY" || name == "CREDENTIALS_DIRECTORY") {
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
    if (!key.is_reloadable && key.show(running) != key.show(wanted)) changed.push_back(key.name);
  }
  return changed;
}

}  // namespace authd::config
