#include "auth/signin/federation/federated_accounts.h"

#include "auth/accounts/account/accounts.h"
#include "auth/accounts/account/invitations.h"
#include "auth/accounts/changes/address_proof.h"
#include "auth/accounts/names/identities.h"
#include "auth/accounts/names/known_owner.h"
#include "auth/accounts/passkeys/new_passkey.h"
#include "auth/core/audit/audit.h"
#include "auth/core/identifiers.h"
#include "auth/core/login_methods.h"
#include "auth/core/one_time_tokens.h"
#include "auth/sessions/sessions.h"
#include "auth/signin/group_roles.h"
#include "base/refusal.h"
#include "tables/outbox.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

Error forbidden(std::string message, std::string name) {
  return refused(ErrorCode::forbidden, name, std::move(message));
}

Error conflict(std::string message, std::string name) {
  return refused(ErrorCode::conflict, name, std::move(message));
}

// What the store contains about a person.
struct Found {
  std::optional<tables::User> user;          // nullopt: the account must be created
  std::optional<tables::Identity> identity;  // nullopt: it must be linked
};

// A subject is unique only within its issuer (OpenID Connect Core section 5.7).
Result<std::optional<tables::Identity>> find_known(store::Reader& tx,
                                                   const config::Provider& provider,
                                                   const ProvidedPerson& person) {
  auto identity = find_live_identity(tx, provider.name, person.subject);
  if (identity && identity->issuer != person.issuer) {
    return conflict(
        "This provider is not the one you last signed in with; tell whoever runs "
        "this service.",
        "issuer_changed");
  }
  return identity;
}

// Whether the person may create an account. Errors: `forbidden`, "signup_disabled" or
// "invited_another"; `unauthenticated`, "invalid_code", for an invitation that is over.
Result<void> check_may_sign_up(const Services& s, store::Reader& tx, const ProvidedPerson& person,
                               std::string_view invitation) {
  if (invitation.empty()) {
    if (s.config.signup.enabled) return {};
    return forbidden("Only an administrator can create accounts here.", "signup_disabled");
  }
  const auto row = find_good_invitation(tx, invitation, s.clock.now());
  if (!row) return wrong_link_or_code();
  if (row->email.empty() || tables::fold(row->email) == tables::fold(person.email)) return {};
  return forbidden("The invitation is not for the address that this provider supplied.",
                   "invited_another");
}

Result<Found> find_account_of(const Services& s, store::Reader& tx,
                              const config::Provider& provider, const ProvidedPerson& person,
                              std::string_view invitation) {
  Found found;
  found.identity = TRY(find_known(tx, provider, person));
  if (found.identity) {
    found.user = tables::find_user(tx, found.identity->user);
    return found;
  }
  if (person.email.empty()) {
    return forbidden("The provider did not supply your email, and a new account needs one.",
                     "email_required");
  }
  if (s.config.signup.require_verified_email && !person.email_verified) {
    return forbidden("The provider has not verified your email; verify it there first.",
                     "email_not_verified");
  }
  found.user = tables::find_user_by_email(tx, person.email);
  if (found.user) {
    // Anybody can enter any address at a provider that does not verify it. And whoever controls a
    // provider, or a mailbox for a moment, must not become an administrator here. The text is the
    // same whatever is known about the account, so it reveals nothing.
    if (!person.email_verified || !may_link_by_email(tx, *found.user)) {
      return conflict(
          "There is an account with this email, and this provider's word is not enough to open it: "
          "sign in to the account (reset its password if you have to), and link the provider "
          "there.",
          "account_exists");
    }
    // A verified address is a proof like a mailed code, and takes the account from whoever created
    // it before its owner came (address_proof.h): their identities at this provider do not count.
    if (is_owner_known(*found.user) && find_live_identity_of(tx, *found.user, provider.name)) {
      return conflict("The account with this email is linked to another person at this provider.",
                      "provider_linked");
    }
    return found;
  }
  TRY(check_may_sign_up(s, tx, person, invitation));
  return found;
}

std::string name_or_nothing(std::string_view text, std::string_view field) {
  Result<std::string> name = parse_person_name(text, field);
  return name ? std::move(*name) : "";
}

Result<tables::User> prepare_account(const ProvidedPerson& person, const Origin& origin, Time now) {
  tables::User user;
  Result<std::string> email = parse_email(person.email);
  if (!email) {
    return forbidden("The provider supplied an email address that cannot be used here.",
                     "email_required");
  }
  user.email = std::move(*email);
  user.email_verified = person.email_verified;
  user.is_claim = !person.email_verified;
  user.first_name = name_or_nothing(person.given_name, "first_name");
  user.last_name = name_or_nothing(person.family_name, "last_name");
  user.locale = origin.language;
  user.created_at = now;
  user.updated_at = now;
  return user;
}

tables::Identity new_identity(const config::Provider& provider, const ProvidedPerson& person,
                              UserId user, Time now) {
  tables::Identity identity;
  identity.provider = provider.name;
  identity.issuer = person.issuer;
  identity.subject = person.subject;
  identity.user = user;
  identity.email = person.email;
  identity.created_at = now;
  identity.last_used = now;
  return identity;
}

// What the provider supplied this time, kept with the identity.
void note_identity(store::WriteTxn& tx, const tables::User& user, tables::Identity identity,
                   const ProvidedPerson& person, Time now) {
  if (!person.email.empty()) identity.email = person.email;
  identity.last_used = now;
  keep_identity(tx, user, std::move(identity));
}

}  // namespace

