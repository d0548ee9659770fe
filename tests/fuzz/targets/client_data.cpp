// Client data, and the JSON of whole responses.
#include "crypto/webauthn/client_data.h"

#include "auth/accounts/passkeys/passkey_response.h"
#include "base/encoding.h"
#include "base/json.h"
#include "crypto/webauthn/authenticator_data.h"
#include "target.h"

namespace authd::fuzz {
namespace {

constexpr const char* kOrigin = "https://example.org";

void check_client_data(std::string_view input) {
  const auto data = crypto::check_client_data(input, crypto::Ceremony::assertion, {kOrigin});
  if (!data) {
    CHECK(!crypto::words(data.error()).empty());
    return;
  }
  CHECK(input.size() <= crypto::kMaxClientDataBytes && is_valid_utf8(input));
  CHECK(!crypto::check_client_data(input, crypto::Ceremony::registration, {kOrigin}));
  // Read by itself.
  const auto json = JsonObject::parse(input);
  CHECK(json && json->string("type").value() == "webauthn.get");
  CHECK(json->string("origin").value() == kOrigin);
  CHECK(json->string("challenge").value() == base64url_encode(data->challenge));
  CHECK(!json->has("topOrigin") && json->optional_boolean("crossOrigin").value() != true);
}

void check_response(std::string_view input) {
  const auto json = JsonObject::parse(input);
  if (!json) return;
  if (const auto read = auth::read_registration_response(*json)) {
    CHECK(!read->credential_id.empty() && !read->attestation_object.empty());
    CHECK(read->credential_id.size() <= crypto::kMaxCredentialIdBytes);
    CHECK(read->transports.size() <= 6);
  }
  if (const auto read = auth::read_assertion_response(*json)) {
    CHECK(!read->credential_id.empty() && !read->signature.empty());
    CHECK(!read->user_handle || (!read->user_handle->empty() && read->user_handle->size() <= 64));
  }
}

}  // namespace

void run(std::string_view input) {
  check_client_data(input);
  check_response(input);
}

}  // namespace authd::fuzz
