// Sessions, the tokens of them, and what may be asked about tokens.
#include <algorithm>

#include "model/oracle.h"

namespace authd::model {
namespace {

constexpr int64_t kDay = 24 * 3600;
constexpr int64_t kAccessLife = 15 * 60;
constexpr int64_t kRefreshLife = 30 * kDay;
constexpr int64_t kMaxAge = 90 * kDay;
constexpr int64_t kGrace = 10;

Answer invalid_token() {
  return {401, "invalid_token", {}};
}

}  // namespace

bool Oracle::is_alive(int name) const {
  const Session& session = sessions_.at(name);
  return session.is_there && !session.is_cut && session.expires > now_;
}

int Oracle::alive_sessions(int account) const {
  return static_cast<int>(std::count_if(sessions_.begin(), sessions_.end(), [&](const auto& one) {
    return one.second.account == account && is_alive(one.first);
  }));
}

bool Oracle::is_good(const Access& access) const {
  return access.expires > now_ && !access.is_revoked && is_alive(access.session);
}

bool Oracle::lets_in(const Step& step) const {
  if (step.op == Op::sign_out_browser) return is_alive(step.subject);
  return is_good(accesses_.at(step.subject));
}

// The same generation is the same token, whoever asks for it.
void Oracle::add_tokens(Answer& answer, int name, int session_name) {
  Session& session = sessions_.at(session_name);
  accesses_[name] = {session_name, std::min(now_ + kAccessLife, session.expires), false};
  refreshes_[name] = {session_name, session.generation};
  const int first = session.first_answer.try_emplace(session.generation, name).first->second;
  answer.facts.insert("refresh=" + (first == name ? "new" : "#" + std::to_string(first)));
}

Answer Oracle::start_session(int name, int account, int status) {
  sessions_[name] = {account, now_, now_, now_ + kRefreshLife, now_, 1, true, false, {}, false, -1};
  Answer answer{status, "", {}};
  add_tokens(answer, name, name);
  return answer;
}

// The first factor is there.
Answer Oracle::finish_login(const Step& step, int name, const Try& keys) {
  Account& account = accounts_.at(name);
  if (account.is_disabled) return {403, "account_disabled", {}};
  bool is_proved = false;
  const bool is_by_password = step.op == Op::log_in || step.op == Op::sign_in_browser;
  if (account.secret >= 0) {
    if (step.code.kind == Code::Kind::none) {
      challenges_[step.name] = {name, now_ + 600, 0, true, false, is_by_password};
      return {200, "", {"mfa_required"}};
    }
    const Try factor = {"f#" + std::to_string(name)};
    if (is_blocked(factor)) return {429, "rate_limited", {}};
    if (!use_factor(account, step.code)) {
      refuse(factor, 0, "");
      Answer answer = refuse(keys, 401, "invalid_code");
      if (is_by_password) warn_of_wrong_factor(answer, name, step.address);
      return answer;
    }
    if (is_by_password) take_back_wrong_factors(name, step.address);
    is_proved = true;
  }
  forget(keys, name);
  Answer answer;
  if (step.op == Op::sign_in_browser) {
    sessions_[step.name] = {name, now_, now_, now_ + kRefreshLife, now_, 0, true, false,
                            {},   true, -1};
    answer.status = 200;
  } else {
    answer = start_session(step.name, name);
  }
  if (is_proved) tell_of_recovery(answer, step.code, name);
  return answer;
}

// All that is on its way to a session ends with them: links, codes, half a login. The link that
// confirms an address leads to none.
void Oracle::end_sessions(int account, int kept) {
  const auto cut = [&](auto& things) {
    for (auto& [name, thing] : things)
      if (thing.account == account) thing.is_cut = true;
  };
  for (auto& [name, session] : sessions_)
    if (session.account == account && name != kept) session.is_cut = true;
  for (auto& [name, link] : links_)
    if (link.account == account && link.kind != LinkKind::verify) link.is_cut = true;
  cut(challenges_);
  cut(codes_);
  cut(grants_);
}

// The use of a cookie, as far as it moves the end of its session.
void Oracle::write_down(Session& session) const {
  if (session.is_there && session.seen > session.rotated) {
    session.rotated = session.seen;
    session.expires =
        std::max(session.expires, std::min(session.seen + kRefreshLife, session.created + kMaxAge));
  }
  session.seen = -1;
}

Answer Oracle::take_refresh(const Step& step) {
  if (step.op == Op::refresh_forged) {
    const Try keys = try_of(step.address);
    if (is_blocked(keys)) return {429, "rate_limited", {}};
    return refuse(keys, 401, "invalid_token");
  }
  const Refresh presented = refreshes_.at(step.subject);
  Session& session = sessions_.at(presented.session);
  if (!is_alive(presented.session)) return invalid_token();
  const bool is_current = presented.generation == session.generation;
  const bool is_in_grace =
      presented.generation + 1 == session.generation && now_ - session.rotated <= kGrace;
  if (!is_current && !is_in_grace) {
    session.is_there = false;  // used twice: somebody has a copy
    return invalid_token();
  }
  if (is_current) {
    session.generation += 1;
    session.rotated = now_;
    session.expires =
        std::max(session.expires, std::min(now_ + kRefreshLife, session.created + kMaxAge));
  }
  Answer answer{200, "", {}};
  add_tokens(answer, step.name, presented.session);
  return answer;
}

Answer Oracle::take_token_question(const Step& step) {
  switch (step.op) {
    case Op::introspect_access: return {200, "", {lets_in(step) ? "active" : "inactive"}};
    case Op::revoke_access:
      if (lets_in(step)) accesses_.at(step.subject).is_revoked = true;
      return {200, "", {}};
    case Op::introspect_refresh: {
      const Refresh& token = refreshes_.at(step.subject);
      const bool is_active =
          is_alive(token.session) && token.generation == sessions_.at(token.session).generation;
      return {200, "", {is_active ? "active" : "inactive"}};
    }
    default:  // log_out and revoke_refresh: a token of any generation ends its session
      sessions_.at(refreshes_.at(step.subject).session).is_there = false;
      return {200, "", {}};
  }
}

Answer Oracle::end_one_session(const Step& step, const Session& session) {
  Session& other = sessions_.at(step.object);
  if (!other.is_there || other.account != session.account) return {404, "not_found", {}};
  Answer answer{204, "", {}};
  // One that is over already may have been swept, or not.
  if (!is_alive(step.object)) answer.or_status = 404;
  other.is_there = false;
  return answer;
}

Answer Oracle::take_session_step(const Step& step, Session& session) {
  const Account& account = accounts_.at(session.account);
  Answer answer{200, "", {}};
  switch (step.op) {
    case Op::log_out_bearer: session.is_there = false; return answer;
    case Op::log_out_all: end_sessions(session.account); return answer;
    case Op::list_sessions:
      for (const auto& [name, other] : sessions_) {
        if (other.account == session.account && is_alive(name)) {
          answer.facts.insert("#" + std::to_string(name));
        }
      }
      return answer;
    case Op::end_session: return end_one_session(step, session);
    case Op::show_me:
      answer.facts = {
          "user" + std::to_string(account.user), account.is_verified ? "verified" : "unverified",
          account.secret >= 0 ? "mfa" : "no mfa", account.is_admin ? "admin" : "no admin"};
      return answer;
    case Op::verify: return answer;
    case Op::try_admin:
      if (account.is_admin) return answer;
      return {403, "forbidden", {}};
    case Op::reauthenticate: return reauthenticate(step, session);
    case Op::change_password: return change_password(step, session);
    case Op::add_key:
    case Op::revoke_key: return take_key_step(step, session);
    case Op::list_grants:
    case Op::end_grant:
    case Op::list_consents:
    case Op::withdraw_consent: return take_account_step(step, session);
    default: return take_factor_step(step, session);
  }
}

}  // namespace authd::model
