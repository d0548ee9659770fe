#include "auth/upkeep/retention.h"

#include <algorithm>

#include "auth/accounts/account/accounts.h"
#include "auth/core/key_reach.h"
#include "auth/core/lifetime.h"
#include "auth/core/mails.h"
#include "auth/core/refusals.h"
#include "tables/outbox.h"
#include "tables/owned.h"
#include "tables/people.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

using namespace std::chrono_literals;
using tables::RetentionStep;

// Short rows in one read transaction.
constexpr size_t kPiece = 5'000;
// Of one account, which has fewer of each kind.
constexpr size_t kMostRows = 1'000;
// What every run does, however few accounts there are.
constexpr size_t kLeastShare = 10;
// Runs in a day in which a tenth of the accounts is reached.
constexpr uint64_t kShares = 240;
constexpr Milliseconds kMailsOver = 45min;

// How long before the end the mails go out; 0: there is none.
struct Leads {
  Milliseconds first;
  Milliseconds last;
};

Leads leads_of(Milliseconds period) {
  return {period > kFirstNotice ? kFirstNotice : 0ms, std::min(kLastNotice, period / 2)};
}

Milliseconds first_lead(Milliseconds period) {
  const Leads leads = leads_of(period);
  return std::max(leads.first, leads.last);
}

Milliseconds period_of(const config::Retention& retention, const tables::User& user) {
  const bool is_unverified = !user.email.empty() && !user.email_verified;
  return is_unverified ? retention.unverified : retention.inactive;
}

// An account that was enabled has a fresh period from then on.
Time last_use(const tables::User& user, Time used) {
  const Time enabled = user.retention_step == RetentionStep::none ? user.retention_at : Time{};
  return std::max({user.created_at, user.last_activity, user.password_proved_at, enabled, used});
}

// Sessions and grants are renewed by programs that need not ask this server for anything else, so
// their users may have no other activity. What an operator issued says nothing about the person.
Time renewed_at(store::ReadTxn& tx, UserId user) {
  Time latest{};
  for (const tables::Session& session : tables::sessions_of(tx, user, kMostRows)) {
    if (session.kind == tables::SessionKind::issued) continue;
    latest = std::max({latest, session.rotated_at, session.auth_time});
  }
  for (const tables::Grant& grant : tables::rows_of(tx, tables::grants, user, kMostRows)) {
    if (grant.is_open) latest = std::max({latest, grant.rotated_at, grant.created_at});
  }
  return latest;
}

struct Look {
  std::optional<NextStep> next;
  Time used;  // what the row does not know
};

// The rows of sessions and grants matter only where the account's own row says that time is up;
// otherwise they would be read for everybody.
Look look_at(const Services& s, store::ReadTxn& tx, const tables::User& user, Time now,
             bool is_exact) {
  Look look;
  look.next = next_step(s.config.retention, user, Time{}, now);
  if (!look.next || (!is_exact && look.next->at > now)) return look;
  if (is_administrator(tx, user)) return {};
  look.used = renewed_at(tx, user.id);
  look.next = next_step(s.config.retention, user, look.used, now);
  return look;
}

bool is_due(const std::optional<NextStep>& next, EndStep step, Time now) {
  return next && next->step == step && next->at <= now;
}

// Whether the step is due for the account as the write finds it.
bool is_still_due(const Services& s, store::Reader& tx, const tables::User& user, const Look& look,
                  EndStep step, Time now) {
  return is_due(next_step(s.config.retention, user, look.used, now), step, now) &&
         !is_administrator(tx, user);
}

std::string day_of(Time time) {
  constexpr size_t kDay = 10;  // bytes of "2026-11-30"
  return format_rfc3339(time).substr(0, kDay);
}

// What happens to somebody in this row, at the earliest; nullopt: nothing. The row knows less than
// the account's, and never of a later use.
std::optional<Time> earliest(const config::Retention& retention, const tables::PersonView& person) {
  const Time active(person.active_step * tables::kActivityStepOfSearch);
  const Time used = std::max(Time(Milliseconds(person.created_ms())), active);
  if ((person.traits & tables::Trait::disabled) != 0) {
    if (retention.delete_after == 0ms) return std::nullopt;
    return used + retention.delete_after;
  }
  // Whether somebody without a verified email has one that could be verified, the row does not say.
  const bool is_verified = (person.traits & tables::Trait::verified) != 0;
  std::optional<Time> first;
  for (const Milliseconds period : {retention.inactive, is_verified ? 0ms : retention.unverified}) {
    if (period == 0ms) continue;
    const Time at = used + period - first_lead(period);
    if (!first || at < *first) first = at;
  }
  return first;
}

