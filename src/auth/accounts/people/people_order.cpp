#include "auth/accounts/people/people_order.h"

#include <algorithm>
#include <bit>

#include "base/encoding.h"
#include "base/text.h"
#include "tables/rows/keys.h"

namespace authd::auth {
namespace {

// How many numbers of the value an order uses.
size_t numbers_of(PeopleOrder order) {
  switch (order) {
    case PeopleOrder::id: return 0;
    case PeopleOrder::name: return std::tuple_size_v<decltype(PeoplePlace::value)>;
    case PeopleOrder::created:
    case PeopleOrder::activity: return 1;
  }
  return 0;
}

// Says which order a cursor is of.
char mark_of(PeopleOrder order, bool is_descending) {
  constexpr std::string_view kUp = "inca";
  constexpr std::string_view kDown = "INCA";
  return (is_descending ? kDown : kUp)[static_cast<size_t>(order)];
}

// The first bytes of the text as numbers, which compare as the text does.
std::array<uint64_t, 4> first_bytes(std::string_view text) {
  std::array<uint64_t, 4> numbers = {};
  text.copy(reinterpret_cast<char*>(numbers.data()), sizeof(numbers));
  if constexpr (std::endian::native == std::endian::little) {
    for (uint64_t& number : numbers)
      number = __builtin_bswap64(number);
  }
  return numbers;
}

}  // namespace

PeoplePlace place_of(const tables::PersonView& person, PeopleOrder order) {
  PeoplePlace place;
  place.id = person.id.value;
  switch (order) {
    case PeopleOrder::id: break;
    case PeopleOrder::name: place.value = first_bytes(person.text); break;
    case PeopleOrder::created: place.value[0] = person.created_ms(); break;
    case PeopleOrder::activity: place.value[0] = person.active_step; break;
  }
  return place;
}

std::string cursor_of(const PeoplePlace& place, PeopleOrder order, bool is_descending) {
  if (order == PeopleOrder::id && !is_descending) return std::to_string(place.id);
  std::string bytes(1, mark_of(order, is_descending));
  for (size_t i = 0; i < numbers_of(order); ++i)
    bytes += tables::big_endian(place.value[i]);
  return base64url_encode(bytes + tables::big_endian(place.id));
}

std::optional<PeoplePlace> parse_cursor(std::string_view text, PeopleOrder order,
                                        bool is_descending) {
  PeoplePlace place;
  if (order == PeopleOrder::id && !is_descending) {
    const std::optional<uint64_t> id = parse_unsigned(text);
    if (!id) return std::nullopt;
    place.id = *id;
    return place;
  }
  const std::optional<std::string> bytes = base64url_decode(text);
  const size_t numbers = numbers_of(order);
  if (!bytes || bytes->size() != 1 + (numbers + 1) * tables::kNumberBytes ||
      bytes->front() != mark_of(order, is_descending)) {
    return std::nullopt;
  }
  std::string_view rest = std::string_view(*bytes).substr(1);
  for (size_t i = 0; i < numbers; ++i, rest = tables::after_number(rest))
    place.value[i] = tables::from_big_endian(rest);
  place.id = tables::from_big_endian(rest);
  return place;
}

FirstPlaces::FirstPlaces(size_t limit, bool is_descending, std::optional<PeoplePlace> after,
                         bool comes_in_order)
    : limit_(limit),
      // Shrinking costs a few steps for each place that there is room for, and comes at most once
      // for each half of them.
      room_(2 * limit + 1'000),
      comes_in_order_(comes_in_order),
      is_descending_(is_descending),
      after_(after) {}

void FirstPlaces::add(const PeoplePlace& place) {
  if (after_ && !is_before(*after_, place)) return;
  if (worst_ && is_before(*worst_, place)) return;
  places_.push_back(place);
  if (places_.size() == room_) shrink();
}

void FirstPlaces::shrink() {
  if (places_.size() <= limit_ || limit_ == 0) return;
  const auto end = places_.begin() + static_cast<std::ptrdiff_t>(limit_);
  std::nth_element(places_.begin(), end - 1, places_.end(),
                   [&](const auto& a, const auto& b) { return is_before(a, b); });
  places_.erase(end, places_.end());
  worst_ = places_.back();
}

std::vector<PeoplePlace> FirstPlaces::take() {
  shrink();
  std::sort(places_.begin(), places_.end(),
            [&](const auto& a, const auto& b) { return is_before(a, b); });
  return std::move(places_);
}

}  // namespace authd::auth
