#include "config/reading/providers.h"

#include <algorithm>

#include "base/ip_address.h"
#include "base/text.h"
#include "config/reading/by_name.h"
#include "config/reading/values.h"

namespace authd::config {
namespace {

using Parts = std::vector<std::string>;
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
  return bad("must begin with https:// (http:// is only for a provider on this machine)");
}

Result<void> check_scopes(const std::string& text) {
  TRY(check_text(text));
  if ((" " + text + " ").find(" openid ") != std::string::npos) return {};
  return bad("must hold openid");
}

Result<void> check_tenant(const std::string& text) {
  const bool is_id =
      !text.empty() && text.size() <= 64 &&
      text.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz-") == std::string::npos;
  if (is_id || text == "*") return {};
  return bad("must be ids of tenants in lower case, or *");
}

Result<void> check_domain(const std::string& text) {
  const bool is_domain = !text.empty() && text.size() <= 253 &&
                         text.find('.') != std::string::npos &&
                         std::all_of(text.begin(), text.end(), [](char c) {
                           return is_digit(c) || (c >= 'a' && c <= 'z') || c == '.' || c == '-' ||
                                  static_cast<uint8_t>(c) >= 0x80;
                         });
  return is_domain ? Result<void>() : bad("must be domains in lower case, such as example.org");
}

// "group=role". A group may contain '=' (the name of an entry of a directory); a role cannot.
Result<void> check_mapping(const std::string& text) {
  TRY(check_text(text));
  const auto [group, role] = mapping_of(text);
  const bool is_role =
      !role.empty() && role.size() <= 64 &&
      role.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == std::string_view::npos;
  if (!group.empty() && is_role) return {};
  return bad("must be group=role, with a role of the letters a-z, digits and . _ -");
}

// authd decides these itself; "prompt" has its own key.
constexpr std::string_view kOwnParameters[] = {
    "response_type", "client_id", "redirect_uri",   "scope",
    "state",         "nonce",     "code_challenge", "prompt",
    "response_mode", "request",   "request_uri",    "code_challenge_method",
};

Result<void> check_parameter(const std::string& text) {
  TRY(check_text(text));
  const std::string_view name = std::string_view(text).substr(0, text.find('='));
  const bool is_own = std::find(std::begin(kOwnParameters), std::end(kOwnParameters), name) !=
                      std::end(kOwnParameters);
  if (is_own) return bad("must not set " + std::string(name) + ", which authd sets itself");
  if (!name.empty() && name.size() < text.size()) return {};
  return bad("must be name=value");
}

using Set = Result<void> (*)(Provider&, const Parts&);
using Show = std::string (*)(const Provider&);

template <std::string Provider::*member, Check check>
Result<void> set_text(Provider& provider, const Parts& parts) {
  TRY(check(parts.front()));
  provider.*member = parts.front();
  return {};
}

template <std::string Provider::*member>
std::string show_text(const Provider& provider) {
  return provider.*member;
}

std::string show_secret(const Provider& provider) {
  return provider.client_secret.empty() ? "" : "***";
}

template <Parts Provider::*member, Check check>
Result<void> set_list(Provider& provider, const Parts& parts) {
  for (const std::string& part : parts)
    TRY(check(part));
  provider.*member = parts;
  return {};
}

template <Parts Provider::*member>
std::string show_list(const Provider& provider) {
  return joined(provider.*member, ",");
}

template <typename E, E Provider::*member>
Result<void> set_choice(Provider& provider, const Parts& parts) {
  provider.*member = TRY(parse_choice<E>(parts.front()));
  return {};
}

template <typename E, E Provider::*member>
std::string show_choice(const Provider& provider) {
  return std::string(word_of(provider.*member));
}

struct Row {
  const char* name;
  Set set;
  Show show;
  bool is_list;
  const char* fallback;
  const char* note;
  const char* help;
};

template <std::string Provider::*member, Check check = &check_text>
constexpr Row text_row(const char* name, const char* fallback, const char* note, const char* help) {
  return {name, &set_text<member, check>, &show_text<member>, false, fallback, note, help};
}

template <Parts Provider::*member, Check check>
constexpr Row list_row(const char* name, const char* help) {
  return {name, &set_list<member, check>, &show_list<member>, true, "", "none", help};
}

template <typename E, E Provider::*member>
constexpr Row choice_row(const char* name, const char* fallback, const char* help) {
  return {name, &set_choice<E, member>, &show_choice<E, member>, false, fallback, "", help};
}

constexpr Row kRows[] = {
    text_row<&Provider::issuer, &check_issuer>(
        "issuer", "", "none: required",
        "The provider's issuer, exactly as in its tokens. {tenantid} stands for the tenant."),
    text_row<&Provider::client_id>("client_id", "", "none: required",
                                   "The client id of this server at the provider."),
    {"client_secret", &set_text<&Provider::client_secret, &check_text>, &show_secret, false, "", "",
     "The secret that belongs to the id; empty for a public client."},
    text_row<&Provider::scopes, &check_scopes>("scopes", "openid email profile", "",
                                               "The scopes to request."),
    text_row<&Provider::label>("label", "", "the name", "What people read on the button."),
    text_row<&Provider::logo_file>("logo_file", "", "a letter",
                                   "The mark on the button: PNG, JPEG or GIF."),
    text_row<&Provider::ca_file>(
        "ca_file", "", "",
        "PEM file of the authorities for the provider's certificate; empty: the system's."),
    list_row<&Provider::tenants, &check_tenant>(
        "tenants",
        "With {tenantid} in the issuer: the ids of the tenants whose people may sign in, or * for "
        "all. With *, no email is trusted."),
    choice_row<EmailTrust, &Provider::trust_email>(
        "trust_email", "verified",
        "Which emails of this provider count as verified: verified (those for which it says so in "
        "email_verified), always (all) or never (none)."),
    list_row<&Provider::domains, &check_domain>(
        "domains", "Only people with a trusted email of one of these domains may sign in."),
    text_row<&Provider::groups_claim>(
        "groups_claim", "", "",
        "The claim with the person's groups; a dot leads into an object: realm_access.roles."),
    list_row<&Provider::role_map, &check_mapping>(
        "role_map",
        "Which groups grant which roles, each group=role. At each login these roles are granted or "
        "revoked as the groups say."),
    text_row<&Provider::prompt>("prompt", "", "",
                                "The parameter prompt of the login, such as select_account."),
    list_row<&Provider::extra_params, &check_parameter>(
        "extra_params", "More parameters of the login, each name=value, such as hd=example.org."),
    choice_row<ResponseMode, &Provider::response_mode>(
        "response_mode", "query",
        "How the browser comes back: query, or form_post, which Apple requires for names and "
        "emails."),
};

const Provider* find(const Config& config, std::string_view name) {
  return find_by_name(config.providers, &Provider::name, name);
}

}  // namespace