void note_next(DuePeople& found, Time at) {
  if (!found.next || at < *found.next) found.next = at;
}

struct Piece {
  DuePeople found;
  std::optional<UserId> last;  // nobody: there are no more
};

Piece look_at_piece(const Services& s, store::ReadTxn& tx, UserId after, Time now) {
  Piece piece;
  DuePeople& found = piece.found;
  std::vector<UserId> candidates;
  piece.last = tables::scan_people_after(tx, after, kPiece, [&](const tables::PersonView& person) {
    found.people += 1;
    const std::optional<Time> at = earliest(s.config.retention, person);
    if (at && *at <= now) candidates.push_back(person.id);
    if (at && *at > now) note_next(found, *at);
  });
  for (const UserId id : candidates) {
    const std::optional<tables::User> user = tables::find_user(tx, id);
    const std::optional<NextStep> next =
        user ? look_at(s, tx, *user, now, false).next : std::nullopt;
    if (next && next->at <= now) found.accounts.push_back({id, next->step});
    if (next && next->at > now) note_next(found, next->at);
  }
  return piece;
}

void add_piece(const DuePeople& piece, DuePeople& found) {
  found.people += piece.people;
  if (piece.next) note_next(found, *piece.next);
  for (const DueAccount& one : piece.accounts) {
    uint64_t& count = found.due[static_cast<size_t>(one.step)];
    if (count < kMostDue) found.accounts.push_back(one);
    count += 1;
  }
}

// Sends the first or the last mail, which needs no more than a note in the row.
Result<bool> send_notice(const Services& s, const tables::User& seen, const Look& look,
                         EndStep step, Milliseconds pause, const Origin& origin, Time now) {
  const bool is_last = step == EndStep::remind;
  const Milliseconds lead =
      is_last ? leads_of(period_of(s.config.retention, seen)).last : kFirstNotice;
  const Time end = std::max(look.next->disabled_at, now + lead);
  std::optional<tables::Mail> mail =
      make_notice(s, tables::MailKind::unused_account, seen, day_of(end), origin, now);
  if (mail) mail->due_at = now + pause;
  return s.store.write([&](store::WriteTxn& tx) -> Result<bool> {
    std::optional<tables::User> user = tables::find_user(tx, seen.id);
    if (!user || user->email != seen.email) return false;
    if (!is_still_due(s, tx, *user, look, step, now)) return false;
    user->retention_step = is_last ? RetentionStep::reminded : RetentionStep::warned;
    user->retention_at = now;
    tables::put_user(tx, *user);
    if (mail) tables::insert_mail(tx, *mail);
    return true;
  });
}

}  // namespace

std::string_view word_of(EndStep step) {
  switch (step) {
    case EndStep::warn: return "warn";
    case EndStep::remind: return "remind";
    case EndStep::disable: return "disable";
    case EndStep::remove: return "delete";
  }
  return "";
}

std::string_view word_of(RetentionStep step) {
  switch (step) {
    case RetentionStep::none: return "none";
    case RetentionStep::warned: return "warned";
    case RetentionStep::reminded: return "reminded";
    case RetentionStep::disabled: return "disabled";
  }
  return "none";  // of a newer release
}

bool has_retention(const config::Config& config) {
  return config.retention.unverified > 0ms || config.retention.inactive > 0ms;
}

std::optional<NextStep> next_step(const config::Retention& retention, const tables::User& user,
                                  Time used, Time now) {
  const RetentionStep done = user.retention_step;
  const bool is_ours = done == RetentionStep::disabled;
  const Milliseconds period = period_of(retention, user);
  if (period == 0ms || (user.disabled && !is_ours)) return std::nullopt;
  const Time use = last_use(user, used);
  const Time end = use + period;
  const Time at = user.retention_at;
  if (user.disabled) {
    if (retention.delete_after == 0ms) return std::nullopt;
    // A longer period than that which has disabled the account delays its deletion.
    return NextStep{done, EndStep::remove, std::max(end, at) + retention.delete_after, at};
  }
  const Leads leads = leads_of(period);
  // A mail from before the last use, from a shorter period, or from a clock that was ahead is none.
  const auto counts = [&](RetentionStep step, Milliseconds lead) {
    return done == step && at > use && at >= end - lead && at <= now + kClockSlack;
  };
  if (counts(RetentionStep::reminded, leads.last)) {
    const Time disabled_at = std::max(end, at + leads.last);
    return NextStep{done, EndStep::disable, disabled_at, disabled_at};
  }
  if (counts(RetentionStep::warned, leads.first)) {
    const Time disabled_at = std::max(end, at + leads.first);
    return NextStep{done, EndStep::remind, disabled_at - leads.last, disabled_at};
  }
  const bool has_first = leads.first > 0ms;
  const Milliseconds lead = has_first ? leads.first : leads.last;
  return NextStep{RetentionStep::none, has_first ? EndStep::warn : EndStep::remind, end - lead,
                  std::max(end, now + lead)};
}

