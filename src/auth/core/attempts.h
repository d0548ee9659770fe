// Protection against brute force: limits how often a credential may be wrong, per client address,
// per account, and per pair of both. After a few failures, each further one doubles a delay during
// which no attempt is checked. An account's delay stays short, so that a stranger cannot lock the
// owner out, and a device from which the owner has logged in before is exempt from the account's
// count. Failures are rows in the store: they survive a restart, and the command line can show and
// clear them.
//
// OWASP Authentication Cheat Sheet ("Login throttling", "Device cookies"); NIST SP 800-63B section
// 5.2.2.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "auth/core/audit.h"
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

// One attempt. Code that checks a credential begins one first and then reports the result.
class Attempt {
 public:
  // The account is the user, otherwise the name that was tried. Without either, only the address
  // counts (a token that cannot be guessed names no account). Error: `rate_limited` with
  // retry_after_s.
  static Result<Attempt> begin(const Services& s, const Origin& origin, UserId user,
                               std::string_view account, Trace* trace = nullptr);
  ~Attempt();
  Attempt(Attempt&& other) noexcept;
  Attempt& operator=(Attempt&&) = delete;
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  // Call it in the transaction that decides: clears the failures of this account, and those of this
  // account from this address.
  void succeed(store::WriteTxn& tx) const;
  // Counts the failure, in a transaction of the caller (at most six writes).
  void fail(store::WriteTxn& tx, Time now) const;

 private:
  explicit Attempt(InFlight& in_flight) : in_flight_(&in_flight) {}
  Result<void> check(store::ReadTxn& tx, Time now, Trace* trace) const;
  bool is_device_current(store::Reader& tx) const;

  InFlight* in_flight_;
  std::vector<std::string> keys_;     // keys of the table, one for each kind of rule
  std::vector<uint64_t> concurrent_;  // attempts under the same key that began earlier
  UserId user_;
  std::optional<uint64_t> device_epoch_;  // of the device, if the user has logged in from it
};

// Counts and audits the failure, in a transaction of its own. Returns `error` for the caller, or
// the error that prevented the count: an uncounted failure must not be free.
Error record_failure(const Services& s, const Attempt& attempt, const Origin& origin,
                     const AuditEvent& event, const Error& error);

// The same for a result: a wrong token counts against the address that sent it.
template <typename T>
Result<T> or_record_failure(const Services& s, Result<T> result, const Attempt& attempt,
                            const Origin& origin, std::string_view action) {
  if (result || result.error().code != ErrorCode::unauthenticated) return result;
  return record_failure(s, attempt, origin, {action, UserId{}, "refused"}, result.error());
}

// Counts a mail that a stranger can cause, in the transaction that writes it: two are allowed
// without a pause, then each pause is twice as long (at most 15 minutes). `asked` is the action and
// the address or name as received. An address without an account is counted the same way, so the
// pause does not reveal whether an account exists. Error: `rate_limited`.
Result<void> count_mail(store::WriteTxn& tx, std::string_view asked, Time now);

// Clears the account's failures (`authd user unlock`). Returns whether there were any. Error:
// `forbidden`, "beyond_api_key" (auth/core/key_reach.h).
Result<bool> unlock(const Services& s, UserId user, const Origin& origin);

// A token for the owner's device, stating that this account has logged in there: 8 bytes for the
// user, 8 for the time in seconds, 8 for the epoch (omitted when it is 0), and a MAC of these. It
// is valid for a year, or until the user's devices are ended (auth/core/ways.h).
std::string make_device(const Services& s, const tables::User& user, Time now);
// The device's epoch, to be compared with the user's; nullopt when the device does not belong to
// the user, or is too old.
std::optional<uint64_t> device_epoch(const Services& s, std::string_view device, UserId user,
                                     Time now);

}  // namespace authd::auth
