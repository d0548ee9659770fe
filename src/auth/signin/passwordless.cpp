#include "auth/signin/passwordless.h"

#include "auth/accounts/account/accounts.h"
#include "auth/accounts/changes/address_proof.h"
#include "auth/core/audit/audit.h"
#include "auth/core/identifiers.h"
#include "auth/core/lifetime.h"
#include "auth/core/login_methods.h"
#include "auth/core/mails.h"
#include "auth/core/one_time_codes.h"
#include "auth/core/one_time_tokens.h"
#include "auth/core/refusals.h"
#include "auth/core/rounds.h"
#include "auth/core/sealing.h"
#include "auth/core/server_mac.h"
#include "auth/passwords/password_check.h"
#include "auth/signin/recovery_rules.h"
#include "base/encoding.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

FoundUser find_enabled(store::Reader& tx, std::string_view email) {
  FoundUser user = tables::find_user_by_email(tx, trimmed(email));
  if (user && user->disabled) user.reset();
  return user;
}

// The users whom a mail may let in; for everybody else it is as if there were no account.
Result<FoundUser> find_by_email(const Services& s, std::string_view email) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<FoundUser> {
    FoundUser user = find_enabled(tx, email);
    if (user && !ways_back(s.config, tx, *user).by_mail) user.reset();
    return user;
  });
}

std::string text_of(std::string_view email) {
  return folded_login(email);
}

// Who asked for a code. The code works only there, so that a stranger who knows an address can
// neither guess at the code that its owner has asked for, nor use up the tries.
struct Asker {
  std::string key;  // of the row; empty: there is none
  explicit operator bool() const { return !key.empty(); }
};

// The browser that keeps the cookie (Origin::asker), and the network, for clients without one and
// for a browser that has lost it.
struct Askers {
  Asker browser;
  Asker network;
};

Askers askers_of(std::string_view email, const Origin& origin) {
  const auto key = [&](std::string_view who) {
    return Asker{crypto::sha256(text_of(email) + '\n' + std::string(who))};
  };
  const Asker network = key("network " + origin.address.limit_key().to_string());
  return {origin.asker.empty() ? Asker{} : key("browser " + origin.asker), network};
}

// After a password, nobody else reaches the code.
Askers beside_password(std::string_view email) {
  return {{}, {crypto::sha256(text_of(email) + "\npassword")}};
}

std::string code_mac(const Services& s, std::string_view email, std::string_view code) {
  return server_mac(s, "login code", crypto::sha256(text_of(email)) + std::string(code));
}

using FoundCode = std::optional<tables::LoginCode>;

FoundCode find_code(store::Reader& tx, const Asker& asker) {
  return asker ? tables::login_codes.find(tx, asker.key) : std::nullopt;
}

// Whether to mail the code of the row again instead of a new one: people type what one mail says
// while the next is on its way. A code is mailed again while it is young, and its attempts keep
// counting, so there is only one code at a time, with five attempts.
bool is_repeatable(const FoundCode& row, const tables::LoginCode& wanted, Time now) {
  return row && !row->mac.empty() && !row->seed.empty() && row->user == wanted.user &&
         row->epoch == wanted.epoch && is_in_life(row->expires_at, kCodeLife, now) &&
         is_in_life(row->made_at + kCodeLife, kCodeLife, now);
}

// The code that may be mailed again. A browser that has used up its tries gets another one.
FoundCode find_repeatable(store::Reader& tx, const Askers& askers, const tables::LoginCode& wanted,
                          Time now) {
  FoundCode row = find_code(tx, askers.browser);
  if (!row) row = find_code(tx, askers.network);
  return is_repeatable(row, wanted, now) ? row : std::nullopt;
}

// Writes the code for one of them. It does not take the place of another code that is alive: that
// of somebody who asked from the same network, or, where nobody gets a code, that of the owner.
void put_code(store::WriteTxn& tx, const Asker& asker, const tables::LoginCode& made,
              bool is_for_nobody, Time now) {
  if (!asker) return;
  const FoundCode before = find_code(tx, asker);
  tables::LoginCode row = before && is_for_nobody ? *before : made;
  if (before && before->seed == made.seed) row.tries = before->tries;
  const bool is_of_another = is_repeatable(before, made, now) && before->seed != made.seed;
  if (is_of_another) return;
  if (before && before->seed == made.seed && before->mac.empty()) row.mac.clear();
  row.sent_at = now;
  tables::login_codes.put(tx, asker.key, row);
}

