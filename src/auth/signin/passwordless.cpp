#include "auth/signin/passwordless.h"

#include "auth/accounts/accounts.h"
#include "auth/accounts/address_proof.h"
#include "auth/accounts/password_check.h"
#include "auth/accounts/second_factor.h"
#include "auth/core/attempts.h"
#include "auth/core/audit.h"
#include "auth/core/lifetime.h"
#include "auth/core/mails.h"
#include "auth/core/one_time_codes.h"
#include "auth/core/one_time_tokens.h"
#include "auth/core/sealing.h"
#include "auth/core/server_mac.h"
#include "base/encoding.h"
#include "crypto/digest.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

using FoundUser = std::optional<tables::User>;

Result<FoundUser> find_by_email(const Services& s, std::string_view email) {
  FoundUser user = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<FoundUser> {
    return tables::find_user_by_email(tx, email);
  }));
  if (user && user->disabled) user.reset();
  return user;
}

std::string code_key(std::string_view email) {
  return crypto::sha256(tables::fold(email));
}

std::string code_mac(const Services& s, std::string_view email, std::string_view code) {
  return server_mac(s, "login code", code_key(email) + std::string(code));
}

// Whether one more mail with the code of the row is to go out, instead of a new code: a stranger
// who asks for a mail would void the code that its owner is about to type. A code is mailed again
// as long as it is young, and its tries are counted on, so that there is one at a time and five
// tries of it.
bool is_repeatable(const std::optional<tables::LoginCode>& row, const tables::LoginCode& wanted,
                   Time now) {
  return row && !row->mac.empty() && !row->seed.empty() && row->user == wanted.user &&
         row->epoch == wanted.epoch && is_in_life(row->expires_at, kCodeLife, now) &&
         is_in_life(row->made_at + kCodeLife, kCodeLife, now);
}

Result<std::optional<tables::LoginCode>> find_code(const Services& s, std::string_view email) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::optional<tables::LoginCode>> {
    return tables::login_codes.find(tx, code_key(email));
  });
}

// False, and nothing is done, when the code that was to be mailed again is over at this moment.
Result<bool> mail_code_once(const Services& s, std::string_view email, const FoundUser& user,
                            const Origin& origin, bool has_pause, bool may_repeat) {
  const Time now = s.clock.now();
  tables::LoginCode made;
  made.user = user ? user->id : UserId{};
  made.epoch = user ? user->session_epoch : 0;
  made.seed = make_seed(s);
  made.made_at = now;
  const std::optional<tables::LoginCode> seen = TRY(find_code(s, email));
  const bool repeats = may_repeat && is_repeatable(seen, made, now);
  if (repeats) made = *seen;
  made.expires_at = now + kCodeLife;
  const OneTimeSecret code = code_of(s, made.seed);
  made.mac = code_mac(s, email, code.reveal());
  const tables::Mail mail =
      make_mail(s, user ? tables::MailKind::login_code : tables::MailKind::nobody,
                user.value_or(tables::User{}), user ? user->email : "", code.reveal(),
                where_from(origin), now);
  return s.store.write([&](store::WriteTxn& tx) -> Result<bool> {
    const auto before = tables::login_codes.find(tx, code_key(email));
    if (before && has_pause) TRY(check_resend_pause(before->sent_at, now));
    if (repeats && !(is_repeatable(before, made, now) && before->seed == made.seed)) return false;
    // Who gets no code does not take away the one that somebody else was sent.
    tables::LoginCode row = before && !user ? *before : made;
    if (repeats) row.tries = before->tries;
    row.sent_at = has_pause ? now : Time{};
    tables::login_codes.put(tx, code_key(email), row);
    insert_sealed_mail(s, tx, mail);
    audit(s, tx, origin, {"login_code_mailed", made.user, user ? "ok" : "no_account"}, now);
    return true;
  });
}

