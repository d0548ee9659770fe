// The rows that the search for people reads (people_rows.h): all of them, one after the other. That
// costs the same whatever is asked for, about 5 ms for 100,000 people, needs one write for a new
// person, and counts exactly.
#pragma once

#include <optional>
#include <vector>

#include "base/function_ref.h"
#include "tables/schema.h"

namespace authd::tables {

// A row in place. The views live only during the call.
struct PersonView {
  UserId id;
  uint64_t traits = 0;
  uint64_t active_step = 0;
  std::string_view text;
  std::string_view created;  // not decoded yet

  uint64_t created_ms() const;  // since 1970. Throws Fault{corrupt}.
};

// The form in which text is compared with Person::text.
std::string people_form(std::string_view text);

uint64_t activity_step(Time time);

// Calls `visit` for everybody, in the order of their ids. Throws Fault{corrupt} for a row that
// cannot be read.
void scan_people(store::ReadTxn& tx, FunctionRef<void(const PersonView&)> visit);

// The same for at most `most` of those with an id above `after`. Returns the id of the last one, to
// go on there; nullopt when there was nobody.
std::optional<UserId> scan_people_after(store::ReadTxn& tx, UserId after, size_t most,
                                        FunctionRef<void(const PersonView&)> visit);

// The same for those of `ids` who are there.
void visit_people(store::ReadTxn& tx, const std::vector<uint64_t>& ids,
                  FunctionRef<void(const PersonView&)> visit);

// A bit of Person::traits for the role, which those who have it have; 0 for the roles after the
// first 48, which have none.
uint64_t trait_of_role(uint64_t role);

// The ids of the users who have the role; nullopt if there are more than `most`. Or who have an
// identity at the provider. Ascending; some may be deleted.
std::optional<std::vector<uint64_t>> ids_in_role(store::ReadTxn& tx, RoleId role, size_t most);
std::vector<uint64_t> ids_at_provider(store::ReadTxn& tx, std::string_view provider);

// The ids of the users who have a passkey or a security key, ascending. Those that have ended count
// until the job erases them.
std::vector<uint64_t> ids_with_passkeys(store::ReadTxn& tx);

}  // namespace authd::tables
