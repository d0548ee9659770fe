#include "auth/signin/recovery.h"

#include "auth/accounts/changes/address_proof.h"
#include "auth/accounts/changes/email_change.h"
#include "auth/accounts/names/known_owner.h"
#include "auth/core/audit/audit.h"
#include "auth/core/identifiers.h"
#include "auth/core/key_reach.h"
#include "auth/core/limits/attempts.h"
#include "auth/core/login_methods.h"
#include "auth/core/mails.h"
#include "auth/core/newest.h"
#include "auth/core/one_time_tokens.h"
#include "auth/core/rounds.h"
#include "auth/core/ways.h"
#include "auth/passwords/new_password.h"
#include "auth/passwords/password_check.h"
#include "auth/sessions/sessions.h"
#include "auth/signin/login.h"
#include "auth/signin/recovery_rules.h"
#include "base/refusal.h"
#include "base/text.h"
#include "tables/outbox.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

using tables::MailKind;
using tables::Purpose;

// What is mailed to somebody who cannot sign in: a link for a password, or for a passkey if the
// account has no password; where no mail may open the account, word of what does.
enum class Help { password, passkey, by_code, by_admin };

Help help_for(const config::Config& config, store::Reader& tx, const FoundUser& user) {
  if (!user) return Help::password;
  const WaysBack ways = ways_back(config, tx, *user);
  const bool has_only_passkeys = user->password_hash.empty() && user->passkeys > 0;
  if (ways.passkey_by_mail && (has_only_passkeys || !ways.password_by_mail)) return Help::passkey;
  if (ways.password_by_mail) return Help::password;
  return ways.passkey_by_code ? Help::by_code : Help::by_admin;
}

void adapt(MailedToken& made, Help help) {
  if (help == Help::password) return;
  if (help == Help::passkey) {
    made.mail.kind = MailKind::new_passkey;
    return;
  }
  made.row.purpose = Purpose::nobody;
  made.mail.kind = MailKind::no_new_password;
  made.mail.sealed.clear();
  made.mail.detail = help == Help::by_code ? "by code" : "by admin";
}

// Mails a token to the user, or does the same work without a user. `asked` is the received name.
Result<void> mail_token(const Services& s, Purpose purpose, const FoundUser& user,
                        std::string_view asked, const Origin& origin, std::string_view action,
                        Help help = Help::password) {
  const Time now = s.clock.now();
  const std::string email = user ? user->email : "";
  MailedToken made = make_mailed_token(s, purpose, user, email, origin, now);
  adapt(made, help);
  const std::optional<UserId> subject = id_of(user);
  const std::string counted = std::string(action) + " " + folded_login(asked);
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    TRY(count_mail(tx, counted, now));
    made.put(s, tx);
    audit(s, tx, origin, {action, subject, user ? "ok" : "no_account"}, now);
    return {};
  });
}

// The user whose address a valid token would confirm.
FoundUser owner_to_be(store::Reader& tx, const std::optional<tables::OneTimeToken>& token,
                      Time now) {
  if (!is_good(token, Purpose::verify_email, now)) return std::nullopt;
  FoundUser user = tables::find_user(tx, token->user);
  // The address may have been changed since.
  if (!user || tables::fold(user->email) != tables::fold(token->email)) return std::nullopt;
  return user;
}

// The user whom a valid token of a reset lets in again, and how. The link may have been mailed to
// an address that the account no longer has.
struct Recovering {
  FoundUser user;
  WaysBack ways;
};
Recovering find_recovering(const Services& s, store::Reader& tx,
                           const std::optional<tables::OneTimeToken>& token, Time now) {
  if (!is_good(token, Purpose::reset_password, now)) return {};
  FoundUser user = owner_of(tx, token);
  if (!user || tables::fold(user->email) != tables::fold(token->email)) return {};
  const WaysBack ways = ways_back(s.config, tx, *user);
  return {std::move(user), ways};
}

// The user whose password a valid token would set.
FoundUser owner_to_reset(const Services& s, store::Reader& tx,
                         const std::optional<tables::OneTimeToken>& token, Time now) {
  Recovering found = find_recovering(s, tx, token, now);
  return found.ways.password_by_mail ? std::move(found.user) : std::nullopt;
}