// Mails a code to the user, or does the same work for nobody.
Result<void> mail_code(const Services& s, std::string_view email, const FoundUser& user,
                       const Origin& origin, bool has_pause) {
  if (TRY(mail_code_once(s, email, user, origin, has_pause, true))) return {};
  TRY(mail_code_once(s, email, user, origin, has_pause, false));
  return {};
}

// A try of the address's code. It is used up before anything else, and for good, whatever comes of
// it. True when it is the user's and right.
Result<bool> try_code(const Services& s, std::string_view email, const OneTimeSecret& code,
                      const FoundUser& user, Time now) {
  const std::string mac = code_mac(s, email, code.reveal());
  return s.store.write([&](store::WriteTxn& tx) -> Result<bool> {
    auto row = tables::login_codes.find(tx, code_key(email));
    if (!row || row->mac.empty() || !is_in_life(row->expires_at, kCodeLife, now)) return false;
    const bool is_equal = equal_constant_time(row->mac, mac);
    row->tries += 1;
    // Right or tried too often: it stays as a mark for the resend pause, and opens nothing.
    if (is_equal || row->tries >= kCodeTries) row->mac.clear();
    tables::login_codes.put(tx, code_key(email), *row);
    return is_equal && user && row->user == user->id && row->epoch == user->session_epoch;
  });
}

}  // namespace

Result<OneTimeSecret> send_magic_link(const Services& s, std::string_view email,
                                      const Origin& origin) {
  const Time now = s.clock.now();
  const FoundUser user = TRY(find_by_email(s, email));
  FreshToken binding = make_token(s);
  MailedToken made =
      make_mailed_token(s, tables::Purpose::magic_link, user, user ? user->email : "", origin, now);
  made.row.binding = binding.id;
  const UserId subject = user ? user->id : UserId{};
  const std::string counted = "magic_link_mailed " + tables::fold(email);
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    TRY(count_mail(tx, counted, now));
    made.put(s, tx);
    audit(s, tx, origin, {"magic_link_mailed", subject, user ? "ok" : "no_account"}, now);
    return {};
  }));
  return std::move(binding.text);
}

Result<LoginOutcome> log_in_by_link(const Services& s, const OneTimeSecret& token,
                                    const OneTimeSecret& binding, const Origin& origin) {
  const Time now = s.clock.now();
  const std::optional<std::string> id = token_id(token);
  const std::optional<std::string> browser = token_id(binding);
  const FoundUser seen = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<FoundUser> {
    const auto row = id ? tables::one_time_tokens.find(tx, *id) : std::nullopt;
    if (!row || row->purpose != tables::Purpose::magic_link) return FoundUser{};
    return tables::find_user(tx, row->user);
  }));
  const Attempt attempt = TRY(Attempt::begin(s, origin, seen ? seen->id : UserId{}, ""));
  const AuditEvent refused{"login_by_link", seen ? seen->id : UserId{}, "refused"};
  if (!seen || !browser) return refuse_login(s, attempt, origin, refused, wrong_link_or_code());
  const AddressProof proof = prepare_proof(s, *seen, now);
  const auto decide = [&](store::WriteTxn& tx) -> Result<tables::User> {
    const auto row = take_token(tx, token, tables::Purpose::magic_link, now);
    FoundUser user = row ? tables::find_user(tx, row->user) : std::nullopt;
    const bool is_good = user && row->epoch == user->session_epoch &&
                         equal_constant_time(row->binding, *browser) &&
                         tables::fold(row->email) == tables::fold(user->email);
    if (!is_good) return wrong_link_or_code();
    return prove_from_elsewhere(s, tx, std::move(*user), proof, origin, now);
  };
  Result<LoginOutcome> outcome = finish_first_factor(
      s, as_proved(*seen), {Factor::code, "login_by_link", &attempt}, std::nullopt, origin, decide);
  if (outcome || outcome.error().code != ErrorCode::unauthenticated) return outcome;
  return refuse_login(s, attempt, origin, refused, outcome.error());
}

