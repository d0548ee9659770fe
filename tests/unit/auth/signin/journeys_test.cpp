#include "auth/signin/journeys.h"

#include <catch2/catch.hpp>

#include "support/instance.h"

namespace authd::auth {
namespace {

using tables::JourneyKind;
using Found = std::optional<tables::Journey>;

struct Trip {
  test::Instance instance;
  const Services& s = instance.services;

  NewJourney begin(const OneTimeSecret& browser = {}, const WayBack& way_back = {}) {
    NewJourney made = make_journey(s, JourneyKind::provider, browser, way_back, s.clock.now());
    const Result<void> put = s.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::journeys.insert(tx, made.row);
      return {};
    });
    REQUIRE(put);
    return made;
  }

  Found take(const OneTimeSecret& state, const OneTimeSecret& browser,
             JourneyKind kind = JourneyKind::provider) {
    return s.store
        .write([&](store::WriteTxn& tx) -> Result<Found> {
          return take_journey(tx, kind, state, browser, s.clock.now());
        })
        .value();
  }

  Found find(const OneTimeSecret& state, const OneTimeSecret& browser) {
    return s.store
        .read([&](store::ReadTxn& tx) -> Result<Found> { return find_journey(tx, state, browser); })
        .value();
  }
};

OneTimeSecret secret(std::string_view text) {
  return OneTimeSecret(std::string(text));
}

TEST_CASE("a journey is taken once, and its page is known until its end") {
  Trip trip;
  const NewJourney made = trip.begin({}, {"/inbox", "/signin"});
  REQUIRE(trip.take(made.state, made.binding));
  CHECK_FALSE(trip.take(made.state, made.binding));
  const Found over = trip.find(made.state, made.binding);
  REQUIRE(over);
  CHECK(over->is_over);
  CHECK(over->return_to == "/inbox");
  CHECK(over->page == "/signin");
}

TEST_CASE("another browser gets nothing, and uses the state up") {
  Trip trip;
  const NewJourney made = trip.begin();
  const NewJourney other = trip.begin();
  CHECK_FALSE(trip.find(made.state, other.binding));
  CHECK_FALSE(trip.take(made.state, other.binding));
  CHECK_FALSE(trip.take(made.state, made.binding));
  CHECK(trip.take(other.state, other.binding));
}

TEST_CASE("a browser without a cookie is another browser") {
  Trip trip;
  const NewJourney made = trip.begin();
  CHECK_FALSE(trip.find(made.state, {}));
  CHECK_FALSE(trip.take(made.state, {}));
}

TEST_CASE("a browser keeps its cookie over all its journeys") {
  Trip trip;
  const NewJourney first = trip.begin();
  const NewJourney second = trip.begin(first.binding);
  CHECK(second.binding.reveal() == first.binding.reveal());
  CHECK(second.state.reveal() != first.state.reveal());
  CHECK(trip.take(second.state, first.binding));
  CHECK(trip.take(first.state, first.binding));
}

TEST_CASE("a cookie that the server did not make is replaced") {
  Trip trip;
  const NewJourney known = trip.begin();
  const std::string_view good = known.binding.reveal();
  std::string altered(good);
  altered[15] = altered[15] == 'A' ? 'B' : 'A';
  for (const std::string& odd :
       {std::string(), std::string("x"), std::string(43, '!'), std::string(46, '0'),
        std::string(43, 'A'), std::string(good) + "A", altered}) {
    CAPTURE(odd);
    const NewJourney made = trip.begin(secret(odd));
    CHECK(made.binding.reveal() != odd);
    CHECK(trip.take(made.state, made.binding));
  }
}

TEST_CASE("a cookie is replaced when it is a day old, or of the future") {
  Trip trip;
  const NewJourney first = trip.begin();
  trip.instance.clock.advance(kBindingLife - std::chrono::minutes(1));
  const NewJourney renewed = trip.begin(first.binding);
  CHECK(renewed.binding.reveal() == first.binding.reveal());
  trip.instance.clock.advance(std::chrono::minutes(1));
  const NewJourney fresh = trip.begin(first.binding);
  CHECK(fresh.binding.reveal() != first.binding.reveal());
  CHECK(trip.take(renewed.state, first.binding));
  trip.instance.clock.advance(-std::chrono::hours(1));
  CHECK(trip.begin(fresh.binding).binding.reveal() != fresh.binding.reveal());
}

TEST_CASE("a journey ends after its life, and one of the future has not begun") {
  Trip trip;
  const NewJourney late = trip.begin();
  trip.instance.clock.advance(kJourneyLife);
  CHECK_FALSE(trip.take(late.state, late.binding));
  const NewJourney early = trip.begin();
  trip.instance.clock.advance(-std::chrono::hours(24));
  CHECK_FALSE(trip.take(early.state, early.binding));
}

TEST_CASE("a journey of a kind that this release does not know leads nowhere") {
  Trip trip;
  NewJourney made = make_journey(trip.s, static_cast<JourneyKind>(99), {}, {}, trip.s.clock.now());
  REQUIRE(trip.s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::journeys.insert(tx, made.row);
    return {};
  }));
  CHECK_FALSE(trip.take(made.state, made.binding));
}

}  // namespace
}  // namespace authd::auth
