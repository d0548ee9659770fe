#include "auth/sessions/known_devices.h"

#include <algorithm>

#include "auth/core/key_reach.h"
#include "auth/core/lifetime.h"
#include "auth/core/limits/devices.h"
#include "auth/core/mails.h"
#include "auth/core/refusals.h"
#include "auth/core/server_mac.h"
#include "auth/core/user_agents.h"
#include "auth/core/ways.h"
#include "auth/sessions/sessions.h"
#include "base/encoding.h"
#include "tables/mail_detail.h"
#include "tables/outbox.h"
#include "tables/owned.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

using tables::Device;
using tables::User;

constexpr size_t kMaxUserAgent = 256;
// More than kMaxDevicesPerUser, because simultaneous logins may exceed that.
constexpr size_t kMaxScannedDevices = 2 * kMaxDevicesPerUser;
// A login of a known device writes its row only if the last write is older than this.
constexpr Milliseconds kSeenStep = std::chrono::hours(24);

// The first bit of an id: a program without cookies has the id that follows from its name, which
// others can have as well. Such a device is never trusted.
constexpr uint8_t kProgramBit = 0x80;

std::string with_program_bit(std::string id, bool is_program) {
  const auto first = static_cast<uint8_t>(id.front());
  id.front() = static_cast<char>(is_program ? first | kProgramBit
                                            : first & static_cast<uint8_t>(~kProgramBit));
  return id;
}

bool is_program(std::string_view id) {
  return (static_cast<uint8_t>(id.front()) & kProgramBit) != 0;
}

std::string key_of(UserId user, std::string_view id) {
  return tables::big_endian(user.value) + std::string(id);
}

// Without a cookie.
std::string program_id(const Services& s, UserId user, const Origin& origin) {
  const std::string data = tables::big_endian(user.value) + std::string(origin.client) + '\n' +
                           without_versions(origin.user_agent);
  return with_program_bit(server_mac(s, "program", data).substr(0, kDeviceIdBytes), true);
}

bool is_current(const User& user, const Device& row) {
  return row.user == user.id && row.device_epoch == epoch_of(user, Way::device);
}

bool is_known_row(const User& user, const std::optional<Device>& row, Time now) {
  return row && is_current(user, *row) && is_in_life(row->seen_at + kKnownLife, kKnownLife, now);
}

// A cookie from before the account's devices were recorded says itself when it was seen last. One
// that is as young as the record has a row, unless the owner has forgotten it. (Its time has whole
// seconds.)
bool is_known_before_rows(const User& user, const DeviceToken& token, Time now) {
  return token.made_at + Seconds(1) <= user.devices_since &&
         token.epoch == epoch_of(user, Way::device) &&
         is_in_life(token.made_at + kKnownLife, kKnownLife, now);
}

// Until when the device needs no second factor; no time: it does. A trusted row is as old as its
// trust, so a shorter mfa.remember holds at once, and a clock that was ahead gives nothing.
Time trusted_until(const config::Config& config, const User& user, const Device& row, Time now) {
  const bool is_of_now = is_current(user, row) && row.trust_epoch == epoch_of(user, Way::trust) &&
                         row.created_at <= now + kClockSlack && !is_program(row.id);
  if (!is_of_now || row.trusted_until == Time{}) return Time{};
  const Time until = std::min(row.trusted_until, row.created_at + config.mfa.remember);
  return until > now ? until : Time{};
}

std::vector<Device> rows_of_user(store::ReadTxn& tx, UserId user) {
  return tables::rows_of(tx, tables::devices, user, kMaxScannedDevices);
}

// Those that make room for one more: ended ones first, then those seen longest ago.
std::vector<Device> to_evict(store::ReadTxn& tx, const User& user) {
  std::vector<Device> rows = rows_of_user(tx, user.id);
  if (rows.size() < kMaxDevicesPerUser) return {};
  std::sort(rows.begin(), rows.end(), [&](const Device& a, const Device& b) {
    return std::pair(is_current(user, a), a.seen_at) < std::pair(is_current(user, b), b.seen_at);
  });
  rows.resize(std::min(rows.size() - kMaxDevicesPerUser + 1, kMaxEvictedDevices));
  return rows;
}

