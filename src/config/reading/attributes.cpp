#include "config/reading/attributes.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/encoding.h"
#include "base/text.h"
#include "config/reading/by_name.h"

namespace authd::config {
namespace {

using Parts = std::vector<std::string>;

constexpr size_t kMaxName = 32;
constexpr size_t kMaxLabel = 100;
constexpr size_t kMaxClaim = 200;
constexpr size_t kMaxScope = 100;

// What every user has in the API, or has there under another name.
constexpr auto kMembers = std::to_array<std::string_view>({
    "attributes",  "avatar",      "avatar_url",    "created_at",  "csrf_token",    "disabled",
    "first_name",  "id",          "is_active",     "last_name",   "last_activity", "login",
    "mfa_enabled", "password",    "password_hash", "permissions", "role",          "role_id",
    "subject",     "totp_secret", "user",          "user_id",     "username",
});

// Claims that authd writes itself (auth/oauth/clients/claims.cpp, id_token.cpp, client_token.cpp),
// and those that mean something to whoever checks a token (RFC 7519 section 4.1, OpenID Connect
// Core sections 2 and 5.1, RFC 7662 section 2.2, RFC 7800, RFC 8417, RFC 9068). An attribute never
// takes their place.
constexpr auto kClaims = std::to_array<std::string_view>({
    "acr",
    "act",
    "active",
    "address",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "c_hash",
    "client_id",
    "cnf",
    "email",
    "email_verified",
    "entitlements",
    "events",
    "exp",
    "family_name",
    "given_name",
    "groups",
    "iat",
    "iss",
    "jti",
    "locale",
    "may_act",
    "name",
    "nbf",
    "nonce",
    "permissions",
    "phone_number",
    "phone_number_verified",
    "picture",
    "preferred_username",
    "roles",
    "s_hash",
    "scope",
    "sid",
    "sub",
    "sub_jwk",
    "subject_tokens",
    "token_type",
    "updated_at",
    "username",
    "_claim_names",
    "_claim_sources",
});

// The standard scopes that are about claims.
constexpr auto kClaimScopes =
    std::to_array<std::string_view>({"profile", "email", "phone", "address", "groups"});

template <typename List>
bool holds(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

Error bad(std::string message) {
  return Error{ErrorCode::invalid, std::move(message)};
}

Result<void> check_label(const std::string& text) {
  const bool is_plain = is_valid_utf8(text) && !has_control(text);
  if (is_plain && text.size() <= kMaxLabel) return {};
  return bad("must be plain text of at most 100 bytes");
}

// As names of claims usually are: "department", "https://example.org/claims/department".
Result<void> check_claim(const std::string& text) {
  if (text.empty()) return {};
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '<' && c != '>';
  });
  if (!is_plain || text.size() > kMaxClaim) {
    return bad("must be at most 200 printable characters without spaces and quotes");
  }
  // Some readers of JSON do not mind the case.
  if (holds(kClaims, lower(text))) {
    return bad("must not be " + text + ", which has a meaning of its own in tokens");
  }
  return {};
}

// RFC 6749 section 3.3. Every application has openid, and offline_access is about no claims.
Result<void> check_scope(const std::string& text) {
  const bool is_plain = !text.empty() && text.size() <= kMaxScope &&
                        std::all_of(text.begin(), text.end(), [](char c) {
                          return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
                        });
  if (!is_plain) return bad("must be 1 to 100 printable characters without spaces and quotes");
  if (!holds(kClaimScopes, text) && holds(kClaimScopes, lower(text))) {
    return bad("must be " + lower(text) + ", in lower case");
  }
  if (text == "openid" || text == "offline_access" || text == "account") {
    return bad("must not be " + text + ", which brings no claims");
  }
  return {};
}

using Set = Result<void> (*)(Attribute&, const std::string&);
using Show = std::string (*)(const Attribute&);
using Check = Result<void> (*)(const std::string&);

template <std::string Attribute::*member, Check check>
Result<void> set_text(Attribute& attribute, const std::string& text) {
  TRY(check(text));
  attribute.*member = text;
  return {};
}

template <std::string Attribute::*member>
std::string show_text(const Attribute& attribute) {
  return attribute.*member;
}

template <typename E, E Attribute::*member>
Result<void> set_choice(Attribute& attribute, const std::string& text) {
  attribute.*member = TRY(parse_choice<E>(text));
  return {};
}

template <typename E, E Attribute::*member>
std::string show_choice(const Attribute& attribute) {
  return std::string(word_of(attribute.*member));
}

struct Row {
  const char* name;
  Set set;
  Show show;
  const char* fallback;
  const char* note;
  const char* help;
};

template <std::string Attribute::*member, Check check>
constexpr Row text_row(const char* name, const char* fallback, const char* note, const char* help) {
  return {name, &set_text<member, check>, &show_text<member>, fallback, note, help};
}

template <typename E, E Attribute::*member>
constexpr Row choice_row(const char* name, const char* fallback, const char* help) {
  return {name, &set_choice<E, member>, &show_choice<E, member>, fallback, "", help};
}

constexpr Row kRows[] = {
    choice_row<AttributeType, &Attribute::type>(
        "type", "text",
        "What it holds: text, number (a whole number), boolean or texts (a list of texts)."),
    text_row<&Attribute::label, &check_label>("label", "", "the name",
                                              "What people read beside it."),
    choice_row<AttributeAccess, &Attribute::read>(
        "read", "owner", "Who sees it: owner (the person and administrators) or admin."),
    choice_row<AttributeAccess, &Attribute::write>(
        "write", "admin", "Who changes it: owner (the person and administrators) or admin."),
    text_row<&Attribute::claim, &check_claim>(
        "claim", "", "none",
        "The claim that applications get. Without one, no application sees the attribute."),
    text_row<&Attribute::scope, &check_scope>(
        "scope", "profile", "",
        "The scope that the claim comes with: profile, email, phone, address, groups, or a new "
        "name, which then is a scope of its own."),
};

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && name.front() >= 'a' && name.front() <= 'z' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

}  // namespace

