#include "auth/oauth/memory/seen_proofs.h"

#include <catch2/catch.hpp>

#include "crypto/digest.h"
#include "support/manual_clock.h"

namespace authd::auth {
namespace {

using Answer = SeenProofs::Answer;

struct Seeing {
  Answer note(const std::string& name) {
    return seen.note(crypto::sha256(name), clock.steady_now());
  }
  test::ManualClock clock;
  SeenProofs seen{clock};
};

}  // namespace

TEST_CASE("a mark stays for as long as a proof can be good, and not for ever") {
  Seeing s;
  CHECK(s.note("a") == Answer::first);
  CHECK(s.note("a") == Answer::seen);
  CHECK(s.note("b") == Answer::first);
  for (Milliseconds at(0); at < SeenProofs::kMemory; at += std::chrono::seconds(5)) {
    CHECK(s.note("a") == Answer::seen);
    s.clock.advance(std::chrono::seconds(5));
  }
  s.clock.advance(2 * SeenProofs::kMemory);
  CHECK(s.note("a") == Answer::first);
}

TEST_CASE("a mark that was made just before the spans turn is not lost with them") {
  Seeing s;
  s.clock.advance(SeenProofs::kMemory - Milliseconds(1));
  CHECK(s.note("late") == Answer::first);
  s.clock.advance(Milliseconds(1));
  CHECK(s.note("late") == Answer::seen);
  s.clock.advance(SeenProofs::kMemory - Milliseconds(2));
  CHECK(s.note("late") == Answer::seen);
}

TEST_CASE("many proofs are all remembered, and when there is no room, nothing is forgotten") {
  Seeing s;
  size_t refused = 0;
  std::string kept;
  for (size_t i = 0; i < SeenProofs::kMaxMarks + SeenProofs::kMaxMarks / 8; ++i) {
    const std::string name = std::to_string(i);
    const Answer answer = s.note(name);
    REQUIRE(answer != Answer::seen);
    if (answer == Answer::no_room) ++refused;
    if (answer == Answer::first && i % 1000 == 0) kept = name;
  }
  CHECK(refused > 0);
  CHECK(s.note("0") == Answer::seen);
  CHECK(s.note(kept) == Answer::seen);
  s.clock.advance(SeenProofs::kMemory);
  CHECK(s.note("another") == Answer::first);
  CHECK(s.note("0") == Answer::seen);
}

TEST_CASE("what may have been accepted before the process began may be forgotten") {
  Seeing s;
  const Time begin = s.clock.now();
  CHECK(s.seen.may_be_forgotten(begin, begin));
  CHECK(s.seen.may_be_forgotten(begin + kProofAhead - Milliseconds(1), begin));
  CHECK_FALSE(s.seen.may_be_forgotten(begin + kProofAhead, begin));
}

TEST_CASE("what was good once, before the clock was set back, may be forgotten") {
  Seeing s;
  const Time begin = s.clock.now();
  const Time made_at = begin + std::chrono::minutes(1);
  CHECK_FALSE(s.seen.may_be_forgotten(made_at, made_at));
  CHECK_FALSE(
      s.seen.may_be_forgotten(begin + std::chrono::hours(1), begin + std::chrono::hours(1)));
  CHECK(s.seen.may_be_forgotten(made_at, made_at));
}

}  // namespace authd::auth
