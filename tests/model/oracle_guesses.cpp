// Failures that are counted, mails that have to wait, and second factors.
#include <algorithm>

#include "model/oracle.h"

namespace authd::model {
namespace {

constexpr int64_t kHour = 3600;

struct Rule {
  int free;
  int64_t longest;
  int64_t first;
};

Rule rule_of(char kind) {
  switch (kind) {
    case 'a': return {50, 15 * 60, 1};
    case 'u': return {20, 30, 1};
    case 'p': return {5, 15 * 60, 1};
    default: return {2, 15 * 60, 60};
  }
}

int64_t delay_of(const Rule& rule, int failures) {
  if (failures <= rule.free) return 0;
  return std::min<int64_t>(rule.longest, rule.first << std::min(failures - rule.free - 1, 20));
}

}  // namespace

Oracle::Try Oracle::try_of(int address) const {
  return {"a" + std::to_string(address)};
}

Oracle::Try Oracle::try_of(int address, int account, const std::string& name) const {
  const std::string who = account >= 0 ? "#" + std::to_string(account) : name;
  const std::string from = std::to_string(address);
  return {"a" + from, "u" + who, "p" + from + " " + who};
}

bool Oracle::is_blocked(const Try& keys) const {
  return std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
    const auto found = counts_.find(key);
    return found != counts_.end() && found->second.expires > now_ &&
           found->second.blocked_until > now_;
  });
}

Answer Oracle::refuse(const Try& keys, int status, std::string error) {
  for (const std::string& key : is_counting_ ? keys : Try{}) {
    Count& count = counts_[key];
    if (count.expires <= now_) count = {};
    count.failures += 1;
    count.expires = now_ + kHour;
    count.blocked_until = now_ + delay_of(rule_of(key[0]), count.failures);
  }
  return {status, std::move(error), {}};
}

// The address is not forgotten.
void Oracle::forget(const Try& keys) {
  for (const std::string& key : keys) {
    if (key[0] != 'a') counts_.erase(key);
  }
}

bool Oracle::may_mail(const std::string& what) {
  Try keys = {"m" + what};
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

// The code was right.
void Oracle::tell_of_recovery(Answer& answer, const Code& code, int account) const {
  if (code.kind == Code::Kind::recovery) answer.facts.insert(mail("factors_changed", account));
}

}  // namespace authd::model
