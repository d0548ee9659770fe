// One change to many accounts, named by arguments, a file or standard input.
#pragma once

#include <string>
#include <vector>

#include "auth/accounts/people/bulk.h"
#include "cli/frame/command.h"
#include "cli/frame/options.h"

namespace authd::cli {

struct BulkFlags {
  std::vector<std::string> people;  // as find_user() takes them
  std::string from;                 // a file of them; "-": standard input
  bool is_dry_run = false;
  bool is_sure = false;
  bool is_forced = false;

  // Whether it is about one account, named as an argument, and is to be done.
  bool is_single() const { return people.size() == 1 && from.empty() && !is_dry_run; }
};

// USER…, --from, --dry-run and --yes.
void add_bulk_options(const Subcommand& app, BulkFlags& flags);

// Changes each of them, shows the progress on a terminal, and prints what came of it: counts and
// whoever was refused, or with --json an outcome for each, as the API does. Asks first on a
// terminal. Errors: `usage`, if nobody is named or the names cannot be read; `invalid`, after the
// others were changed, if somebody was refused.
Result<void> change_many(Command& command, const BulkFlags& flags, auth::BulkChange change);

}  // namespace authd::cli
