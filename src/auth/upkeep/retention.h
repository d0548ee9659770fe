// The end of unused accounts: retention.* in the configuration. An account is mailed 30 days and 7
// days before its end, then disabled, and `retention.delete_after` later deleted.
//
//   last use          first mail       last mail     disabled          deleted
//      |---------- the period -------------------------->|                 |
//                     | 30 days ------------------------>|                 |
//                                          | 7 days ---->| delete_after -->|
//
// The period is retention.unverified for an account with an email that is not verified, and
// retention.inactive for every other; 0 is never. A period of at most 30 days has no first mail,
// and the last one is never further from the end than half of the period.
//
// - Each step waits for the one before it, whatever the clock says: nobody is disabled less than 30
//   days after the first mail and 7 days after the last one. So where retention is switched on
//   late, or the server was off for a year, everybody still has 30 days. Without an email there is
//   no mail, but the same waiting.
// - Use is: the account was made; a request with its credentials; a password that was right; a
//   session or an application's grant that was renewed. It voids the steps before it (User::
//   retention_step, retention_at), and so does a longer period. So does whoever enables the
//   account, which begins a fresh period, and whoever disables it, which takes it out of this
//   altogether.
// - Administrators have no end. An account that a person disabled is left alone.
// - A run takes each step for at most a 240th part of the accounts (`run_share`), and there is a
// run
//   in each hour: a tenth of the accounts in a day. So a clock that jumps ahead by years, or a
//   period that was typed wrong, does not take many people at once, and login codes do not wait
//   behind the mails.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/core/services.h"
#include "base/stop.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr Milliseconds kFirstNotice = std::chrono::hours(24 * 30);
inline constexpr Milliseconds kLastNotice = std::chrono::hours(24 * 7);

// The steps, in their order.
enum class EndStep : size_t {
  warn = 0,    // the first mail
  remind = 1,  // the last mail
  disable = 2,
  remove = 3,
};
inline constexpr size_t kEndSteps = 4;
// "warn", "remind", "disable", "delete"
std::string_view word_of(EndStep step);

// What happens next to an account if nobody uses it.
struct NextStep {
  // What has been done and still counts.
  tables::RetentionStep done = tables::RetentionStep::none;
  EndStep step = EndStep::warn;
  Time at;           // not before; in the past: it is due
  Time disabled_at;  // when the account is disabled, or was
};

// "none", "warned", "reminded", "disabled"
std::string_view word_of(tables::RetentionStep step);

// Whether any period is set.
bool has_retention(const config::Config& config);

// By the row alone, for somebody who is no administrator; `used` is a use that the row does not
// know. nullopt: the account stays as it is.
std::optional<NextStep> next_step(const config::Retention& retention, const tables::User& user,
                                  Time used, Time now);

// The same with everything that the store knows. Error: `not_found`.
Result<std::optional<NextStep>> look_at_retention(const Services& s, UserId user);

// For an operator: "disabled after 2026-12-30T04:20:00Z (warned)".
std::string in_words(const NextStep& next);

struct DueAccount {
  UserId user;
  EndStep step = EndStep::warn;
};

// Who is due. Of each step `accounts` has the first kMostDue by id; `due` counts all.
inline constexpr size_t kMostDue = 10'000;
struct DuePeople {
  std::vector<DueAccount> accounts;
  std::array<uint64_t, kEndSteps> due{};
  uint64_t people = 0;       // all accounts
  std::optional<Time> next;  // nobody else is due before this
};
// Reads a short row of everybody (tables/people.h), a piece in each transaction, and the accounts
// of those only who can be due. Error: `unavailable`, also when `stopping` asks for an end.
Result<DuePeople> find_due(const Services& s, Time now, const Stopping& stopping = {});

// Takes the step, if it is still due: decided again in the write. A mail goes out after `pause`.
// False: it is not due any more, and nothing happened.
Result<bool> take_step(const Services& s, const DueAccount& due, Milliseconds pause,
                       const Origin& origin);

// How many accounts a run of the job takes a step for.
size_t run_share(uint64_t people);

struct RetentionRun {
  std::array<uint64_t, kEndSteps> done{};
  uint64_t left = 0;  // due, for the next run
};
// A run of the job. An account whose step fails stays for the next run, and is logged.
Result<RetentionRun> run_retention(const Services& s, Time now, const Stopping& stopping = {});

// When each mail of a run goes out: spread over most of an hour, so that others need not wait
// behind all of them.
Milliseconds mail_pause(size_t index, size_t count);

}  // namespace authd::auth
