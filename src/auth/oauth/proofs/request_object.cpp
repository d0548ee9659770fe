#include "auth/oauth/proofs/request_object.h"

#include <cmath>

#include "auth/core/numeric_date.h"
#include "auth/oauth/clients/client_keys.h"
#include "auth/oauth/clients/key_rules.h"
#include "auth/oauth/proofs/client_jwt.h"
#include "auth/oauth/protocol/words.h"
#include "base/json_writer.h"
#include "base/refusal.h"

namespace authd::auth {
namespace {

using tables::Client;

Error refuse(std::string_view name, std::string message) {
  return refused(ErrorCode::malformed, name, std::move(message));
}

Error not_accepted(const std::string& cause) {
  return refuse("invalid_request_object", "The request object is not accepted: " + cause + ".");
}

// The claims that are about the object itself (RFC 9101 section 4).
constexpr auto kOfObject =
    std::to_array<std::string_view>({"iss", "aud", "exp", "nbf", "iat", "jti", "sub"});

// The text that the parameter has outside of an object; nullopt for what is none there.
std::optional<std::string> text_of(const JsonObject& claims, const std::string& name) {
  if (const auto text = claims.string(name)) return *text;
  // max_age is a number here.
  if (const auto number = claims.integer(name)) return std::to_string(*number);
  if (!claims.object(name)) return std::nullopt;
  JsonWriter json;  // claims is an object
  claims.write(name, json);
  return json.take();
}

Result<Parameters> parameters_in(const JsonObject& claims) {
  std::vector<Parameters::Pair> pairs;
  for (const std::string& name : claims.keys()) {
    if (contains(kOfObject, name)) continue;
    if (name == "resource") {
      const std::vector<std::string> all = TRY(claims.string_or_strings(name));
      for (const std::string& one : all)
        pairs.emplace_back(name, one);
    } else if (std::optional<std::string> text = text_of(claims, name)) {
      pairs.emplace_back(name, std::move(*text));
    }
  }
  return Parameters::read(pairs);
}

// Those of OpenID Connect that stand outside.
Result<Parameters> with_outer(const Parameters& inner, const Parameters& sent) {
  std::string form = inner.encoded();
  Parameters outer;
  for (const char* name : {"response_type", "scope"}) {
    if (inner.has(name) || !sent.has(name)) continue;
    outer = TRY(Parameters::read(std::array{Parameters::Pair(name, sent[name])}));
    form += "&" + outer.encoded();
  }
  return Parameters::decode(form);
}

// FAPI 2.0 Message Signing section 5.3.1.
Result<void> check_fapi_times(const JsonObject& claims, Time now) {
  const auto begins = claims.number("nbf");
  if (!begins || !claims.has("exp")) return not_accepted("it has no nbf or no exp");
  if (numeric_date(*begins) + kRequestObjectLife >= now) return {};
  return not_accepted("its nbf is more than an hour ago");
}

Result<void> check_claims(const Services& s, const Client& client, const ClientJwt& object,
                          Time asked_at) {
  const JsonObject& claims = object.claims;
  if (claims.string("iss").value_or("") != client.id) {
    return not_accepted("its iss is not the client id");
  }
  // It would be an assertion of the client (section 10.8).
  if (claims.string("sub").value_or("") == client.id) {
    return not_accepted("its sub is the client id, as in a client assertion");
  }
  const std::array ours = {s.config.tokens.issuer};
  if (const auto checked = check_client_audience(claims, ours); !checked) {
    return not_accepted(checked.error().message);
  }
  if (const auto checked = check_client_times(claims, kRequestObjectLife, asked_at); !checked) {
    return not_accepted(checked.error().message);
  }
  if (claims.has("request") || claims.has("request_uri")) {
    return not_accepted("it has request or request_uri itself");
  }
  if (claims.string("client_id").value_or("") != client.id) {
    return not_accepted("its client_id is not that of the request");
  }
  return client.is_fapi ? check_fapi_times(claims, asked_at) : Result<void>();
}

Result<ClientJwt> verified(const Services& s, const Client& client, const std::string& text) {
  Result<ClientJwt> object = parse_client_jwt(text, kRequestObjectType);
  if (!object) return not_accepted(object.error().message);
  if (const auto checked = check_algorithm(object->jws, client); !checked) {
    return not_accepted(checked.error().message);
  }
  if (TRY(is_signed_by_client(s, client, object->jws))) return object;
  return not_accepted("no key of the client has signed it");
}

}  // namespace

Result<Parameters> signed_parameters(const Services& s, const Client& client,
                                     const Parameters& sent, Time asked_at) {
  if (!sent.has("request")) {
    if (!client.requires_jar) return sent;
    return refuse("invalid_request",
                  "This client must sign its authorization requests: send \"request\" (RFC 9101).");
  }
  if (!has_keys(client)) {
    return refuse("request_not_supported",
                  "This client has no keys, so it cannot sign requests. Its administrator can set "
                  "jwks or jwks_uri.");
  }
  if (sent.has("request_uri")) {
    return refuse("invalid_request", "\"request\" and \"request_uri\" exclude each other.");
  }
  const ClientJwt object = TRY(verified(s, client, sent["request"]));
  TRY(check_claims(s, client, object, asked_at));
  const Result<Parameters> inner = parameters_in(object.claims);
  if (!inner) return not_accepted("its parameters cannot be read");
  if (client.requires_jar || client.is_fapi) return *inner;
  return with_outer(*inner, sent);
}

}  // namespace authd::auth
