// The same change to many accounts, one after the other: each in its transaction, by its rules and
// with its entry in the audit log. A refusal for one does not stop the others.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "auth/accounts/roles/last_admin.h"
#include "auth/core/services.h"

namespace authd::auth {

enum class BulkAction { disable, enable, remove, grant, revoke };

// "disable", "enable", "delete", "grant_role", "revoke_role". Error: `invalid`, field "action",
// with these.
Result<BulkAction> parse_bulk_action(std::string_view word);

struct BulkChange {
  BulkAction action = BulkAction::disable;
  std::string role = {};              // of grant and revoke
  LastAdmin last = LastAdmin::stays;  // --force
  bool is_dry_run = false;            // looks, and writes nothing
};

// Error: `invalid`, field "role": it is missing, or one too many; or there is no such role.
Result<void> check_bulk_change(const Services& s, const BulkChange& change);

// The outcome for one of them: what apply() returned.
struct BulkOutcome {
  std::optional<UserId> user;  // nullopt: nobody has the name
  std::string name;            // as it was given; empty: the id was
  Result<bool> result;
};

// One change to many. No account may be listed twice, because a dry run does not see what it would
// have done before.
class Bulk {
 public:
  // All live as long as this.
  Bulk(const Services& s, const BulkChange& change, const Origin& origin)
      : s_(s), change_(change), origin_(origin) {}

  // Whether anything changed, or would change; false: it was so before. Errors: those of
  // delete_account(), set_disabled(), grant_role() and revoke_role(); and `conflict`,
  // "own_account": nobody disables, deletes or demotes their own account in passing.
  Result<bool> apply(UserId user);

 private:
  Result<bool> look(UserId user);

  const Services& s_;
  const BulkChange& change_;
  const Origin& origin_;
  // Administrators that a dry run would have removed so far: they cannot be witnesses for the next
  // one.
  std::set<UserId> gone_;
};

}  // namespace authd::auth
