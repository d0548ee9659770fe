#include "auth/accounts/changes/email_change.h"

#include "auth/accounts/names/known_owner.h"
#include "auth/core/audit/audit.h"
#include "auth/core/identifiers.h"
#include "auth/core/limits/attempts.h"
#include "auth/core/logout_notices.h"
#include "auth/core/mails.h"
#include "auth/core/one_time_tokens.h"
#include "auth/core/refusals.h"
#include "auth/core/ways.h"
#include "auth/sessions/sessions.h"
#include "auth/sessions/step_up.h"
#include "base/refusal.h"
#include "tables/outbox.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

using tables::MailKind;
using tables::Purpose;
using FoundToken = std::optional<tables::OneTimeToken>;
using FoundUser = std::optional<tables::User>;

// Whether the token belongs to the pending change: the change requested last, unless it was ended
// since (auth/core/ways.h).
bool is_pending(const tables::User& user, const tables::OneTimeToken& token) {
  return token.id == user.email_change && token.way_epoch == epoch_of(user, Way::email_change);
}

FoundToken find_pending(store::Reader& tx, const tables::User& user) {
  if (user.email_change.empty()) return std::nullopt;
  FoundToken token = tables::one_time_tokens.find(tx, user.email_change);
  if (token && !is_pending(user, *token)) token.reset();
  return token;
}

// The user whose email a valid link to the new address would change.
FoundUser owner_of_change(store::Reader& tx, const FoundToken& token, Time now) {
  if (!is_good(token, Purpose::confirm_new_email, now)) return std::nullopt;
  FoundUser user = owner_of(tx, token);
  if (!user || !is_pending(*user, *token)) return std::nullopt;
  // Ending the session that requested a change also ends the change.
  if (!is_session_of(tx, token->session, user->id, now)) return std::nullopt;
  return user;
}

// The link to the new address, or the same work for an address that belongs to another account.
MailedToken make_link(const Services& s, const Person& caller, const std::string& email,
                      const FoundUser& holder, const Origin& origin, Time now) {
  MailedToken made =
      make_mailed_token(s, Purpose::confirm_new_email, caller.user(), email, origin, now);
  made.row.session = caller.session().id;
  made.mail.account = account_name(caller.user());
  if (holder && holder->id != caller.user().id) {
    made.row.purpose = Purpose::nobody;
    made.mail = make_mail(s, MailKind::account_exists, *holder, holder->email, "", "", origin, now);
  }
  return made;
}

// The link to the old address, if there is one.
std::optional<MailedToken> make_stop(const Services& s, const Person& caller,
                                     const std::string& email, const Origin& origin, Time now) {
  const tables::User& user = caller.user();
  if (user.email.empty()) return std::nullopt;
  MailedToken made =
      make_mailed_token(s, Purpose::stop_email_change, user, user.email, origin, now);
  made.mail.detail = email;
  made.mail.account = account_name(user);
  return made;
}

}  // namespace

Result<void> begin_email_change(const Services& s, const Person& caller, std::string_view text,
                                const Origin& origin) {
  const Time now = s.clock.now();
  TRY(require_fresh_proof(caller, now));
  const std::string email = TRY(parse_email(text));
  const FoundUser holder = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<FoundUser> {
    return tables::find_user_by_email(tx, email);
  }));
  const MailedToken made = make_link(s, caller, email, holder, origin, now);
  const std::optional<MailedToken> stop = make_stop(s, caller, email, origin, now);
  const std::string counted = "email_change_asked " + std::to_string(caller.user().id.value);
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = TRY(still_signed_in(tx, caller, now)).user;
    if (user.email != caller.user().email) return account_changed();
    TRY(check_resend_pause(user.email_change_asked_at, now));
    TRY(count_mail(tx, counted, now));
    if (!user.email_change.empty()) tables::one_time_tokens.del(tx, user.email_change);
    user.email_change_asked_at = now;
    user.email_change = made.row.id;
    tables::put_user(tx, user);
    MailedToken link = made;
    link.row.way_epoch = epoch_of(user, Way::email_change);
    link.put(s, tx);
    if (stop) stop->put(s, tx);
    audit(s, tx, origin, {"email_change_asked", user.id}, now);
    return {};
  });
}

