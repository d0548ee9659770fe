// Failures that are counted, mails that have to wait, and second factors.
#include <algorithm>
#include <array>

#include "model/oracle.h"

namespace authd::model {
namespace {

constexpr int64_t kHour = 3600;
constexpr int64_t kDay = 24 * kHour;
constexpr int kMaxRun = 100;
constexpr int kWarnedFactors = 3;

struct Rule {
  int free;
  int64_t longest;
  int64_t first = 1;
  int64_t memory = kHour;
  int64_t after_run = 0;  // the delay from kMaxRun failures on
};

// By the first letter of the key.
Rule rule_of(char kind) {
  switch (kind) {
    case 'a': return {50, 15 * 60};                       // an address
    case 'n': return {20, 30};                            // a name
    case 'p': return {5, 15 * 60};                        // both together
    case 'f': return {10, 30, 1, 30 * kDay, kDay};        // second factors
    case 's': return {5, 15 * 60, 1, 30 * kDay};          // a session
    case 'h': return {99, 15 * 60, 15 * 60, 365 * kDay};  // in a row
    case 'c': return {0, 15 * 60, 60};                    // mailed codes
    default: return {2, 15 * 60, 60};                     // other mails
  }
}

int64_t delay_of(const Rule& rule, int failures) {
  if (failures <= rule.free) return 0;
  if (failures >= kMaxRun && rule.after_run > 0) return rule.after_run;
  return std::min<int64_t>(rule.longest, rule.first << std::min(failures - rule.free - 1, 20));
}

}  // namespace

Oracle::Try Oracle::try_of(int address) const {
  return {"a" + std::to_string(address)};
}

// By a name that somebody types.
Oracle::Try Oracle::try_of(int address, int account, const std::string& name) const {
  const std::string from = std::to_string(address);
  const std::string who = account >= 0 ? "#" + std::to_string(account) : name;
  return {"a" + from, "n" + name, "p" + from + " " + name, "h" + who};
}

// By somebody who has proved something of the account already.
Oracle::Try Oracle::try_of_account(int address, int account) const {
  const std::string from = std::to_string(address);
  const std::string who = "#" + std::to_string(account);
  return {"a" + from, "f" + who, "p" + from + " " + who, "h" + who};
}

Oracle::Try Oracle::try_of_session(int session) const {
  return {"s" + std::to_string(session)};
}

const Count* Oracle::find_count(const std::string& key) const {
  const auto found = counts_.find(key);
  return found != counts_.end() && found->second.expires > now_ ? &found->second : nullptr;
}

bool Oracle::is_blocked(const Try& keys) const {
  return std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
    const Count* count = key[0] == 'h' ? nullptr : find_count(key);
    const bool is_over = count != nullptr && key[0] == 's' && count->failures >= kMaxRun;
    return is_over || (count != nullptr && count->blocked_until > now_);
  });
}

// After too many failures in a row, a password and a second factor open nothing.
bool Oracle::is_barred(int account) const {
  const Count* count = account < 0 ? nullptr : find_count("h#" + std::to_string(account));
  return count != nullptr && count->failures >= kMaxRun &&
         (accounts_.at(account).is_verified || count->blocked_until > now_);
}

Answer Oracle::refuse(const Try& keys, int status, std::string error) {
  for (const std::string& key : is_counting_ ? keys : Try{}) {
    const Rule rule = rule_of(key[0]);
    Count& count = counts_[key];
    if (count.expires <= now_) count = {};
    if (key[0] == 'h' && count.failures >= kMaxRun && count.blocked_until > now_) continue;
    count.failures += 1;
    count.expires = now_ + rule.memory;
    count.blocked_until = now_ + delay_of(rule, count.failures);
  }
  return {status, std::move(error), {}};
}

// The address is not forgotten.
void Oracle::forget(const Try& keys, int account) {
  for (const std::string& key : keys) {
    if (key[0] != 'a') counts_.erase(key);
  }
  for (const char* run : {"h#", "f#"})
    counts_.erase(run + std::to_string(account));
}

// What is counted for the account and its names, also together with the address.
void Oracle::forget_all(int address, int account) {
  forget(try_of_account(address, account), account);
  const std::string user = "user" + std::to_string(accounts_.at(account).user);
  for (const std::string& name : {user, user + "@"})
    forget(try_of(address, account, name), account);
}

bool Oracle::may_mail(const std::string& what, char kind) {
  Try keys = {kind + what};
  if (is_blocked(keys)) return false;
  refuse(keys, 0, "");
  return true;
}

bool Oracle::use_totp(int secret, Account& account, const Code& code) {
  const int64_t period = (kStart + now_) / 30 + code.variant;
  const bool is_right = code.kind == Code::Kind::totp && code.source == secret &&
                        code.variant >= -1 && code.variant <= 1 && period > account.last_period;
  if (is_right) account.last_period = period;
  return is_right;
}

bool Oracle::use_factor(Account& account, const Code& code) {
  if (account.secret < 0) return false;
  if (use_totp(account.secret, account, code)) return true;
  return code.kind == Code::Kind::recovery && code.source == account.recovery &&
         account.used_codes.insert(code.variant).second;
}

// Of wrong factors after the right password: all, and those from one address. A new password has
// new ones.
std::array<std::string, 2> Oracle::wrong_factors_of(int account, int address) const {
  const std::string all =
      "k#" + std::to_string(account) + " " + std::to_string(accounts_.at(account).hash);
  return {all, all + " " + std::to_string(address)};
}

// The password was right before it.
void Oracle::warn_of_wrong_factor(Answer& answer, int account, int address) {
  if (!is_counting_) return;
  const auto keys = wrong_factors_of(account, address);
  const Count* before = find_count(keys[0]);
  const bool is_told = before != nullptr && before->failures + 1 >= kWarnedFactors &&
                       accounts_.at(account).is_verified && warned_[account] <= now_;
  if (is_told) {
    for (const std::string& key : keys)
      counts_.erase(key);
    warned_[account] = now_ + kDay;
    answer.facts.insert(mail("wrong_factors", account));
    return;
  }
  for (const auto& [key, memory] :
       {std::pair(keys[0], 7 * kDay), std::pair(keys[1], int64_t{600})}) {
    Count& count = counts_[key];
    if (count.expires <= now_) count = {};
    count.failures += 1;
    count.expires = now_ + memory;
  }
}

// Whoever goes on from the same address had mistyped the code.
void Oracle::take_back_wrong_factors(int account, int address) {
  const auto keys = wrong_factors_of(account, address);
  const Count* here = find_count(keys[1]);
  if (here == nullptr) return;
  if (find_count(keys[0]) != nullptr) {
    Count& all = counts_.at(keys[0]);
    all.failures -= std::min(all.failures, here->failures);
  }
  counts_.erase(keys[1]);
}

// The code was right.
void Oracle::tell_of_recovery(Answer& answer, const Code& code, int account) const {
  if (code.kind == Code::Kind::recovery) answer.facts.insert(mail("factors_changed", account));
}

}  // namespace authd::model
