// Finds people: by words of their names, username and email, by what they are, and in the order
// that the reader wants. The HTTP endpoint and the command line ask with the same words.
//
// Each page reads one short row of everybody (tables/people.h), or of those who have the role or an
// identity at the provider, if these are few. So every question costs about the same, and `total`
// is exact.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/accounts/people/people_order.h"
#include "auth/accounts/profile/account_view.h"
#include "auth/core/services.h"

namespace authd::auth {

// What somebody typed; empty: nothing. The names are those of the parameters.
struct PeopleWords {
  std::string search = {};    // words; people have all of them, at the beginning of a word
  std::string role = {};      // the name of a role
  std::string state = {};     // "active", "disabled" or "unconfirmed"
  std::string verified = {};  // of the email: "true" or "false"
  std::string mfa = {};       // a second factor: "true" or "false"
  std::string provider = {};  // the name of a provider, with which they have an identity
  // Their last activity. A day (2026-11-30) or a time (RFC 3339), taken to the hour, UTC.
  std::string active_before = {};  // earlier, or none ever
  std::string active_after = {};   // then or later
  std::string sort = {};    // "id", "name", "created" or "activity"; "-" before it turns it round
  std::string cursor = {};  // `next` of the page before
};

enum class PeopleState { active, disabled, unconfirmed };

struct PeopleQuery {
  std::vector<std::string> words;  // as tables::people_form()
  std::string role;
  std::string provider;
  std::optional<PeopleState> state;
  std::optional<bool> verified;
  std::optional<bool> mfa;
  std::optional<uint64_t> active_before;  // steps (tables::activity_step)
  std::optional<uint64_t> active_from;
  PeopleOrder order = PeopleOrder::id;
  bool is_descending = false;
  std::string cursor;
};

// Error: `invalid`, with the field, and what it can be.
Result<PeopleQuery> parse_people_query(const PeopleWords& words);

struct PeoplePage {
  std::vector<AccountView> accounts;
  std::string next;  // empty: this was the last page
  uint64_t total = 0;
};

// At most `limit` people behind the cursor. The cursor names a place in the order: accounts that
// are added, removed or changed in the meantime do not move the others. Errors: `invalid` with the
// field, for a role or provider that there is not, and for a cursor of another order.
Result<PeoplePage> find_people(const Services& s, const PeopleQuery& query, size_t limit);

}  // namespace authd::auth
