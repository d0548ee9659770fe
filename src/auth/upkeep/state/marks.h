// Which things the files of `authd apply` have ever contained, so that --prune removes nothing that
// was created in another way. A mark is a row of the table `settings`: "declared/role:3", and when
// the thing was made. A thing that was made again under the same id is another one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/core/services.h"
#include "auth/upkeep/state/declarations.h"

namespace authd::auth::state {

struct Mark {
  Kind kind = Kind::role;
  std::string id;  // of the row: of a role and a user in digits
  Time made_at;    // of the thing

  bool operator==(const Mark&) const = default;
};

Mark mark_of(const tables::Role& role);
Mark mark_of(const tables::Resource& resource);
Mark mark_of(const tables::Client& client);
Mark mark_of(const tables::User& user);

bool is_marked(store::Reader& tx, const Mark& mark);

// All of them, also those of things that are gone.
std::vector<Mark> all_marks(store::ReadTxn& tx);

// In as many transactions as it takes.
Result<void> put_marks(const Services& s, const std::vector<Mark>& marks);
Result<void> remove_marks(const Services& s, const std::vector<Mark>& marks);

}  // namespace authd::auth::state