Error wrong_password() {
  return Error{ErrorCode::forbidden, "The password is wrong.", "password", "wrong_password"};
}

Result<AccountView> verify_once(const Services& s, const OneTimeSecret& token, const Follower& who,
                                const Origin& origin, Round& round) {
  const Time now = s.clock.now();
  const auto look = [&](store::ReadTxn& tx) -> Result<FoundUser> {
    return owner_to_be(tx, find_token(tx, token), now);
  };
  const FoundUser seen = TRY(read_newest<FoundUser>(s.store, look));
  const bool has_password = seen && who.password != nullptr;
  const Attempt attempt =
      TRY(has_password ? Attempt::for_account(s, origin, *seen) : Attempt::from_address(s, origin));
  if (has_password && !TRY(verify_password(s, seen, *who.password))) {
    const AuditEvent refused{"email_verified", seen->id, "refused", "", "wrong password"};
    return record_failure(s, attempt, origin, refused, wrong_password());
  }
  const OtherWays seen_ways = TRY(other_ways_of(s, seen ? seen->id : UserId{}));
  const auto decide = [&](store::WriteTxn& tx) -> Result<AccountView> {
    FoundUser user = owner_to_be(tx, take_token(tx, token, Purpose::verify_email, now), now);
    if (!user) return wrong_link_or_code();
    // A login may have replaced an old hash.
    if (has_password && user->password_hash != seen->password_hash) {
      return round.moved(wrong_password());
    }
    if (has_password || is_session_of(tx, who.session, user->id, now)) {
      note_owner(*user);
      if (has_password) attempt.succeed(tx);
    } else if (!is_owner_known(*user)) {
      TRY(check_has_no_other_way(s, tx, seen_ways, *user, now));
      user->email_verified = true;
      user->mailbox_alone = true;
    }
    user->updated_at = now;
    tables::put_user(tx, *user);
    const char* detail = user->mailbox_alone ? "mailbox alone" : "";
    audit(s, tx, by(origin, user->id), {"email_verified", user->id, "ok", "", detail}, now);
    return view_of(tx, std::move(*user));
  };
  return or_record_failure(s, s.store.write(decide), attempt, origin, "email_verified");
}

}  // namespace

Result<void> send_verification(const Services& s, std::string_view email, const Origin& origin) {
  FoundUser user = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<FoundUser> {
    return tables::find_user_by_email(tx, trimmed(email));
  }));
  if (user && (is_owner_known(*user) || user->disabled)) user.reset();
  return mail_token(s, Purpose::verify_email, user, email, origin, "verification_mailed");
}

Result<AccountView> verify_email(const Services& s, const OneTimeSecret& token, const Follower& who,
                                 const Origin& origin) {
  return in_rounds([&](Round& round) { return verify_once(s, token, who, origin, round); });
}

Result<AccountView> confirm_any_email(const Services& s, const OneTimeSecret& token,
                                      const Follower& who, const Origin& origin) {
  const bool is_change = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<bool> {
    const auto row = find_token(tx, token);
    return row && row->purpose == Purpose::confirm_new_email;
  }));
  return is_change ? confirm_email_change(s, token, who.session, origin)
                   : verify_email(s, token, who, origin);
}

Result<void> activate_account(const Services& s, const OneTimeSecret& token, const Origin& origin) {
  const Time now = s.clock.now();
  const Attempt attempt = TRY(Attempt::from_address(s, origin));
  Result<void> done = s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    FoundUser user = owner_to_be(tx, find_token(tx, token), now);
    if (!user || !user->awaits_email || user->email_verified) return wrong_link_or_code();
    if (s.config.signup.require_verified_email) {
      return refused(ErrorCode::forbidden, "email_not_verified",
                     "Open the link in a browser, and confirm the email there.");
    }
    user->awaits_email = false;
    user->updated_at = now;
    tables::put_user(tx, *user);
    audit(s, tx, by(origin, user->id), {"account_activated", user->id}, now);
    return {};
  });
  return or_record_failure(s, std::move(done), attempt, origin, "account_activated");
}