Result<void> check_attribute_name(std::string_view name) {
  const std::string quoted = "\"" + std::string(name) + "\"";
  if (!is_name(name)) {
    return bad(quoted +
               " is not a name for an attribute: lower-case letters, digits and '_', at most 32, "
               "beginning with a letter");
  }
  if (holds(kMembers, name) || holds(kClaims, name)) {
    return bad(quoted +
               " is not a name for an attribute, because every user or token has it anyway; choose "
               "another name");
  }
  return {};
}

std::vector<Key> attribute_keys(const std::string& name) {
  std::vector<Key> keys;
  for (const Row& row : kRows) {
    Key key;
    key.name = std::string(kAttributesSection) + "." + name + "." + row.name;
    key.default_text = row.fallback;
    key.default_note = row.note;
    key.help = row.help;
    key.set = [name, &row](Config& config, const Parts& parts) -> Result<void> {
      return row.set(obtain_by_name(config.attributes, &Attribute::name, name), parts.front());
    };
    key.show = [name, &row](const Config& config) -> std::string {
      const Attribute* attribute = find_attribute(config, name);
      return attribute == nullptr ? "" : row.show(*attribute);
    };
    keys.push_back(std::move(key));
  }
  return keys;
}

const Attribute* find_attribute(const Realm& realm, std::string_view name) {
  return find_by_name(realm.attributes, &Attribute::name, name);
}

std::vector<AttributeProblem> attribute_problems(const Realm& realm) {
  std::vector<AttributeProblem> problems;
  std::set<std::string> claims;
  for (const Attribute& attribute : realm.attributes) {
    const std::string prefix = std::string(kAttributesSection) + "." + attribute.name + ".";
    if (attribute.read == AttributeAccess::admin && attribute.write == AttributeAccess::owner) {
      problems.push_back(
          {prefix + "write",
           "must not be owner while read is admin: whoever writes it has to see it"});
    }
    const bool is_standard = holds(kClaimScopes, attribute.scope);
    if (attribute.read == AttributeAccess::admin && !attribute.claim.empty() && is_standard) {
      problems.push_back(
          {prefix + "scope",
           "must be a scope of its own while read is admin and there is a claim: people have "
           "allowed " +
               attribute.scope + " without it"});
    }
    if (attribute.write == AttributeAccess::owner && attribute.scope == "groups") {
      problems.push_back({prefix + "scope",
                          "must not be groups while write is owner: APIs decide by what comes with "
                          "groups, and people could write it themselves"});
    }
    if (!attribute.claim.empty() && !claims.insert(lower(attribute.claim)).second) {
      problems.push_back({prefix + "claim", "is the claim of another attribute, too"});
    }
  }
  if (realm.attributes.size() > kMaxAttributes) {
    problems.push_back(
        {std::string(kAttributesSection) + "." + realm.attributes.back().name + ".type",
         "there are more than " + std::to_string(kMaxAttributes) + " attributes"});
  }
  return problems;
}

}  // namespace authd::config
