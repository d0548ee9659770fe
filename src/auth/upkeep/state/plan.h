// What `authd apply` is going to do: each thing that the files declare compared with the store,
// member by member; and with --prune, what is removed.
//
// The rule of --prune: a thing is removed if a file has ever contained it (marks.h), its kind has a
// section in the files now, and it is not in them. So nobody who signed up is removed, and files
// for roles and files for users can be applied separately. Never removed: the roles "user" and
// "admin", clients of the configuration, and the last administrator.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/core/services.h"
#include "auth/upkeep/state/declarations.h"
#include "auth/upkeep/state/differences.h"
#include "auth/upkeep/state/marks.h"

namespace authd::auth::state {

enum class Action { add, change, remove, keep };

struct Step {
  Kind kind = Kind::role;
  std::string name;  // for people: as in the file, or as in the store
  Action action = Action::keep;
  std::vector<MemberDiff> members;
  size_t index = 0;          // of the thing in the declarations, unless it is removed
  std::optional<Mark> mark;  // of the thing as it is now, if it is there
  bool is_marked = false;
};

struct Plan {
  std::vector<Step> steps;  // in the order in which they are done
  std::vector<Mark> stale;  // marks of things that are gone
  size_t count(Action action) const;
  bool changes_anything() const { return count(Action::keep) != steps.size(); }
};

// Error: `invalid`, with all problems: whatever would stop the steps, as far as that can be known
// before.
Result<Plan> make_plan(const Services& s, const Declarations& declared, bool prunes);

}  // namespace authd::auth::state
