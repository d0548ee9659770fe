#include "auth/core/caller.h"

#include <algorithm>

#include "base/check.h"
#include "base/refusal.h"
#include "base/text.h"

namespace authd::auth {

namespace {

// Whether the text, whose words are separated by single spaces, contains the word.
bool has_word(std::string_view text, std::string_view word) {
  while (!text.empty()) {
    const size_t space = text.find(' ');
    if (text.substr(0, space) == word) return true;
    if (space == std::string_view::npos) return false;
    text.remove_prefix(space + 1);
  }
  return false;
}

bool contains(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

bool UserCaller::has_role(std::string_view name) const {
  return contains(roles(), name);
}

bool UserCaller::has_scope(std::string_view wanted) const {
  if (standing_->claims) return has_word(standing_->claims->scope, wanted);
  if (const tables::Session* session = session_if_any()) return has_word(session->scope, wanted);
  if (const auto* key = std::get_if<tables::ApiKey>(&standing_->behind)) {
    return contains(key->scopes, wanted);
  }
  return wanted == kAccountScope;
}

std::string UserCaller::scope() const {
  if (standing_->claims) return standing_->claims->scope;
  if (const tables::Session* session = session_if_any()) return session->scope;
  if (const auto* key = std::get_if<tables::ApiKey>(&standing_->behind)) {
    return joined(key->scopes, " ");
  }
  return std::string(kAccountScope);
}

Person::Person(std::shared_ptr<const Standing> standing, Credential by)
    : UserCaller(std::move(standing)), credential_(by) {
  CHECK(session_if_any() != nullptr && by != Credential::api_key);
}

KeyHolder::KeyHolder(std::shared_ptr<const Standing> holder) : UserCaller(std::move(holder)) {
  CHECK(std::holds_alternative<tables::ApiKey>(standing().behind));
}

const UserCaller* user_behind(const Caller& caller) {
  struct Look {
    const UserCaller* operator()(const UserCaller& one) const { return &one; }
    const UserCaller* operator()(const Program&) const { return nullptr; }
  };
  return std::visit(Look{}, caller);
}

Error invalid_token() {
  return refused(ErrorCode::unauthenticated, "invalid_token",
                 "The token is invalid or has expired.");
}

Error invalid_session() {
  return refused(ErrorCode::unauthenticated, "invalid_session",
                 "The session is over; sign in again.");
}

}  // namespace authd::auth
