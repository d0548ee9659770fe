#include "auth/accounts/profile/terms.h"

#include "base/refusal.h"

namespace authd::auth {
namespace {

constexpr const char* kRequired = "terms_required";
constexpr const char* kField = "terms_version";

}  // namespace

bool owes_terms(const config::Config& config, const tables::User& user) {
  const std::string& version = config.terms.version;
  return !version.empty() && user.terms_version != version;
}

Result<void> check_terms(const config::Config& config, const std::optional<std::string>& accepted) {
  const config::Terms& terms = config.terms;
  if (terms.version.empty()) {
    if (!accepted) return {};
    return Error{ErrorCode::invalid,
                 "There are no terms to accept here: leave out \"terms_version\".", kField};
  }
  if (accepted == terms.version) return {};
  return Error{ErrorCode::invalid,
               "Read the terms at " + terms.url + ". To accept them, send \"terms_version\": \"" +
                   terms.version + "\".",
               kField, kRequired};
}

void accept_terms(const config::Config& config, tables::User& user, Time now) {
  if (config.terms.version.empty()) return;
  user.terms_version = config.terms.version;
  user.terms_accepted_at = now;
}

void forget_terms(tables::User& user) {
  user.terms_version.clear();
  user.terms_accepted_at = Time{};
}

Error terms_required(const config::Config& config) {
  return refused(
      ErrorCode::forbidden, kRequired,
      "The terms must be accepted first: sign in at " + config.pages.sign_in_url + " to do so.");
}

Error terms_required_to_sign_up(const config::Config& config) {
  return refused(
      ErrorCode::forbidden, kRequired,
      "The terms must be accepted first: sign up at " + config.public_url + "/signup to do so.");
}

}  // namespace authd::auth
