#include "auth/recovery.h"

#include "auth/attempts.h"
#include "auth/audit.h"
#include "auth/footholds.h"
#include "auth/identifiers.h"
#include "auth/login.h"
#include "auth/notices.h"
#include "auth/password_policy.h"
#include "auth/proofs.h"
#include "auth/step_up.h"
#include "tables/outbox.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

using tables::MailKind;
using tables::Purpose;
using FoundUser = std::optional<tables::User>;

// Mails a token to the user, or does the same work for nobody. `asked` is what came in.
Result<void> mail_token(const Services& s, Purpose purpose, const FoundUser& user,
                        std::string_view asked, const Origin& origin, std::string_view action) {
  const Time now = s.clock.now();
  const std::string email = user ? user->email : "";
  const MailedToken made = make_mailed_token(s, purpose, user, email, origin, now);
  const UserId subject = user ? user->id : UserId{};
  const std::string counted = std::string(action) + " " + tables::fold(asked);
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    TRY(count_mail(tx, counted, now));
    made.put(s, tx);
    audit(s, tx, origin, {action, subject, user ? "ok" : "no_account"}, now);
    return {};
  });
}

// The user that the token was made for, as long as nothing ended it.
FoundUser owner_of(store::Reader& tx, const std::optional<tables::OneTimeToken>& token) {
  if (!token) return std::nullopt;
  FoundUser user = tables::find_user(tx, token->user);
  if (!user || user->disabled || user->session_epoch != token->epoch) return std::nullopt;
  return user;
}

// Whose the token is, good or not; 0 when there is none.
Result<UserId> user_of(const Services& s, const OneTimeSecret& token) {
  const std::optional<std::string> id = token_id(token);
  return s.store.read([&](store::ReadTxn& tx) -> Result<UserId> {
    const auto row = id ? tables::one_time_tokens.find(tx, *id) : std::nullopt;
    return row ? row->user : UserId{};
  });
}

// Whether the session is alive and the user's.
bool is_signed_in(store::Reader& tx, std::string_view session, UserId user, Time now) {
  const std::optional<LiveSession> live = find_live_session(tx, session, now);
  return live && live->user.id == user;
}

// A wrong token counts against the address that sends it.
template <typename T>
Result<T> or_record_failure(const Services& s, Result<T> result, const Attempt& attempt,
                            const Origin& origin, std::string_view action) {
  if (result || result.error().code != ErrorCode::unauthenticated) return result;
  return record_failure(s, attempt, origin, {action, UserId{}, "refused"}, result.error());
}

}  // namespace

Result<void> send_verification(const Services& s, std::string_view email, const Origin& origin) {
  FoundUser user = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<FoundUser> {
    return tables::find_user_by_email(tx, email);
  }));
  if (user && (user->email_verified || user->disabled)) user.reset();
  return mail_token(s, Purpose::verify_email, user, email, origin, "verification_mailed");
}

Result<AccountView> verify_email(const Services& s, const OneTimeSecret& token,
                                 std::string_view session, const Origin& origin) {
  const Time now = s.clock.now();
  const Attempt attempt = TRY(Attempt::begin(s, origin, UserId{}, ""));
  const auto decide = [&](store::WriteTxn& tx, const Footholds& footholds) -> Result<AccountView> {
    const auto proof = take_token(tx, token, Purpose::verify_email, now);
    FoundUser user = proof ? tables::find_user(tx, proof->user) : std::nullopt;
    // The address may have been changed since.
    if (!user || tables::fold(user->email) != tables::fold(proof->email)) return bad_proof();
    if (!is_signed_in(tx, session, user->id, now)) {
      TRY(check_has_no_footholds(footholds, *user, now));
    }
    user->email_verified = true;
    user->is_claim = false;
    user->updated_at = now;
    tables::put_user(tx, *user);
    audit(s, tx, origin, {"email_verified", user->id}, now);
    return view_of(tx, std::move(*user));
  };
  const UserId user = TRY(user_of(s, token));
  Result<AccountView> done = with_footholds(s, user, [&](const Footholds& footholds) {
    return s.store.write([&](store::WriteTxn& tx) { return decide(tx, footholds); });
  });
  return or_record_failure(s, std::move(done), attempt, origin, "email_verified");
}

Result<void> begin_email_change(const Services& s, const Caller& caller, std::string_view text,
                                const Origin& origin) {
  const Time now = s.clock.now();
  TRY(require_fresh_proof(caller, now));
  const std::string email = TRY(parse_email(text));
  const FoundUser holder = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<FoundUser> {
    return tables::find_user_by_email(tx, email);
  }));
  const bool is_foreign = holder && holder->id != caller.user().id;
  MailedToken made =
      make_mailed_token(s, Purpose::confirm_new_email, caller.user(), email, origin, now);
  made.row.session = caller.session().id;
  if (is_foreign) {
    made.row.purpose = Purpose::nobody;
    made.mail = make_mail(s, MailKind::account_exists, *holder, holder->email, "", "", now);
  }
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = TRY(still_signed_in(tx, caller, now)).user;
    TRY(check_resend_pause(user.email_change_asked_at, now));
    user.email_change_asked_at = now;
    tables::put_user(tx, user);
    made.put(s, tx);
    audit(s, tx, origin, {"email_change_asked", caller.user().id}, now);
    return {};
  });
}

