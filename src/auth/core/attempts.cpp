#include "auth/core/attempts.h"

#include <algorithm>
#include <array>

#include "auth/core/key_reach.h"
#include "auth/core/mails.h"
#include "auth/core/server_mac.h"
#include "auth/core/ways.h"
#include "base/encoding.h"
#include "crypto/digest.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

using namespace std::chrono_literals;

struct Rule {
  char name;
  std::string_view counted;  // what is counted, for explanations
  uint64_t free;             // failures without a delay
  Milliseconds longest;
};

// Many people may share an address; the owner of an account fails now and then.
constexpr size_t kAccount = 1;  // its index below; the address comes first
constexpr std::array kRules = {
    Rule{'a', "failures from this address", 50, 15min},
    Rule{'u', "failures of this account", 20, 30s},
    Rule{'p', "failures of both together", 5, 15min},
};

// Failures are forgotten when none was added for this long.
constexpr Milliseconds kMemory = 1h;
constexpr Milliseconds kFirstDelay = 1s;

// Mails to one address.
constexpr Rule kMails{'m', "mails", 2, 15min};

constexpr size_t kHashBytes = 16;
constexpr Milliseconds kDeviceLife = 365 * 24h;

Milliseconds delay_of(const Rule& rule, uint64_t failures, Milliseconds first = kFirstDelay) {
  if (failures <= rule.free) return 0ms;
  const uint64_t doublings = std::min<uint64_t>(failures - rule.free - 1, 20);
  return std::min(rule.longest, first * (1 << doublings));
}

std::string key_of(const Rule& rule, std::string_view what) {
  return rule.name + crypto::sha256(what).substr(0, kHashBytes);
}

std::string network_of(const IpAddress& address) {
  const IpAddress network = address.limit_key();
  return std::string(reinterpret_cast<const char*>(network.bytes.data()), network.bytes.size());
}

std::string account_text(UserId user, std::string_view account) {
  return user.value != 0 ? "id " + std::to_string(user.value) : "name " + tables::fold(account);
}

// A row from the future is forgotten like an old one: after the clock was set back, the owner must
// not be kept out until it catches up. Rows of other threads are slightly ahead, hence the slack.
bool still_counts(const tables::Attempts& row, Time now) {
  constexpr Milliseconds kSlack = 15min;
  return row.expires_at > now && row.expires_at <= now + kMemory + kSlack;
}

// Empty when the counted failures are forgotten.
tables::Attempts find_counted(store::Reader& tx, const std::string& key, Time now) {
  std::optional<tables::Attempts> before = tables::attempts.find(tx, key);
  if (!before || !still_counts(*before, now)) return {};
  return std::move(*before);
}

// Counts one more failure.
void put_counted(store::WriteTxn& tx, const std::string& key, tables::Attempts row,
                 Milliseconds delay, Time now) {
  row.failures += 1;
  row.expires_at = now + kMemory;
  row.blocked_until = now + delay;
  tables::attempts.put(tx, key, row);
}

Error too_many(Milliseconds wait, const char* message = "Too many failures; try again later.") {
  const auto seconds = std::chrono::ceil<Seconds>(wait).count();
  return Error{.code = ErrorCode::rate_limited,
               .message = message,
               .retry_after_s = static_cast<int>(std::max<int64_t>(seconds, 1))};
}

}  // namespace

uint64_t InFlight::add(const std::string& key) {
  const std::lock_guard lock(mutex_);
  return counts_[key]++;
}

void InFlight::remove(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto at = counts_.find(key);
  if (at != counts_.end() && --at->second == 0) counts_.erase(at);
}

Result<Attempt> Attempt::begin(const Services& s, const Origin& origin, UserId user,
                               std::string_view account, Trace* trace) {
  const Time now = s.clock.now();
  Attempt attempt(s.in_flight);
  const std::string who = account_text(user, account);
  const std::string network = network_of(origin.address);
  attempt.user_ = user;
  attempt.device_epoch_ = device_epoch(s, origin.device, user, now);
  const std::array<std::string, kRules.size()> whats = {network, who, network + who};
  const size_t kinds = user.value == 0 && account.empty() ? 1 : kRules.size();
  // Nothing may fail to allocate between a count and storing the key that will undo it.
  attempt.keys_.reserve(kinds);
  attempt.concurrent_.reserve(kinds);
  for (size_t kind = 0; kind < kinds; ++kind) {
    std::string key = key_of(kRules[kind], whats[kind]);
    attempt.concurrent_.push_back(s.in_flight.add(key));
    attempt.keys_.push_back(std::move(key));
  }
  TRY(s.store.read([&](store::ReadTxn& tx) { return attempt.check(tx, now, trace); }));
  return attempt;
}

bool Attempt::is_device_current(store::Reader& tx) const {
  if (!device_epoch_) return false;
  const std::optional<tables::User> user = tables::find_user(tx, user_);
  return user && epoch_of(*user, Way::device) == *device_epoch_;
}

