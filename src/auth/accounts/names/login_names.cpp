#include "auth/accounts/names/login_names.h"

#include <algorithm>

#include "auth/accounts/names/identities.h"
#include "auth/accounts/names/providers.h"
#include "auth/accounts/names/usernames.h"
#include "auth/core/limits/attempts.h"
#include "auth/core/mails.h"
#include "auth/core/refusals.h"
#include "auth/sessions/sessions.h"
#include "tables/mail_detail.h"
#include "tables/outbox.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

Error email_needed(std::string message) {
  return Error{ErrorCode::conflict, std::move(message), "email", "email_needed"};
}

bool has_identity(const Services& s, store::Reader& tx, const NameChange& change,
                  const tables::User& user) {
  return std::any_of(change.identities.begin(), change.identities.end(),
                     [&](const tables::Identity& identity) {
                       return s.providers.find(identity.provider) != nullptr &&
                              find_live_identity_of(tx, user, identity.provider).has_value();
                     });
}

Result<void> check_email_not_needed(const Services& s, store::Reader& tx, const NameChange& change,
                                    const tables::User& current, const tables::User& user) {
  if (s.config.signup.require_verified_email) {
    return email_needed("Every account here needs an email; change it instead.");
  }
  if (s.config.mfa.email_otp == config::EmailOtp::required) {
    return email_needed("Logins here need a code that is mailed to you; change the email instead.");
  }
  if (current.awaits_email && !current.email_verified) {
    return email_needed("The account is not active until its email is confirmed.");
  }
  const bool has_password = !user.password_hash.empty() && !user.username.empty();
  if (has_password || has_identity(s, tx, change, user)) return {};
  return email_needed(
      "The email is the only way into this account: set a password and a username first.");
}

tables::Sentence renamed(const std::string& before, const std::string& after) {
  if (before.empty()) return {"username_added", {{"after", after}}};
  if (after.empty()) return {"username_removed", {{"before", before}}};
  return {"username_changed", {{"before", before}, {"after", after}}};
}

// The numbers stay out of the mail: they belong to the person, not to the mailbox.
tables::Sentence rephoned(const std::string& before, const std::string& after) {
  if (before.empty()) return {"phone_added"};
  return {after.empty() ? "phone_removed" : "phone_changed"};
}

// What the owner is told of the username and the phone number, in one mail.
std::string detail_of(const NameChange& change, const WantedNames& wanted, const Origin& origin) {
  std::vector<tables::Sentence> told;
  if (change.is_renamed) told.push_back(renamed(change.before.username, *wanted.username));
  if (change.is_rephoned) {
    told.push_back(rephoned(change.before.phone_number, *wanted.phone_number));
  }
  // The address of an administrator is nobody else's business.
  const std::string from = origin.actor == change.before.id ? where_from(origin) : "";
  if (!from.empty()) told.push_back({"change_from", {{"address", from}}});
  return tables::detail_of(told);
}

}  // namespace

Result<NameChange> look_at_names(const Services& s, UserId id, const WantedNames& wanted,
                                 const Origin& origin) {
  using tables::MailKind;
  const Time now = s.clock.now();
  NameChange change;
  TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
    std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    change.identities = live_identities_of(tx, *user);
    change.before = std::move(*user);
    return {};
  }));
  const tables::User& before = change.before;
  change.is_renamed = wanted.username && *wanted.username != before.username;
  change.is_readdressed = wanted.email && tables::fold(*wanted.email) != tables::fold(before.email);
  change.is_rephoned = wanted.phone_number && *wanted.phone_number != before.phone_number;
  if (change.is_renamed || change.is_rephoned) {
    const std::string detail = detail_of(change, wanted, origin);
    change.notice = make_notice(s, MailKind::factors_changed, before, detail, origin, now);
  }
  if (change.is_readdressed) {
    change.email_notice =
        make_notice(s, MailKind::email_changed, before, *wanted.email, origin, now);
  }
  return change;
}

Result<void> settle_names(const Services& s, store::WriteTxn& tx, const NameChange& change,
                          const tables::User& current, tables::User& user,
                          std::string_view keep_session, Time now) {
  if (!change.any()) return {};
  if (current.username != change.before.username || current.email != change.before.email ||
      current.phone_number != change.before.phone_number) {
    return account_changed();
  }
  if (change.is_readdressed) {
    if (user.email.empty()) {
      TRY(check_email_not_needed(s, tx, change, current, user));
      // The email was confirmed once, which is all that was required.
      user.awaits_email = false;
    }
    end_other_sessions(tx, user, keep_session);
  }
  if (change.is_renamed && tables::fold(user.username) != tables::fold(current.username)) {
    if (change.is_by_owner) TRY(check_username_allowed(s, tx, user.username, user.id, now));
    keep_username(s, tx, current.username, user.id, now);
  }
  if (change.is_renamed && change.is_by_owner && current.email.empty()) {
    // Each name is kept from others for months.
    TRY(count_mail(tx, "renamed " + std::to_string(user.id.value), now));
  }
  if (change.notice) {
    // The address may be unverified, so repeated changes must not flood it with mail.
    TRY(count_mail(tx, "names_changed " + tables::fold(current.email), now));
    tables::insert_mail(tx, *change.notice);
  }
  if (change.email_notice) tables::insert_mail(tx, *change.email_notice);
  return {};
}

}  // namespace authd::auth