tables::Mail make_device_notice(const Services& s, const Origin& origin, Time now) {
  std::vector<tables::Sentence> told;
  const std::string name = device_name(origin.user_agent);
  if (!name.empty()) told.push_back({"login_device", {{"device", name}}});
  const std::string time = format_rfc3339(now);  // 2026-11-05T14:03:00Z
  told.push_back(
      {"login_time", {{"time", time.substr(0, 10) + " " + time.substr(11, 5) + " UTC"}}});
  const std::string from = where_from(origin);
  if (!from.empty()) told.push_back({"login_address", {{"address", from}}});
  return make_mail(s, tables::MailKind::new_device, {}, "", "", tables::detail_of(told), origin,
                   now);
}

// What identifies the device of a login that is not trusted by it.
std::string id_of(const Services& s, UserId user, const DeviceVisit& visit, const Origin& origin) {
  if (visit.id) return *visit.id;
  return origin.wants_cookie ? visit.new_id : program_id(s, user, origin);
}

void see(Device& row, const User& user, const Origin& origin, Time now) {
  row.user_agent = origin.user_agent.substr(0, kMaxUserAgent);
  row.address = where_from(origin);
  row.seen_at = now;
  row.device_epoch = epoch_of(user, Way::device);
  row.expires_at = std::max(now + kKnownLife, row.trusted_until);
}

Device fresh_row(UserId user, std::string id, Time now) {
  Device row;
  row.user = user;
  row.id = std::move(id);
  row.created_at = now;
  return row;
}

void make_room(store::WriteTxn& tx, const DeviceVisit& visit) {
  for (const Device& evicted : visit.evicted)
    tables::devices.del(tx, tables::devices.key_of(evicted));
}

// Tells the owner if there is something to tell, and begins the record of an account without one.
bool tell_if_new(const Services& s, store::WriteTxn& tx, User& user, const DeviceVisit& visit,
                 bool is_known, Noting noting, Time now) {
  const bool is_first = user.devices_since == Time{};
  if (is_first) user.devices_since = now;
  if (is_first || is_known) return false;
  // As for every notice that somebody can cause again and again: whoever signs up with the address
  // of somebody else must not be able to flood that mailbox.
  const bool has_mailbox = user.email_verified && !user.email.empty();
  if (s.config.mail.new_device && noting == Noting::telling && has_mailbox) {
    tables::Mail mail = visit.notice;
    address_mail(mail, user);
    tables::insert_mail(tx, mail);
  }
  return true;
}

}  // namespace

Result<DeviceVisit> look_at_device(const Services& s, const User* user, const Origin& origin,
                                   Time now) {
  DeviceVisit visit;
  visit.new_id = with_program_bit(s.random.bytes(kDeviceIdBytes), false);
  if (user != nullptr) {
    const auto token = read_device(s, origin.device, user->id, now);
    if (token) visit.id = token->id;
    const std::string id = id_of(s, user->id, visit, origin);
    TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
      const auto row = tables::devices.find(tx, key_of(user->id, id));
      visit.is_known =
          is_known_row(*user, row, now) || (token && is_known_before_rows(*user, *token, now));
      // A program that is trusted gets a second row.
      const bool may_add = !row || (is_program(id) && may_be_trusted(s.config, origin));
      if (may_add) visit.evicted = to_evict(tx, *user);
      return {};
    }));
  }
  if (!visit.is_known) visit.notice = make_device_notice(s, origin, now);
  return visit;
}

NotedDevice note_device(const Services& s, store::WriteTxn& tx, User& user,
                        const DeviceVisit& visit, Noting noting, const Origin& origin, Time now) {
  NotedDevice noted{id_of(s, user.id, visit, origin), false};
  const std::string key = key_of(user.id, noted.id);
  const auto before = tables::devices.find(tx, key);
  const bool is_known = is_known_row(user, before, now);
  const bool was_known = visit.is_known || is_known;
  noted.is_new = tell_if_new(s, tx, user, visit, was_known, noting, now);
  if (is_known && now < before->seen_at + kSeenStep) return noted;
  Device row = before && is_current(user, *before) ? *before : fresh_row(user.id, noted.id, now);
  see(row, user, origin, now);
  if (!before) make_room(tx, visit);
  tables::devices.put(tx, row);
  return noted;
}

