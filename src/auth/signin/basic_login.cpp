#include "auth/signin/basic_login.h"

#include "auth/accounts/account/accounts.h"
#include "auth/accounts/factors/second_factor.h"
#include "auth/core/activity.h"
#include "auth/core/caller.h"
#include "auth/core/limits/attempts.h"
#include "auth/core/login_methods.h"
#include "auth/core/login_rules.h"
#include "auth/core/newest.h"
#include "auth/passwords/leak_checks.h"
#include "auth/passwords/password_check.h"
#include "auth/sessions/roles.h"
#include "auth/signin/first_factor.h"
#include "base/refusal.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

constexpr size_t kKeyBytes = 32;

// Records that the password was correct, if the account has not changed.
Result<void> note_success(const Services& s, const tables::User& seen, const Attempt& attempt,
                          const Origin& origin) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const FoundUser user = tables::find_user(tx, seen.id);
    if (!user || user->password_hash != seen.password_hash) return wrong_credentials();
    attempt.succeed(tx);
    audit(s, tx, by(origin, seen.id), {"basic_login", seen.id}, now);
    return {};
  });
}

}  // namespace

VerifiedPasswords::VerifiedPasswords(Random& random) : key_(random.bytes(kKeyBytes)) {}

std::string VerifiedPasswords::mark(const tables::User& user, const Origin& origin,
                                    const Password& password) const {
  // Each part is hashed to a fixed length, so that different triples never yield the same input.
  return crypto::hmac_sha256(
      key_.reveal(), crypto::sha256(std::to_string(user.id.value) + " " + user.password_hash) +
                         crypto::sha256(origin.address.limit_key().to_string()) +
                         crypto::sha256(password.reveal()));
}

bool VerifiedPasswords::has(const std::string& mark, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  const auto found = until_.find(mark);
  return found != until_.end() && now < found->second;
}

void VerifiedPasswords::add(const std::string& mark, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (until_.size() >= kMax)
    until_.clear();  // Losing an entry costs one hash, so eviction order does not matter.
  until_.insert_or_assign(mark, now + kLife);
}

Result<PasswordHolder> authenticate_password(const Services& s, std::string_view login,
                                             const Password& password, const Origin& origin,
                                             Trace* trace) {
  TRY(require_method(s.config, LoginMethod::password));
  const auto find = [&](store::ReadTxn& tx) -> Result<FoundUser> {
    return find_by_login(tx, login);
  };
  FoundUser user = TRY(s.store.read(find));
  passes(trace, "account", user.has_value(), user ? "exists" : "no account has this login");
  // First of all, even if the password is remembered: a blocked guesser must not learn which guess
  // is correct.
  const Attempt attempt = TRY(Attempt::by_name(s, origin, login, user, trace));
  const SteadyTime now = s.clock.steady_now();
  const bool has_password = user && !user->password_hash.empty();
  const std::string mark = has_password ? s.verified.mark(*user, origin, password) : "";
  const bool is_known = has_password && s.verified.has(mark, now);
  if (!is_known) user = TRY(read_newest<FoundUser>(s.store, find));
  // After too many failures in a row every password is refused, with the same work.
  const FoundUser judged = attempt.is_barred() ? FoundUser{} : user;
  const bool is_right = is_known || TRY(verify_password(s, judged, password));
  if (!passes(trace, "password", is_right, is_right ? "right" : "wrong")) {
    if (trace != nullptr) return wrong_credentials();
    return refuse_login(s, attempt, origin, {"basic_login", id_of(user), "refused"},
                        wrong_credentials());
  }
  if (const Result<void> may = check_may_log_in(s.config, *user, trace); !may) {
    if (!says_unconfirmed(may.error()) || trace != nullptr) return may.error();
    return refuse_login(s, attempt, origin, {"basic_login", user->id, kUnconfirmedOutcome},
                        wrong_credentials());
  }
  const Methods needed =
      TRY(s.store.read([&](store::ReadTxn& tx) { return methods_needed(s.config, tx, *user); }));
  const bool needs_factor = !needed.empty();
  if (!passes(trace, "second factor", !needs_factor,
              needs_factor ? "the account has one, so a password alone does not suffice"
                           : "none needed")) {
    return refused(ErrorCode::forbidden, "mfa_required",
                   "This account has a second factor: use a token or an API key.");
  }
  const LoginSteps left = steps_left(s.config, *user);
  if (!passes(trace, "steps", left.empty(), [&] {
        return left.empty() ? "none left"
                            : "a sign-in asks first for: " + joined(words_of(left), " ");
      })) {
    return step_required(s.config, left.front());
  }
  // Only here: somebody with only the password must not clear the failures of the second factor.
  if (!is_known && trace == nullptr) {
    TRY(note_success(s, *user, attempt, origin));
    s.verified.add(s.verified.mark(*user, origin, password), now);
    note_password_used(s, *user, password);
  }
  if (const Time seen = s.clock.now();
      trace == nullptr && user->last_activity + kActivityStep <= seen) {
    s.activity.note(user->id, seen);
  }
  const auto standing = std::make_shared<Standing>();
  standing->user = std::move(*user);
  TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
    load_roles(tx, standing->user, standing->roles, standing->permissions);
    return {};
  }));
  return PasswordHolder(standing);
}

}  // namespace authd::auth