// At most as many run at the same time as may still fail without a delay, and at least one.
Result<void> Attempt::check(store::ReadTxn& tx, Time now, Trace* trace) const {
  const bool is_known_device = is_device_current(tx);
  for (size_t kind = 0; kind < keys_.size(); ++kind) {
    const Rule& rule = kRules[kind];
    if (kind == kAccount && is_known_device) continue;
    const std::optional<tables::Attempts> row = tables::attempts.find(tx, keys_[kind]);
    const bool counts = row && still_counts(*row, now);
    const bool is_blocked = counts && row->blocked_until > now;
    passes(trace, rule.counted, !is_blocked, [&] {
      return std::to_string(counts ? row->failures : 0) + "; the first " +
             std::to_string(rule.free) + " cause no delay" +
             (is_blocked ? "; refused until " + format_rfc3339(row->blocked_until) : "");
    });
    if (is_blocked) return too_many(row->blocked_until - now);
    const uint64_t failures = counts ? std::min(row->failures, rule.free) : 0;
    if (concurrent_[kind] > rule.free - failures) return too_many(kFirstDelay);
  }
  return {};
}

Attempt::Attempt(Attempt&& other) noexcept
    : in_flight_(other.in_flight_),
      keys_(std::move(other.keys_)),
      concurrent_(std::move(other.concurrent_)),
      user_(other.user_),
      device_epoch_(other.device_epoch_) {
  other.keys_.clear();
}

Attempt::~Attempt() {
  for (const std::string& key : keys_)
    in_flight_->remove(key);
}

void Attempt::succeed(store::WriteTxn& tx) const {
  // The count of the address is not cleared, because an attacker has an account too.
  for (size_t kind = kAccount; kind < keys_.size(); ++kind) {
    if (tables::attempts.find(tx, keys_[kind])) tables::attempts.del(tx, keys_[kind]);
  }
}

void Attempt::fail(store::WriteTxn& tx, Time now) const {
  for (size_t kind = 0; kind < keys_.size(); ++kind) {
    const Rule& rule = kRules[kind];
    const tables::Attempts counted = find_counted(tx, keys_[kind], now);
    put_counted(tx, keys_[kind], counted, delay_of(rule, counted.failures + 1), now);
  }
}

Result<void> count_mail(store::WriteTxn& tx, std::string_view asked, Time now) {
  const std::string key = key_of(kMails, asked);
  const tables::Attempts counted = find_counted(tx, key, now);
  if (counted.blocked_until > now) {
    return too_many(counted.blocked_until - now,
                    "Mails were sent a moment ago; check your mailbox, or wait a little.");
  }
  put_counted(tx, key, counted, delay_of(kMails, counted.failures + 1, kResendPause), now);
  return {};
}

Error record_failure(const Services& s, const Attempt& attempt, const Origin& origin,
                     const AuditEvent& event, const Error& error) {
  const Time now = s.clock.now();
  const Result<void> noted = s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    attempt.fail(tx, now);
    audit(s, tx, origin, event, now);
    return {};
  });
  return noted ? error : noted.error();
}

Result<bool> unlock(const Services& s, UserId user, const Origin& origin) {
  const Time now = s.clock.now();
  const std::string key = key_of(kRules[kAccount], account_text(user, ""));
  return s.store.write([&](store::WriteTxn& tx) -> Result<bool> {
    const std::optional<tables::User> owner = tables::find_user(tx, user);
    if (owner) TRY(check_key_reach(tx, origin, *owner));
    if (!tables::attempts.find(tx, key)) return false;
    tables::attempts.del(tx, key);
    audit(s, tx, origin, {"account_unlocked", user}, now);
    return true;
  });
}

std::string make_device(const Services& s, const tables::User& user, Time now) {
  const uint64_t epoch = epoch_of(user, Way::device);
  std::string data = tables::big_endian(user.id.value) +
                     tables::big_endian(static_cast<uint64_t>(unix_seconds(now)));
  if (epoch != 0) data += tables::big_endian(epoch);
  return base64url_encode(data + server_mac(s, "device", data));
}

std::optional<uint64_t> device_epoch(const Services& s, std::string_view device, UserId user,
                                     Time now) {
  constexpr size_t kShort = 16;  // without an epoch
  constexpr size_t kLong = 24;
  const std::optional<std::string> bytes = base64url_decode(device);
  if (!bytes || bytes->size() < kShort + crypto::kSha256Bytes) return std::nullopt;
  const size_t size = bytes->size() - crypto::kSha256Bytes;
  if (size != kShort && size != kLong) return std::nullopt;
  const std::string data = bytes->substr(0, size);
  if (!equal_constant_time(server_mac(s, "device", data), bytes->substr(size))) return std::nullopt;
  const Time made =
      from_unix_seconds(static_cast<int64_t>(tables::from_big_endian(data.substr(8))));
  if (tables::from_big_endian(data) != user.value || made + kDeviceLife <= now) return std::nullopt;
  return size == kLong ? tables::from_big_endian(data.substr(kShort)) : 0;
}

}  // namespace authd::auth
