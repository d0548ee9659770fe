// Authenticator data: every byte of an accepted one is accounted for.
#include "crypto/webauthn/authenticator_data.h"

#include "crypto/digest.h"
#include "target.h"

namespace authd::fuzz {

void run(std::string_view input) {
  const auto data = crypto::parse_authenticator_data(input);
  const auto checked = crypto::check_authenticator_data(input, "example.org", true);
  if (!data) {
    CHECK(!checked && checked.error() == data.error());
    return;
  }
  CHECK(data->rp_id_hash == input.substr(0, crypto::kSha256Bytes));
  CHECK(data->backup_eligible || !data->backed_up);
  const auto flags = static_cast<uint8_t>(input[crypto::kSha256Bytes]);
  size_t used = crypto::kSha256Bytes + 5;
  CHECK(data->credential.has_value() == ((flags & 0x40) != 0));
  if (data->credential) {
    const size_t size = data->credential->id.size();
    CHECK(size >= crypto::kMinCredentialIdBytes && size <= crypto::kMaxCredentialIdBytes);
    used += crypto::kAaguidBytes + 2;
    CHECK(input.substr(used).starts_with(data->credential->id + data->credential->key.bytes()));
    used += size + data->credential->key.bytes().size();
  }
  CHECK((used < input.size()) == ((flags & 0x80) != 0));
  if (!checked) return;
  CHECK(data->rp_id_hash == crypto::sha256("example.org"));
  CHECK(data->user_present && data->user_verified);
}

}  // namespace authd::fuzz