// Mails a code to the user, or does the same work for nobody. Only the first round mails one again:
// it may be over by the time of the write, and the next round makes a new one.
Result<void> mail_code_once(const Services& s, std::string_view email, const Askers& askers,
                            const FoundUser& user, const Origin& origin, bool has_pause,
                            Round& round) {
  const Time now = s.clock.now();
  tables::LoginCode made;
  if (user) made.user = user->id;
  if (user) made.epoch = user->session_epoch;
  made.seed = make_seed(s);
  made.made_at = now;
  const FoundCode seen = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<FoundCode> {
    return find_repeatable(tx, askers, made, now);
  }));
  const bool repeats = round.number() == 1 && seen;
  if (repeats) made = *seen;
  made.tries = 0;  // What another of the askers has used up is not this one's.
  made.expires_at = now + kCodeLife;
  const OneTimeSecret code = code_of(s, made.seed);
  made.mac = code_mac(s, email, code.reveal());
  const tables::Mail mail =
      make_mail(s, user ? tables::MailKind::login_code : tables::MailKind::nobody,
                user.value_or(tables::User{}), user ? user->email : "", code.reveal(),
                where_from(origin), origin, now);
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    if (has_pause) TRY(count_code_mail(tx, email, now));
    if (repeats) {
      const FoundCode still = find_repeatable(tx, askers, made, now);
      if (!still || still->seed != made.seed) return round.moved(account_changed());
    }
    for (const Asker* asker : {&askers.browser, &askers.network})
      put_code(tx, *asker, made, !user, now);
    insert_sealed_mail(s, tx, mail);
    audit(s, tx, origin, {"login_code_mailed", id_of(user), user ? "ok" : "no_account"}, now);
    return {};
  });
}

Result<void> mail_code(const Services& s, std::string_view email, const Askers& askers,
                       const FoundUser& user, const Origin& origin, bool has_pause) {
  return in_rounds([&](Round& round) -> Result<void> {
    return mail_code_once(s, email, askers, user, origin, has_pause, round);
  });
}

// Ends the code of one of them, when it is the one with this seed.
void end_code(store::WriteTxn& tx, const Asker& asker, const std::string& seed) {
  FoundCode row = find_code(tx, asker);
  if (!row || row->seed != seed) return;
  row->mac.clear();
  tables::login_codes.put(tx, asker.key, *row);
}

// One attempt at the code of whoever asked. The attempt is consumed first and permanently, whatever
// the result. True when the code is the user's and correct.
Result<bool> try_code(const Services& s, std::string_view email, const Askers& askers,
                      const OneTimeSecret& code, const FoundUser& user, Time now) {
  const std::string mac = code_mac(s, email, code_as_made(code).reveal());
  return s.store.write([&](store::WriteTxn& tx) -> Result<bool> {
    FoundCode row = find_code(tx, askers.browser);
    const Asker& asker = row ? askers.browser : askers.network;
    if (!row) row = find_code(tx, asker);
    if (!row || row->mac.empty() || !is_in_life(row->expires_at, kCodeLife, now)) return false;
    const bool is_equal = equal_constant_time(row->mac, mac);
    row->tries += 1;
    if (row->tries >= kCodeTries) row->mac.clear();
    tables::login_codes.put(tx, asker.key, *row);
    if (!is_equal) return false;
    // A code works once, whoever of them has it.
    end_code(tx, askers.browser, row->seed);
    end_code(tx, askers.network, row->seed);
    const bool is_good = user && row->user == user->id && row->epoch == user->session_epoch;
    if (is_good) forget_code_mails(tx, email);
    return is_good;
  });
}

}  // namespace

std::string make_asker(const Services& s) {
  constexpr size_t kAskerBytes = 16;
  return base64url_encode(s.random.bytes(kAskerBytes));
}

