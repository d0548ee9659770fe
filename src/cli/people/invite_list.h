// Invitations for the addresses of a file or of standard input.
#pragma once

#include <string>

#include "auth/accounts/account/invitations.h"
#include "cli/frame/command.h"
#include "cli/frame/options.h"

namespace authd::cli {

struct InviteListFlags {
  std::string from;  // "-": standard input
  bool is_dry_run = false;
  bool is_sure = false;
};

// --from, --dry-run and --yes.
void add_list_options(const Subcommand& app, InviteListFlags& flags);

// Invites each address, `shared` telling the rest; a column "roles" adds to its roles. Links are
// printed as they are made, so that an interrupted run loses none: "email,url", a line for each.
// With --json, an outcome for each at the end, as the API has it, with the line. What is refused
// for one is named and does not stop the others. Errors: `usage`, if the file cannot be read or is
// empty, or `shared` is wrong; `invalid`, after the others, if somebody was refused.
Result<void> invite_list(Command& command, const InviteListFlags& flags,
                         const auth::NewInvitation& shared);

}  // namespace authd::cli
