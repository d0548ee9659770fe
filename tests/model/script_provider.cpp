// Scripts: what people, applications and administrators do with the provider.
#include "model/script.h"

namespace authd::model {
namespace {

constexpr int kClients = 6;
constexpr size_t kSecrets = 5;

// With more of them the server would end some; other tests cover that.
constexpr int kMaxWaiting = 5;
constexpr int kMaxOfSession = 5;

}  // namespace

int Author::pick_browser(const Oracle& oracle) {
  return pick_good(oracle.sessions(), [&](const Session& session) {
    if (!session.is_browser || !session.is_there || session.is_cut) return false;
    return focus_ < 0 || session.account == focus_;
  });
}

int Author::pick_client(const Oracle& oracle) {
  return pick_good(oracle.clients(),
                   [](const Client& client) { return client.is_there && !client.is_disabled; });
}

Code Author::secret_of(const Oracle& oracle, int client) {
  const auto found = oracle.clients().find(client);
  if (found == oracle.clients().end() || one_in(15)) return {Code::Kind::wrong, -1, 0};
  if (one_in(15)) return {Code::Kind::secret, client, 0};  // its first, which may be revoked
  const std::set<int>& secrets = found->second.secrets;
  const auto at = std::next(secrets.begin(), static_cast<std::ptrdiff_t>(below(secrets.size())));
  return {Code::Kind::secret, *at, 0};
}

// With a grant or its tokens, mostly as the client that has it.
Step Author::by_client(const Oracle& oracle, Step step) {
  const auto is_useful = [&](int name) {
    const Grant& grant = oracle.grants().at(name);
    return grant.is_there && !grant.is_cut && (focus_ < 0 || grant.account == focus_);
  };
  const auto of_tokens = [&](const auto& tokens) {
    step.subject = pick_good(tokens, [&](const auto& token) { return is_useful(token.grant); });
    return step.subject < 0 ? -1 : tokens.at(step.subject).grant;
  };
  int grant = -1;
  if (step.op == Op::exchange_code) {
    step.flag = !one_in(6);
    grant = step.subject = pick_good(oracle.grants(), [&](const Grant& one) {
      return !one.is_cut && (focus_ < 0 || one.account == focus_) && (!one.is_open || one_in(4));
    });
  } else if (step.op == Op::refresh_grant || (step.flag && step.op != Op::ask_userinfo)) {
    grant = of_tokens(oracle.grant_refreshes());
  } else {
    grant = of_tokens(oracle.grant_accesses());
  }
  step.object = grant < 0 || one_in(10) ? pick_client(oracle) : oracle.grants().at(grant).client;
  step.code = secret_of(oracle, step.object);
  return step;
}

Step Author::authorize(const Oracle& oracle, Step step) {
  step.subject = pick_browser(oracle);
  step.object = pick_client(oracle);
  const auto session = oracle.sessions().find(step.subject);
  if (step.object < 0 || session == oracle.sessions().end()) return step;
  const int account = session->second.account;
  if (oracle.waiting_grants(account, step.object) > kMaxWaiting)
    return by_client(oracle, [&] {
      step.op = Op::exchange_code;
      return step;
    }());
  if (!step.flag && oracle.open_grants(step.subject, step.object) > kMaxOfSession)
    step.op = Op::sign_out_browser;
  return step;
}

Step Author::fill_of_provider(const Oracle& oracle, Step step) {
  switch (step.op) {
    case Op::sign_out_browser: step.subject = pick_browser(oracle); break;
    case Op::authorize: return authorize(oracle, step);
    case Op::answer_request:
    case Op::go_on:
      step.subject = pick(oracle.wishes());
      step.object = pick_browser(oracle);
      if (step.subject >= 0 && !one_in(4) && oracle.wishes().at(step.subject).answered_by >= 0) {
        step.object = oracle.wishes().at(step.subject).answered_by;
      }
      break;
    case Op::add_client: {
      int there = 0;
      for (const auto& [name, client] : oracle.clients())
        there += client.is_there ? 1 : 0;
      if (there >= kClients) step.op = Op::ask_userinfo;
      if (there >= kClients) return by_client(oracle, step);
      break;
    }
    case Op::disable_client:
    case Op::enable_client:
    case Op::delete_client:
    case Op::add_secret:
    case Op::revoke_secret: {
      step.object = pick(oracle.clients());
      const auto client = oracle.clients().find(step.object);
      if (client == oracle.clients().end()) break;
      const std::set<int>& secrets = client->second.secrets;
      step.subject = one_in(4) ? step.object : *secrets.begin();
      if (step.op == Op::add_secret && secrets.size() >= kSecrets) step.op = Op::revoke_secret;
      break;
    }
    default: return by_client(oracle, step);
  }
  return step;
}

// The person answers, the browser goes on, the application exchanges the code; and a thief does so
// again.
std::optional<Step> Author::follow_up_of_provider(const Oracle& oracle) {
  const auto use = [&](Op op, int subject, int object) {
    Step step = blank(oracle, op);
    step.subject = subject;
    step.object = object;
    step.flag = !one_in(8);
    return step;
  };
  // What an application still has after the sign-out.
  if (last_.op == Op::sign_out_browser) {
    for (const auto& [name, token] : oracle.grant_accesses()) {
      if (oracle.grants().at(token.grant).session == last_.subject && !token.is_revoked)
        return use(Op::ask_userinfo, name, -1);
    }
  }
  if (last_.op == Op::answer_request) return use(Op::go_on, last_.subject, last_.object);
  if (oracle.wishes().contains(last_.name)) {
    return use(Op::answer_request, last_.name, last_.subject);
  }
  const auto exchange = [&](int grant) {
    Step step = use(Op::exchange_code, grant, oracle.grants().at(grant).client);
    step.code = secret_of(oracle, step.object);
    return step;
  };
  if (oracle.grants().contains(last_.name)) return exchange(last_.name);
  const bool has_tokens = oracle.grant_accesses().contains(last_.name);
  if (!has_tokens) return std::nullopt;
  if (last_.op == Op::exchange_code && one_in(8)) return exchange(last_.subject);
  const int session = oracle.grants().at(oracle.grant_accesses().at(last_.name).grant).session;
  if (session >= 0 && one_in(6)) return use(Op::sign_out_browser, session, -1);
  if (one_in(2) || !oracle.grant_refreshes().contains(last_.name))
    return use(Op::ask_userinfo, last_.name, -1);
  Step step = use(Op::refresh_grant, last_.name, last_.object);
  step.code = secret_of(oracle, step.object);
  return step;
}

}  // namespace authd::model
