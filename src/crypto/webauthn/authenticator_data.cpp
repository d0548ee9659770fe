#include "crypto/webauthn/authenticator_data.h"

#include <algorithm>

#include "crypto/digest.h"
#include "crypto/webauthn/cbor.h"

namespace authd::crypto {
namespace {

// Section 6.1, table "flags"; bits 1 and 5 are reserved.
constexpr uint8_t kUserPresent = 0x01;
constexpr uint8_t kUserVerified = 0x04;
constexpr uint8_t kBackupEligible = 0x08;
constexpr uint8_t kBackedUp = 0x10;
constexpr uint8_t kHasCredential = 0x40;
constexpr uint8_t kHasExtensions = 0x80;

constexpr size_t kFlagsBytes = 1;
constexpr size_t kCountBytes = 4;
constexpr size_t kLengthBytes = 2;

// Takes bytes from the front, which the caller knows to be there.
std::string_view take(std::string_view& rest, size_t count) {
  const std::string_view taken = rest.substr(0, count);
  rest.remove_prefix(count);
  return taken;
}

uint32_t big_endian(std::string_view bytes) {
  uint32_t number = 0;
  for (const char c : bytes)
    number = number << 8 | static_cast<uint8_t>(c);
  return number;
}

Checked<AttestedCredential> take_credential(std::string_view& rest) {
  if (rest.size() < kAaguidBytes + kLengthBytes) {
    return WebauthnRefusal::malformed_authenticator_data;
  }
  const std::string_view aaguid = take(rest, kAaguidBytes);
  const size_t size = big_endian(take(rest, kLengthBytes));
  if (size < kMinCredentialIdBytes || size > kMaxCredentialIdBytes) {
    return WebauthnRefusal::credential_id_size;
  }
  if (rest.size() < size) return WebauthnRefusal::malformed_authenticator_data;
  const std::string_view id = take(rest, size);
  CoseKey key = TRY_CHECKED(CoseKey::parse_front(rest));
  rest.remove_prefix(key.bytes().size());
  return AttestedCredential{std::string(aaguid), std::string(id), std::move(key)};
}

// False if there is no map of extensions at the front (section 9.5).
bool take_extensions(std::string_view& rest) {
  const Result<CborFront> front = parse_cbor_front(rest);
  if (!front || front->value.map() == nullptr) return false;
  const auto& members = *front->value.map();
  rest.remove_prefix(front->length);
  return std::all_of(members.begin(), members.end(),
                     [](const auto& member) { return member.first.text().has_value(); });
}

}  // namespace

Checked<AuthenticatorData> parse_authenticator_data(std::string_view bytes) {
  if (bytes.size() < kSha256Bytes + kFlagsBytes + kCountBytes) {
    return WebauthnRefusal::malformed_authenticator_data;
  }
  AuthenticatorData data;
  data.rp_id_hash = take(bytes, kSha256Bytes);
  const auto flags = static_cast<uint8_t>(take(bytes, kFlagsBytes)[0]);
  data.user_present = (flags & kUserPresent) != 0;
  data.user_verified = (flags & kUserVerified) != 0;
  data.backup_eligible = (flags & kBackupEligible) != 0;
  data.backed_up = (flags & kBackedUp) != 0;
  data.sign_count = big_endian(take(bytes, kCountBytes));
  if ((flags & kHasCredential) != 0) data.credential = TRY_CHECKED(take_credential(bytes));
  if ((flags & kHasExtensions) != 0 && !take_extensions(bytes)) {
    return WebauthnRefusal::malformed_authenticator_data;
  }
  if (!bytes.empty()) return WebauthnRefusal::bytes_left_over;
  // Sections 7.1 and 7.2, on BE and BS: what cannot be backed up is not.
  if (data.backed_up && !data.backup_eligible) return WebauthnRefusal::backed_up_ineligible;
  return data;
}

Checked<AuthenticatorData> check_authenticator_data(std::string_view bytes, std::string_view rp_id,
                                                    bool needs_user_verification) {
  AuthenticatorData data = TRY_CHECKED(parse_authenticator_data(bytes));
  if (data.rp_id_hash != sha256(rp_id)) return WebauthnRefusal::foreign_rp_id;
  if (!data.user_present) return WebauthnRefusal::user_absent;
  if (needs_user_verification && !data.user_verified) return WebauthnRefusal::user_not_verified;
  return data;
}

}  // namespace authd::crypto
