// The classes of rate limits, in one table. Everything about a class follows from its row: its key
// in the configuration, its default, its help text, and its own count per client address. A new
// class is a value of Limit, its row, and `make docs` for the man page.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace authd::config {

// `files` (pages, their files, documentation) has the rate of `standard` but its own count, so
// loading pages does not use up a client's share of the API. `none` is for health checks, metrics,
// and what programs ask for all of their users: only for routes that cost at most a few times as
// much as /livez (strangers_test.py measures them).
enum class Limit : uint8_t { login, signup, refresh, mail, standard, files, none };

struct LimitClass {
  Limit limit;
  std::string_view name;          // the key is rate_limit.<name>
  std::string_view default_rate;  // empty: the class has no key
  std::string_view help;
  Limit rate_of;  // the class whose rate applies; `none`: nothing is counted
};

// In the order of Limit, which is also the order of the keys.
inline constexpr std::array kLimitClasses = {
    LimitClass{Limit::login, "login", "5/1m", "Requests that check a password.", Limit::login},
    LimitClass{Limit::signup, "signup", "5/1m", "New accounts.", Limit::signup},
    LimitClass{Limit::refresh, "refresh", "10/1m", "Refreshes of a session.", Limit::refresh},
    LimitClass{Limit::mail, "mail", "5/1m", "Requests that send mail.", Limit::mail},
    LimitClass{Limit::standard, "default", "600/1m",
               "All other requests; pages and files are counted separately.", Limit::standard},
    LimitClass{Limit::files, "files", "", "", Limit::standard},
    LimitClass{Limit::none, "none", "", "", Limit::none},
};

constexpr const LimitClass& limit_class(Limit limit) {
  return kLimitClasses[static_cast<size_t>(limit)];
}

constexpr bool limit_classes_are_in_order() {
  for (size_t i = 0; i < kLimitClasses.size(); ++i) {
    if (kLimitClasses[i].limit != static_cast<Limit>(i)) return false;
  }
  return true;
}
static_assert(limit_classes_are_in_order());

}  // namespace authd::config
