// What the search for people reads of each of them: a row that follows from the User row, far
// shorter, so that a search can read all of them. The rules of rows.h hold.
#pragma once

#include <string>

#include "base/time.h"

namespace authd::tables {

// What a search can ask for, as bits of Person::traits.
struct Trait {
  static constexpr uint64_t disabled = 1;
  static constexpr uint64_t unconfirmed = 2;  // User::awaits_email
  static constexpr uint64_t verified = 4;     // User::email_verified
  static constexpr uint64_t mfa = 8;          // User::mfa_enabled
};

// The step in which a search sees the last activity: more would cost a write for each minute.
inline constexpr Milliseconds kActivityStepOfSearch = std::chrono::hours(1);

struct Person {
  uint64_t traits = 0;
  Time created_at;
  uint64_t active_step = 0;  // of the last activity: steps since 1970; 0: none
  // Last and first name, username and email, those that there are, each as search_form() and cut
  // (people.cpp), with a line break between them.
  std::string text;
  std::string unknown;

  // The numbers of the fields, which a search reads in place.
  static constexpr uint64_t kTraits = 1;
  static constexpr uint64_t kCreatedAt = 2;
  static constexpr uint64_t kActiveStep = 3;
  static constexpr uint64_t kText = 4;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(kTraits, "traits", self.traits);
    visit(kCreatedAt, "created_at", self.created_at);
    visit(kActiveStep, "active_step", self.active_step);
    visit(kText, "text", self.text);
  }
};

}  // namespace authd::tables
