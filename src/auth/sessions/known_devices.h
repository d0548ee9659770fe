// The devices from which people log in: what an account has seen, and which of them it trusts.
//
// A browser is known by the id in its device cookie (auth/core/limits/devices.h), and a program
// without cookies by what it calls itself. A login from a device that the account has not seen for
// kKnownLife is told to the owner by mail. Whoever has proved a second factor may have the device
// trusted for mfa.remember: until then a login from it needs no second factor, and says so ("amr"
// names only what was proved). Everything else that asks for a second factor, such as step_up.h,
// still does.
//
// Known is what has a row of the user's current epoch of devices, so that a new password and a
// logout everywhere make every device new. A trust ends with that, and with the epoch of trusts,
// which every change of a password, an email or a second factor raises (auth/core/ways.h). It
// belongs to the cookie that was made with it: the device gets another id then, so that a copy of
// an older cookie is not trusted.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/core/audit/audit.h"
#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr Milliseconds kKnownLife = std::chrono::hours(90 * 24);
// Beyond this, the one seen longest ago makes room.
inline constexpr size_t kMaxDevicesPerUser = 50;

// What a login finds out and makes before its write.
struct DeviceVisit {
  std::optional<std::string> id;  // in the cookie, if that is this user's
  std::string new_id;             // for a device that gets one
  bool is_known = false;          // from then on, whatever the login changes
  std::vector<tables::Device> evicted;
  tables::Mail notice;  // to the owner, addressed in the write; not made for a known device
};
// Without a user: for an account that does not exist yet.
Result<DeviceVisit> look_at_device(const Services& s, const tables::User* user,
                                   const Origin& origin, Time now);

// How a login ended, for its device.
enum class Noting {
  quietly,  // The owner gets another mail of it, or it is from nowhere but the owner's mailbox.
  telling,
};

// Notes the login in its write, and mails the owner if the device is new, unless it is the first
// one of the account. Sets User::devices_since: the caller puts the user afterwards. Most logins
// from a known device write nothing.
struct NotedDevice {
  std::string id;       // for the cookie
  bool is_new = false;  // to an account that had others
};
// The row, those that make room, and the mail.
inline constexpr size_t kMaxEvictedDevices = 2;
inline constexpr size_t kNoteDeviceWrites =
    decltype(tables::devices)::kPutWrites +
    kMaxEvictedDevices * decltype(tables::devices)::kDelWrites +
    decltype(tables::outbox)::kInsertWrites;
NotedDevice note_device(const Services& s, store::WriteTxn& tx, tables::User& user,
                        const DeviceVisit& visit, Noting noting, const Origin& origin, Time now);

// The same for a login that has proved a second factor, and whose device is to be trusted: it gets
// a row and an id of their own. Audited.
inline constexpr size_t kTrustDeviceWrites = decltype(tables::devices)::kPutWrites + kAuditWrites;
NotedDevice trust_device(const Services& s, store::WriteTxn& tx, tables::User& user,
                         const DeviceVisit& visit, Noting noting, const Origin& origin, Time now);

// Whether the device of the request needs no second factor at a login of the user. Not in a browser
// that is signed in as this user: whoever signs in again there is asked for a stronger proof. Not
// for clients of replaced APIs.
bool is_from_trusted_device(const Services& s, store::Reader& tx, const tables::User& user,
                            const Origin& origin, Time now);

// Whether logins of this client may have a device trusted at all (mfa.remember).
bool may_be_trusted(const config::Config& config, const Origin& origin);

// The device in which the owner changes the password stays known: it is the caller's own request
// that ends all others. `user` has the epoch that follows; one write, if there is a row.
void keep_device(const Services& s, store::WriteTxn& tx, const tables::User& before,
                 const tables::User& user, const Origin& origin, Time now);

// The id of the device of the request, as it is in the list; empty when it is none of this user's.
std::string device_of_request(const Services& s, UserId user, const Origin& origin, Time now);

// What the account knows, the latest login first. `trusted_until` is the time until which the
// device needs no second factor, if it is still trusted. Error: `not_found` when the user does not
// exist.
Result<std::vector<tables::Device>> list_devices(const Services& s, UserId user, Time now);

// Forgets a device, which is then new, and no longer trusted. Errors: `not_found`; `forbidden`,
// "beyond_api_key" (auth/core/key_reach.h).
Result<void> forget_device(const Services& s, UserId user, std::string_view id,
                           const Origin& origin);
// Forgets all of them. Errors: the same.
Result<void> forget_devices(const Services& s, UserId user, const Origin& origin);

// The id as text in URLs and lists, 16 hexadecimal digits, and the inverse.
std::string device_text(std::string_view id);
std::optional<std::string> parse_device_id(std::string_view text);

}  // namespace authd::auth
