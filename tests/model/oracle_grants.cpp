// Grants of applications: their codes, their tokens, and what may be asked about these.
#include <algorithm>

#include "model/oracle.h"

namespace authd::model {
namespace {

constexpr int64_t kCodeLife = 60;
constexpr int64_t kAccessLife = 15 * 60;
constexpr int64_t kRefreshLife = 30 * 24 * 3600;
constexpr int64_t kGrace = 10;

Answer invalid_grant() {
  return {400, "invalid_grant", {}};
}

}  // namespace

// It goes on when the client is enabled again, or the role is given back.
bool Oracle::is_grant_alive(int name) const {
  const Grant& grant = grants_.at(name);
  const Client& client = clients_.at(grant.client);
  const Account& account = accounts_.at(grant.account);
  return grant.is_there && !grant.is_cut && grant.expires > now_ && client.is_there &&
         !client.is_disabled && account.is_there && !account.is_disabled &&
         may_enter(grant.client, grant.account) && (grant.is_open || is_alive(grant.browser)) &&
         (grant.session < 0 || is_alive(grant.session));
}

int Oracle::waiting_grants(int account, int client) const {
  return static_cast<int>(std::count_if(grants_.begin(), grants_.end(), [&](const auto& one) {
    const Grant& grant = one.second;
    return grant.account == account && grant.client == client && !grant.is_open &&
           grant.expires > now_;
  }));
}

int Oracle::open_grants(int session, int client) const {
  return static_cast<int>(std::count_if(grants_.begin(), grants_.end(), [&](const auto& one) {
    const Grant& grant = one.second;
    return grant.session == session && grant.client == client && grant.is_there;
  }));
}

bool Oracle::is_good(const GrantAccess& access) const {
  return access.expires > now_ && !access.is_revoked && is_grant_alive(access.grant);
}

bool Oracle::is_client_let_in(const Step& step) const {
  const Client& client = clients_.at(step.object);
  return client.is_there && !client.is_disabled && step.code.kind == Code::Kind::secret &&
         client.secrets.contains(step.code.source);
}

Answer Oracle::take_client_step(const Step& step) {
  if (!is_client_let_in(step)) return {401, "invalid_client", {}};
  switch (step.op) {
    case Op::exchange_code: return exchange_code(step);
    case Op::refresh_grant: return refresh_grant(step);
    case Op::introspect_grant: return introspect_grant(step);
    default: return revoke_grant_token(step);
  }
}

void Oracle::add_grant_tokens(Answer& answer, int name, int grant_name) {
  Grant& grant = grants_.at(grant_name);
  grant_accesses_[name] = {grant_name, now_ + kAccessLife, false};
  if (grant.generation == 0) return;
  grant_refreshes_[name] = {grant_name, grant.generation};
  const int first = grant.first_answer.try_emplace(grant.generation, name).first->second;
  answer.facts.insert("refresh=" + (first == name ? "new" : "#" + std::to_string(first)));
}

// A code that comes a second time ends the grant, whatever else is wrong with it; one that somebody
// else brings stays as it is.
Answer Oracle::exchange_code(const Step& step) {
  Grant& grant = grants_.at(step.subject);
  const Client& client = clients_.at(step.object);
  if (!grant.is_code_known || grant.client != step.object) return invalid_grant();
  if (grant.is_open) {
    if (step.flag) grant.is_there = false;  // A code without its verifier ends nothing.
    return invalid_grant();
  }
  const bool is_in_time = now_ < grant.created + kCodeLife;
  if (!is_in_time || !step.flag || !is_grant_alive(step.subject)) return invalid_grant();
  grant.is_open = true;
  grant.expires = now_ + kAccessLife;
  if (grant.is_offline || client.always_refreshes) {
    grant.generation = 1;
    grant.rotated = now_;
    grant.expires = now_ + kRefreshLife;
  }
  Answer answer{200, "", {}};
  add_grant_tokens(answer, step.name, step.subject);
  return answer;
}

Answer Oracle::refresh_grant(const Step& step) {
  const GrantRefresh& token = grant_refreshes_.at(step.subject);
  const int name = token.grant;
  Grant& grant = grants_.at(name);
  if (grant.client != step.object || !is_grant_alive(name)) return invalid_grant();
  const bool is_current = token.generation == grant.generation;
  const bool is_in_grace =
      token.generation + 1 == grant.generation && now_ - grant.rotated <= kGrace;
  if (!is_current && !is_in_grace) {
    grant.is_there = false;  // used twice: somebody has a copy
    return invalid_grant();
  }
  if (is_current) {
    grant.generation += 1;
    grant.rotated = now_;
    grant.expires = std::max(grant.expires, now_ + kRefreshLife);
  }
  Answer answer{200, "", {}};
  add_grant_tokens(answer, step.name, name);
  return answer;
}

Answer Oracle::introspect_grant(const Step& step) const {
  bool is_active = false;
  if (step.flag) {
    const GrantRefresh& token = grant_refreshes_.at(step.subject);
    const Grant& grant = grants_.at(token.grant);
    is_active = grant.client == step.object && is_grant_alive(token.grant) &&
                token.generation == grant.generation;
  } else {
    const GrantAccess& token = grant_accesses_.at(step.subject);
    is_active = grants_.at(token.grant).client == step.object && is_good(token);
  }
  return {200, "", {is_active ? "active" : "inactive"}};
}

// A refresh token of any generation ends its grant, an access token only itself.
Answer Oracle::revoke_grant_token(const Step& step) {
  Answer answer{200, "", {}};
  const int name =
      step.flag ? grant_refreshes_.at(step.subject).grant : grant_accesses_.at(step.subject).grant;
  Grant& grant = grants_.at(name);
  const bool is_valid =
      step.flag ? is_grant_alive(name) : is_good(grant_accesses_.at(step.subject));
  if (grant.client != step.object) {
    if (is_valid) return {400, "unauthorized_client", {}};
    // What is over may be there still, or not.
    answer.or_status = grant.is_there ? 400 : 0;
    return answer;
  }
  if (step.flag)
    grant.is_there = false;
  else if (is_valid)
    grant_accesses_.at(step.subject).is_revoked = true;
  return answer;
}

Answer Oracle::ask_userinfo(const Step& step) const {
  const GrantAccess& token = grant_accesses_.at(step.subject);
  if (!is_good(token)) return {401, "invalid_token", {}};
  const Account& account = accounts_.at(grants_.at(token.grant).account);
  return {200, "", {"user" + std::to_string(account.user)}};
}

}  // namespace authd::model
