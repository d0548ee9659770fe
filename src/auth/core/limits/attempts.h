// Protection against brute force: limits how often a credential may be wrong, per client address
// (and the networks around it), per name that was typed, per pair of both, and per session. After a
// few failures, each further one doubles a delay during which no attempt is checked. Failures are
// rows in the store: they survive a restart, and the command line can clear them.
//
// What a stranger can cause stays small. The delay of a name is short; a device from which the
// owner has logged in before (auth/core/limits/devices.h) is not subject to it; and what somebody
// tries in a live session is counted for that session alone, so that nobody outside can keep the
// owner from changing the password.
//
// Logins are counted by the name as typed, not by the account that has it. Otherwise failures for a
// username would block an email, and show that both belong to one account.
//
// After 100 failures in a row, an account accepts a password or a second factor only from a known
// device; a mailed link or code still works, and so does a live session. The refusal looks like
// that of a wrong password.
//
// OWASP Authentication Cheat Sheet ("Login throttling", "Device cookies"); NIST SP 800-63B-4
// section 3.2.2.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "auth/core/audit/audit.h"
#include "auth/core/limits/factor_warning.h"
#include "auth/core/services.h"
#include "auth/core/trace.h"
#include "tables/schema.h"

namespace authd::auth {

// Attempts that are being checked now, by key. A failure counts only once it is known, so without
// this a burst of simultaneous attempts would slip through. Thread-safe.
class InFlight {
 public:
  uint64_t add(const std::string& key);  // returns the count before
  void remove(const std::string& key);

 private:
  std::mutex mutex_;
  std::map<std::string, uint64_t> counts_;
};

struct AttemptRule;

// One attempt. Code that checks a credential begins one first and then reports the result. All of
// these return the error `rate_limited`, with retry_after_s, while no attempt is checked.
class Attempt {
 public:
  // For a login: `typed` names the account, and `user` is the account that has this name, if any.
  static Result<Attempt> by_name(const Services& s, const Origin& origin, std::string_view typed,
                                 const std::optional<tables::User>& user, Trace* trace = nullptr);
  // For somebody who has already proved the first factor: the answer to a challenge.
  static Result<Attempt> for_account(const Services& s, const Origin& origin,
                                     const tables::User& user);
  // In a live session of the user.
  static Result<Attempt> in_session(const Services& s, const tables::Session& session);
  // For the code that a device shows (RFC 8628 section 5.1), typed by this user. One that is right
  // clears nothing: anybody gets one who asks with a device of their own.
  static Result<Attempt> by_user_code(const Services& s, const Origin& origin, UserId user);
  // For a token that cannot be guessed. `user` is the account that it opens, if that is known.
  static Result<Attempt> from_address(const Services& s, const Origin& origin,
                                      std::optional<UserId> user = {});

  ~Attempt();
  Attempt(Attempt&& other) noexcept;
  Attempt& operator=(Attempt&&) = delete;
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  // True after too many failures in a row. The caller does the same work as for an account that
  // does not exist, and refuses a password or a second factor, right or wrong.
  bool is_barred() const { return is_barred_; }

  // Call it in the transaction that decides: clears the failures, except those of the addresses.
  // An attempt by_name() has no more than these five rows: the name, the name with the address, the
  // device, those in a row, and the wrong second factors.
  static constexpr size_t kNameSucceedWrites = 5 * decltype(tables::attempts)::kDelWrites;
  static constexpr size_t kSucceedWrites = 8 * decltype(tables::attempts)::kDelWrites;
  void succeed(store::WriteTxn& tx) const;
  // Counts the failure, in a transaction of the caller. Returns whether it was the one that bars
  // the account.
  static constexpr size_t kFailWrites = 7 * decltype(tables::attempts)::kPutWrites;
  bool fail(store::WriteTxn& tx, Time now) const;

  std::optional<UserId> user() const { return user_; }