Result<AccountView> confirm_email_change(const Services& s, const OneTimeSecret& token,
                                         std::optional<std::string_view> session,
                                         const Origin& origin) {
  const Time now = s.clock.now();
  const Attempt attempt = TRY(Attempt::from_address(s, origin));
  // The notice is created before the transaction, so the old address is read first.
  tables::User before;
  std::string new_email;
  TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
    const FoundToken row = find_token(tx, token);
    FoundUser user = owner_of_change(tx, row, now);
    if (!user) return {};
    new_email = row->email;
    before = std::move(*user);
    return {};
  }));
  const auto notice = make_notice(s, MailKind::email_changed, before, new_email, origin, now);
  Result<AccountView> done = s.store.write([&](store::WriteTxn& tx) -> Result<AccountView> {
    const FoundToken proof = take_token(tx, token, Purpose::confirm_new_email, now);
    FoundUser user = owner_of_change(tx, proof, now);
    if (!user || user->email != before.email) return wrong_link_or_code();
    if (!is_session_of(tx, session, user->id, now)) {
      return refused(ErrorCode::forbidden, "sign_in_first",
                     "Sign in to the account whose email is to change, and follow the link again.");
    }
    if (const auto holder = tables::find_user_by_email(tx, proof->email);
        holder && holder->id != user->id) {
      return Error{ErrorCode::conflict, "An account with this email already exists.", "email",
                   "email_taken"};
    }
    user->email = proof->email;
    user->email_change.clear();
    note_owner(*user);
    user->updated_at = now;
    end_other_sessions(tx, *user, proof->session);
    tables::put_user(tx, *user);
    if (notice) tables::insert_mail(tx, *notice);
    audit(s, tx, by(origin, user->id), {"email_changed", user->id}, now);
    return view_of(tx, std::move(*user));
  });
  return or_record_failure(s, std::move(done), attempt, origin, "email_changed");
}

Result<void> stop_email_change(const Services& s, const OneTimeSecret& token,
                               const Origin& origin) {
  const Time now = s.clock.now();
  const Attempt attempt = TRY(Attempt::from_address(s, origin));
  Result<void> done = s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    FoundToken stop = find_token(tx, token);
    if (!is_good(stop, Purpose::stop_email_change, now)) return wrong_link_or_code();
    if (stop->is_used) return {};
    FoundUser user = tables::find_user(tx, stop->user);
    if (!user) return wrong_link_or_code();
    if (tables::fold(user->email) != tables::fold(stop->email)) {
      return refused(
          ErrorCode::conflict, "email_changed",
          "The email has already been changed. If this was not you, contact whoever runs this "
          "service.");
    }
    stop->is_used = true;
    tables::one_time_tokens.put(tx, stop->id, *stop);
    const FoundToken change = find_pending(tx, *user);
    if (!change) return {};
    const auto asking = tables::find_session(tx, change->session);
    if (asking && asking->user == user->id) remove_session(tx, *asking);
    tables::one_time_tokens.del(tx, change->id);
    user->email_change.clear();
    user->updated_at = now;
    tables::put_user(tx, *user);
    audit(s, tx, origin, {"email_change_stopped", user->id}, now);
    return {};
  });
  return or_record_failure(s, std::move(done), attempt, origin, "email_change_stopped");
}

PendingChange find_pending_change(store::Reader& tx, const FoundToken& token, Time now) {
  PendingChange found;
  found.is_stop = is_good(token, Purpose::stop_email_change, now);
  found.user = found.is_stop ? tables::find_user(tx, token->user) : owner_of_change(tx, token, now);
  if (!found.user) return found;
  if (found.is_stop && token->is_used) return found;  // A pending change has its own link.
  const FoundToken change = find_pending(tx, *found.user);
  if (change) found.new_email = change->email;
  return found;
}

}  // namespace authd::auth
