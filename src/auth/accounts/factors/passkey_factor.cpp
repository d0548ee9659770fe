#include "auth/accounts/factors/passkey_factor.h"

#include <algorithm>

#include "auth/accounts/passkeys/relying_party.h"
#include "auth/accounts/passkeys/stored_passkeys.h"
#include "auth/core/audit/audit.h"
#include "auth/core/mails.h"
#include "auth/core/ways.h"
#include "base/refusal.h"
#include "crypto/webauthn/authenticator_data.h"
#include "tables/outbox.h"

namespace authd::auth {
namespace {

using crypto::WebauthnRefusal;

Error no_passkey() {
  return refused(ErrorCode::not_found, "no_passkey", "This account has no passkey.");
}

bool must_verify_user(const Proving& proving, const tables::Passkey& passkey) {
  return proving.session && (is_whole_login(passkey) || !has_factor(proving.user));
}

// So that what the browser sends meets the rule above.
std::string_view wanted_verification(const PasskeyQuestion& question, ChallengePurpose purpose,
                                     const tables::User& user) {
  if (purpose != ChallengePurpose::reauthentication) return "discouraged";
  const auto is_passkey = [](const tables::Passkey& one) { return is_whole_login(one); };
  const bool has_only_passkeys =
      std::all_of(question.may_answer.begin(), question.may_answer.end(), is_passkey);
  return has_only_passkeys || !has_factor(user) ? "required" : "preferred";
}

}  // namespace

Result<PasskeyQuestion> question_for(const Services& s, store::ReadTxn& tx,
                                     const tables::User& user, ChallengePurpose purpose,
                                     std::string_view binding, Time now) {
  PasskeyQuestion question;
  question.rp_id = TRY(relying_party(s.config)).id;
  question.may_answer = live_passkeys_of(tx, user);
  if (question.may_answer.empty()) return no_passkey();
  question.user_verification = wanted_verification(question, purpose, user);
  question.challenge = make_passkey_challenge(s, purpose, binding, now);
  return question;
}

Result<PasskeyQuestion> ask_for_proof(const Services& s, const Person& caller) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<PasskeyQuestion> {
    return question_for(s, tx, caller.user(), ChallengePurpose::reauthentication,
                        caller.session().id, s.clock.now());
  });
}

std::optional<Factor> prove_passkey(const Proving& proving, const FactorAnswer& answer) {
  const auto& [s, tx, user, pending, now, notice, origin, session] = proving;
  const auto* given = std::get_if<PasskeyAnswer>(&answer);
  const Result<RelyingParty> party = relying_party(s.config);
  // An answer that comes along with a password answers no question.
  if (given == nullptr || !party || (pending == nullptr && !session)) return std::nullopt;
  const auto found = find_live_passkey(tx, given->response.credential_id);
  if (!found || !is_current(user, found->passkey)) return std::nullopt;
  const auto purpose =
      pending != nullptr ? ChallengePurpose::second_factor : ChallengePurpose::reauthentication;
  const std::string_view binding = pending != nullptr ? std::string_view(pending->id) : *session;
  std::string asked;
  const auto judge = [&](std::string_view challenge) -> std::optional<WebauthnRefusal> {
    asked = challenge;
    if (is_used_passkey_challenge(tx, challenge)) return WebauthnRefusal::stale_challenge;
    return refusal_of_passkey_challenge(s, challenge, purpose, binding, now);
  };
  const auto assertion =
      verify_assertion({*party, judge, must_verify_user(proving, found->passkey)},
                       UserHandle::optional, known_passkey(*found), given->response);
  if (!assertion) {
    if (assertion.error() == WebauthnRefusal::clone_suspected) {
      note_clone(s, tx, *found, asked, origin, now);
    }
    return std::nullopt;
  }
  if (!use_passkey_challenge(tx, assertion->challenge)) return std::nullopt;
  note_passkey_use(s, tx, found->passkey, *assertion, origin, now);
  return factor_of(found->passkey);
}

bool verified_person(const FactorAnswer& answer) {
  const auto* given = std::get_if<PasskeyAnswer>(&answer);
  if (given == nullptr) return false;
  const auto data = crypto::parse_authenticator_data(given->response.authenticator_data);
  return data && data->user_verified;
}

Error wrong_passkey() {
  return refused(ErrorCode::unauthenticated, "invalid_passkey",
                 "The passkey was not accepted; try again, or sign in another way.");
}

void note_passkey_use(const Services& s, store::WriteTxn& tx, tables::Passkey passkey,
                      const Assertion& assertion, const Origin& origin, Time now) {
  if (assertion.counter == CounterVerdict::went_back) {
    audit(s, tx, origin, {"passkey_clone_suspected", passkey.user, "accepted", passkey.name}, now);
  }
  passkey.sign_count = assertion.sign_count;
  passkey.backed_up = assertion.backed_up;
  passkey.last_used = now;
  tables::passkeys.rewrite(tx, passkey);
}

void note_clone(const Services& s, store::WriteTxn& tx, const FoundPasskey& found,
                std::string_view challenge, const Origin& origin, Time now) {
  const auto& [passkey, user] = found;
  if (!use_passkey_challenge(tx, challenge)) return;
  audit(s, tx, origin, {"passkey_clone_suspected", user.id, "refused", passkey.name}, now);
  // Whoever signs up with the address of somebody else must not be able to flood that mailbox.
  if (!user.email_verified) return;
  const auto notice =
      make_notice(s, tables::MailKind::factors_changed, user, "copied", origin, now);
  if (notice) tables::insert_mail(tx, *notice);
}

}  // namespace authd::auth
