#include "auth/core/limits/devices.h"

#include "auth/core/server_mac.h"
#include "auth/core/ways.h"
#include "base/check.h"
#include "base/encoding.h"
#include "crypto/digest.h"

namespace authd::auth {
namespace {

constexpr size_t kNumberBytes = 8;
constexpr size_t kNumbers = 3;
constexpr size_t kDataBytes = kNumbers * kNumberBytes + kDeviceIdBytes;

}  // namespace

std::string make_device(const Services& s, const tables::User& user, std::string_view id,
                        Time now) {
  CHECK(id.size() == kDeviceIdBytes);
  const std::string data = tables::big_endian(user.id.value) +
                           tables::big_endian(static_cast<uint64_t>(unix_seconds(now))) +
                           tables::big_endian(epoch_of(user, Way::device)) + std::string(id);
  return base64url_encode(data + server_mac(s, "device", data));
}

std::optional<DeviceToken> read_device(const Services& s, std::string_view device, UserId user,
                                       Time now) {
  const std::optional<std::string> bytes = base64url_decode(device);
  if (!bytes || bytes->size() != kDataBytes + crypto::kSha256Bytes) return std::nullopt;
  const std::string data = bytes->substr(0, kDataBytes);
  if (!equal_constant_time(server_mac(s, "device", data), bytes->substr(kDataBytes))) {
    return std::nullopt;
  }
  const auto number = [&](size_t place) {
    return tables::from_big_endian(data.substr(place * kNumberBytes, kNumberBytes));
  };
  const Time made = from_unix_seconds(static_cast<int64_t>(number(1)));
  if (number(0) != user.value || made + kDeviceLife <= now) return std::nullopt;
  return DeviceToken{data.substr(kNumbers * kNumberBytes), made, number(2)};
}

}  // namespace authd::auth
