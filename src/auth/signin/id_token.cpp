#include "auth/signin/id_token.h"

#include <algorithm>

#include "base/encoding.h"
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

// RFC 8725 section 3.11: a token that declares another type is not an ID token.
bool is_of_other_kind(const std::string& typ) {
  return !typ.empty() && typ != "JWT" && typ != "jwt";
}

Result<void> check_audience(const JsonObject& claims, const std::string& client_id) {
  const std::vector<std::string> audience = TRY(claims.string_or_strings("aud"));
  if (std::find(audience.begin(), audience.end(), client_id) == audience.end()) {
    return refused("aud does not name this client");
  }
  const auto party = TRY(claims.optional_string("azp"));
  if (audience.size() > 1 && !party) return refused("aud has several values, and azp is missing");
  if (party && *party != client_id) return refused("azp is not this client");
  return {};
}

Result<void> check_times(const JsonObject& claims, Time asked_at, Time now) {
  const Time expires = from_unix_seconds(TRY(claims.integer("exp")));
  const Time issued = from_unix_seconds(TRY(claims.integer("iat")));
  if (expires + kExpirySlack <= now) return refused("exp has passed");
  if (issued > now + kMaxAhead) return refused("iat is in the future");
  if (issued + kMaxBehind < asked_at) return refused("iat is long before this login");
  const auto begins = TRY(claims.optional_integer("nbf"));
  if (begins && from_unix_seconds(*begins) > now + kMaxAhead)
    return refused("nbf is in the future");
  return {};
}

// Some providers write this as text.
bool is_true(const JsonObject& claims, std::string_view name) {
  const auto flag = claims.optional_boolean(name);
  if (flag) return flag->value_or(false);
  const auto text = claims.optional_string(name);
  return text && *text == "true";
}

std::string text_of(const JsonObject& claims, std::string_view name) {
  const auto text = claims.optional_string(name);
  return text ? text->value_or("") : "";
}

}  // namespace

Result<ProvidedPerson> parse_person(const JsonObject& claims) {
  ProvidedPerson person;
  person.subject = TRY(claims.string("sub"));
  if (person.subject.empty() || person.subject.size() > tables::kMaxSubject) {
    return refused("sub is empty or too long");
  }
  person.email = text_of(claims, "email");
  person.email_verified = !person.email.empty() && is_true(claims, "email_verified");
  person.given_name = text_of(claims, "given_name");
  person.family_name = text_of(claims, "family_name");
  return person;
}

Result<ProvidedPerson> check_id_token(const crypto::Jws& token,
                                      const std::vector<VerifyingKey>& keys,
                                      const IdTokenWanted& wanted, Time now) {
  if (is_of_other_kind(token.typ)) return refused("typ is " + token.typ);
  if (!is_signed(token, keys)) return refused("no key of the provider signed it");
  const JsonObject claims = TRY(JsonObject::parse(token.payload));
  if (TRY(claims.string("iss")) != wanted.issuer) return refused("iss is another issuer");
  TRY(check_audience(claims, wanted.client_id));
  TRY(check_times(claims, wanted.asked_at, now));
  if (!equal_constant_time(TRY(claims.string("nonce")), wanted.nonce)) {
    return refused("nonce belongs to another login");
  }
  return parse_person(claims);
}

}  // namespace authd::auth
