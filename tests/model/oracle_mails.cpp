// Mails: links and codes, which work once, for one purpose, for a while.
#include <algorithm>

#include "model/oracle.h"

namespace authd::model {
namespace {

Answer too_many() {
  return {429, "rate_limited", {}};
}

constexpr const char* kBadProof = "invalid_code";

}  // namespace

std::string Oracle::mail(const char* kind, int account) const {
  return "mail=" + std::string(kind) + ">user" + std::to_string(accounts_.at(account).user);
}

// The answer is the same whether or not there is an account.
Answer Oracle::send_mail(const Step& step) {
  const std::string login = "user" + std::to_string(step.user);
  const bool is_by_email = step.flag || step.op != Op::forgot_password;
  const std::string op = std::to_string(static_cast<int>(step.op));
  if (!may_mail(op + " " + login + (is_by_email ? "@" : ""))) return too_many();
  const int name = find_account(step.user);
  const bool is_for_it = name >= 0 && !accounts_.at(name).is_disabled &&
                         !(step.op == Op::resend_verification && accounts_.at(name).is_known());
  if (!is_for_it) return {200, "", {"mail=nobody"}};
  if (step.op == Op::forgot_password) {
    links_[step.name] = {LinkKind::reset, name, now_ + 30 * 60, true, false};
    return {200, "", {mail("reset_password", name)}};
  }
  if (step.op == Op::send_link) {
    links_[step.name] = {LinkKind::magic, name, now_ + 15 * 60, true, false};
    return {200, "", {mail("magic_link", name)}};
  }
  links_[step.name] = {LinkKind::verify, name, now_ + 24 * 3600, true, false};
  return {200, "", {mail("verify_email", name)}};
}

Answer Oracle::send_code(const Step& step) {
  if (!may_mail(std::to_string(step.user), 'c')) return too_many();
  const std::pair<int, int> key = {step.user, step.address};
  const auto before = codes_.find(key);
  const int name = find_account(step.user);
  if (name < 0 || accounts_.at(name).is_disabled) {
    // Who gets no code does not take away the one that was sent before.
    if (before == codes_.end()) codes_[key] = {{step.name}, -1, now_, now_ + 600, 0, true, false};
    return {200, "", {"mail=nobody"}};
  }
  // Mailing a recent code again voids nothing, and gives no more tries.
  const bool is_same = before != codes_.end() && before->second.account == name &&
                       before->second.is_open && !before->second.is_cut &&
                       before->second.expires > now_ && before->second.made + 600 > now_;
  if (!is_same) codes_[key] = {{}, name, now_, now_ + 600, 0, true, false};
  MailedCode& code = codes_.at(key);
  code.names.insert(step.name);
  code.expires = now_ + 600;
  return {200, "", {mail("login_code", name)}};
}

Answer Oracle::reset_password(const Step& step) {
  const Try keys = try_of(step.address);
  if (is_blocked(keys)) return too_many();
  Link& link = links_.at(step.subject);
  Account& account = accounts_.at(link.account);
  if (link.kind != LinkKind::reset || !link.is_there || link.is_cut || link.expires <= now_) {
    return refuse(keys, 401, kBadProof);
  }
  if (account.password == step.new_password) return {422, "password_unchanged", {}};
  link.is_there = false;
  account.password = step.new_password;
  account.hash = ++hashes_;
  counts_.erase("h#" + std::to_string(link.account));
  Answer answer{200, "", {mail("password_changed", link.account)}};
  if (end_earlier_ways(link.account)) answer.facts.insert(mail("factors_changed", link.account));
  end_sessions(link.account);
  return answer;
}

Answer Oracle::verify_email(const Step& step) {
  Link& link = links_.at(step.subject);
  Account& account = accounts_.at(link.account);
  const bool is_good =
      link.kind == LinkKind::verify && link.is_there && link.expires > now_ && account.is_there;
  const bool has_password = is_good && step.flag;
  const Try keys = has_password ? try_of_account(step.address, link.account) : try_of(step.address);
  if (is_blocked(keys)) return too_many();
  if (!is_good) return refuse(keys, 401, kBadProof);
  if (has_password) {
    if (account.password != step.password) return refuse(keys, 403, "wrong_password");
    forget_all(step.address, link.account);
    link.is_there = account.is_alone = account.is_claim = false;
    account.is_verified = true;
    return {200, "", {}};
  }
  // Followed from anywhere, it takes over no more than a password, and proves the mailbox alone.
  const bool has_more = account.secret >= 0 || has_key(link.account);
  if (!account.is_known() && account.is_claim && has_more) return {403, "sign_in_first", {}};
  link.is_there = false;
  if (!account.is_known()) account.is_verified = account.is_alone = true;
  return {200, "", {}};
}

Answer Oracle::follow_link(const Step& step) {
  Link& link = links_.at(step.subject);
  const bool names_account =
      link.kind == LinkKind::magic && link.is_there && accounts_.at(link.account).is_there;
  const Try keys = try_of(step.address);
  if (is_blocked(keys)) return too_many();
  const bool is_good = names_account && !link.is_cut && link.expires > now_ && step.flag;
  if (!is_good) return refuse(keys, 401, kBadProof);
  link.is_there = false;
  return log_prover_in(step, link.account, keys);
}

// A code is used up by the first right try, or by the fifth wrong one.
Answer Oracle::use_code(const Step& step) {
  int name = find_account(step.user);
  if (name >= 0 && accounts_.at(name).is_disabled) name = -1;
  const Try keys = try_of(step.address, name, "user" + std::to_string(step.user) + "@");
  if (is_blocked(keys)) return too_many();
  const auto found = codes_.find({step.user, step.address});
  if (found == codes_.end() || !found->second.is_open || found->second.expires <= now_) {
    return refuse(keys, 401, kBadProof);
  }
  MailedCode& code = found->second;
  const bool is_equal = code.names.contains(step.object);
  if (++code.tries == 5 || is_equal) code.is_open = false;
  if (!is_equal || name < 0 || code.account != name || code.is_cut) {
    return refuse(keys, 401, kBadProof);
  }
  counts_.erase("c" + std::to_string(step.user));
  return log_prover_in(step, name, keys);
}

// By a proof of the address, after which whoever made the account without one keeps no way in.
Answer Oracle::log_prover_in(const Step& step, int name, const Try& keys) {
  const bool was_known = accounts_.at(name).is_known();
  const bool had_factor = end_earlier_ways(name);
  if (!was_known) {
    accounts_.at(name).password = -1;
    end_sessions(name);
  }
  Answer answer = finish_login(step, name, keys);
  if (had_factor) answer.facts.insert(mail("factors_changed", name));
  return answer;
}

// What there is beside the password goes when an address is proved by more than its link, and a
// second factor with it as long as nobody knows whose it is. Whether there was one that went.
bool Oracle::end_earlier_ways(int name) {
  Account& account = accounts_.at(name);
  if (account.is_known()) return false;
  account.is_verified = true;
  account.is_alone = false;
  remove_keys(name);
  if (!account.is_claim) return false;
  const bool had_factor = account.secret >= 0;
  account.is_claim = false;
  account.candidate = account.secret = account.recovery = -1;
  account.last_period = 0;
  return had_factor;
}

bool Oracle::has_key(int account) const {
  return std::any_of(keys_.begin(), keys_.end(), [&](const auto& one) {
    return one.second.account == account && one.second.is_there && one.second.expires > now_;
  });
}

void Oracle::remove_keys(int account) {
  for (auto& [name, key] : keys_)
    if (key.account == account) key.is_there = false;
}

}  // namespace authd::model
