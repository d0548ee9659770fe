// What the person who runs the import chooses.
#pragma once

#include <string>

#include "auth/upkeep/transfer/records/check.h"

namespace authd::auth::transfer {

struct ImportOptions {
  Rules rules;
  bool is_dry_run = false;  // check everything, write nothing
  bool resumes = false;     // continue an interrupted import of the same source
  std::string source;       // fingerprint(); empty: progress is not recorded
  std::string label;        // the format, also for the audit log
};

}  // namespace authd::auth::transfer