Result<MailedLink> look_at_link(const Services& s, const OneTimeSecret& token,
                                std::optional<std::string_view> session, const Origin& origin) {
  const Time now = s.clock.now();
  const Attempt attempt = TRY(Attempt::from_address(s, origin));
  Result<MailedLink> seen = s.store.read([&](store::ReadTxn& tx) -> Result<MailedLink> {
    const auto row = find_token(tx, token);
    FoundUser user = owner_to_be(tx, row, now);
    MailedLink link{LinkKind::confirm, "", row ? row->email : "", false};
    if (Recovering found = find_recovering(s, tx, row, now);
        found.ways.password_by_mail || found.ways.passkey_by_mail) {
      user = std::move(found.user);
      link.kind = LinkKind::reset;
      link.sets_password = found.ways.password_by_mail;
      link.makes_passkey = found.ways.passkey_by_mail;
    }
    if (!user && is_good(row, Purpose::enroll_passkey, now)) {
      user = owner_of(tx, row);
      link.kind = LinkKind::enroll;
      link.makes_passkey = true;
    }
    if (!user) {
      const PendingChange change = find_pending_change(tx, row, now);
      user = change.user;
      link.kind = change.is_stop ? LinkKind::stop : LinkKind::change;
      link.email = change.new_email;
    }
    if (!user) return wrong_link_or_code();
    link.account = account_name(*user);
    link.has_password = !user->password_hash.empty();
    link.is_signed_in = is_session_of(tx, session, user->id, now);
    return link;
  });
  return or_record_failure(s, std::move(seen), attempt, origin, "mailed_link");
}

Result<void> forgot_password(const Services& s, std::string_view login, const Origin& origin) {
  if (!is_offered(s.config, LoginMethod::passkey)) {
    TRY(require_method(s.config, LoginMethod::password));
  }
  Help help = Help::password;
  FoundUser user = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<FoundUser> {
    FoundUser found = find_by_login(tx, login);
    if (found) TRY(check_key_reach(tx, origin, *found));
    help = help_for(s.config, tx, found);
    return found;
  }));
  if (user && (user->email.empty() || user->disabled)) user.reset();
  if (!user) help = Help::password;
  return mail_token(s, Purpose::reset_password, user, login, origin, "reset_mailed", help);
}

Result<void> reset_password(const Services& s, const OneTimeSecret& token,
                            const Password& replacement, const Origin& origin) {
  TRY(require_method(s.config, LoginMethod::password));
  const Attempt attempt = TRY(Attempt::from_address(s, origin));
  const Time now = s.clock.now();
  const FoundUser before = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<FoundUser> {
    // Checks all conditions of the write; otherwise an expired link would reveal whether a password
    // is the current one.
    return owner_to_reset(s, tx, find_token(tx, token), now);
  }));
  if (!before) {
    return record_failure(s, attempt, origin, {"password_reset", std::nullopt, "refused"},
                          wrong_link_or_code());
  }
  const PasswordOwner mine{before->username, before->email, has_factor(*before), origin.client};
  TRY(check_new_password(s, replacement, mine, "new_password"));
  TRY(check_is_other_password(s, *before, replacement, "new_password"));
  const std::string hash = TRY(s.hasher.hash(replacement));
  const auto notice =
      make_notice(s, MailKind::password_changed, *before, where_from(origin), origin, now);
  const AddressProof proof = prepare_proof(s, *before, origin, now);
  const auto decide = [&](store::WriteTxn& tx) -> Result<void> {
    FoundUser user =
        owner_to_reset(s, tx, take_token(tx, token, Purpose::reset_password, now), now);
    if (!user) return wrong_link_or_code();
    end_earlier_ways(s, tx, proof, *user, origin, now);
    user->password_hash = hash;
    user->password_changed_at = now;
    user->password_leaked_at = Time{};
    user->must_change_password = false;
    user->updated_at = now;
    end_other_sessions(tx, *user, "");
    raise_epoch(*user, Way::device);
    tables::put_user(tx, *user);
    if (notice) tables::insert_mail(tx, *notice);
    end_run(tx, user->id);
    audit(s, tx, by(origin, user->id), {"password_reset", user->id}, now);
    return {};
  };
  return or_record_failure(s, s.store.write(decide), attempt, origin, "password_reset");
}

}  // namespace authd::auth
