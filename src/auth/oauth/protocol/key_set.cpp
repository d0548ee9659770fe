#include "auth/oauth/protocol/key_set.h"

#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/json_writer.h"
#include "crypto/jose/public_jwk.h"

namespace authd::auth {
namespace {

constexpr JsonLimits kLimits{kMaxKeySetBytes, 16};

Error wrong(std::string message) {
  return Error{ErrorCode::invalid, std::move(message), "jwks"};
}

Result<std::vector<JsonObject>> keys_in(std::string_view json) {
  const JsonObject set = TRY(JsonObject::parse(json, kLimits));
  auto keys = TRY(set.optional_objects("keys"));
  if (!keys) return wrong("there is no member \"keys\"");
  return std::move(*keys);
}

// The object as text. A key that says no algorithm gets this one: an RSA key may be for several.
std::string object_text(const JsonObject& jwk, std::string_view algorithm) {
  JsonWriter json;
  json.begin_object();
  const bool says_none = !jwk.has("alg") || jwk.is_null("alg");
  for (const std::string& name : jwk.keys()) {
    if (name == "alg" && says_none) continue;
    json.key(name);
    jwk.write(name, json);
  }
  if (says_none && !algorithm.empty()) json.field("alg", algorithm);
  json.end_object();
  return json.take();
}

std::string text_of(const JsonObject& jwk, std::string_view name) {
  const auto text = jwk.optional_string(name);
  return text ? text->value_or("") : "";
}

bool fits(const JsonObject& jwk, const crypto::Jws& token) {
  const std::string kid = text_of(jwk, "kid");
  if (!kid.empty() && !token.kid.empty() && kid != token.kid) return false;
  const auto wanted = crypto::parse_algorithm(token.alg);
  const std::string own = text_of(jwk, "alg");
  if (!own.empty()) return crypto::parse_algorithm(own) == wanted;
  if (!wanted) return false;
  const std::string type = text_of(jwk, "kty");
  const crypto::Traits& traits = crypto::traits_of(*wanted);
  switch (traits.family) {
    case crypto::Family::ec: return type == "EC" && text_of(jwk, "crv") == traits.curve;
    case crypto::Family::okp: return type == "OKP";
    case crypto::Family::rsa:
    case crypto::Family::rsa_pss: return type == "RSA";
    case crypto::Family::hmac: return false;
  }
  __builtin_unreachable();
}

}  // namespace

Result<void> check_key_set(std::string_view json) {
  if (json.size() > kMaxKeySetBytes) return wrong("A key set has at most 64 KiB.");
  const Result<std::vector<JsonObject>> keys = keys_in(json);
  if (!keys) {
    return wrong("This is not a JWK Set such as {\"keys\": [...]}: " + keys.error().message);
  }
  if (keys->empty() || keys->size() > kMaxClientKeys) {
    return wrong("A client has 1 to 20 keys in its set.");
  }
  std::set<std::string> kids;
  for (size_t at = 0; at < keys->size(); ++at) {
    const JsonObject& jwk = (*keys)[at];
    const std::string which = "Key " + std::to_string(at + 1) + " of the set: ";
    if (jwk.has("d") || jwk.has("k")) {
      return wrong(which +
                   "it has a private half, which nobody but the client may know. Make a "
                   "new key, and register only its public half.");
    }
    if (const auto read = crypto::parse_public_jwk(object_text(jwk, "")); !read) {
      return wrong(which + read.error().message);
    }
    const std::string kid = text_of(jwk, "kid");
    if (!kid.empty() && !kids.insert(kid).second) {
      return wrong(which + "another one has the same kid.");
    }
  }
  return {};
}

std::string compact_key_set(std::string_view json) {
  const Result<JsonObject> set = JsonObject::parse(json, kLimits);
  return set ? object_text(*set, "") : std::string(json);
}

bool is_key_set(std::string_view json) {
  return keys_in(json).has_value();
}

bool has_key_for(std::string_view set, const crypto::Jws& token) {
  const Result<std::vector<JsonObject>> keys = keys_in(set);
  if (!keys) return false;
  for (const JsonObject& jwk : *keys) {
    if (fits(jwk, token)) return true;
  }
  return false;
}

bool is_signed_by(std::string_view set, const crypto::Jws& token) {
  const Result<std::vector<JsonObject>> keys = keys_in(set);
  if (!keys) return false;
  size_t tried = 0;
  for (const JsonObject& jwk : *keys) {
    if (!fits(jwk, token)) continue;
    if (++tried > kMaxClientKeys) return false;
    const auto key = crypto::SigningKey::verifier_from_public_jwk(object_text(jwk, token.alg));
    if (key && crypto::verify(token, *key)) return true;
  }
  return false;
}

}  // namespace authd::auth
