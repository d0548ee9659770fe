#include "auth/accounts/account/invitation_list.h"

#include "auth/core/identifiers.h"

namespace authd::auth {

Result<void> check_shared(const Services& s, NewInvitation wanted, const Origin& origin) {
  wanted.email.clear();
  wanted.sends_mail = false;
  return check_invitation(s, wanted, origin);
}

Result<InvitationList> InvitationList::begin(const Services& s, const Origin& origin,
                                             bool is_dry_run) {
  return InvitationList(s, origin, is_dry_run, TRY(invited_addresses(s)));
}

InvitationOutcome InvitationList::invite(const NewInvitation& wanted, uint64_t line) {
  InvitationOutcome outcome{wanted.email, line, false};
  if (wanted.email.empty()) {
    outcome.result = Error{ErrorCode::invalid, "An email is required.", "email"};
    return outcome;
  }
  const std::string folded = folded_login(wanted.email);
  if (invited_.contains(folded)) return outcome;
  if (is_dry_run_) {
    const Result<void> may = check_invitation(s_, wanted, origin_);
    outcome.result = may ? Result<bool>(true) : Result<bool>(may.error());
  } else {
    Result<MadeInvitation> made = auth::invite(s_, wanted, origin_);
    outcome.result = made ? Result<bool>(true) : Result<bool>(made.error());
    if (made) outcome.made = std::move(*made);
  }
  if (outcome.result) invited_.insert(folded);
  return outcome;
}

}  // namespace authd::auth
