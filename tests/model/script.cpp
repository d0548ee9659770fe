#include "model/script.h"

#include <array>

namespace authd::model {
namespace {

constexpr int kUsers = 5;
constexpr int kPasswords = 3;
constexpr int kAddresses = 3;

// With more of them the server would remove some; other tests cover that.
constexpr int kMaxSessions = 80;
constexpr int kMaxKeys = 40;

struct Weight {
  Op op;
  int weight;
};

constexpr std::array kWeights = {
    Weight{Op::sign_up, 15},
    Weight{Op::log_in, 80},
    Weight{Op::basic_login, 20},
    Weight{Op::answer_challenge, 40},
    Weight{Op::refresh, 120},
    Weight{Op::refresh_forged, 6},
    Weight{Op::log_out, 8},
    Weight{Op::log_out_bearer, 8},
    Weight{Op::log_out_all, 3},
    Weight{Op::list_sessions, 25},
    Weight{Op::end_session, 20},
    Weight{Op::show_me, 50},
    Weight{Op::verify, 30},
    Weight{Op::try_admin, 8},
    Weight{Op::introspect_access, 15},
    Weight{Op::revoke_access, 10},
    Weight{Op::reauthenticate, 25},
    Weight{Op::change_password, 20},
    Weight{Op::begin_totp, 20},
    Weight{Op::confirm_totp, 40},
    Weight{Op::remove_totp, 5},
    Weight{Op::renew_codes, 8},
    Weight{Op::add_key, 20},
    Weight{Op::revoke_key, 10},
    Weight{Op::list_grants, 10},
    Weight{Op::end_grant, 10},
    Weight{Op::list_consents, 8},
    Weight{Op::withdraw_consent, 6},
    Weight{Op::delete_me, 2},
    Weight{Op::introspect_refresh, 20},
    Weight{Op::revoke_refresh, 5},
    Weight{Op::forgot_password, 20},
    Weight{Op::resend_verification, 10},
    Weight{Op::send_link, 15},
    Weight{Op::send_code, 20},
    Weight{Op::reset_password, 25},
    Weight{Op::verify_email, 15},
    Weight{Op::follow_link, 25},
    Weight{Op::use_code, 25},
    Weight{Op::verify_key, 25},
    Weight{Op::show_me_by_key, 10},
    Weight{Op::admin_disable, 4},
    Weight{Op::admin_enable, 10},
    Weight{Op::admin_delete, 2},
    Weight{Op::admin_log_out, 2},
    Weight{Op::admin_reset_factors, 2},
    Weight{Op::admin_unlock, 8},
    Weight{Op::admin_grant, 4},
    Weight{Op::admin_revoke, 4},
    Weight{Op::rotate_keys, 1},
    Weight{Op::sign_in_browser, 40},
    Weight{Op::sign_out_browser, 10},
    Weight{Op::authorize, 110},
    Weight{Op::answer_request, 10},
    Weight{Op::go_on, 15},
    Weight{Op::exchange_code, 30},
    Weight{Op::refresh_grant, 90},
    Weight{Op::introspect_grant, 40},
    Weight{Op::revoke_grant_token, 15},
    Weight{Op::ask_userinfo, 80},
    Weight{Op::add_client, 6},
    Weight{Op::disable_client, 3},
    Weight{Op::enable_client, 8},
    Weight{Op::delete_client, 1},
    Weight{Op::add_secret, 3},
    Weight{Op::revoke_secret, 3},
    Weight{Op::sweep, 8},
    Weight{Op::advance, 80},
};

// Steps that may run concurrently: none that mails a link or a code, since two mails cannot be told
// apart.
constexpr std::array kRacing = {
    Op::refresh,         Op::refresh,
    Op::refresh,         Op::log_in,
    Op::log_in,          Op::log_out,
    Op::log_out_all,     Op::log_out_bearer,
    Op::change_password, Op::admin_disable,
    Op::admin_enable,    Op::admin_delete,
    Op::delete_me,       Op::reset_password,
    Op::follow_link,     Op::use_code,
    Op::add_key,         Op::answer_challenge,
    Op::confirm_totp,    Op::remove_totp,
    Op::revoke_key,      Op::show_me,
    Op::verify_key,      Op::admin_reset_factors,
    Op::reauthenticate,  Op::end_session,
    Op::basic_login,     Op::verify_email,
    Op::admin_log_out,   Op::revoke_access,
    Op::authorize,       Op::authorize,
    Op::go_on,           Op::exchange_code,
    Op::exchange_code,   Op::refresh_grant,
    Op::refresh_grant,   Op::revoke_grant_token,
    Op::ask_userinfo,    Op::sign_out_browser,
    Op::end_grant,       Op::withdraw_consent,
    Op::disable_client,  Op::enable_client,
    Op::answer_request,
};

// Steps that should meet more often than by chance.
using Meeting = std::array<Op, 2>;
constexpr std::array kMeetings = {
    Meeting{Op::log_in, Op::change_password},
    Meeting{Op::refresh, Op::log_out_all},
    Meeting{Op::refresh, Op::change_password},
    Meeting{Op::log_in, Op::admin_disable},
    Meeting{Op::refresh, Op::log_out},
    Meeting{Op::exchange_code, Op::exchange_code},
    Meeting{Op::authorize, Op::withdraw_consent},
    Meeting{Op::exchange_code, Op::log_out_all},
    Meeting{Op::refresh_grant, Op::withdraw_consent},
    Meeting{Op::refresh_grant, Op::refresh_grant},
    Meeting{Op::exchange_code, Op::sign_out_browser},
};

}  // namespace

int Author::pick_access(const Oracle& oracle) {
  return pick_good(oracle.accesses(), [&](const Access& token) {
    const int account = oracle.sessions().at(token.session).account;
    return oracle.is_good(token) && (focus_ < 0 || account == focus_);
  });
}

int Author::pick_refresh(const Oracle& oracle) {
  return pick_good(oracle.refreshes(), [&](const Refresh& token) {
    const int account = oracle.sessions().at(token.session).account;
    return oracle.is_alive(token.session) && (focus_ < 0 || account == focus_);
  });
}

// Mostly of the right kind.
int Author::pick_link(const Oracle& oracle, Op op) {
  const LinkKind wanted = op == Op::reset_password ? LinkKind::reset
                          : op == Op::verify_email ? LinkKind::verify
                                                   : LinkKind::magic;
  return pick_good(oracle.links(), [&](const Link& link) {
    return link.kind == wanted && link.is_there && !link.is_cut &&
           (focus_ < 0 || link.account == focus_);
  });
}

int Author::pick_account(const Oracle& oracle) {
  const int name = oracle.find_account(static_cast<int>(below(kUsers)));
  return name >= 0 && !one_in(10) ? name : pick(oracle.accounts());
}

int Author::password_of(const Oracle& oracle, int account) {
  if (account < 0 || one_in(7)) return static_cast<int>(below(kPasswords));
  return std::max(oracle.accounts().at(account).password, 0);
}

Code Author::code_of(const Oracle& oracle, int name) {
  if (name < 0 || one_in(8)) return {Code::Kind::wrong, -1, 0};
  const Account& account = oracle.accounts().at(name);
  if (account.recovery >= 0 && one_in(3)) {
    return {Code::Kind::recovery, account.recovery, static_cast<int>(below(3))};
  }
  const int secret = account.secret >= 0 ? account.secret : account.candidate;
  if (secret < 0) return {Code::Kind::wrong, -1, 0};
  return {Code::Kind::totp, secret, static_cast<int>(below(5)) - 2};
}

int64_t Author::pause() {
  constexpr std::array<int64_t, 10> kShort = {1, 1, 2, 3, 5, 9, 10, 11, 30, 60};
  constexpr std::array<int64_t, 8> kLong = {299, 301, 601, 899, 901, 1801, 3601, 86401};
  constexpr std::array<int64_t, 3> kVeryLong = {29 * 86400, 30 * 86400, 61 * 86400};
  if (one_in(40)) return kVeryLong[below(kVeryLong.size())];
  return one_in(6) ? kLong[below(kLong.size())] : kShort[below(kShort.size())];
}

Step Author::blank(const Oracle&, Op op) {
  Step step;
  step.op = op;
  step.name = names_++;
  step.user = static_cast<int>(below(kUsers));
  step.address = static_cast<int>(below(kAddresses));
  step.flag = one_in(2);
  step.new_password = static_cast<int>(below(kPasswords));
  return step;
}

Step Author::by_token(const Oracle& oracle, Step step) {
  step.subject = pick_access(oracle);
  if (step.subject < 0) return step;
  const int account = oracle.sessions().at(oracle.accesses().at(step.subject).session).account;
  step.password = password_of(oracle, account);
  if (step.op == Op::confirm_totp || (step.op == Op::reauthenticate && one_in(3))) {
    step.code = code_of(oracle, account);
  }
  if (step.op == Op::end_session) {
    step.object = pick_good(oracle.sessions(),
                            [&](const Session& session) { return session.account == account; });
  }
  if (step.op == Op::revoke_key) {
    step.object = pick_good(oracle.keys(), [&](const Key& key) { return key.account == account; });
  }
  if (step.op == Op::end_grant) {
    step.object = pick_good(oracle.grants(), [&](const Grant& grant) {
      return grant.account == account && grant.is_open && grant.is_there;
    });
  }
  if (step.op == Op::withdraw_consent) step.object = pick_client(oracle);
  if (step.op == Op::add_key) {
    step.seconds = one_in(2) ? 120 : 100000;
    if (static_cast<int>(oracle.keys().size()) > kMaxKeys) step.op = Op::verify;
  }
  return step;
}

Step Author::with_proof(const Oracle& oracle, Step step) {
  switch (step.op) {
    case Op::reset_password:
    case Op::verify_email:
    case Op::follow_link:
      step.subject = pick_link(oracle, step.op);
      step.flag = step.op == Op::verify_email ? one_in(2) : !one_in(6);
      if (step.op == Op::verify_email && step.subject >= 0) {
        step.password = password_of(oracle, oracle.links().at(step.subject).account);
      }
      break;
    case Op::use_code: {
      step.object = -1;
      for (const auto& [asker, code] : oracle.codes()) {
        if (!code.is_open || one_in(3)) continue;
        step.user = asker.first;
        step.address = asker.second;
        step.object = one_in(4) ? -1 : *code.names.rbegin();
      }
      break;
    }
    case Op::verify_key:
    case Op::show_me_by_key:
      step.subject = pick_good(oracle.keys(), [](const Key& key) { return key.is_there; });
      break;
    default: break;
  }
  return step;
}

Step Author::fill(const Oracle& oracle, Op op) {
  Step step = blank(oracle, op);
  if (op >= Op::log_out_bearer && op <= Op::delete_me) return by_token(oracle, step);
  if (op >= Op::admin_disable && op <= Op::admin_revoke) step.subject = pick_account(oracle);
  if (op >= Op::sign_out_browser && op <= Op::revoke_secret) return fill_of_provider(oracle, step);
  const int account = oracle.find_account(step.user);
  step.password = password_of(oracle, account);
  switch (op) {
    case Op::log_in:
    case Op::sign_in_browser:
      if (account >= 0 && oracle.accounts().at(account).secret >= 0 && one_in(2)) {
        step.code = code_of(oracle, account);
      }
      if (account >= 0 && oracle.alive_sessions(account) > kMaxSessions) {
        step.op = Op::admin_log_out;
        step.subject = account;
      }
      break;
    case Op::answer_challenge:
      step.subject = pick_good(oracle.challenges(), [](const Challenge& challenge) {
        return challenge.is_there && !challenge.is_cut;
      });
      if (step.subject >= 0) {
        step.code = code_of(oracle, oracle.challenges().at(step.subject).account);
      }
      break;
    case Op::refresh:
    case Op::log_out:
    case Op::introspect_refresh:
    case Op::revoke_refresh: step.subject = pick_refresh(oracle); break;
    case Op::advance: step.seconds = pause(); break;
    default: return with_proof(oracle, step);
  }
  return step;
}

Step Author::next_step(const Oracle& oracle) {
  size_t all = 0;
  for (const Weight& weight : kWeights)
    all += static_cast<size_t>(weight.weight);
  size_t drawn = below(all);
  for (const Weight& weight : kWeights) {
    if (drawn < static_cast<size_t>(weight.weight)) return fill(oracle, weight.op);
    drawn -= static_cast<size_t>(weight.weight);
  }
  return fill(oracle, Op::advance);
}

// What people do next: they answer the challenge, follow the link, enter the code.
std::optional<Step> Author::follow_up(const Oracle& oracle) {
  const auto use = [&](Op op) {
    Step step = fill(oracle, op);
    step.subject = last_.name;
    step.flag = true;
    return step;
  };
  switch (last_.op) {
    case Op::begin_totp: {
      Step step = use(Op::confirm_totp);
      step.subject = last_.subject;
      step.code = {Code::Kind::totp, last_.name, static_cast<int>(below(3)) - 1};
      return step;
    }
    case Op::forgot_password: return use(Op::reset_password);
    case Op::send_link: return use(Op::follow_link);
    case Op::sign_up:
    case Op::resend_verification: {
      Step step = use(Op::verify_email);
      step.flag = one_in(2);
      const auto link = oracle.links().find(last_.name);
      if (link != oracle.links().end()) step.password = password_of(oracle, link->second.account);
      return step;
    }
    case Op::send_code: {
      Step step = use(Op::use_code);
      step.user = last_.user;
      step.address = last_.address;
      step.object = last_.name;
      return step;
    }
    default: break;
  }
  if (std::optional<Step> step = follow_up_of_provider(oracle)) return step;
  if (!oracle.challenges().contains(last_.name)) return std::nullopt;
  Step step = use(Op::answer_challenge);
  step.code = code_of(oracle, oracle.challenges().at(last_.name).account);
  return step;
}

// Two to four steps that mostly concern one account, often with the same token. The first is often
// the next step of somebody who was sent something: a proof of who owns the account meets the steps
// of whoever holds it meanwhile.
Round Author::race(const Oracle& oracle) {
  Round round;
  const size_t size = 2 + below(3);
  focus_ = oracle.find_account(one_in(2) ? last_.user : static_cast<int>(below(kUsers)));
  const int token = pick_refresh(oracle);
  const Meeting* meeting = one_in(2) ? &kMeetings[below(kMeetings.size())] : nullptr;
  std::optional<Step> next = follow_up(oracle);
  if (next && oracle.knows(*next) && one_in(2)) round.push_back(*next);
  for (int tries = 0; round.size() < size && tries < 100; ++tries) {
    Step step = fill(oracle, meeting != nullptr ? meeting->at(below(meeting->size()))
                                                : kRacing[below(kRacing.size())]);
    const bool is_again = !round.empty() && one_in(4);
    if (is_again) {
      step = round[0];
      step.name = names_++;
    } else if (step.op == Op::refresh) {
      step.subject = token;
    } else if (focus_ >= 0 && (step.op == Op::log_in || step.op == Op::basic_login)) {
      step.user = oracle.accounts().at(focus_).user;
      step.password = password_of(oracle, focus_);
    } else if (focus_ >= 0 && step.op >= Op::admin_disable && step.op <= Op::admin_revoke) {
      step.subject = focus_;
    }
    if (oracle.knows(step)) round.push_back(step);
  }
  focus_ = -1;
  return round;
}

Round Author::next(const Oracle& oracle, bool has_races) {
  if (has_races && one_in(4)) return race(oracle);
  std::optional<Step> step;
  if (!one_in(3)) step = follow_up(oracle);
  while (!step || !oracle.knows(*step))
    step = next_step(oracle);
  last_ = *step;
  return {last_};
}

}  // namespace authd::model
