// What the one who imports decides.
#pragma once

#include <string>

#include "auth/upkeep/transfer/check.h"

namespace authd::auth::transfer {

struct ImportOptions {
  Rules rules;
  bool is_dry_run = false;  // everything is checked and nothing written
  bool resumes = false;     // goes on where an import of the same source was broken off
  std::string source;       // fingerprint(); empty: progress is not kept
  std::string label;        // the format, for the audit log too
};

}  // namespace authd::auth::transfer
