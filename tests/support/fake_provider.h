// An OpenID provider inside the test: discovery, keys and tokens, each of which a test can spoil.
#pragma once

#include <map>

#include "auth/signin/federation/federation.h"
#include "base/encoding.h"
#include "crypto/digest.h"
#include "support/people.h"

namespace authd::test {

inline config::Config with_provider() {
  config::Config config = Instance::default_config();
  config.public_url = "https://auth.test";
  config.providers.push_back(
      {"fake", "https://id.test/", "me", "s&cret", "openid email", "Fake", ""});
  return config;
}

// "a" of "…?x=1&a=2"; decoded.
inline std::string parameter(const std::string& text, const std::string& name) {
  const size_t at = ("&" + text).find("&" + name + "=");
  if (at == std::string::npos) return "";
  const size_t begin = at + name.size() + 1;
  return percent_decode(text.substr(begin, text.find('&', begin) - begin)).value();
}

class FakeProvider {
 public:
  explicit FakeProvider(Instance& t) : t_(t) {
    new_key();
    t.remote.answer = [this](const fetch::Request& request) { return answer(request); };
  }

  void new_key() { key = crypto::SigningKey::generate(algorithm, t_.random).value(); }

  // What the browser brings back after following `url`, without involving a person.
  auth::FederationAnswer follow(const std::string& url) {
    const std::string query = url.substr(url.find('?') + 1);
    nonce = parameter(query, "nonce");
    challenge = parameter(query, "code_challenge");
    auth::FederationAnswer back;
    back.state = OneTimeSecret(parameter(query, "state"));
    back.code = OneTimeSecret(std::string("the code"));
    return back;
  }

  crypto::Algorithm algorithm = crypto::Algorithm::es256;
  std::optional<crypto::SigningKey> key;
  std::string issuer = "https://id.test/";
  std::string subject = "subject-1";
  std::string email = "ann@example.org";
  bool email_verified = true;
  std::string nonce;
  std::string challenge;
  std::map<std::string, std::string> changed;  // claims as JSON that replace the right ones
  std::function<std::string(std::string)> spoil = [](std::string token) { return token; };
  bool is_down = false;
  std::string typ = "JWT";
  std::string prefix;                // before each document
  int token_status = 200;            // of the reply with the tokens
  size_t other_keys = 0;             // that are published before its own
  std::string userinfo;              // what that endpoint replies; empty: there is none
  std::map<std::string, int> asked;  // by path
  fetch::Request last_token_request;

 private:
  Result<fetch::Reply> answer(const fetch::Request& request) {
    const std::string path = request.url.substr(request.url.find('/', sizeof "https://"));
    asked[path] += 1;
    if (is_down) return Error{ErrorCode::unavailable, "connection refused"};
    if (path.ends_with("/.well-known/openid-configuration")) {
      return fetch::Reply{200, prefix + discovery()};
    }
    if (path == "/keys") {
      return fetch::Reply{200, prefix + key_set()};
    }
    if (path == "/userinfo") return fetch::Reply{200, prefix + userinfo};
    last_token_request = request;
    const std::string verifier = parameter(request.form, "code_verifier");
    if (base64url_encode(crypto::sha256(verifier)) != challenge) return fetch::Reply{400, "{}"};
    JsonWriter json;
    json.begin_object().field("id_token", spoil(id_token()));
    if (!userinfo.empty()) json.field("access_token", "access");
    json.end_object();
    return fetch::Reply{token_status, prefix + json.take()};
  }

  std::string discovery() const {
    JsonWriter json;
    json.begin_object()
        .field("issuer", issuer)
        .field("authorization_endpoint", "https://id.test/authorize")
        .field("token_endpoint", "https://id.test/token")
        .field("jwks_uri", "https://id.test/keys");
    if (!userinfo.empty()) json.field("userinfo_endpoint", "https://id.test/userinfo");
    json.end_object();
    return json.take();
  }

  std::string key_set() const {
    std::string keys = "{\"kty\":\"oct\",\"k\":\"AAAA\"},";
    for (size_t i = 0; i < other_keys; ++i) {
      const auto other = crypto::SigningKey::generate(crypto::Algorithm::eddsa, t_.random);
      keys += other.value().public_jwk() + ",";
    }
    return "{\"keys\":[" + keys + key->public_jwk() + "]}";
  }

  std::string id_token() const {
    const int64_t now = unix_seconds(t_.clock.now());
    const auto text = [](const std::string& value) {
      JsonWriter json;
      json.value(value);
      return json.take();
    };
    std::map<std::string, std::string> claims = {
        {"iss", text(issuer)},        {"aud", "\"me\""},
        {"sub", text(subject)},       {"nonce", text(nonce)},
        {"iat", std::to_string(now)}, {"exp", std::to_string(now + 300)},
        {"email", text(email)},       {"email_verified", email_verified ? "true" : "false"},
        {"given_name", "\"Ann\""},
    };
    for (const auto& [name, value] : changed)
      claims[name] = value;
    JsonWriter json;
    json.begin_object();
    for (const auto& [name, value] : claims) {
      if (!value.empty()) json.key(name).raw(value);
    }
    json.end_object();
    return crypto::sign_jwt(*key, typ, json.text()).value();
  }

  Instance& t_;
};

}  // namespace authd::test
