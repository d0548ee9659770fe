// What a person has to do between the proofs of a login and its session: accept the terms
// (terms.version), set a new password (User::must_change_password). A login with steps left gets a
// challenge in place of a session (tables::Challenge with `awaits_steps`), and step_answer.h takes
// the answer. To add a step, add a value of LoginStep, a row of the list (login_steps.cpp), and a
// member of StepAnswers.
//
// Steps are asked of people who sign in. Existing sessions and API keys continue, and logins that
// cannot ask (a replaced API, a password with every request) are refused with step_required().
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/core/audit/audit.h"
#include "auth/core/logout_notices.h"
#include "auth/core/services.h"
#include "tables/schema.h"
#include "tables/users.h"

namespace authd::auth {

enum class LoginStep {
  terms,            // "terms"
  password_change,  // "password_change"
};
using LoginSteps = std::vector<LoginStep>;
std::string_view word_of(LoginStep step);
std::vector<std::string> words_of(const LoginSteps& steps);

// The steps that a login of the user has left, in the order in which they are asked. Depends only
// on the row and the configuration. Nobody sets a password where the account has none, or where
// passwords sign nobody in.
LoginSteps steps_left(const config::Config& config, const tables::User& user);

// `forbidden`, "terms_required" or "password_change_required", with a text that says where to go.
Error step_required(const config::Config& config, LoginStep step);

// A login that waits for steps, as its outcome.
struct StepsNeeded {
  OneTimeSecret token;  // of the challenge
  LoginSteps steps;     // at least one
};

// Makes the challenge wait for steps, in the write that has proved everything else: `amr` says
// what. The id, the end and the link of the challenge stay.
void await_steps(store::WriteTxn& tx, tables::Challenge challenge, const tables::User& user,
                 std::vector<std::string> amr);

// What a person answers. Each member that is there must be right, and one that is asked for must be
// there.
struct StepAnswers {
  std::optional<std::string> terms_version = {};
  std::optional<Password> new_password = {};
};

// What the answers need before the write.
struct PreparedSteps {
  std::string password_hash;
  std::optional<tables::Mail> password_notice;
};

// Judges the answers of the user, outside of any transaction: a new password takes its time.
// Errors: `invalid`, with the field "terms_version" or "new_password"; for the password as
// check_new_password(), and "password_unchanged"; `unavailable`.
Result<PreparedSteps> prepare_steps(const Services& s, const tables::User& seen,
                                    const StepAnswers& given, const Origin& origin, Time now);

// Accepts them, in the write: changes the user, whom the caller puts. A new password ends all
// sessions. Errors: `invalid`, as above.
inline constexpr size_t kAcceptStepsWrites =
    2 * kAuditWrites + tables::kKeptNamesWrites + decltype(tables::outbox)::kInsertWrites +
    decltype(tables::attempts)::kDelWrites + kRaiseSessionEpochWrites;
Result<void> accept_steps(const Services& s, store::WriteTxn& tx, tables::User& user,
                          const StepAnswers& given, const PreparedSteps& prepared,
                          const Origin& origin, Time now);

}  // namespace authd::auth
