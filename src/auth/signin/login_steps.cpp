#include "auth/signin/login_steps.h"

#include <algorithm>
#include <array>

#include "auth/accounts/changes/credential_change.h"
#include "auth/accounts/profile/terms.h"
#include "auth/core/limits/attempts.h"
#include "auth/core/login_methods.h"
#include "auth/core/mails.h"
#include "auth/core/ways.h"
#include "auth/passwords/new_password.h"
#include "auth/passwords/password_check.h"
#include "base/check.h"
#include "base/refusal.h"
#include "tables/outbox.h"

namespace authd::auth {
namespace {

constexpr const char* kPasswordField = "new_password";

// What the parts of an answer share.
struct Answering {
  const Services& s;
  const StepAnswers& given;
  const Origin& origin;
  Time now;
};

bool owes_password(const config::Config& config, const tables::User& user) {
  return user.must_change_password && !user.password_hash.empty() &&
         is_offered(config, LoginMethod::password);
}

Error password_change_required(const config::Config& config) {
  return refused(ErrorCode::forbidden, "password_change_required",
                 "This account must get a new password first: sign in at " +
                     config.pages.sign_in_url + " to set one.");
}

bool has_terms(const StepAnswers& given) {
  return given.terms_version.has_value();
}

bool has_password(const StepAnswers& given) {
  return given.new_password.has_value();
}

Result<void> check_terms_given(const config::Config& config, const tables::User&,
                               const StepAnswers& given) {
  return check_terms(config, given.terms_version);
}

// A login that asks for no new password sets none: the token must be good for nothing else.
Result<void> check_password_given(const config::Config& config, const tables::User& user,
                                  const StepAnswers& given) {
  if (!given.new_password) {
    return Error{ErrorCode::invalid,
                 "This account must get a new password: send it as \"new_password\".",
                 kPasswordField};
  }
  if (owes_password(config, user)) return {};
  return Error{ErrorCode::invalid,
               "This login asks for no new password: leave out \"new_password\".", kPasswordField};
}

Result<void> prepare_nothing(const Answering&, const tables::User&, PreparedSteps&) {
  return {};
}

Result<void> prepare_password(const Answering& answering, const tables::User& seen,
                              PreparedSteps& prepared) {
  const auto& [s, given, origin, now] = answering;
  const Password& replacement = *given.new_password;
  const PasswordOwner owner{seen.username, seen.email, has_factor(seen), origin.client};
  TRY(check_new_password(s, replacement, owner, kPasswordField));
  TRY(check_is_other_password(s, seen, replacement, kPasswordField));
  prepared.password_hash = TRY(s.hasher.hash(replacement));
  prepared.password_notice =
      make_notice(s, tables::MailKind::password_changed, seen, where_from(origin), origin, now);
  return {};
}

void accept_terms_given(const Answering& answering, store::WriteTxn& tx, tables::User& user,
                        const PreparedSteps&) {
  const auto& [s, given, origin, now] = answering;
  if (!owes_terms(s.config, user)) return;
  accept_terms(s.config, user, now);
  audit(s, tx, origin, {"terms_accepted", user.id, "ok", "", user.terms_version}, now);
}

void accept_password(const Answering& answering, store::WriteTxn& tx, tables::User& user,
                     const PreparedSteps& prepared) {
  const auto& [s, given, origin, now] = answering;
  user.must_change_password = false;
  replace_password(tx, user, prepared.password_hash, "", now);
  end_run(tx, user.id);
  if (prepared.password_notice) tables::insert_mail(tx, *prepared.password_notice);
  audit(s, tx, origin, {"password_changed", user.id}, now);
}

struct Step {
  LoginStep step;
  bool (*is_pending)(const config::Config& config, const tables::User& user);
  Error (*required)(const config::Config& config);
  bool (*is_given)(const StepAnswers& given);
  // Also refuses an answer that is absent.
  Result<void> (*check)(const config::Config& config, const tables::User& user,
                        const StepAnswers& given);
  Result<void> (*prepare)(const Answering& answering, const tables::User& seen,
                          PreparedSteps& prepared);
  void (*accept)(const Answering& answering, store::WriteTxn& tx, tables::User& user,
                 const PreparedSteps& prepared);
};

// In the order in which they are asked.
constexpr std::array kSteps = {
    Step{LoginStep::terms, &owes_terms, &terms_required, &has_terms, &check_terms_given,
         &prepare_nothing, &accept_terms_given},
    Step{LoginStep::password_change, &owes_password, &password_change_required, &has_password,
         &check_password_given, &prepare_password, &accept_password},
};

const Step& row_of(LoginStep step) {
  const auto found =
      std::find_if(kSteps.begin(), kSteps.end(), [&](const Step& row) { return row.step == step; });
  CHECK(found != kSteps.end());
  return *found;
}

// Everything that is given is right, and brings the login further unless it has no step left.
Result<void> check_given(const config::Config& config, const tables::User& user,
                         const StepAnswers& given) {
  bool brings_further = false;
  for (const Step& row : kSteps) {
    if (!row.is_given(given)) continue;
    TRY(row.check(config, user, given));
    brings_further = brings_further || row.is_pending(config, user);
  }
  const LoginSteps left = steps_left(config, user);
  if (brings_further || left.empty()) return {};
  return row_of(left.front()).check(config, user, given);
}

}  // namespace

std::string_view word_of(LoginStep step) {
  switch (step) {
    case LoginStep::terms: return "terms";
    case LoginStep::password_change: return "password_change";
  }
  __builtin_unreachable();
}

std::vector<std::string> words_of(const LoginSteps& steps) {
  std::vector<std::string> words;
  for (const LoginStep step : steps)
    words.emplace_back(word_of(step));
  return words;
}

LoginSteps steps_left(const config::Config& config, const tables::User& user) {
  LoginSteps left;
  for (const Step& row : kSteps)
    if (row.is_pending(config, user)) left.push_back(row.step);
  return left;
}

Error step_required(const config::Config& config, LoginStep step) {
  return row_of(step).required(config);
}

void await_steps(store::WriteTxn& tx, tables::Challenge challenge, const tables::User& user,
                 std::vector<std::string> amr) {
  challenge.user = user.id;
  challenge.epoch = user.session_epoch;
  challenge.amr = std::move(amr);
  challenge.mac.clear();
  challenge.tries = 0;
  challenge.awaits_steps = true;
  tables::challenges.insert(tx, challenge);
}

Result<PreparedSteps> prepare_steps(const Services& s, const tables::User& seen,
                                    const StepAnswers& given, const Origin& origin, Time now) {
  TRY(check_given(s.config, seen, given));
  PreparedSteps prepared;
  for (const Step& row : kSteps)
    if (row.is_given(given)) TRY(row.prepare({s, given, origin, now}, seen, prepared));
  return prepared;
}

Result<void> accept_steps(const Services& s, store::WriteTxn& tx, tables::User& user,
                          const StepAnswers& given, const PreparedSteps& prepared,
                          const Origin& origin, Time now) {
  TRY(check_given(s.config, user, given));
  for (const Step& row : kSteps)
    if (row.is_given(given)) row.accept({s, given, origin, now}, tx, user, prepared);
  return {};
}

}  // namespace authd::auth
