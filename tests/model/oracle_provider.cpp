// How people let applications in, and what is done with applications.
#include <algorithm>

#include "model/oracle.h"

namespace authd::model {
namespace {

constexpr int64_t kCodeLife = 60;
constexpr int64_t kRequestLife = 3600;
constexpr int64_t kLag = 60;  // of what is written down about the use of a cookie

Answer lead_to(std::string fact) {
  return {303, "", {std::move(fact)}};
}

std::string named(int name) {
  return "#" + std::to_string(name);
}

}  // namespace

bool Oracle::may_enter(int client, int account) const {
  return !clients_.at(client).is_for_admins || accounts_.at(account).is_admin;
}

bool Oracle::has_consent(int account, int client, bool is_offline) const {
  const auto found = consents_.find({account, client});
  return found != consents_.end() && (found->second || !is_offline);
}

void Oracle::use_browser(int name) {
  Session& session = sessions_.at(name);
  if (session.rotated + kLag <= now_) session.seen = now_;
}

Answer Oracle::take_browser_step(const Step& step) {
  switch (step.op) {
    case Op::sign_out_browser:
      if (!is_alive(step.subject)) return {401, "invalid_session", {}};
      sessions_.at(step.subject).is_there = false;
      return {200, "", {}};
    case Op::authorize:
      return decide(step, step.subject, {step.object, step.flag, now_, false, -1}, true);
    case Op::answer_request: return answer_wish(step);
    default: break;
  }
  const Wish& wish = wishes_.at(step.subject);
  if (wish.asked + kRequestLife <= now_) return {400, "", {}};
  return decide(step, step.object, wish, false);
}

// What comes next for the person of the browser: a page, an answer to the client, or the code.
Answer Oracle::decide(const Step& step, int name, const Wish& wish, bool is_new) {
  const Client& client = clients_.at(wish.client);
  const bool is_signed_in = is_alive(name);
  if (is_signed_in) use_browser(name);
  if (!client.is_there || client.is_disabled) return {400, "", {}};
  if (!is_signed_in) return lead_to("/signin");
  const bool is_answered = wish.answered_by == name;
  if (is_answered && !wish.is_allowed) return lead_to("access_denied");
  const Session& session = sessions_.at(name);
  if (!may_enter(wish.client, session.account)) return {403, "", {}};
  const bool is_asked = !client.skips_consent || is_answered;
  if (is_asked && !has_consent(session.account, wish.client, wish.is_offline)) {
    if (is_new) wishes_[step.name] = wish;
    return lead_to("/consent");
  }
  Grant& grant = grants_[step.name];
  grant.account = session.account;
  grant.client = wish.client;
  grant.browser = name;
  grant.session = wish.is_offline ? -1 : name;
  grant.is_offline = wish.is_offline;
  grant.created = now_;
  grant.expires = now_ + kCodeLife;
  return lead_to("code");
}

// An answer counts in the session in which it was given.
Answer Oracle::answer_wish(const Step& step) {
  Wish& wish = wishes_.at(step.subject);
  if (!is_alive(step.object)) return {401, "invalid_session", {}};
  use_browser(step.object);
  const Client& client = clients_.at(wish.client);
  const bool is_over = wish.asked + kRequestLife <= now_;
  if (is_over || !client.is_there || client.is_disabled) return {404, "request_expired", {}};
  const int account = sessions_.at(step.object).account;
  if (step.flag && !has_consent(account, wish.client, wish.is_offline)) {
    if (!may_enter(wish.client, account)) return {409, "client_changed", {}};
    bool& is_offline = consents_[{account, wish.client}];
    is_offline = is_offline || wish.is_offline;
  }
  wish.is_allowed = step.flag;
  wish.answered_by = step.object;
  return {200, "", {}};
}

// What people see of all this in their accounts.
Answer Oracle::take_account_step(const Step& step, const Session& session) {
  Answer answer{200, "", {}};
  switch (step.op) {
    case Op::list_grants:
      for (const auto& [name, grant] : grants_) {
        const bool is_its = grant.account == session.account && grant.is_open;
        if (is_its && is_grant_alive(name)) answer.facts.insert(named(name));
      }
      return answer;
    case Op::list_consents:
      for (const auto& [key, is_offline] : consents_) {
        const bool is_its = key.first == session.account && clients_.at(key.second).is_there;
        if (is_its) answer.facts.insert(named(key.second) + (is_offline ? " offline" : ""));
      }
      return answer;
    case Op::end_grant: {
      Grant& grant = grants_.at(step.object);
      if (!grant.is_there || grant.account != session.account) return {404, "not_found", {}};
      answer.status = 204;
      // One that is over already may have been removed, or not; what was allowed may be, too.
      grant.is_there = false;
      consents_.erase({grant.account, grant.client});
      return answer;
    }
    default: break;
  }
  answer.status = 404;
  answer.error = "not_found";
  const auto has_something = [&](const auto& one) {
    return one.second.account == session.account && one.second.client == step.object &&
           one.second.is_there;
  };
  const bool has_grants = std::any_of(grants_.begin(), grants_.end(), has_something);
  if (consents_.erase({session.account, step.object}) == 0 && !has_grants) return answer;
  for (auto& [name, grant] : grants_)
    if (grant.account == session.account && grant.client == step.object) grant.is_there = false;
  return {204, "", {}};
}

Answer Oracle::take_client_admin_step(const Step& step) {
  if (step.op == Op::add_client) {
    Client& client = clients_[step.name];
    client.skips_consent = step.user % 2 == 1;
    client.is_for_admins = step.user == 3;
    client.always_refreshes = step.user >= 2;
    client.secrets = {step.name};
    return {201, "", {}};
  }
  Client& client = clients_.at(step.object);
  if (!client.is_there) return {404, "not_found", {}};
  switch (step.op) {
    case Op::disable_client:
    case Op::enable_client:
      client.is_disabled = step.op == Op::disable_client;
      return {200, "", {}};
    case Op::delete_client: client.is_there = false; return {204, "", {}};
    case Op::add_secret: client.secrets.insert(step.name); return {201, "", {}};
    default: break;
  }
  if (!client.secrets.contains(step.subject)) return {404, "not_found", {}};
  if (client.secrets.size() == 1) return {409, "last_secret", {}};
  client.secrets.erase(step.subject);
  return {204, "", {}};
}

}  // namespace authd::model
