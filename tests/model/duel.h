// The server beside the model: runs a script on both and reports where they disagree.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "model/oracle.h"
#include "model/server.h"

namespace authd::model {

// Stands still until it is moved. While steps run concurrently, every caller waits for a moment:
// each operation asks for the time between looking and deciding, and that is where they have to
// meet.
class PausingClock final : public Clock {
 public:
  Time now() const override;
  SteadyTime steady_now() const override { return clock.steady_now(); }

  test::ManualClock clock;
  std::atomic<bool> has_pauses = false;
};

// The server's place: a store and what belongs to it.
class House {
 public:
  virtual ~House() = default;
  virtual const auth::Services& services() const = 0;

  PausingClock clock;
};

// In memory, where each write runs twice (support/rerun_store.h); or on disk, where concurrent
// writes share a commit.
std::unique_ptr<House> make_memory_house();
std::unique_ptr<House> make_disk_house();

using MakeHouse = std::function<std::unique_ptr<House>()>;

class Duel {
 public:
  Duel(const MakeHouse& make, bool has_races);

  // Nullopt while both agree; otherwise what was expected and what came. The steps of a round run
  // concurrently: the answers must be those of one order or another.
  std::optional<std::string> play(const Round& round);
  // What is wrong with the store at the end; nullopt if nothing is.
  std::optional<std::string> check();

  const Oracle& oracle() const { return oracles_.front(); }
  size_t steps() const { return steps_; }
  // How often each step had each answer, such as "refresh 401 invalid_token": shows how much was
  // tried.
  const std::map<std::string, size_t>& tally() const { return tally_; }

 private:
  std::optional<std::string> play_one(const Step& step);
  std::optional<std::string> play_together(const Round& round);
  std::optional<std::string> look_around(const Round& round);
  void count(const Step& step, const Answer& answer);
  std::optional<std::string> compare(const Step& step, const Answer& answer);

  const bool has_races_;
  std::unique_ptr<House> house_;
  Server server_;
  // More than one while several orders of a round fit everything seen since.
  std::vector<Oracle> oracles_;
  size_t steps_ = 0;
  std::map<std::string, size_t> tally_;
  int probes_ = 1'000'000;  // their names, distinct from those of scripts
};

}  // namespace authd::model
