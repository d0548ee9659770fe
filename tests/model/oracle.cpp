#include "model/oracle.h"

namespace authd::model {
namespace {

constexpr int64_t kUsedCodeLife = 20 * 60;

bool is_by_access_token(Op op) {
  return op >= Op::log_out_bearer && op <= Op::delete_me;
}

bool is_by_admin(Op op) {
  return op >= Op::admin_disable && op <= Op::admin_revoke;
}

bool is_by_client(Op op) {
  return op >= Op::exchange_code && op <= Op::revoke_grant_token;
}

bool is_about_client(Op op) {
  return op >= Op::add_client && op <= Op::revoke_secret;
}

}  // namespace

bool Oracle::knows_of_provider(const Step& step) const {
  const auto is_browser = [&](int name) {
    const auto found = sessions_.find(name);
    return found != sessions_.end() && found->second.is_browser;
  };
  switch (step.op) {
    case Op::sign_out_browser: return is_browser(step.subject);
    case Op::authorize: return is_browser(step.subject) && clients_.contains(step.object);
    case Op::answer_request:
    case Op::go_on: return wishes_.contains(step.subject) && is_browser(step.object);
    case Op::exchange_code: return grants_.contains(step.subject) && clients_.contains(step.object);
    case Op::refresh_grant:
      return grant_refreshes_.contains(step.subject) && clients_.contains(step.object);
    case Op::introspect_grant:
    case Op::revoke_grant_token:
      return clients_.contains(step.object) && (step.flag ? grant_refreshes_.contains(step.subject)
                                                          : grant_accesses_.contains(step.subject));
    case Op::ask_userinfo: return grant_accesses_.contains(step.subject);
    case Op::add_client: return true;
    default: return clients_.contains(step.object);
  }
}

bool Oracle::knows(const Step& step) const {
  if (step.op >= Op::sign_out_browser && step.op <= Op::revoke_secret)
    return knows_of_provider(step);
  switch (step.op) {
    case Op::refresh:
    case Op::log_out:
    case Op::introspect_refresh:
    case Op::revoke_refresh: return refreshes_.contains(step.subject);
    case Op::answer_challenge: return challenges_.contains(step.subject);
    case Op::reset_password:
    case Op::verify_email:
    case Op::follow_link: return links_.contains(step.subject);
    case Op::verify_key:
    case Op::show_me_by_key: return keys_.contains(step.subject);
    case Op::end_session:
      return accesses_.contains(step.subject) && sessions_.contains(step.object);
    case Op::revoke_key: return accesses_.contains(step.subject) && keys_.contains(step.object);
    case Op::end_grant: {
      const auto grant = grants_.find(step.object);
      return accesses_.contains(step.subject) && grant != grants_.end() && grant->second.is_open;
    }
    case Op::withdraw_consent:
      return accesses_.contains(step.subject) && clients_.contains(step.object);
    default: break;
  }
  if (is_by_access_token(step.op)) return accesses_.contains(step.subject);
  return !is_by_admin(step.op) || accounts_.contains(step.subject);
}

Answer Oracle::take(const Step& step) {
  if (is_by_access_token(step.op) && step.op != Op::introspect_access &&
      step.op != Op::revoke_access) {
    if (!lets_in(step)) return {401, "invalid_token", {}};
    return take_session_step(step, sessions_.at(accesses_.at(step.subject).session));
  }
  if (is_by_admin(step.op)) return take_admin_step(step);
  if (is_by_client(step.op)) return take_client_step(step);
  if (is_about_client(step.op)) return take_client_admin_step(step);
  switch (step.op) {
    case Op::sign_up: return sign_up(step);
    case Op::log_in:
    case Op::sign_in_browser: return log_in(step);
    case Op::sign_out_browser:
    case Op::authorize:
    case Op::answer_request:
    case Op::go_on: return take_browser_step(step);
    case Op::ask_userinfo: return ask_userinfo(step);
    case Op::basic_login: return basic_login(step);
    case Op::answer_challenge: return answer_challenge(step);
    case Op::refresh:
    case Op::refresh_forged: return take_refresh(step);
    case Op::forgot_password:
    case Op::resend_verification:
    case Op::send_link: return send_mail(step);
    case Op::send_code: return send_code(step);
    case Op::reset_password: return reset_password(step);
    case Op::verify_email: return verify_email(step);
    case Op::follow_link: return follow_link(step);
    case Op::use_code: return use_code(step);
    case Op::verify_key:
    case Op::show_me_by_key: return use_key(step);
    case Op::rotate_keys: return {200, "", {}};
    case Op::sweep: sweep(); return {};
    case Op::advance: now_ += step.seconds; return {};
    default: return take_token_question(step);
  }
}

Answer Oracle::take_let_in(const Step& step) {
  if (step.op == Op::sign_out_browser) {
    sessions_.at(step.subject).is_there = false;
    return {200, "", {}};
  }
  Session& session = sessions_.at(accesses_.at(step.subject).session);
  if (!accounts_.at(session.account).is_there) return {404, "not_found", {}};
  return take_session_step(step, session);
}

// Expired rows are removed, which shows only in the counts.
void Oracle::sweep() {
  const auto end = [&](auto& things) {
    for (auto& [name, thing] : things)
      if (thing.expires <= now_) thing.is_there = false;
  };
  end(sessions_);
  end(links_);
  end(challenges_);
  end(keys_);
  end(grants_);
  for (auto& [name, grant] : grants_)
    if (grant.created + kUsedCodeLife <= now_) grant.is_code_known = false;
  for (auto& [name, session] : sessions_)
    write_down(session);
  std::erase_if(codes_, [&](const auto& code) { return code.second.expires <= now_; });
}

int Oracle::find_account(int user) const {
  for (const auto& [name, account] : accounts_)
    if (account.is_there && account.user == user) return name;
  return -1;
}

}  // namespace authd::model
