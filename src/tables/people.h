// The rows that the search for people reads (people_rows.h): all of them, one after the other. That
// costs the same whatever is asked for, about 5 ms for 100,000 people, needs one write for a new
// person, and counts exactly.
#pragma once

#include <vector>

#include "base/function_ref.h"
#include "tables/schema.h"

namespace authd::tables {

// A row in place. The text lives only during the call.
struct PersonView {
  UserId id;
  uint64_t traits = 0;
  uint64_t created_ms = 0;
  uint64_t active_step = 0;
  std::string_view text;
};

// The form in which text is compared with Person::text.
std::string people_form(std::string_view text);

uint64_t activity_step(Time time);

// Calls `visit` for everybody, in the order of their ids. Throws Fault{corrupt} for a row that
// cannot be read.
void scan_people(store::ReadTxn& tx, FunctionRef<void(const PersonView&)> visit);

// The same for those of `ids` who are there.
void visit_people(store::ReadTxn& tx, const std::vector<uint64_t>& ids,
                  FunctionRef<void(const PersonView&)> visit);

// The ids of the users who have the role, or an identity at the provider; ascending. Some may be
// deleted.
std::vector<uint64_t> ids_in_role(store::ReadTxn& tx, RoleId role);
std::vector<uint64_t> ids_at_provider(store::ReadTxn& tx, std::string_view provider);

}  // namespace authd::tables