 private:
  struct Counter {
    const AttemptRule* rule;
    std::string key;          // of the row
    uint64_t concurrent = 0;  // attempts under the same key that began earlier
  };
  explicit Attempt(InFlight& in_flight) : in_flight_(&in_flight) {}
  static Result<Attempt> begin(const Services& s, Attempt attempt, Trace* trace);
  void add(const AttemptRule& rule, std::string_view what);
  void add_networks(const IpAddress& address);
  void add_device(const Services& s, const Origin& origin);
  void enter();
  Result<void> check(store::ReadTxn& tx, Time now, Trace* trace);
  bool is_from_device(store::Reader& tx, Time now) const;
  void check_run(const tables::Attempts& counted, const Counter& counter, bool is_known_device,
                 Time now, Trace* trace);

  InFlight* in_flight_;
  std::vector<Counter> counters_;
  size_t entered_ = 0;              // how many of the counters have this attempt in flight
  std::vector<std::string> names_;  // rows that a success clears as well
  std::optional<UserId> user_;
  bool has_mailbox_ = false;  // a link or a code can be mailed to the user
  bool is_barred_ = false;
  std::optional<uint64_t> device_epoch_;  // of the device, if the user has logged in from it
};

// Counts a failure. The one that bars the account gets an entry in the audit log, and its owner a
// mail. `warning` comes from make_warning(), before the transaction.
inline constexpr size_t kCountFailureWrites =
    Attempt::kFailWrites + decltype(tables::outbox)::kInsertWrites + kAuditWrites;
tables::Mail make_warning(const Services& s, const Origin& origin, Time now);
void count_failure(const Services& s, store::WriteTxn& tx, const Attempt& attempt,
                   const Origin& origin, const tables::Mail& warning, Time now);

// Ends the run of failures of an account whose owner has a new password (one write).
void end_run(store::WriteTxn& tx, UserId user);

// Wrong second factors of one account, which a login that brings its code along counts besides the
// name. A known device makes no difference here. Error: `rate_limited`.
Result<void> check_factor_pause(store::Reader& tx, UserId user, Time now);
void count_wrong_factor(store::WriteTxn& tx, UserId user, Time now);

// Whose second factor was wrong.
struct WrongFactor {
  UserId user;
  bool after_password = false;  // it counts for a mail (auth/core/limits/factor_warning.h)
};

// Counts and audits the failure, in a transaction of its own. Returns `error` for the caller, or
// the error that prevented the count: an uncounted failure must not be free.
Error record_failure(const Services& s, const Attempt& attempt, const Origin& origin,
                     const AuditEvent& event, const Error& error,
                     const std::optional<WrongFactor>& factor = {});

// The same for a result: a wrong token counts against the address that sent it.
template <typename T>
Result<T> or_record_failure(const Services& s, Result<T> result, const Attempt& attempt,
                            const Origin& origin, std::string_view action) {
  if (result || result.error().code != ErrorCode::unauthenticated) return result;
  return record_failure(s, attempt, origin, {action, std::nullopt, "refused"}, result.error());
}

// Counts a mail that a stranger can cause, in the transaction that writes it: two are allowed
// without a pause, then each pause is twice as long (at most 15 minutes). `asked` is the action and
// the address or name as received. An address without an account is counted the same way, so the
// pause does not reveal whether an account exists. Error: `rate_limited`.
Result<void> count_mail(store::WriteTxn& tx, std::string_view asked, Time now);

// The same for codes to log in with: the first pause comes after the first mail already, and a
// login with the code ends the pauses. Error: `rate_limited`.
Result<void> count_code_mail(store::WriteTxn& tx, std::string_view email, Time now);
void forget_code_mails(store::WriteTxn& tx, std::string_view email);

// The state of an account's failures, for administrators. What counts for one address, device or
// session alone is not in it.
struct AccountLock {
  uint64_t failures = 0;       // in a row
  uint64_t wrong_factors = 0;  // since the last that was right
  // Before this time no login by the username or the email, or no second factor, is checked; no
  // time: nothing waits.
  Time until;
  bool is_barred = false;  // Attempt::is_barred(), from a device that is not known
};
AccountLock lock_of(const Services& s, store::Reader& tx, const tables::User& user, Time now);

// Clears the failures of the account, of its names, and those in a row (`authd user unlock`).
// Returns whether there were any. Error: `forbidden`, "beyond_api_key" (auth/core/key_reach.h).
Result<bool> unlock(const Services& s, UserId user, const Origin& origin);

}  // namespace authd::auth
