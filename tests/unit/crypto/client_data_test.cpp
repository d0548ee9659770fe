#include "crypto/webauthn/client_data.h"

#include <catch2/catch.hpp>

#include "support/software_authenticator.h"

using namespace authd;
using namespace authd::crypto;
using test::ClientDataParts;

namespace {

const std::vector<std::string> kOrigins = {"https://example.org", "https://id.example.org:8443"};

std::optional<WebauthnRefusal> refusal_of(const std::string& json,
                                          Ceremony ceremony = Ceremony::assertion) {
  const auto data = check_client_data(json, ceremony, kOrigins);
  return data ? std::nullopt : std::optional(data.error());
}

ClientDataParts parts() {
  ClientDataParts made;
  made.type = "webauthn.get";
  return made;
}

std::optional<WebauthnRefusal> refusal_with(const std::string& more) {
  ClientDataParts made = parts();
  made.more = more;
  return refusal_of(made.json());
}

std::optional<WebauthnRefusal> refusal_of_origin(const std::string& origin) {
  ClientDataParts made = parts();
  made.origin = origin;
  return refusal_of(made.json());
}

}  // namespace

TEST_CASE("client data is read") {
  const auto data = check_client_data(parts().json(), Ceremony::assertion, kOrigins);
  REQUIRE(data);
  CHECK(data->challenge == "the challenge");
  CHECK(data->origin == "https://example.org");
  CHECK(data->ceremony == Ceremony::assertion);
  CHECK_FALSE(refusal_with(R"(,"extraData":"of the future","more":[1,{"a":null}])"));
  CHECK_FALSE(
      refusal_of(R"({"type":"webauthn.get","challenge":"AA","origin":")" + kOrigins[1] + "\"}"));
}

TEST_CASE("client data that is not JSON, not UTF-8 or has a name twice is refused") {
  constexpr auto kMalformed = WebauthnRefusal::malformed_client_data;
  const std::string good = parts().json();
  CHECK(refusal_of("") == kMalformed);
  CHECK(refusal_of("[]") == kMalformed);
  CHECK(refusal_of(good + "x") == kMalformed);
  CHECK(refusal_of(good.substr(1)) == kMalformed);
  CHECK(refusal_of("\xef\xbb\xbf" + good) == kMalformed);
  CHECK(refusal_with(",\"a\":\"\xff\"") == kMalformed);
  CHECK(refusal_with(R"(,"origin":"https://example.org")") == kMalformed);
  CHECK(refusal_with(R"(,"crossOrigin":false)") == kMalformed);
  CHECK(refusal_with(R"(,"a":"\ud800")") == kMalformed);
  CHECK(refusal_with(",\"a\":\"" + std::string(kMaxClientDataBytes, 'x') + "\"") == kMalformed);
}

TEST_CASE("type, challenge and origin must be there, and be text") {
  const std::string type = R"("type":"webauthn.get")";
  const std::string challenge = R"("challenge":"AAAA")";
  const std::string origin = R"("origin":"https://example.org")";
  const auto object = [](const std::string& a, const std::string& b, const std::string& c) {
    return "{" + a + "," + b + "," + c + "}";
  };
  REQUIRE_FALSE(refusal_of(object(type, challenge, origin)));
  const std::string other = R"("other":1)";
  for (const std::string& json :
       {object(other, challenge, origin), object(type, other, origin),
        object(type, challenge, other), object(R"("type":1)", challenge, origin),
        object(R"("type":null)", challenge, origin), object(type, R"("challenge":7)", origin),
        object(type, R"("challenge":null)", origin), object(type, challenge, R"("origin":[])"),
        object(type, challenge, R"("origin":null)")}) {
    CAPTURE(json);
    CHECK(refusal_of(json) == WebauthnRefusal::malformed_client_data);
  }
}

TEST_CASE("the challenge is base64url without padding, and not empty") {
  for (const char* text : {"", "AAA=", "AA==", "A", "A+AA", "A/AA", "AB", " AAA"}) {
    CAPTURE(text);
    CHECK(refusal_of(R"({"type":"webauthn.get","challenge":")" + std::string(text) +
                     R"(","origin":"https://example.org"})") ==
          WebauthnRefusal::malformed_client_data);
  }
}

TEST_CASE("the type is exactly that of the ceremony") {
  for (const char* type : {"webauthn.create", "webauthn.Get", "webauthn.get ", "", "payment.get"}) {
    CAPTURE(type);
    ClientDataParts made = parts();
    made.type = type;
    CHECK(refusal_of(made.json()) == WebauthnRefusal::wrong_ceremony);
  }
  CHECK(refusal_of(parts().json(), Ceremony::registration) == WebauthnRefusal::wrong_ceremony);
}

TEST_CASE("the origin is one of ours as a whole: scheme, host and port") {
  CHECK_FALSE(refusal_of_origin("https://id.example.org:8443"));
  for (const char* origin :
       {"http://example.org", "https://example.org:444", "https://example.org:443",
        "https://example.org/", "https://evil.example.org", "https://example.org.evil.test",
        "https://EXAMPLE.org", "https://id.example.org", "example.org", "", "null",
        "android:apk-key-hash:AAAA"}) {
    CAPTURE(origin);
    CHECK(refusal_of_origin(origin) == WebauthnRefusal::foreign_origin);
  }
}

TEST_CASE("a response from a frame of another site is refused") {
  ClientDataParts made = parts();
  made.cross_origin = "true";
  CHECK(refusal_of(made.json()) == WebauthnRefusal::framed);
  CHECK(refusal_with(R"(,"topOrigin":"https://example.org")") == WebauthnRefusal::framed);
  CHECK(refusal_with(R"(,"topOrigin":null)") == WebauthnRefusal::framed);
  for (const char* value : {"null", "\"false\"", "0", "{}"}) {
    CAPTURE(value);
    made.cross_origin = value;
    CHECK(refusal_of(made.json()) == WebauthnRefusal::malformed_client_data);
  }
}

TEST_CASE("token binding may be supported, but never present") {
  CHECK_FALSE(refusal_with(R"(,"tokenBinding":{"status":"supported"})"));
  CHECK_FALSE(refusal_with(R"(,"tokenBinding":{"status":"not-supported"})"));
  CHECK(refusal_with(R"(,"tokenBinding":{"status":"present","id":"AAAA"})") ==
        WebauthnRefusal::token_binding);
  CHECK(refusal_with(R"(,"tokenBinding":{"status":"other"})") == WebauthnRefusal::token_binding);
  CHECK(refusal_with(R"(,"tokenBinding":{})") == WebauthnRefusal::malformed_client_data);
  CHECK(refusal_with(R"(,"tokenBinding":"supported")") == WebauthnRefusal::malformed_client_data);
}
