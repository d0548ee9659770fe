// Invitations for many addresses, one after the other: each by the rules of invite(), in its own
// transaction and with its own entry in the audit log. What is refused for one does not stop the
// others.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "auth/accounts/account/invitations.h"

namespace authd::auth {

// The outcome for one address.
struct InvitationOutcome {
  std::string email;  // as it was given
  uint64_t line = 0;  // of the file; 0: there is none
  // Whether there is an invitation now that was not there before, or would be.
  Result<bool> result;
  std::optional<MadeInvitation> made = {};  // not in a dry run
};

// Refuses what is wrong with all of them: the roles, the life. Errors: as invite().
Result<void> check_shared(const Services& s, NewInvitation wanted, const Origin& origin);

// An address whose invitation is still valid gets no second one, nor does an address that is named
// twice. So the same list can be sent again after a part of it failed.
class InvitationList {
 public:
  // All that is given lives as long as the list. Error: `unavailable`.
  static Result<InvitationList> begin(const Services& s, const Origin& origin, bool is_dry_run);

  // Errors in the outcome: those of invite(); and `invalid`, "email", if there is none.
  InvitationOutcome invite(const NewInvitation& wanted, uint64_t line = 0);

 private:
  InvitationList(const Services& s, const Origin& origin, bool is_dry_run,
                 std::set<std::string> invited)
      : s_(s), origin_(origin), is_dry_run_(is_dry_run), invited_(std::move(invited)) {}

  const Services& s_;
  const Origin& origin_;
  bool is_dry_run_;
  std::set<std::string> invited_;  // folded_login()
};

}  // namespace authd::auth