Result<OneTimeSecret> send_magic_link(const Services& s, std::string_view email,
                                      const Origin& origin) {
  TRY(require_method(s.config, LoginMethod::email_link));
  const Time now = s.clock.now();
  const FoundUser user = TRY(find_by_email(s, email));
  FreshToken binding = make_token(s);
  MailedToken made =
      make_mailed_token(s, tables::Purpose::magic_link, user, user ? user->email : "", origin, now);
  made.row.binding = binding.id;
  const std::optional<UserId> subject = id_of(user);
  const std::string counted = "magic_link_mailed " + text_of(email);
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
  const FirstFactor way{Factor::code, LoginMethod::email_link, "login_by_link", "",
                        &wrong_link_or_code};
  const Time now = s.clock.now();
  const std::optional<std::string> id = token_id(token);
  const std::optional<std::string> browser = token_id(binding);
  AddressProof address;
  const auto look = [&](store::ReadTxn& tx) -> Result<FoundUser> {
    const auto row = id ? tables::one_time_tokens.find(tx, *id) : std::nullopt;
    if (!row || row->purpose != tables::Purpose::magic_link) return FoundUser{};
    return tables::find_user(tx, row->user);
  };
  // What the link proves is decided in the write, which uses it up.
  const auto prove = [&](const FoundUser& seen) -> Result<std::optional<Proved>> {
    if (!seen || !browser) return std::optional<Proved>{};
    address = prepare_proof(s, *seen, origin, now);
    return std::optional<Proved>(Proved{as_proved(*seen), {}});
  };
  const auto decide = [&](store::WriteTxn& tx, const tables::User&,
                          Round&) -> Result<tables::User> {
    const auto row = take_token(tx, token, tables::Purpose::magic_link, now);
    FoundUser user = row ? tables::find_user(tx, row->user) : std::nullopt;
    const bool is_good = user && row->epoch == user->session_epoch &&
                         equal_constant_time(row->binding, *browser) &&
                         tables::fold(row->email) == tables::fold(user->email);
    if (!is_good) return wrong_link_or_code();
    return prove_from_elsewhere(s, tx, std::move(*user), address, origin, now);
  };
  return run_first_factor(s, way, {look, prove, decide}, std::nullopt, origin);
}

Result<void> send_login_code(const Services& s, std::string_view email, const Origin& origin) {
  TRY(require_method(s.config, LoginMethod::email_code));
  const FoundUser user = TRY(find_by_email(s, email));
  return mail_code(s, email, askers_of(email, origin), user, origin, true);
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
  return mail_code(s, email, beside_password(email), user, origin, has_pause);
}

Result<LoginOutcome> log_in_by_code(const Services& s, std::string_view email,
                                    const OneTimeSecret& code,
                                    const std::optional<FactorAnswer>& second, const Origin& origin,
                                    Remember remember) {
  FirstFactor way{Factor::code, LoginMethod::email_code, "login_by_code", std::string(email),
                  &wrong_link_or_code};
  way.remember = remember;
  const Time now = s.clock.now();
  AddressProof address;
  const auto look = [&](store::ReadTxn& tx) -> Result<FoundUser> {
    return find_enabled(tx, email);
  };
  const auto prove = [&](const FoundUser& seen) -> Result<std::optional<Proved>> {
    if (!TRY(try_code(s, email, askers_of(email, origin), code, seen, now)))
      return std::optional<Proved>{};
    address = prepare_proof(s, *seen, origin, now);
    return std::optional<Proved>(Proved{as_proved(*seen), {}});
  };
  const auto decide = [&](store::WriteTxn& tx, const tables::User& seen,
                          Round&) -> Result<tables::User> {
    FoundUser user = tables::find_user(tx, seen.id);
    if (!user || user->session_epoch != seen.session_epoch) return wrong_link_or_code();
    return prove_from_elsewhere(s, tx, std::move(*user), address, origin, now);
  };
  return run_first_factor(s, way, {look, prove, decide}, second, origin);
}

Result<LoginOutcome> log_in_by_password_and_code(const Services& s, const PasswordAndCode& proof,
                                                 const std::optional<FactorAnswer>& second,
                                                 const Origin& origin) {
  FirstFactor way{Factor::password, LoginMethod::password, "login", proof.login,
                  &wrong_link_or_code};
  way.has_mailed_code = true;
  const Time now = s.clock.now();
  const auto look = [&](store::ReadTxn& tx) -> Result<FoundUser> {
    return find_by_login(tx, proof.login);
  };
  // The password first: a stranger must not use up the tries of the code.
  const auto prove = [&](const FoundUser& seen) -> Result<std::optional<Proved>> {
    const bool is_owner = TRY(verify_password(s, seen, proof.password)) &&
                          tables::fold(seen->email) == text_of(proof.email);
    if (!is_owner ||
        !TRY(try_code(s, proof.email, beside_password(proof.email), proof.code, seen, now))) {
      return std::optional<Proved>{};
    }
    return std::optional<Proved>(Proved{*seen, {}});
  };
  // No further round: the code is used up.
  const auto decide = [&](store::WriteTxn& tx, const tables::User& seen,
                          Round&) -> Result<tables::User> {
    FoundUser user = tables::find_user(tx, seen.id);
    if (!user || user->password_hash != seen.password_hash) return wrong_link_or_code();
    return std::move(*user);
  };
  return run_first_factor(s, way, {look, prove, decide}, second, origin);
}

}  // namespace authd::auth