Result<void> send_login_code(const Services& s, std::string_view email, const Origin& origin) {
  return mail_code(s, email, TRY(find_by_email(s, email)), origin, true);
}

Result<void> send_second_code(const Services& s, std::string_view login, const Origin& origin,
                              bool has_pause) {
  const Time now = s.clock.now();
  FoundUser user = TRY(s.store.read(
      [&](store::ReadTxn& tx) -> Result<FoundUser> { return find_by_login(tx, login); }));
  const bool may_have_one =
      user && !user->disabled && !user->email.empty() &&
      is_in_life(user->password_proved_at + kChallengeLife, kChallengeLife, now);
  if (!may_have_one) user.reset();
  const std::string email = user ? user->email : std::string(login);
  return mail_code(s, email, user, origin, has_pause);
}

Result<LoginOutcome> log_in_by_code(const Services& s, std::string_view email,
                                    const OneTimeSecret& code,
                                    const std::optional<FactorAnswer>& second,
                                    const Origin& origin) {
  const Time now = s.clock.now();
  const FoundUser seen = TRY(find_by_email(s, email));
  const UserId id = seen ? seen->id : UserId{};
  const Attempt attempt = TRY(Attempt::begin(s, origin, id, email));
  const bool is_right = TRY(try_code(s, email, code, seen, now));
  const AuditEvent refused{"login_by_code", id, "refused"};
  if (!is_right) return refuse_login(s, attempt, origin, refused, wrong_link_or_code());
  const AddressProof proof = prepare_proof(s, *seen, now);
  const auto decide = [&](store::WriteTxn& tx) -> Result<tables::User> {
    FoundUser user = tables::find_user(tx, id);
    if (!user || user->session_epoch != seen->session_epoch) return wrong_link_or_code();
    return prove_from_elsewhere(s, tx, std::move(*user), proof, origin, now);
  };
  Result<LoginOutcome> outcome = finish_first_factor(
      s, as_proved(*seen), {Factor::code, "login_by_code", &attempt}, second, origin, decide);
  if (outcome || outcome.error().code != ErrorCode::unauthenticated) return outcome;
  return refuse_login(s, attempt, origin, refused, outcome.error());
}

Result<LoginOutcome> log_in_by_password_and_code(const Services& s, const PasswordAndCode& proof,
                                                 const std::optional<FactorAnswer>& second,
                                                 const Origin& origin) {
  const Time now = s.clock.now();
  const FoundUser seen = TRY(s.store.read(
      [&](store::ReadTxn& tx) -> Result<FoundUser> { return find_by_login(tx, proof.login); }));
  const UserId id = seen ? seen->id : UserId{};
  const Attempt attempt = TRY(Attempt::begin(s, origin, id, proof.login));
  const AuditEvent refused{"login", id, "refused"};
  // The password first: a stranger must not use up the tries of the code.
  const bool is_owner = TRY(verify_password(s, seen, proof.password)) &&
                        tables::fold(seen->email) == tables::fold(proof.email);
  if (!is_owner || !TRY(try_code(s, proof.email, proof.code, seen, now))) {
    return refuse_login(s, attempt, origin, refused, wrong_link_or_code());
  }
  FirstFactor factor{Factor::password, "login", &attempt};
  factor.has_email_code = true;
  Result<LoginOutcome> outcome = finish_first_factor(
      s, *seen, factor, second, origin, [&](store::WriteTxn& tx) -> Result<tables::User> {
        FoundUser user = tables::find_user(tx, id);
        if (!user || user->password_hash != seen->password_hash) return wrong_link_or_code();
        return std::move(*user);
      });
  if (outcome || outcome.error().code != ErrorCode::unauthenticated) return outcome;
  return refuse_login(s, attempt, origin, refused, outcome.error());
}

}  // namespace authd::auth
