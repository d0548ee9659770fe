// The JSON form of responses. Names in brackets are those of the FIDO conformance tests.
#include "auth/accounts/passkeys/passkey_response.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"

using namespace authd;
using namespace authd::auth;

namespace {

std::string changed(std::string json, std::string_view from, std::string_view to) {
  const size_t at = json.find(from);
  REQUIRE(at != std::string::npos);
  return json.replace(at, from.size(), to);
}

const std::string kRegistration =
    R"({"id":"AAEC","rawId":"AAEC","type":"public-key","authenticatorAttachment":"platform",)"
    R"("clientExtensionResults":{"credProps":{"rk":true}},)"
    R"("response":{"clientDataJSON":"e30","attestationObject":"oA","authenticatorData":"AA",)"
    R"("transports":["internal","hybrid","carrier-pigeon","internal"],"publicKey":null}})";

const std::string kAssertion =
    R"({"id":"AAEC","rawId":"AAEC","type":"public-key","clientExtensionResults":{},)"
    R"("response":{"clientDataJSON":"e30","authenticatorData":"oA","signature":"sig0",)"
    R"("userHandle":"aGFuZGxl"}})";

crypto::Checked<RegistrationResponse> registration(std::string_view from = "",
                                                   std::string_view to = "") {
  const auto json = JsonObject::parse(changed(kRegistration, from, to));
  REQUIRE(json);
  return read_registration_response(*json);
}

crypto::Checked<AssertionResponse> assertion(std::string_view from = "", std::string_view to = "") {
  const auto json = JsonObject::parse(changed(kAssertion, from, to));
  REQUIRE(json);
  return read_assertion_response(*json);
}

template <typename T>
bool is_malformed(const crypto::Checked<T>& response) {
  return !response && response.error() == crypto::WebauthnRefusal::malformed_response;
}

}  // namespace

TEST_CASE("a registration is read from its JSON") {
  const auto read = registration();
  REQUIRE(read);
  CHECK(read->credential_id == std::string("\0\1\2", 3));
  CHECK(read->client_data_json == "{}");
  CHECK(read->attestation_object == "\xa0");
  CHECK(read->transports == std::vector<std::string>{"hybrid", "internal"});
  CHECK(read->is_discoverable == true);
}

TEST_CASE("what a browser need not say of a registration may be absent") {
  const auto no_results =
      registration(R"("clientExtensionResults":{"credProps":{"rk":true}},)", "");
  REQUIRE(no_results);
  CHECK_FALSE(no_results->is_discoverable);
  const auto no_properties = registration(R"("credProps":{"rk":true})", "");
  REQUIRE(no_properties);
  CHECK_FALSE(no_properties->is_discoverable);
  const auto no_rk = registration(R"("rk":true)", "");
  REQUIRE(no_rk);
  CHECK_FALSE(no_rk->is_discoverable);
  const auto not_discoverable = registration(R"("rk":true)", R"("rk":false)");
  REQUIRE(not_discoverable);
  CHECK(not_discoverable->is_discoverable == false);
  const auto no_transports =
      registration(R"("transports":["internal","hybrid","carrier-pigeon","internal"],)", "");
  REQUIRE(no_transports);
  CHECK(no_transports->transports.empty());
}

TEST_CASE("[Server-ServerAuthenticatorAttestationResponse-Resp-1] the structure is as it must be") {
  const std::string id = R"("id":"AAEC",)";
  const std::string raw_id = R"("rawId":"AAEC",)";
  const std::string type = R"("type":"public-key",)";
  const std::string client = R"("clientDataJSON":"e30",)";
  const std::string object = R"("attestationObject":"oA",)";
  for (const std::string& member : {id, raw_id, type, client, object}) {
    CAPTURE(member);
    CHECK(is_malformed(registration(member, "")));
    const std::string key = member.substr(0, member.find(':') + 1);
    for (const char* value : {"null,", "1,", "{},", "\"\",", "\"A\",", "\"AA==\",", "\"A+/A\","}) {
      CAPTURE(value);
      CHECK(is_malformed(registration(member, key + value)));
    }
  }
  CHECK(is_malformed(registration(raw_id, R"("rawId":"AAED",)")));
  CHECK(is_malformed(registration(type, R"("type":"Public-Key",)")));
  CHECK(is_malformed(registration(R"("response":{)", R"("response":null,"other":{)")));
  CHECK(is_malformed(registration(R"("transports":[)", R"("transports":"usb","other":[)")));
  CHECK(is_malformed(registration(R"("transports":[)", R"("transports":[1,)")));
  CHECK(is_malformed(registration(R"("rk":true)", R"("rk":"true")")));
  CHECK(is_malformed(registration(R"({"rk":true})", R"([])")));
  const std::string long_id = base64url_encode(std::string(1024, 'i'));
  CHECK(is_malformed(
      registration(id + raw_id, R"("id":")" + long_id + R"(","rawId":")" + long_id + R"(",)")));
}

TEST_CASE("an assertion is read from its JSON") {
  const auto read = assertion();
  REQUIRE(read);
  CHECK(read->credential_id == std::string("\0\1\2", 3));
  CHECK(read->client_data_json == "{}");
  CHECK(read->authenticator_data == "\xa0");
  CHECK(base64url_encode(read->signature) == "sig0");
  CHECK(read->user_handle == "handle");
}

TEST_CASE("an assertion without a user handle says so in three ways") {
  for (const char* value : {R"("userHandle":null)", R"("userHandle":"")", R"("other":1)"}) {
    CAPTURE(value);
    const auto read = assertion(R"("userHandle":"aGFuZGxl")", value);
    REQUIRE(read);
    CHECK_FALSE(read->user_handle);
  }
}

TEST_CASE("[Server-ServerAuthenticatorAssertionResponse-Resp-1] the structure is as it must be") {
  const std::string id = R"("id":"AAEC",)";
  const std::string raw_id = R"("rawId":"AAEC",)";
  const std::string type = R"("type":"public-key",)";
  const std::string client = R"("clientDataJSON":"e30",)";
  const std::string data = R"("authenticatorData":"oA",)";
  const std::string signature = R"("signature":"sig0",)";
  for (const std::string& member : {id, raw_id, type, client, data, signature}) {
    CAPTURE(member);
    CHECK(is_malformed(assertion(member, "")));
    const std::string key = member.substr(0, member.find(':') + 1);
    for (const char* value : {"null,", "1,", "{},", "\"\",", "\"A\",", "\"AA==\",", "\"A+/A\","}) {
      CAPTURE(value);
      CHECK(is_malformed(assertion(member, key + value)));
    }
  }
  CHECK(is_malformed(assertion(R"("userHandle":"aGFuZGxl")", R"("userHandle":1)")));
  CHECK(is_malformed(assertion(R"("userHandle":"aGFuZGxl")", R"("userHandle":"A")")));
  const std::string long_handle = base64url_encode(std::string(65, 'h'));
  CHECK(is_malformed(
      assertion(R"("userHandle":"aGFuZGxl")", R"("userHandle":")" + long_handle + "\"")));
}