NotedDevice trust_device(const Services& s, store::WriteTxn& tx, User& user,
                         const DeviceVisit& visit, Noting noting, const Origin& origin, Time now) {
  const std::string id = id_of(s, user.id, visit, origin);
  const auto before = tables::devices.find(tx, key_of(user.id, id));
  NotedDevice noted;
  if (is_program(id)) {
    // Whether it keeps the cookie shows later.
    noted = note_device(s, tx, user, visit, noting, origin, now);
  } else {
    const bool is_known = visit.is_known || is_known_row(user, before, now);
    noted.is_new = tell_if_new(s, tx, user, visit, is_known, noting, now);
    if (before) tables::devices.del(tx, key_of(user.id, id));
  }
  // note_device() has made room for a program that is new.
  if (before.has_value() == is_program(id)) make_room(tx, visit);
  noted.id = visit.new_id;
  Device row = fresh_row(user.id, noted.id, now);
  row.trusted_until = now + s.config.mfa.remember;
  row.trust_epoch = epoch_of(user, Way::trust);
  see(row, user, origin, now);
  tables::devices.put(tx, row);
  audit(s, tx, origin, {"device_trusted", user.id, "ok", device_text(row.id)}, now);
  return noted;
}

bool may_be_trusted(const config::Config& config, const Origin& origin) {
  return config.mfa.remember > Milliseconds(0) && origin.client.empty();
}

bool is_from_trusted_device(const Services& s, store::Reader& tx, const User& user,
                            const Origin& origin, Time now) {
  if (!may_be_trusted(s.config, origin)) return false;
  const auto token = read_device(s, origin.device, user.id, now);
  if (!token || token->epoch != epoch_of(user, Way::device)) return false;
  const auto row = tables::devices.find(tx, key_of(user.id, token->id));
  if (!row || trusted_until(s.config, user, *row, now) == Time{}) return false;
  const auto session =
      origin.browser ? find_live_session(tx, origin.browser->id, now) : std::nullopt;
  return !session || session->user.id != user.id;
}

void keep_device(const Services& s, store::WriteTxn& tx, const User& before, const User& user,
                 const Origin& origin, Time now) {
  const auto token = read_device(s, origin.device, user.id, now);
  if (!token || token->epoch != epoch_of(before, Way::device)) return;
  auto row = tables::devices.find(tx, key_of(user.id, token->id));
  if (!row || !is_current(before, *row)) return;
  row->device_epoch = epoch_of(user, Way::device);
  tables::devices.rewrite(tx, *row);
}

std::string device_of_request(const Services& s, UserId user, const Origin& origin, Time now) {
  const auto token = read_device(s, origin.device, user, now);
  return token ? token->id : "";
}

Result<std::vector<Device>> list_devices(const Services& s, UserId id, Time now) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<Device>> {
    const auto user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    std::vector<Device> rows = rows_of_user(tx, id);
    std::erase_if(
        rows, [&](const Device& row) { return !is_current(*user, row) || row.expires_at <= now; });
    for (Device& row : rows)
      row.trusted_until = trusted_until(s.config, *user, row, now);
    std::sort(rows.begin(), rows.end(),
              [](const Device& a, const Device& b) { return a.seen_at > b.seen_at; });
    return rows;
  });
}

Result<void> forget_device(const Services& s, UserId id, std::string_view device,
                           const Origin& origin) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const auto user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    TRY(check_key_reach(tx, origin, *user));
    const std::string key = key_of(id, device);
    const auto row = tables::devices.find(tx, key);
    if (!row || !is_current(*user, *row)) {
      return Error{ErrorCode::not_found, "There is no such device."};
    }
    tables::devices.del(tx, key);
    audit(s, tx, origin, {"device_forgotten", id, "ok", device_text(device)}, now);
    return {};
  });
}

Result<void> forget_devices(const Services& s, UserId id, const Origin& origin) {
  const Time now = s.clock.now();
  std::vector<Device> rows = TRY(s.store.read(
      [&](store::ReadTxn& tx) -> Result<std::vector<Device>> { return rows_of_user(tx, id); }));
  // The epoch ends whatever is left.
  constexpr size_t kMost =
      tables::kWriteBudget - tables::kKeptNamesWrites - kAuditWrites - kOpeningWrites;
  static_assert(kMaxDevicesPerUser * decltype(tables::devices)::kDelWrites <= kMost);
  rows.resize(std::min(rows.size(), kMost));
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    auto user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    TRY(check_key_reach(tx, origin, *user));
    raise_epoch(*user, Way::device);
    tables::put_user(tx, *user);
    for (const Device& row : rows)
      tables::devices.del(tx, tables::devices.key_of(row));
    audit(s, tx, origin, {"device_forgotten", id, "ok", "", "all"}, now);
    return {};
  });
}

std::string device_text(std::string_view id) {
  return hex_encode(id);
}

std::optional<std::string> parse_device_id(std::string_view text) {
  std::optional<std::string> id = hex_decode(text);
  if (!id || id->size() != kDeviceIdBytes) return std::nullopt;
  return id;
}

}  // namespace authd::auth
