// Accounts: how they are made, reached, changed and ended.
#include <algorithm>

#include "model/oracle.h"

namespace authd::model {
namespace {

Answer too_many() {
  return {429, "rate_limited", {}};
}

std::string login_of(const Step& step) {
  return "user" + std::to_string(step.user) + (step.flag ? "@" : "");
}

}  // namespace

Answer Oracle::sign_up(const Step& step) {
  if (find_account(step.user) >= 0) return {409, "username_taken", {}};
  Account account;
  account.user = step.user;
  account.password = step.password;
  account.hash = ++hashes_;
  accounts_[step.name] = account;
  links_[step.name] = {LinkKind::verify, step.name, now_ + 24 * 3600, true, false};
  Answer answer = start_session(step.name, step.name, 201);
  answer.facts.insert(mail("verify_email", step.name));
  return answer;
}

Answer Oracle::log_in(const Step& step) {
  const int name = find_account(step.user);
  const Try keys = try_of(step.address, name, login_of(step));
  if (is_blocked(keys)) return too_many();
  if (name < 0 || is_barred(name) || accounts_.at(name).password != step.password) {
    return refuse(keys, 401, "invalid_credentials");
  }
  return finish_login(step, name, keys);
}

// A password that was right from the same address a moment ago is remembered, which shows only in
// what a success forgets.
Answer Oracle::basic_login(const Step& step) {
  const int name = find_account(step.user);
  const Try keys = try_of(step.address, name, login_of(step));
  if (is_blocked(keys)) return too_many();
  if (name < 0 || accounts_.at(name).password != step.password) {
    return refuse(keys, 401, "invalid_credentials");
  }
  const Account& account = accounts_.at(name);
  const std::string mark = std::to_string(account.hash) + " " + std::to_string(step.address);
  if (is_barred(name) && remembered_[mark] <= now_) {
    return refuse(keys, 401, "invalid_credentials");
  }
  if (account.is_disabled) return {403, "account_disabled", {}};
  if (account.secret >= 0) return {403, "mfa_required", {}};
  if (remembered_[mark] <= now_) {
    remembered_[mark] = now_ + 5 * 60;
    forget(keys, name);
  }
  return {200, "", {}};
}

Answer Oracle::answer_challenge(const Step& step) {
  Challenge& challenge = challenges_.at(step.subject);
  Account& account = accounts_.at(challenge.account);
  if (!challenge.is_there || !account.is_there) return {401, "invalid_mfa_token", {}};
  const Try keys = try_of_account(step.address, challenge.account);
  if (is_blocked(keys)) return too_many();
  if (challenge.expires <= now_ || challenge.is_cut) return {401, "invalid_mfa_token", {}};
  const bool is_refused = challenge.is_by_password && is_barred(challenge.account);
  if (is_refused || !use_factor(account, step.code)) {
    if (++challenge.tries == 5) challenge.is_there = false;
    Answer answer = refuse(keys, 401, "invalid_code");
    if (challenge.is_by_password && !is_refused) {
      warn_of_wrong_factor(answer, challenge.account, step.address);
    }
    return answer;
  }
  challenge.is_there = false;
  if (challenge.is_by_password) take_back_wrong_factors(challenge.account, step.address);
  forget_all(step.address, challenge.account);
  Answer answer = start_session(step.name, challenge.account);
  tell_of_recovery(answer, step.code, challenge.account);
  return answer;
}

Answer Oracle::reauthenticate(const Step& step, Session& session) {
  Account& account = accounts_.at(session.account);
  if (account.secret >= 0 && step.code.kind == Code::Kind::none) {
    return {403, "second_factor_required", {}};
  }
  const Try keys = try_of_session(accesses_.at(step.subject).session);
  if (is_blocked(keys)) return too_many();
  const bool is_by_code = step.code.kind != Code::Kind::none;
  const bool is_right =
      is_by_code ? use_factor(account, step.code) : account.password == step.password;
  if (!is_right) return refuse(keys, 403, "wrong_credentials");
  forget(keys, session.account);
  session.proved = now_;
  Answer answer{200, "", {}};
  tell_of_recovery(answer, step.code, session.account);
  return answer;
}

Answer Oracle::change_password(const Step& step, Session& session) {
  Account& account = accounts_.at(session.account);
  const bool has_factor = account.secret >= 0;
  if (has_factor && !is_fresh(session)) return {403, "reauthentication_required", {}};
  const Try keys = try_of_session(accesses_.at(step.subject).session);
  if (is_blocked(keys)) return too_many();
  if (account.password != step.password) return refuse(keys, 403, "wrong_password");
  if (account.password == step.new_password) return {422, "password_unchanged", {}};
  account.password = step.new_password;
  account.hash = ++hashes_;
  end_sessions(session.account, accesses_.at(step.subject).session);
  if (!has_factor) session.proved = now_;
  forget(keys, session.account);
  return {200, "", {mail("password_changed", session.account)}};
}

// What changes how the account is reached, or ends it.
Answer Oracle::take_factor_step(const Step& step, Session& session) {
  if (!is_fresh(session)) return {403, "reauthentication_required", {}};
  const int name = session.account;
  const int kept = accesses_.at(step.subject).session;
  Account& account = accounts_.at(name);
  switch (step.op) {
    case Op::begin_totp:
      if (account.secret >= 0) return {409, "totp_enabled", {}};
      account.candidate = step.name;
      return {200, "", {}};
    case Op::confirm_totp:
      if (account.candidate < 0) return {404, "not_found", {}};
      if (!use_totp(account.candidate, account, step.code)) return {422, "invalid_code", {}};
      account.secret = account.candidate;
      account.candidate = -1;
      session.proved = now_;
      break;
    case Op::remove_totp:
      if (account.secret < 0) return {404, "not_found", {}};
      account.secret = -1;
      account.last_period = 0;
      break;
    case Op::renew_codes:
      if (account.secret < 0) return {404, "not_found", {}};
      break;
    default: {
      Answer answer{200, "", {}};
      if (account.is_verified) answer.facts.insert(mail("account_deleted", name));
      remove(name);
      return answer;
    }
  }
  account.recovery = step.op == Op::remove_totp ? -1 : step.name;
  account.used_codes.clear();
  end_sessions(name, kept);
  return {200, "", {mail("factors_changed", name)}};
}

Answer Oracle::take_key_step(const Step& step, Session& session) {
  if (!is_fresh(session)) return {403, "reauthentication_required", {}};
  // Only a confirmed address is told.
  Answer answer{step.op == Op::add_key ? 201 : 204, "", {}};
  if (accounts_.at(session.account).is_verified) {
    answer.facts.insert(mail("factors_changed", session.account));
  }
  if (step.op == Op::add_key) {
    keys_[step.name] = {session.account, step.flag, now_ + step.seconds, true};
    return answer;
  }
  Key& key = keys_.at(step.object);
  if (!key.is_there || key.account != session.account) return {404, "not_found", {}};
  key.is_there = false;
  return answer;
}

Answer Oracle::use_key(const Step& step) const {
  const Key& key = keys_.at(step.subject);
  const Account& account = accounts_.at(key.account);
  if (!key.is_there || key.expires <= now_ || account.is_disabled) {
    return {401, "invalid_api_key", {}};
  }
  if (key.is_for_verify != (step.op == Op::verify_key)) return {403, "insufficient_scope", {}};
  return {200, "", {}};
}

void Oracle::remove(int name) {
  accounts_.at(name).is_there = false;
  end_sessions(name);
  remove_keys(name);
  for (auto& [other, session] : sessions_)
    if (session.account == name) session.is_there = false;
  for (auto& [other, grant] : grants_)
    if (grant.account == name) grant.is_there = false;
  std::erase_if(consents_, [&](const auto& consent) { return consent.first.first == name; });
}

Answer Oracle::take_admin_step(const Step& step) {
  Account& account = accounts_.at(step.subject);
  if (!account.is_there) return {404, "not_found", {}};
  Answer answer{200, "", {}};
  switch (step.op) {
    case Op::admin_disable:
      if (!account.is_disabled) answer.facts.insert(mail("account_disabled", step.subject));
      account.is_disabled = true;
      end_sessions(step.subject);
      break;
    case Op::admin_enable: account.is_disabled = false; break;
    case Op::admin_delete:
      remove(step.subject);
      return {204, "", {mail("account_deleted", step.subject)}};
    case Op::admin_log_out: end_sessions(step.subject); return {204, "", {}};
    case Op::admin_reset_factors:
      account.candidate = account.secret = account.recovery = -1;
      account.last_period = 0;
      end_sessions(step.subject);
      return {200, "", {mail("factors_changed", step.subject)}};
    case Op::admin_unlock: {
      const std::string user = "user" + std::to_string(account.user);
      const std::string who = "#" + std::to_string(step.subject);
      for (const std::string& key : {"n" + user, "n" + user + "@", "f" + who, "h" + who})
        counts_.erase(key);
      break;
    }
    default:
      if (step.op == Op::admin_grant && !account.is_admin) {
        account.is_claim = false;
        answer.facts.insert(mail("made_administrator", step.subject));
      }
      account.is_admin = step.op == Op::admin_grant;
      break;
  }
  return answer;
}

}  // namespace authd::model