Result<std::optional<NextStep>> look_at_retention(const Services& s, UserId user) {
  const Time now = s.clock.now();
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::optional<NextStep>> {
    const std::optional<tables::User> row = tables::find_user(tx, user);
    if (!row) return no_such_user();
    return look_at(s, tx, *row, now, true).next;
  });
}

std::string in_words(const NextStep& next) {
  if (next.step == EndStep::remove) {
    return "disabled at " + format_rfc3339(next.disabled_at) + ", deleted after " +
           format_rfc3339(next.at);
  }
  const bool is_first = next.done == RetentionStep::none;
  return "disabled after " + format_rfc3339(next.disabled_at) +
         (is_first ? "" : " (" + std::string(word_of(next.done)) + ")");
}

Result<DuePeople> find_due(const Services& s, Time now, const Stopping& stopping) {
  DuePeople found;
  if (!has_retention(s.config)) return found;
  for (std::optional<UserId> after = UserId{}; after;) {
    if (is_asked(stopping)) return given_up();
    const Piece piece = TRY(s.store.read(
        [&](store::ReadTxn& tx) -> Result<Piece> { return look_at_piece(s, tx, *after, now); }));
    add_piece(piece.found, found);
    after = piece.last;
  }
  return found;
}

Result<bool> take_step(const Services& s, const DueAccount& due, Milliseconds pause,
                       const Origin& origin) {
  const Time now = s.clock.now();
  std::optional<tables::User> user;
  const Look look = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<Look> {
    user = tables::find_user(tx, due.user);
    return user ? look_at(s, tx, *user, now, true) : Look{};
  }));
  if (!is_due(look.next, due.step, now)) return false;
  if (due.step == EndStep::warn || due.step == EndStep::remind) {
    return send_notice(s, *user, look, due.step, pause, origin, now);
  }
  const auto holds = [&](store::Reader& tx, const tables::User& row) {
    return is_still_due(s, tx, row, look, due.step, now);
  };
  const Unused unused{"unused since " + day_of(last_use(*user, look.used)), holds};
  return due.step == EndStep::disable ? disable_unused(s, due.user, unused, origin)
                                      : delete_unused(s, due.user, unused, origin);
}

size_t run_share(uint64_t people) {
  return std::max(kLeastShare, static_cast<size_t>(people / kShares));
}

Milliseconds mail_pause(size_t index, size_t count) {
  return count == 0 ? 0ms : kMailsOver * static_cast<int64_t>(index) / static_cast<int64_t>(count);
}

Result<RetentionRun> run_retention(const Services& s, Time now, const Stopping& stopping) {
  const DuePeople found = TRY(find_due(s, now, stopping));
  const size_t share = run_share(found.people);
  RetentionRun run;
  size_t mails = 0;
  for (const DueAccount& due : found.accounts) {
    uint64_t& done = run.done[static_cast<size_t>(due.step)];
    if (done == share) continue;
    if (is_asked(stopping)) return given_up();
    const Result<bool> taken = take_step(s, due, mail_pause(mails, 2 * share), Origin{});
    if (!taken && taken.error().code == ErrorCode::unavailable) return taken.error();
    if (!taken) {
      s.log.warn("an unused account stays for the next run", {{"user_id", due.user.value},
                                                              {"step", word_of(due.step)},
                                                              {"cause", taken.error().message}});
      continue;
    }
    if (!*taken) continue;
    done += 1;
    if (due.step <= EndStep::remind) mails += 1;
  }
  for (size_t step = 0; step < kEndSteps; ++step)
    run.left += found.due[step] - run.done[step];
  return run;
}

}  // namespace authd::auth