Result<void> check_provider_name(std::string_view name) {
  const bool is_name =
      !name.empty() && name.size() <= 32 && !name.starts_with('-') && !name.ends_with('-') &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
  if (is_name) return {};
  return bad("\"" + std::string(name) +
             "\" is not a name for a provider: lower-case letters, digits and '-', at most 32");
}

std::vector<Key> provider_keys(const std::string& name) {
  std::vector<Key> keys;
  for (const Row& row : kRows) {
    Key key;
    key.name = std::string(kProvidersSection) + "." + name + "." + row.name;
    key.default_text = row.fallback;
    key.default_note = row.note;
    key.help = row.help;
    key.is_list = row.is_list;
    key.set = [name, &row](Config& config, const Parts& parts) -> Result<void> {
      return row.set(obtain_by_name(config.providers, &Provider::name, name), parts);
    };
    key.show = [name, &row](const Config& config) -> std::string {
      const Provider* provider = find(config, name);
      return provider == nullptr ? "" : row.show(*provider);
    };
    keys.push_back(std::move(key));
  }
  return keys;
}

std::pair<std::string_view, std::string_view> mapping_of(std::string_view text) {
  const size_t at = text.rfind('=');
  if (at == std::string_view::npos) return {text, {}};
  return {trimmed(text.substr(0, at)), trimmed(text.substr(at + 1))};
}

bool takes_all_tenants(const Provider& provider) {
  const Parts& tenants = provider.tenants;
  return std::find(tenants.begin(), tenants.end(), "*") != tenants.end();
}

std::string issuer_of(const Provider& provider, std::string_view tenant) {
  std::string issuer = provider.issuer;
  const size_t at = issuer.find(kTenantPlace);
  if (at != std::string::npos) issuer.replace(at, kTenantPlace.size(), tenant);
  return issuer;
}

bool is_issuer_of(const Provider& provider, std::string_view issuer) {
  const std::string_view form = provider.issuer;
  const size_t at = form.find(kTenantPlace);
  if (at == std::string_view::npos) return issuer == form;
  const std::string_view tail = form.substr(at + kTenantPlace.size());
  if (issuer.size() < at + tail.size() || !issuer.starts_with(form.substr(0, at)) ||
      !issuer.ends_with(tail)) {
    return false;
  }
  const std::string tenant(issuer.substr(at, issuer.size() - at - tail.size()));
  const Parts& tenants = provider.tenants;
  return tenant != "*" && check_tenant(tenant) &&
         (takes_all_tenants(provider) ||
          std::find(tenants.begin(), tenants.end(), tenant) != tenants.end());
}

Result<void> check_provider(const Provider& provider) {
  const std::string prefix = std::string(kProvidersSection) + "." + provider.name + ".";
  if (provider.issuer.empty()) return bad(prefix + "issuer is missing");
  if (provider.client_id.empty()) return bad(prefix + "client_id is missing");
  const bool has_place = provider.issuer.find(kTenantPlace) != std::string::npos;
  if (has_place && provider.tenants.empty()) {
    return bad(prefix + "tenants is missing: the issuer has {tenantid}");
  }
  if (!has_place && !provider.tenants.empty()) {
    return bad(prefix + "tenants needs an issuer with {tenantid}");
  }
  // Anybody can create a tenant, and write any address into it.
  if (takes_all_tenants(provider) && provider.trust_email == EmailTrust::always) {
    return bad(prefix + "trust_email must not be always while tenants has *");
  }
  if (provider.groups_claim.empty() != provider.role_map.empty()) {
    return bad(prefix + "groups_claim and role_map need each other");
  }
  if (roles_of_map(provider).size() > kMaxMappedRoles) {
    return bad(prefix + "role_map names more than " + std::to_string(kMaxMappedRoles) + " roles");
  }
  return {};
}

std::set<std::string> roles_of_map(const Provider& provider) {
  std::set<std::string> roles;
  for (const std::string& mapping : provider.role_map)
    roles.emplace(mapping_of(mapping).second);
  return roles;
}

}  // namespace authd::config
