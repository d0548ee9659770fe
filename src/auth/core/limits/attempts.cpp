#include "auth/core/limits/attempts.h"

#include <algorithm>

#include "auth/core/identifiers.h"
#include "auth/core/key_reach.h"
#include "auth/core/limits/devices.h"
#include "auth/core/mails.h"
#include "auth/core/ways.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "tables/outbox.h"
#include "tables/users.h"

namespace authd::auth {

using namespace std::chrono_literals;

// What is counted by one kind of row.
struct AttemptRule {
  char name;
  std::string_view counted;  // for explanations
  uint64_t free;             // failures without a delay
  Milliseconds longest;
  Milliseconds memory = 1h;      // failures are forgotten when none was added for this long
  Milliseconds first = 1s;       // the first delay; each further one is twice as long
  bool is_network = false;       // a success clears it not: an attacker has an account too
  Milliseconds after_run = 0ms;  // the delay from kMaxRun failures on; 0: as before
};

// After this many failures in a row the account, or the session, accepts no further guess.
constexpr uint64_t kMaxRun = 100;

namespace {

// Many people may share an address. An attacker often has a whole network of IPv6, and so have the
// customers of a provider; they wait at most a minute for each other.
constexpr AttemptRule kAddress{.name = 'a',
                               .counted = "failures from this address",
                               .free = 50,
                               .longest = 15min,
                               .is_network = true};
constexpr AttemptRule kSubnet{.name = 'b',
                              .counted = "failures from this /56",
                              .free = 100,
                              .longest = 1min,
                              .is_network = true};
constexpr AttemptRule kSite{.name = 'c',
                            .counted = "failures from this /48",
                            .free = 400,
                            .longest = 1min,
                            .is_network = true};
// The owner of an account fails now and then.
constexpr AttemptRule kName{
    .name = 'n', .counted = "failures of this name", .free = 20, .longest = 30s};
constexpr AttemptRule kPair{
    .name = 'p', .counted = "failures of both together", .free = 5, .longest = 15min};
// Whoever gets as far has proved a first factor, so strangers cannot add to these; and what has a
// million forms must not be guessed at for months (AttemptRule::after_run).
constexpr AttemptRule kFactor{.name = 'f',
                              .counted = "wrong second factors of this account",
                              .free = 10,
                              .longest = 30s,
                              .memory = 30 * 24h,
                              .after_run = 24h};
// A failure in a session concerns whoever has the session.
constexpr AttemptRule kSession{.name = 's',
                               .counted = "failures in this session",
                               .free = 5,
                               .longest = 15min,
                               .memory = 30 * 24h};
// People type the code of a device from a screen; whoever goes on after some failures is guessing.
constexpr AttemptRule kUserCode{.name = 'u',
                                .counted = "wrong codes of devices",
                                .free = 4,
                                .longest = 15min,
                                .memory = 24h,
                                .first = 1min};
// The delay is for accounts to which nothing can be mailed: they are never barred for good.
constexpr AttemptRule kRun{.name = 'h',
                           .counted = "failures in a row",
                           .free = 99,
                           .longest = 15min,
                           .memory = 365 * 24h,
                           .first = 15min};
constexpr AttemptRule kDevice{.name = 'd',
                              .counted = "failures of this device",
                              .free = 10,
                              .longest = 0ms,
                              .memory = kDeviceLife};
constexpr AttemptRule kMails{
    .name = 'm', .counted = "mails", .free = 2, .longest = 15min, .first = kResendPause};
constexpr AttemptRule kCodeMails{
    .name = 'm', .counted = "codes", .free = 0, .longest = 15min, .first = kResendPause};

constexpr size_t kHashBytes = 16;

// What record_failure() writes for a wrong factor that came along with the password.
constexpr size_t kRecordFailureWrites = kCountFailureWrites +
                                        decltype(tables::attempts)::kPutWrites +
                                        kWarnOfFactorWrites + kAuditWrites + kOpeningWrites;
static_assert(kRecordFailureWrites <= tables::kWriteBudget);

Milliseconds delay_of(const AttemptRule& rule, uint64_t failures) {
  if (failures <= rule.free) return 0ms;
  if (failures >= kMaxRun && rule.after_run > 0ms) return rule.after_run;
  const uint64_t doublings = std::min<uint64_t>(failures - rule.free - 1, 20);
  return std::min(rule.longest, rule.first * (1 << doublings));
}

std::string key_of(const AttemptRule& rule, std::string_view what) {
  return rule.name + crypto::sha256(what).substr(0, kHashBytes);
}

std::string bytes_of(const IpAddress& address) {
  return std::string(reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size());
}

std::string text_of(UserId user) {
  return "id " + std::to_string(user.value);
}

std::string text_of_name(std::string_view typed) {
  return "name " + folded_login(typed);
}

// A row from the future is forgotten like an old one: after the clock was set back, the owner must
// not be kept out until it catches up. Rows of other threads are slightly ahead, hence the slack.
bool still_counts(const AttemptRule& rule, const tables::Attempts& row, Time now) {
  constexpr Milliseconds kSlack = 15min;
  return row.expires_at > now && row.expires_at <= now + rule.memory + kSlack;
}

// Empty when the counted failures are forgotten.
tables::Attempts find_counted(store::Reader& tx, const AttemptRule& rule, const std::string& key,
                              Time now) {
  std::optional<tables::Attempts> before = tables::attempts.find(tx, key);
  if (!before || !still_counts(rule, *before, now)) return {};
  return std::move(*before);
}

// Counts one more failure; returns how many there are.
uint64_t put_counted(store::WriteTxn& tx, const AttemptRule& rule, const std::string& key,
                     tables::Attempts row, Time now) {
  row.failures += 1;
  row.expires_at = now + rule.memory;
  row.blocked_until = now + delay_of(rule, row.failures);
  tables::attempts.put(tx, key, row);
  return row.failures;
}

Error too_many(Milliseconds wait, const char* message = "Too many failures; try again later.") {
  const auto seconds = std::chrono::ceil<Seconds>(wait).count();
  return Error{.code = ErrorCode::rate_limited,
               .message = message,
               .retry_after_s = static_cast<int>(std::max<int64_t>(seconds, 1))};
}

// A mail that only the log shows reaches nobody.
bool can_be_mailed(const Services& s, const tables::User& user) {
  return user.email_verified && !user.email.empty() &&
         s.config.mail.url.kind != config::MailUrl::Kind::log;
}

std::string text_of_codes(std::string_view email) {
  return "login_code_mailed " + folded_login(email);
}

Result<void> count_mail_by(store::WriteTxn& tx, const AttemptRule& rule, std::string_view asked,
                           Time now) {
  const std::string key = key_of(rule, asked);
  const tables::Attempts counted = find_counted(tx, rule, key, now);
  if (counted.blocked_until > now) {
    return too_many(counted.blocked_until - now,
                    "Mails were sent a moment ago; check your mailbox, or wait a little.");
  }
  put_counted(tx, rule, key, counted, now);
  return {};
}

// Returns whether there was such a row.
bool forget(store::WriteTxn& tx, const std::string& key) {
  if (!tables::attempts.find(tx, key)) return false;
  tables::attempts.del(tx, key);
  return true;
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

void Attempt::add(const AttemptRule& rule, std::string_view what) {
  counters_.push_back({&rule, key_of(rule, what)});
}

void Attempt::add_networks(const IpAddress& address) {
  constexpr int kSubnetBits = 56;
  constexpr int kSiteBits = 48;
  add(kAddress, bytes_of(address.limit_key()));
  if (address.is_v4() || address == IpAddress{}) return;
  add(kSubnet, bytes_of(address.network(kSubnetBits)));
  add(kSite, bytes_of(address.network(kSiteBits)));
}

void Attempt::add_device(const Services& s, const Origin& origin) {
  if (!user_) return;
  const auto token = read_device(s, origin.device, *user_, s.clock.now());
  if (!token) return;
  device_epoch_ = token->epoch;
  add(kDevice, origin.device);
}

Result<Attempt> Attempt::by_name(const Services& s, const Origin& origin, std::string_view typed,
                                 const std::optional<tables::User>& user, Trace* trace) {
  Attempt attempt(s.in_flight);
  const std::string name = text_of_name(typed);
  attempt.add_networks(origin.address);
  attempt.add(kName, name);
  attempt.add(kPair, bytes_of(origin.address.limit_key()) + name);
  if (user) {
    attempt.user_ = user->id;
    attempt.has_mailbox_ = can_be_mailed(s, *user);
    attempt.add_device(s, origin);
  }
  // Without an account the row is of no use, but it makes the work equal.
  attempt.add(kRun, user ? text_of(user->id) : name);
  return begin(s, std::move(attempt), trace);
}

Result<Attempt> Attempt::for_account(const Services& s, const Origin& origin,
                                     const tables::User& user) {
  Attempt attempt(s.in_flight);
  attempt.user_ = user.id;
  attempt.has_mailbox_ = can_be_mailed(s, user);
  attempt.add_networks(origin.address);
  attempt.add(kFactor, text_of(user.id));
  attempt.add(kPair, bytes_of(origin.address.limit_key()) + text_of(user.id));
  attempt.add_device(s, origin);
  attempt.add(kRun, text_of(user.id));
  for (const std::string& name : {user.username, user.email}) {
    attempt.names_.push_back(key_of(kName, text_of_name(name)));
    attempt.names_.push_back(
        key_of(kPair, bytes_of(origin.address.limit_key()) + text_of_name(name)));
  }
  return begin(s, std::move(attempt), nullptr);
}

Result<Attempt> Attempt::in_session(const Services& s, const tables::Session& session) {
  Attempt attempt(s.in_flight);
  attempt.user_ = session.user;
  attempt.add(kSession, session.id);
  return begin(s, std::move(attempt), nullptr);
}

Result<Attempt> Attempt::by_user_code(const Services& s, const Origin& origin, UserId user) {
  Attempt attempt(s.in_flight);
  attempt.add_networks(origin.address);
  attempt.add(kUserCode, text_of(user));
  return begin(s, std::move(attempt), nullptr);
}

Result<Attempt> Attempt::from_address(const Services& s, const Origin& origin,
                                      std::optional<UserId> user) {
  Attempt attempt(s.in_flight);
  attempt.user_ = user;
  attempt.add_networks(origin.address);
  return begin(s, std::move(attempt), nullptr);
}

Result<Attempt> Attempt::begin(const Services& s, Attempt attempt, Trace* trace) {
  const Time now = s.clock.now();
  attempt.enter();
  TRY(s.store.read([&](store::ReadTxn& tx) { return attempt.check(tx, now, trace); }));
  return attempt;
}

// A key that is counted is undone by the destructor, even if the next one finds no memory.
void Attempt::enter() {
  for (Counter& counter : counters_) {
    counter.concurrent = in_flight_->add(counter.key);
    entered_ += 1;
  }
}

bool Attempt::is_from_device(store::Reader& tx, Time now) const {
  if (!device_epoch_ || !user_) return false;
  const std::optional<tables::User> user = tables::find_user(tx, *user_);
  if (!user || epoch_of(*user, Way::device) != *device_epoch_) return false;
  return std::all_of(counters_.begin(), counters_.end(), [&](const Counter& counter) {
    if (counter.rule != &kDevice) return true;
    const uint64_t failures = find_counted(tx, kDevice, counter.key, now).failures;
    return failures + counter.concurrent < kDevice.free;
  });
}

void Attempt::check_run(const tables::Attempts& counted, const Counter& counter,
                        bool is_known_device, Time now, Trace* trace) {
  const bool is_over = counted.failures + counter.concurrent >= kMaxRun;
  is_barred_ = is_over && !is_known_device && (has_mailbox_ || counted.blocked_until > now);
  passes(trace, counter.rule->counted, !is_barred_, [&] {
    return std::to_string(counted.failures) + "; after " + std::to_string(kMaxRun) +
           " only a known device, a mailed link or code, or a live session works";
  });
}

// At most as many run at the same time as may still fail without a delay, and at least one.
Result<void> Attempt::check(store::ReadTxn& tx, Time now, Trace* trace) {
  const bool is_known_device = is_from_device(tx, now);
  is_barred_ = false;
  for (const Counter& counter : counters_) {
    const AttemptRule& rule = *counter.rule;
    if (&rule == &kDevice || (&rule == &kName && is_known_device)) continue;
    const tables::Attempts counted = find_counted(tx, rule, counter.key, now);
    if (&rule == &kRun) {
      check_run(counted, counter, is_known_device, now, trace);
      continue;
    }
    const bool is_blocked = counted.blocked_until > now;
    passes(trace, rule.counted, !is_blocked, [&] {
      return std::to_string(counted.failures) + "; the first " + std::to_string(rule.free) +
             " cause no delay" +
             (is_blocked ? "; refused until " + format_rfc3339(counted.blocked_until) : "");
    });
    if (is_blocked) return too_many(counted.blocked_until - now);
    if (&rule == &kSession && counted.failures >= kMaxRun) {
      return too_many(kSession.longest, "Too many failures in this session; sign in again.");
    }
    const uint64_t failures = std::min(counted.failures, rule.free);
    if (counter.concurrent > rule.free - failures) return too_many(rule.first);
  }
  return {};
}

Attempt::Attempt(Attempt&& other) noexcept
    : in_flight_(other.in_flight_),
      counters_(std::move(other.counters_)),
      entered_(other.entered_),
      names_(std::move(other.names_)),
      user_(other.user_),
      has_mailbox_(other.has_mailbox_),
      is_barred_(other.is_barred_),
      device_epoch_(other.device_epoch_) {
  other.entered_ = 0;
}

Attempt::~Attempt() {
  for (size_t i = 0; i < entered_; ++i)
    in_flight_->remove(counters_[i].key);
}

void Attempt::succeed(store::WriteTxn& tx) const {
  for (const Counter& counter : counters_) {
    if (!counter.rule->is_network) forget(tx, counter.key);
  }
  for (const std::string& key : names_)
    forget(tx, key);
  // Whoever proves in a live session who they are ends the runs as well.
  if (!user_) return;
  end_run(tx, *user_);
  forget(tx, key_of(kFactor, text_of(*user_)));
}

bool Attempt::fail(store::WriteTxn& tx, Time now) const {
  bool is_barring = false;
  for (const Counter& counter : counters_) {
    const AttemptRule& rule = *counter.rule;
    const tables::Attempts counted = find_counted(tx, rule, counter.key, now);
    // What is not looked at does not count: one request in a while would bar the account for ever.
    if (&rule == &kRun && counted.failures >= kMaxRun && counted.blocked_until > now) continue;
    const uint64_t failures = put_counted(tx, rule, counter.key, counted, now);
    is_barring = is_barring || (&rule == &kRun && user_ && failures == kMaxRun);
  }
  return is_barring;
}

tables::Mail make_warning(const Services& s, const Origin& origin, Time now) {
  return make_mail(s, tables::MailKind::logins_limited, {}, "", "", where_from(origin), origin,
                   now);
}

void count_failure(const Services& s, store::WriteTxn& tx, const Attempt& attempt,
                   const Origin& origin, const tables::Mail& warning, Time now) {
  if (!attempt.fail(tx, now) || !attempt.user()) return;
  const std::optional<tables::User> user = tables::find_user(tx, *attempt.user());
  if (!user) return;
  audit(s, tx, origin, {"logins_barred", user->id}, now);
  if (user->email.empty()) return;
  tables::Mail mail = warning;
  address_mail(mail, *user);
  tables::insert_mail(tx, mail);
}

void end_run(store::WriteTxn& tx, UserId user) {
  forget(tx, key_of(kRun, text_of(user)));
}

Result<void> check_factor_pause(store::Reader& tx, UserId user, Time now) {
  const tables::Attempts counted = find_counted(tx, kFactor, key_of(kFactor, text_of(user)), now);
  if (counted.blocked_until <= now) return {};
  return too_many(counted.blocked_until - now);
}

void count_wrong_factor(store::WriteTxn& tx, UserId user, Time now) {
  const std::string key = key_of(kFactor, text_of(user));
  put_counted(tx, kFactor, key, find_counted(tx, kFactor, key, now), now);
}

Result<void> count_mail(store::WriteTxn& tx, std::string_view asked, Time now) {
  return count_mail_by(tx, kMails, asked, now);
}

Result<void> count_code_mail(store::WriteTxn& tx, std::string_view email, Time now) {
  return count_mail_by(tx, kCodeMails, text_of_codes(email), now);
}

void forget_code_mails(store::WriteTxn& tx, std::string_view email) {
  forget(tx, key_of(kCodeMails, text_of_codes(email)));
}

Error record_failure(const Services& s, const Attempt& attempt, const Origin& origin,
                     const AuditEvent& event, const Error& error,
                     const std::optional<WrongFactor>& factor) {
  const Time now = s.clock.now();
  const tables::Mail warning = make_warning(s, origin, now);
  std::optional<tables::Mail> factor_warning;
  if (factor && factor->after_password) factor_warning = make_factor_warning(s, origin, now);
  const Result<void> noted = s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    count_failure(s, tx, attempt, origin, warning, now);
    if (factor) count_wrong_factor(tx, factor->user, now);
    if (factor_warning) warn_of_wrong_factor(tx, factor->user, origin, *factor_warning, now);
    audit(s, tx, origin, event, now);
    return {};
  });
  return noted ? error : noted.error();
}

AccountLock lock_of(const Services& s, store::Reader& tx, const tables::User& user, Time now) {
  AccountLock lock;
  const auto wait = [&](const tables::Attempts& counted) {
    if (counted.blocked_until > now) lock.until = std::max(lock.until, counted.blocked_until);
  };
  const tables::Attempts run = find_counted(tx, kRun, key_of(kRun, text_of(user.id)), now);
  const tables::Attempts factor = find_counted(tx, kFactor, key_of(kFactor, text_of(user.id)), now);
  lock.failures = run.failures;
  lock.wrong_factors = factor.failures;
  wait(factor);
  for (const std::string& name : {user.username, user.email}) {
    if (!name.empty()) wait(find_counted(tx, kName, key_of(kName, text_of_name(name)), now));
  }
  const bool is_mailed = can_be_mailed(s, user);
  lock.is_barred = run.failures >= kMaxRun && (is_mailed || run.blocked_until > now);
  if (lock.is_barred && !is_mailed) wait(run);
  return lock;
}

Result<bool> unlock(const Services& s, UserId id, const Origin& origin) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<bool> {
    std::vector<std::string> keys = {key_of(kFactor, text_of(id)), key_of(kRun, text_of(id))};
    if (const std::optional<tables::User> user = tables::find_user(tx, id)) {
      TRY(check_key_reach(tx, origin, *user));
      keys.push_back(key_of(kName, text_of_name(user->username)));
      keys.push_back(key_of(kName, text_of_name(user->email)));
    }
    bool was_any = false;
    for (const std::string& key : keys)
      was_any = forget(tx, key) || was_any;
    if (was_any) audit(s, tx, origin, {"account_unlocked", id}, now);
    return was_any;
  });
}

}  // namespace authd::auth