Result<AccountView> confirm_email_change(const Services& s, const OneTimeSecret& token,
                                         std::string_view session, const Origin& origin) {
  const Time now = s.clock.now();
  const Attempt attempt = TRY(Attempt::begin(s, origin, UserId{}, ""));
  // The notice is made before the transaction, so the old address is looked up first.
  const std::optional<std::string> id = token_id(token);
  tables::User before;
  std::string new_email;
  TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
    const auto row = id ? tables::one_time_tokens.find(tx, *id) : std::nullopt;
    if (!row || row->purpose != Purpose::confirm_new_email) return {};
    new_email = row->email;
    before = tables::find_user(tx, row->user).value_or(tables::User{});
    return {};
  }));
  const auto notice = make_notice(s, MailKind::email_changed, before, new_email, now);
  const auto decide = [&](store::WriteTxn& tx, const Footholds& footholds) -> Result<AccountView> {
    const auto proof = take_token(tx, token, Purpose::confirm_new_email, now);
    FoundUser user = owner_of(tx, proof);
    if (!user || user->email != before.email) return bad_proof();
    if (const auto holder = tables::find_user_by_email(tx, proof->email);
        holder && holder->id != user->id) {
      return Error{ErrorCode::conflict, "There is an account with this email already.", "email",
                   "email_taken"};
    }
    if (!is_signed_in(tx, session, user->id, now)) {
      TRY(check_has_no_footholds(footholds, *user, now));
    }
    user->email = proof->email;
    user->email_verified = true;
    user->is_claim = false;
    user->updated_at = now;
    end_other_sessions(tx, *user, proof->session);
    tables::put_user(tx, *user);
    if (notice) tables::insert_mail(tx, *notice);
    audit(s, tx, origin, {"email_changed", user->id}, now);
    return view_of(tx, std::move(*user));
  };
  Result<AccountView> done = with_footholds(s, before.id, [&](const Footholds& footholds) {
    return s.store.write([&](store::WriteTxn& tx) { return decide(tx, footholds); });
  });
  return or_record_failure(s, std::move(done), attempt, origin, "email_changed");
}

Result<AccountView> confirm_any_email(const Services& s, const OneTimeSecret& token,
                                      std::string_view session, const Origin& origin) {
  const std::optional<std::string> id = token_id(token);
  const bool is_change = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<bool> {
    const auto row = id ? tables::one_time_tokens.find(tx, *id) : std::nullopt;
    return row && row->purpose == Purpose::confirm_new_email;
  }));
  return is_change ? confirm_email_change(s, token, session, origin)
                   : verify_email(s, token, session, origin);
}

Result<void> forgot_password(const Services& s, std::string_view login, const Origin& origin) {
  FoundUser user = TRY(s.store.read(
      [&](store::ReadTxn& tx) -> Result<FoundUser> { return find_by_login(tx, login); }));
  if (user && (user->email.empty() || user->disabled)) user.reset();
  return mail_token(s, Purpose::reset_password, user, login, origin, "reset_mailed");
}

Result<void> reset_password(const Services& s, const OneTimeSecret& token,
                            const Password& replacement, const Origin& origin) {
  const Attempt attempt = TRY(Attempt::begin(s, origin, UserId{}, ""));
  const std::optional<std::string> id = token_id(token);
  const Time now = s.clock.now();
  const FoundUser before = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<FoundUser> {
    const auto row = id ? tables::one_time_tokens.find(tx, *id) : std::nullopt;
    // All that the write asks for too: a link that is over must not tell what the password is not.
    if (!is_good(row, Purpose::reset_password, now)) return FoundUser{};
    FoundUser user = owner_of(tx, row);
    if (user && tables::fold(user->email) != tables::fold(row->email)) user.reset();
    return user;
  }));
  if (!before) {
    return record_failure(s, attempt, origin, {"password_reset", UserId{}, "refused"}, bad_proof());
  }
  TRY(check_password(s.config, replacement, before->username, before->email, "new_password"));
  TRY(check_is_other_password(s, *before, replacement, "new_password"));
  const std::string hash = TRY(s.hasher.hash(replacement));
  const auto notice = make_notice(s, MailKind::password_changed, *before, where_from(origin), now);
  const auto decide = [&](store::WriteTxn& tx, const Footholds& footholds) -> Result<void> {
    const auto proof = take_token(tx, token, Purpose::reset_password, now);
    FoundUser user = owner_of(tx, proof);
    // The address that the link went to may not be the account's any more.
    if (!user || tables::fold(user->email) != tables::fold(proof->email)) return bad_proof();
    TRY(remove_footholds(s, tx, footholds, *user, origin, now));
    user->password_hash = hash;
    user->password_changed_at = now;
    user->updated_at = now;
    end_other_sessions(tx, *user, "");
    tables::put_user(tx, *user);
    if (notice) tables::insert_mail(tx, *notice);
    audit(s, tx, origin, {"password_reset", user->id}, now);
    return {};
  };
  Result<void> done = with_footholds(s, before->id, [&](const Footholds& footholds) {
    return s.store.write([&](store::WriteTxn& tx) { return decide(tx, footholds); });
  });
  return or_record_failure(s, std::move(done), attempt, origin, "password_reset");
}

}  // namespace authd::auth