Result<LoginOutcome> sign_in_person(const Services& s, const config::Provider& provider,
                                    const ProvidedPerson& person, std::string_view invitation,
                                    const Attempt& attempt, const Origin& origin) {
  const FirstFactor way{.factor = Factor::provider,
                        .method = LoginMethod::providers,
                        .action = "federated_login",
                        .attempt = &attempt};
  const Time now = s.clock.now();
  Found found;
  std::optional<MailedToken> link;  // that confirms the address of a new account
  AddressProof proof;
  GroupRoles roles(s, provider, person);
  const auto look = [&](store::ReadTxn& tx) -> Result<FoundUser> {
    found = TRY(find_account_of(s, tx, provider, person, invitation));
    return found.user ? *found.user : TRY(prepare_account(person, origin, now));
  };
  // The provider has proved it; it remains to prepare the write.
  const auto prove = [&](const FoundUser& seen) -> Result<std::optional<Proved>> {
    TRY(roles.prepare(found.user ? std::optional(found.user->id) : std::nullopt));
    if (!found.user && !seen->email_verified) {
      link = make_mailed_token(s, tables::Purpose::verify_email, *seen, seen->email, origin, now);
    }
    if (!found.user || found.identity) return std::optional<Proved>(Proved{*seen, {}});
    // The identity is linked when the session starts, which may take a second factor.
    proof = prepare_proof(s, *seen, origin, now);
    return std::optional<Proved>(Proved{
        as_proved(*seen),
        PendingLink{new_identity(provider, person, seen->id, now),
                    identity_notice(s, *seen, provider.name, "provider_added", origin, now)}});
  };
  const auto decide = [&](store::WriteTxn& tx, const tables::User& seen,
                          Round& round) -> Result<tables::User> {
    Found current = TRY(find_account_of(s, tx, provider, person, invitation));
    const bool is_same = current.user.has_value() == found.user.has_value() &&
                         (!current.user || current.user->id == found.user->id);
    if (!is_same || (found.identity && !current.identity)) {
      return conflict("The account has just changed; start again.", "account_changed");
    }
    if (current.user && !current.identity) {
      tables::User proved =
          prove_from_elsewhere(s, tx, std::move(*current.user), proof, origin, now);
      // The identity is linked only with the session, after a second factor and all steps, so
      // until then it changes no roles either, and grants none that would ask for a second factor
      // now.
      const auto needed = methods_needed(s.config, tx, proved);
      const bool is_complete = needed && needed->empty() && steps_left(s.config, proved).empty();
      if (is_complete) TRY(roles.apply(tx, proved, round, origin, now, false));
      return proved;
    }
    std::vector<std::string> granted;
    const bool is_invited = !current.user && !invitation.empty();
    if (is_invited) granted = TRY(use_invitation(tx, invitation, now));
    tables::User user =
        current.user ? std::move(*current.user) : TRY(insert_account(s, tx, seen, granted));
    note_identity(tx, user, current.identity.value_or(new_identity(provider, person, user.id, now)),
                  person, now);
    // A role that needs a passkey would shut out whoever has none yet: a later login grants it.
    TRY(roles.apply(tx, user, round, origin, now, passkeys_of(user) > 0));
    if (link) {
      MailedToken mine = *link;
      mine.row.user = user.id;
      mine.put(s, tx);
    }
    if (!found.user) {
      audit(s, tx, by(origin, user.id), {"signup", user.id, "ok", provider.name}, now);
    }
    return user;
  };
  Result<LoginOutcome> outcome =
      run_first_factor(s, way, {look, prove, decide}, std::nullopt, origin);
  if (outcome && !found.user) count(s.counters.signups);
  return outcome;
}

Result<tables::Identity> link_person(const Services& s, const config::Provider& provider,
                                     const ProvidedPerson& person, const tables::Journey& journey,
                                     const Origin& origin) {
  const Time now = s.clock.now();
  const auto owner =
      TRY(s.store.read([&](store::ReadTxn& tx) -> Result<std::optional<LiveSession>> {
        return find_live_session(tx, journey.session, now);
      }));
  if (!owner) return Error{ErrorCode::unauthenticated, "The session is over."};
  const auto notice = identity_notice(s, owner->user, provider.name, "provider_added", origin, now);
  return s.store.write([&](store::WriteTxn& tx) -> Result<tables::Identity> {
    std::optional<LiveSession> live = find_live_session(tx, journey.session, now);
    if (!live || live->user.id != journey.user) {
      return Error{ErrorCode::unauthenticated, "The session is over."};
    }
    auto identity = TRY(find_known(tx, provider, person));
    if (identity && identity->user != journey.user) {
      return conflict("This person is already linked to another account.", "identity_taken");
    }
    if (identity) return *identity;
    if (find_live_identity_of(tx, live->user, provider.name)) {
      return conflict(
          "Your account is linked to another person at this provider: unlink that "
          "first.",
          "provider_linked");
    }
    tables::Identity made = new_identity(provider, person, live->user.id, now);
    keep_identity(tx, live->user, made);
    if (notice) tables::insert_mail(tx, *notice);
    audit(s, tx, origin, {"identity_linked", journey.user, "ok", provider.name}, now);
    return made;
  });
}

}  // namespace authd::auth
