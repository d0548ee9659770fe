#include "auth/signin/passkey_login.h"

#include "auth/accounts/changes/passkeys.h"
#include "auth/accounts/factors/recovery_codes.h"
#include "auth/accounts/passkeys/relying_party.h"
#include "auth/accounts/passkeys/stored_passkeys.h"
#include "auth/core/audit/audit.h"
#include "auth/core/login_methods.h"
#include "auth/core/login_rules.h"
#include "base/refusal.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

using crypto::WebauthnRefusal;

constexpr ChallengePurpose kPurpose = ChallengePurpose::login;

// Whoever has the key may know.
Error is_second_factor() {
  return refused(ErrorCode::unauthenticated, "second_factor_only",
                 "This key is only a second factor: sign in with your password first.");
}

// The browser may forget the passkey then.
Error unknown_passkey() {
  return refused(ErrorCode::unauthenticated, "unknown_passkey",
                 "This passkey is not known here any more: sign in another way.");
}

// Whether the authenticator keeps a handle that this server has given to somebody. Nobody can guess
// one. Without it the passkey may be another server's that has the same host. An account that must
// be confirmed first does not count: of a sign-up, nobody must learn whether it made one.
bool has_our_handle(const Services& s, store::Reader& tx, const AssertionResponse& response) {
  if (!response.user_handle || response.user_handle->size() != kUserHandleBytes) return false;
  const auto entry = tables::user_handles.find(tx, *response.user_handle);
  const FoundUser user = entry ? tables::find_user(tx, UserId{entry->id}) : std::nullopt;
  return user && check_may_log_in(s.config, *user);
}

// What a login finds and proves.
struct Attempted {
  std::optional<FoundPasskey> found;
  bool has_our_handle = false;
  bool lacks_codes = false;
  std::string challenge;
  std::optional<Assertion> assertion;
};

// A wrong signature and an unknown credential get one reply. What else is wrong says nothing about
// whether the credential exists, or comes from whoever has its key.
ToldRefusal told_of(WebauthnRefusal refusal, const Attempted& attempted) {
  const bool is_unknown =
      refusal == WebauthnRefusal::unknown_credential || refusal == WebauthnRefusal::wrong_signature;
  return {crypto::name(refusal),
          is_unknown && attempted.has_our_handle ? &unknown_passkey : nullptr};
}

Result<void> tell_of_clone(const Services& s, const Attempted& attempted, const Origin& origin,
                           Time now) {
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    note_clone(s, tx, *attempted.found, attempted.challenge, origin, now);
    return {};
  });
}

Result<bool> is_used(const Services& s, std::string_view challenge) {
  return s.store.read(
      [&](store::ReadTxn& tx) -> Result<bool> { return is_used_passkey_challenge(tx, challenge); });
}

}  // namespace

Result<PasskeyQuestion> begin_passkey_login(const Services& s) {
  TRY(require_method(s.config, LoginMethod::passkey));
  PasskeyQuestion question;
  question.rp_id = TRY(relying_party(s.config)).id;
  question.challenge = make_passkey_challenge(s, kPurpose, "", s.clock.now());
  return question;
}

Result<LoginOutcome> log_in_by_passkey(const Services& s, const AssertionResponse& response,
                                       const Origin& origin) {
  ToldRefusal told;
  FirstFactor way{Factor::device_key, LoginMethod::passkey, "login_by_passkey", "", &wrong_passkey};
  way.told = &told;
  const RelyingParty party = TRY(relying_party(s.config));
  const Time now = s.clock.now();
  Attempted attempted;
  const auto judge = [&](std::string_view challenge) -> std::optional<WebauthnRefusal> {
    attempted.challenge = challenge;
    // A store that cannot be read refuses in the next step.
    if (is_used(s, challenge).value_or(false)) return WebauthnRefusal::stale_challenge;
    return refusal_of_passkey_challenge(s, challenge, kPurpose, "", now);
  };
  const Expected expected{party, judge, true};
  const auto look = [&](store::ReadTxn& tx) -> Result<FoundUser> {
    attempted.found = find_live_passkey(tx, response.credential_id);
    attempted.has_our_handle = has_our_handle(s, tx, response);
    attempted.lacks_codes = attempted.found && lacks_recovery_codes(tx, attempted.found->user);
    return attempted.found ? FoundUser(attempted.found->user) : FoundUser{};
  };
  const auto prove = [&](const FoundUser& seen) -> Result<std::optional<Proved>> {
    if (!seen) {
      told = told_of(refuse_unknown(expected, UserHandle::required, response), attempted);
      return std::optional<Proved>{};
    }
    const FoundPasskey& found = *attempted.found;
    const auto checked =
        verify_assertion(expected, UserHandle::required, known_passkey(found), response);
    if (!checked) {
      told = told_of(checked.error(), attempted);
      if (checked.error() == WebauthnRefusal::clone_suspected) {
        TRY(tell_of_clone(s, attempted, origin, now));
      }
      return std::optional<Proved>{};
    }
    if (!is_whole_login(found.passkey)) {
      told = {"second_factor_only", &is_second_factor};
      return std::optional<Proved>{};
    }
    attempted.assertion = *checked;
    return std::optional<Proved>(Proved{*seen, {}, factor_of(found.passkey)});
  };
  FreshCodes codes;
  const auto decide = [&](store::WriteTxn& tx, const tables::User&,
                          Round& round) -> Result<tables::User> {
    codes.texts.clear();
    auto current = find_live_passkey(tx, response.credential_id);
    // Another login may have advanced the counter.
    if (!current || current->passkey.sign_count != attempted.found->passkey.sign_count) {
      return round.moved(wrong_passkey());
    }
    if (!use_passkey_challenge(tx, attempted.challenge)) {
      told.reason = crypto::name(WebauthnRefusal::stale_challenge);
      return wrong_passkey();
    }
    note_passkey_use(s, tx, current->passkey, *attempted.assertion, origin, now);
    // A login that waits for steps shows none.
    if (attempted.lacks_codes && steps_left(s.config, current->user).empty()) {
      codes = make_recovery_codes(s, now);
      if (give_recovery_codes(s, tx, current->user, codes)) {
        audit(s, tx, by(origin, current->user.id), {"recovery_codes_renewed", current->user.id},
              now);
      } else {
        codes.texts.clear();
      }
    }
    return std::move(current->user);
  };
  Result<LoginOutcome> outcome =
      run_first_factor(s, way, {look, prove, decide}, std::nullopt, origin);
  auto* tokens = outcome ? std::get_if<Tokens>(&*outcome) : nullptr;
  if (tokens != nullptr) tokens->recovery_codes = std::move(codes.texts);
  return outcome;
}

}  // namespace authd::auth
