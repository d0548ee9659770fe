#include "auth/accounts/names/usernames.h"

#include <algorithm>

#include "tables/rows/names.h"

namespace authd::auth {
namespace {

// The least time for which a name is kept from everybody.
constexpr Milliseconds kKeptFromAll = std::chrono::hours(24);

}  // namespace

Error username_taken() {
  return Error{ErrorCode::conflict, "This username is taken.", "username", "username_taken"};
}

Result<void> check_username_allowed(const Services& s, store::Reader& tx, std::string_view username,
                                    std::optional<UserId> self, Time now) {
  // What is too long for a key is refused as a username anyway.
  if (username.empty() || username.size() > store::kMaxKeyBytes / 2) return {};
  const std::string folded = tables::fold(username);
  const auto& reserved = s.config.signup.reserved_usernames;
  if (std::find(reserved.begin(), reserved.end(), folded) != reserved.end()) {
    return Error{ErrorCode::conflict, "This username is reserved; choose another one.", "username",
                 "username_reserved"};
  }
  const auto kept = tables::kept_usernames.find(tx, folded);
  if (!kept || kept->expires_at <= now) return {};
  const bool is_own = self && kept->holder == self;
  if (!is_own) return username_taken();
  return {};
}

void keep_username(const Services& s, store::WriteTxn& tx, std::string_view username,
                   std::optional<UserId> holder, Time now) {
  Milliseconds kept_for = s.config.signup.username_retention;
  if (!holder) kept_for = std::max(kept_for, kKeptFromAll);
  if (username.empty() || kept_for == Milliseconds(0)) return;
  tables::kept_usernames.put(tx, tables::fold(username), {holder, now + kept_for, {}});
}

}  // namespace authd::auth
