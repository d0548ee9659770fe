#include "auth/signin/id_token.h"

#include <algorithm>

#include "auth/core/numeric_date.h"
#include "base/encoding.h"
#include "base/text.h"
#include "config/reading/providers.h"
#include "tables/identities.h"

namespace authd::auth {
namespace {

Error refused(std::string cause) {
  return Error{ErrorCode::unauthenticated, std::move(cause)};
}

bool is_signed(const crypto::Jws& token, const std::vector<VerifyingKey>& keys) {
  return std::any_of(keys.begin(), keys.end(), [&](const VerifyingKey& key) {
    return crypto::verify(token, *key).has_value();
  });
}

// What the token says, for the log.
std::string quoted(std::string_view text) {
  constexpr size_t kMaxShown = 200;
  return "\"" + std::string(text.substr(0, kMaxShown)) + "\"";
}

// RFC 8725 section 3.11: a token that declares another type is not an ID token. Types compare
// without case, and may have the prefix of media types (RFC 7515 section 4.1.9).
bool is_of_other_kind(std::string_view typ) {
  const std::string kind = lower(typ);
  return !kind.empty() && kind != "jwt" && kind != "application/jwt";
}

// The claim "tid" names the tenant (Microsoft identity platform, ID token claims reference).
Result<void> check_issuer(const JsonObject& claims, const config::Provider& provider) {
  const std::string issuer = TRY(claims.string("iss"));
  if (!config::is_issuer_of(provider, issuer)) {
    return refused("iss is " + quoted(issuer) + ", which is not " +
                   (provider.tenants.empty() ? "this issuer" : "one of the tenants"));
  }
  if (provider.tenants.empty()) return {};
  const std::string tenant = TRY(claims.string("tid"));
  if (config::issuer_of(provider, tenant) != issuer) return refused("tid does not belong to iss");
  return {};
}

Result<void> check_audience(const JsonObject& claims, const std::string& client_id) {
  const std::vector<std::string> audience = TRY(claims.string_or_strings("aud"));
  if (std::find(audience.begin(), audience.end(), client_id) == audience.end()) {
    return refused("aud is " + quoted(joined(audience, ", ")) + ", which is not this client");
  }
  // OpenID Connect Core 1.0 with errata 2, section 3.1.3.7: several audiences are fine without azp.
  const auto party = TRY(claims.optional_string("azp"));
  if (party && *party != client_id) {
    return refused("azp is " + quoted(*party) + ", which is not this client");
  }
  return {};
}

Result<void> check_times(const JsonObject& claims, Time asked_at, Time now) {
  const Time expires = numeric_date(TRY(claims.number("exp")));
  const Time issued = numeric_date(TRY(claims.number("iat")));
  if (expires + kExpirySlack <= now) return refused("exp has passed");
  if (issued > now + kMaxAhead) return refused("iat is in the future");
  if (issued + kMaxBehind < asked_at) return refused("iat is long before this login");
  const auto begins = TRY(claims.optional_number("nbf"));
  if (begins && numeric_date(*begins) > now + kMaxAhead) return refused("nbf is in the future");
  return {};
}

// Some providers write this as text or as a number.
bool is_true(const JsonObject& claims, std::string_view name) {
  const auto flag = claims.optional_boolean(name);
  if (flag) return flag->value_or(false);
  const auto number = claims.optional_integer(name);
  if (number) return *number == 1;
  const auto text = claims.optional_string(name);
  return text && *text == "true";
}

std::string text_of(const JsonObject& claims, std::string_view name) {
  const auto text = claims.optional_string(name);
  return text ? text->value_or("") : "";
}

// The claim of that name, or the one to which its dots lead: realm_access.roles.
std::optional<std::vector<std::string>> groups_at(const JsonObject& claims, std::string_view name) {
  if (name.empty()) return std::nullopt;
  if (claims.has(name)) {
    auto groups = claims.string_or_strings(name);
    return groups ? std::optional(std::move(*groups)) : std::nullopt;
  }
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto inner = claims.object(name.substr(0, dot));
  return inner ? groups_at(*inner, name.substr(dot + 1)) : std::nullopt;
}

}  // namespace

Result<ProvidedPerson> parse_person(const config::Provider& provider, const JsonObject& claims) {
  ProvidedPerson person;
  person.subject = TRY(claims.string("sub"));
  if (person.subject.empty() || person.subject.size() > tables::kMaxSubject) {
    return refused("sub is empty or too long");
  }
  person.email = text_of(claims, "email");
  person.email_verified = !person.email.empty() && is_true(claims, "email_verified");
  person.states_verified = claims.has("email_verified");
  person.given_name = text_of(claims, "given_name");
  person.family_name = text_of(claims, "family_name");
  person.groups = groups_at(claims, provider.groups_claim);
  person.has_groups_elsewhere = claims.has("_claim_names") || claims.has("hasgroups");
  return person;
}

void apply_trust(const config::Provider& provider, ProvidedPerson& person) {
  using config::EmailTrust;
  const EmailTrust trust =
      config::takes_all_tenants(provider) ? EmailTrust::never : provider.trust_email;
  if (trust == EmailTrust::always) person.email_verified = !person.email.empty();
  if (trust == EmailTrust::never) person.email_verified = false;
}

std::string cause_of_unreadable(std::string_view token) {
  if (token.empty()) return "the reply has no id_token";
  if (token.size() > crypto::kMaxIdTokenBytes) return "it is longer than 64 KiB";
  const auto head = base64url_decode(token.substr(0, token.find('.')));
  const auto header =
      head ? JsonObject::parse(*head) : Result<JsonObject>(refused("it is not base64url"));
  if (!header) return "its header cannot be read";
  const auto algorithm = header->string("alg");
  if (!algorithm) return "its header has no alg";
  if (!crypto::parse_algorithm(*algorithm)) return "alg is " + quoted(*algorithm);
  return "its header has jku, jwk, x5u, x5c, crit, b64 or zip, or a part is not base64url";
}

Result<ProvidedPerson> check_id_token(const crypto::Jws& token,
                                      const std::vector<VerifyingKey>& keys,
                                      const IdTokenWanted& wanted, Time now) {
  if (is_of_other_kind(token.typ)) return refused("typ is " + quoted(token.typ));
  if (keys.empty()) {
    return refused("the provider has no usable key for alg " + token.alg + " and kid " +
                   quoted(token.kid));
  }
  if (!is_signed(token, keys)) return refused("no key of the provider signed it");
  const JsonObject claims = TRY(JsonObject::parse(token.payload));
  TRY(check_issuer(claims, wanted.provider));
  TRY(check_audience(claims, wanted.provider.client_id));
  TRY(check_times(claims, wanted.asked_at, now));
  if (!equal_constant_time(TRY(claims.string("nonce")), wanted.nonce)) {
    return refused("nonce belongs to another login");
  }
  ProvidedPerson person = TRY(parse_person(wanted.provider, claims));
  person.issuer = TRY(claims.string("iss"));
  return person;
}

}  // namespace authd::auth
