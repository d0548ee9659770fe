#include "config/providers.h"

#include <algorithm>

#include "base/ip_address.h"
#include "base/text.h"
#include "config/values.h"

namespace authd::config {
namespace {

using Member = std::string Provider::*;
using Check = Result<void> (*)(const std::string&);

Error bad(std::string message) {
  return Error{ErrorCode::invalid, std::move(message)};
}

Result<void> check_text(const std::string& text) {
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<uint8_t>(c) >= 0x20 && c != 0x7f;
  });
  if (!is_plain || text.size() > 4096) return bad("must be plain text of at most 4096 bytes");
  return {};
}

// Discovery and tokens go over https; http is for a provider on this machine.
Result<void> check_issuer(const std::string& text) {
  TRY(parse_issuer(text));
  const std::string_view rest = std::string_view(text).substr(text.find("://") + 3);
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (text.starts_with("https://") || is_loopback_host(without_port(authority))) return {};
  return bad("must begin with https:// (http:// is for a provider on this machine alone)");
}

Result<void> check_scopes(const std::string& text) {
  TRY(check_text(text));
  if ((" " + text + " ").find(" openid ") != std::string::npos) return {};
  return bad("must hold openid");
}

struct Row {
  const char* name;
  Member member;
  Check check;
  const char* fallback;
  const char* note;
  const char* help;
};

constexpr Row kRows[] = {
    {"issuer", &Provider::issuer, &check_issuer, "", "none: required",
     "The provider's issuer, exactly as in its tokens."},
    {"client_id", &Provider::client_id, &check_text, "", "none: required",
     "The client id of this server at the provider."},
    {"client_secret", &Provider::client_secret, &check_text, "", "",
     "The secret that belongs to the id; empty for a public client."},
    {"scopes", &Provider::scopes, &check_scopes, "openid email profile", "",
     "The scopes to request."},
    {"label", &Provider::label, &check_text, "", "the name", "What people read on the button."},
    {"ca_file", &Provider::ca_file, &check_text, "", "",
     "PEM file of the authorities for the provider's certificate; empty: the system's."},
};

const Provider* find(const Config& config, std::string_view name) {
  for (const Provider& provider : config.providers) {
    if (provider.name == name) return &provider;
  }
  return nullptr;
}

Provider& obtain(Config& config, const std::string& name) {
  const Provider* found = find(config, name);
  if (found != nullptr) return const_cast<Provider&>(*found);
  return config.providers.emplace_back(Provider{name, {}, {}, {}, {}, {}, {}});
}

}  // namespace

bool is_provider_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 && !name.starts_with('-') && !name.ends_with('-') &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

std::vector<Key> provider_keys(const std::string& name) {
  std::vector<Key> keys;
  for (const Row& row : kRows) {
    Key key;
    key.name = std::string(kProvidersSection) + "." + name + "." + row.name;
    key.default_text = row.fallback;
    key.default_note = row.note;
    key.help = row.help;
    key.set = [name, &row](Config& config, const std::vector<std::string>& parts) -> Result<void> {
      TRY(row.check(parts.front()));
      obtain(config, name).*row.member = parts.front();
      return {};
    };
    key.show = [name, &row](const Config& config) -> std::string {
      const Provider* provider = find(config, name);
      if (provider == nullptr) return "";
      const std::string& value = provider->*row.member;
      return row.member == &Provider::client_secret && !value.empty() ? "***" : value;
    };
    keys.push_back(std::move(key));
  }
  return keys;
}

std::optional<std::string> provider_of_key(std::string_view key) {
  if (!key.starts_with(kProvidersSection) || key.size() <= kProvidersSection.size() + 1 ||
      key[kProvidersSection.size()] != '.') {
    return std::nullopt;
  }
  key.remove_prefix(kProvidersSection.size() + 1);
  return std::string(key.substr(0, key.find('.')));
}

std::optional<std::string> provider_key_of_variable(std::string_view variable) {
  constexpr std::string_view kPrefix = "AUTHD_PROVIDERS_";
  if (!variable.starts_with(kPrefix)) return std::nullopt;
  variable.remove_prefix(kPrefix.size());
  const std::string key = lower(variable);
  for (const Row& row : kRows) {
    const std::string tail = std::string("_") + row.name;
    if (key.size() <= tail.size() || !key.ends_with(tail)) continue;
    std::string name = key.substr(0, key.size() - tail.size());
    std::replace(name.begin(), name.end(), '_', '-');
    return std::string(kProvidersSection) + "." + name + "." + row.name;
  }
  return std::nullopt;
}

Result<void> check_provider(const Provider& provider) {
  const std::string prefix = std::string(kProvidersSection) + "." + provider.name + ".";
  if (provider.issuer.empty()) return bad(prefix + "issuer is missing");
  if (provider.client_id.empty()) return bad(prefix + "client_id is missing");
  return {};
}

}  // namespace authd::config
