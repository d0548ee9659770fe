// Brute force: how often a credential may be wrong, by client address, by account, and by both
// together. Beyond a few failures each further one doubles a delay, in which nobody's try is looked
// at; an account's delay stays short, so that a stranger never locks the owner out, and a device
// that the owner has logged in with before is not slowed by the account's count at all. Failures
// are rows of the store: a restart forgets nothing, and the command line sees and clears them.
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

// Tries that are being looked at now, by key: a failure counts only when it is known, and a burst
// at one moment must not slip through before it is. Thread-safe.
class InFlight {
 public:
  uint64_t add(const std::string& key);  // returns the count before
  void remove(const std::string& key);

 private:
  std::mutex mutex_;
  std::map<std::string, uint64_t> counts_;
};

// One try. Whoever checks a credential makes one first and tells how it ended.
class Attempt {
 public:
  // The account is the user, else whatever names the one that was tried. Without either only the
  // address counts (a token that cannot be guessed names no account).
  // Error: `rate_limited` with retry_after_s.
  static Result<Attempt> begin(const Services& s, const Origin& origin, UserId user,
                               std::string_view account, Trace* trace = nullptr);
  ~Attempt();
  Attempt(Attempt&& other) noexcept;
  Attempt& operator=(Attempt&&) = delete;
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  // In the transaction that decides: forgets the failures of this account from this address.
  void succeed(store::WriteTxn& tx) const;
  // In a transaction of the caller's: counts the failure (at most six writes).
  void fail(store::WriteTxn& tx, Time now) const;

 private:
  explicit Attempt(InFlight& in_flight) : in_flight_(&in_flight) {}
  Result<void> check(store::ReadTxn& tx, Time now, Trace* trace) const;
  bool is_device_current(store::Reader& tx) const;

  InFlight* in_flight_;
  std::vector<std::string> keys_;     // in the table; one of each kind of rule
  std::vector<uint64_t> concurrent_;  // tries under the same key that began before this one
  UserId user_;
  std::optional<uint64_t> device_epoch_;  // of the device that the user has logged in with
};

// Counts the failure and writes it down, in a transaction of its own. Returns `error` for the
// caller, or what kept it from being counted: a failure that is not counted must not be free.
Error record_failure(const Services& s, const Attempt& attempt, const Origin& origin,
                     const AuditEvent& event, const Error& error);

// The same for a result: a wrong token counts against the address that sends it.
template <typename T>
Result<T> or_record_failure(const Services& s, Result<T> result, const Attempt& attempt,
                            const Origin& origin, std::string_view action) {
  if (result || result.error().code != ErrorCode::unauthenticated) return result;
  return record_failure(s, attempt, origin, {action, UserId{}, "refused"}, result.error());
}

// Counts a mail that a stranger may cause, in the transaction that writes it: two may follow each
// other, then there is a pause that doubles (at most 15 minutes). `asked` is the action and what
// was asked for, as it came in: the same for an address without an account, so that the pause is no
// oracle. Error: `rate_limited`.
Result<void> count_mail(store::WriteTxn& tx, std::string_view asked, Time now);

// Forgets the account's failures (`authd user unlock`). Returns whether there were any.
Result<bool> unlock(const Services& s, UserId user, const Origin& origin);

// A token for the owner's device, which says that this account has logged in there: 8 bytes of the
// user, 8 of the time in seconds, 8 of the epoch (not written when it is 0), and a MAC of these. It
// is good for a year, until the user's devices are ended (auth/core/ways.h).
std::string make_device(const Services& s, const tables::User& user, Time now);
// The epoch that is to be the user's; nullopt when the device is not one of theirs, or is too old.
std::optional<uint64_t> device_epoch(const Services& s, std::string_view device, UserId user,
                                     Time now);

}  // namespace authd::auth
