// The order of the people that a search finds, and a place in it.
#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tables/people.h"

namespace authd::auth {

enum class PeopleOrder {
  id,
  name,      // last name, first name, username, email: the first 32 bytes of search_form()
  created,   // when the account was made
  activity,  // the last one, to the hour
};

// Where an account is: the values that the order compares, then the id.
struct PeoplePlace {
  std::array<uint64_t, 4> value = {};
  uint64_t id = 0;

  friend auto operator<=>(const PeoplePlace&, const PeoplePlace&) = default;
};

PeoplePlace place_of(const tables::PersonView& person, PeopleOrder order);

// As text, for a client to send back: in the order of the ids it is the id.
std::string cursor_of(const PeoplePlace& place, PeopleOrder order, bool is_descending);
// nullopt: it is none, or one of another order.
std::optional<PeoplePlace> parse_cursor(std::string_view text, PeopleOrder order,
                                        bool is_descending);

// The first `limit` places behind `after`, of many. Memory is bounded by the limit, and the time
// for each by a constant.
class FirstPlaces {
 public:
  // `comes_in_order`: they come in just this order, and not in any.
  FirstPlaces(size_t limit, bool is_descending, std::optional<PeoplePlace> after,
              bool comes_in_order = false);

  // Whether no further place can be among them.
  bool has_all() const { return comes_in_order_ && places_.size() >= limit_; }

  void add(const PeoplePlace& place);
  // In order.
  std::vector<PeoplePlace> take();

 private:
  bool is_before(const PeoplePlace& a, const PeoplePlace& b) const {
    // Nearly always the first number decides, faster than a comparison of all of them.
    if (a.value[0] != b.value[0]) return (a.value[0] < b.value[0]) != is_descending_;
    return is_descending_ ? b < a : a < b;
  }
  void shrink();

  size_t limit_;
  size_t room_;
  bool comes_in_order_;
  bool is_descending_;
  std::optional<PeoplePlace> after_;
  std::optional<PeoplePlace> worst_;  // nothing behind it is among the first
  std::vector<PeoplePlace> places_;
};

}  // namespace authd::auth
