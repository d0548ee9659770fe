#include "auth/passwords/known_passwords.h"

#include "auth/passwords/common_passwords.h"
#include "base/check.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

// In the list as it is, or in lower case: lists have few passwords in capitals, and attackers try
// them all the same.
Result<bool> has(const crypto::PasswordList& list, const Password& password) {
  if (TRY(list.contains(password))) return true;
  const Password folded(tables::fold(password.reveal()));
  return list.contains(folded);
}

}  // namespace

const crypto::PasswordList& common_passwords() {
  static const crypto::PasswordList list = [] {
    Result<crypto::PasswordList> opened = crypto::PasswordList::in_memory(embedded_passwords());
    CHECK(opened.has_value());
    return std::move(*opened);
  }();
  return list;
}

Result<KnownPasswords::List> KnownPasswords::list() {
  const std::lock_guard lock(mutex_);
  if (!list_) {
    crypto::PasswordList opened = TRY(crypto::PasswordList::open(config_.passwords.blocklist_file));
    list_ = std::make_shared<const crypto::PasswordList>(std::move(opened));
  }
  return list_;
}

Result<void> KnownPasswords::open() {
  if (config_.passwords.blocklist_file.empty()) return {};
  TRY(list());
  return {};
}

Result<bool> KnownPasswords::is_listed(const Password& normal) {
  if (config_.passwords.blocklist_file.empty()) return false;
  const Result<List> opened = list();
  const Result<bool> found = opened ? has(**opened, normal) : Result<bool>(opened.error());
  if (found) return *found;
  log_.error("passwords.blocklist_file cannot be used", {{"cause", found.error().message}});
  return Error{ErrorCode::unavailable,
               "The list of refused passwords cannot be read; authd config check says why."};
}

}  // namespace authd::auth
