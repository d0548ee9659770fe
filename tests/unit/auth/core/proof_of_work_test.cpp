#include "auth/core/limits/proof_of_work.h"

#include <catch2/catch.hpp>

using namespace authd;
using auth::work_bits;
using config::ProofOfWork;

TEST_CASE("twice the rate is twice the work", "[proof_of_work]") {
  CHECK(work_bits(ProofOfWork::automatic, 0) == 0);
  CHECK(work_bits(ProofOfWork::automatic, 19) == 0);
  CHECK(work_bits(ProofOfWork::automatic, 20) == 16);
  CHECK(work_bits(ProofOfWork::automatic, 39) == 16);
  CHECK(work_bits(ProofOfWork::automatic, 40) == 17);
  CHECK(work_bits(ProofOfWork::automatic, 20 * 64) == 22);
  CHECK(work_bits(ProofOfWork::automatic, UINT64_MAX) == 22);
  CHECK(work_bits(ProofOfWork::always, 0) == 16);
  CHECK(work_bits(ProofOfWork::always, 80) == 18);
  CHECK(work_bits(ProofOfWork::off, 100'000) == 0);
}

TEST_CASE("the meter forgets after a minute", "[proof_of_work]") {
  auth::WorkMeter meter;
  const SteadyTime start = SteadyTime(std::chrono::hours(1));
  for (int i = 0; i < 5; ++i)
    meter.count(start);
  meter.count(start + std::chrono::seconds(30));
  CHECK(meter.in_last_minute(start + std::chrono::seconds(59)) == 6);
  CHECK(meter.in_last_minute(start + std::chrono::seconds(60)) == 1);
  CHECK(meter.in_last_minute(start + std::chrono::seconds(90)) == 0);
  // The same place of the ring, an hour later.
  meter.count(start + std::chrono::hours(1));
  CHECK(meter.in_last_minute(start + std::chrono::hours(1)) == 1);
}
