// The server beside a model of its promises: random requests to both, in sequence and concurrently,
// until they disagree. A finding is printed as the shortest script that still shows it.
//
//   model [--steps N] [--seed N] [--disk] [--races] [--tally]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

#include "model/duel.h"
#include "model/script.h"

using namespace authd::model;

namespace {

// Rounds per world: enough for much to happen, but few enough to shrink.
constexpr size_t kRounds = 1000;

struct Options {
  size_t steps = 3000;
  uint64_t seed = 1;
  bool is_on_disk = false;
  bool has_races = false;
  bool shows_tally = false;
};

using Tally = std::map<std::string, size_t>;

struct Found {
  Script script;
  std::string parting;
};

std::optional<Options> read_options(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string name = arguments[i];
    const bool has_value = i + 1 < count;
    if (name == "--disk")
      options.is_on_disk = true;
    else if (name == "--races")
      options.has_races = true;
    else if (name == "--tally")
      options.shows_tally = true;
    else if (name == "--steps" && has_value)
      options.steps = std::strtoull(arguments[++i], nullptr, 10);
    else if (name == "--seed" && has_value)
      options.seed = std::strtoull(arguments[++i], nullptr, 10);
    else
      return std::nullopt;
  }
  if (options.seed == 0) options.seed = std::random_device{}();
  return options;
}

// Runs it from the start; cuts it after the place where both disagree, if they do.
std::optional<Found> play(const MakeHouse& make, bool has_races, const Script& script) {
  Duel duel(make, has_races);
  for (size_t i = 0; i < script.size(); ++i) {
    if (auto parted = duel.play(script[i])) {
      return Found{Script(script.begin(), script.begin() + static_cast<std::ptrdiff_t>(i) + 1),
                   *parted};
    }
  }
  if (auto wrong = duel.check()) return Found{script, *wrong};
  return std::nullopt;
}

// Removes what is not needed, in ever smaller pieces. A race that is not always lost is tried a few
// times.
Found shrink(const MakeHouse& make, bool has_races, Found found) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  for (size_t piece = found.script.size() / 2; piece > 0; piece /= 2) {
    for (size_t from = 0; from < found.script.size();) {
      if (std::chrono::steady_clock::now() > end) return found;
      Script shorter = found.script;
      const auto first = shorter.begin() + static_cast<std::ptrdiff_t>(from);
      const size_t length = std::min(piece, shorter.size() - from);
      shorter.erase(first, first + static_cast<std::ptrdiff_t>(length));
      std::optional<Found> still;
      for (int tries = 0; tries < 3 && !still; ++tries)
        still = play(make, has_races, shorter);
      if (still)
        found = std::move(*still);
      else
        from += piece;
    }
  }
  return found;
}

// One world; returns the number of steps taken in it.
size_t explore(const MakeHouse& make, const Options& options, uint64_t seed,
               std::optional<Found>& found, Tally& tally) {
  Author author(seed);
  Duel duel(make, options.has_races);
  Script script;
  std::optional<std::string> parted;
  while (script.size() < kRounds && !parted) {
    script.push_back(author.next(duel.oracle(), options.has_races));
    parted = duel.play(script.back());
  }
  if (!parted) parted = duel.check();
  if (parted) found = Found{std::move(script), *parted};
  for (const auto& [what, count] : duel.tally())
    tally[what] += count;
  return duel.steps();
}

int report(const Found& found, size_t before) {
  std::printf("the server and the model part (shrunk from %zu rounds):\n", before);
  for (const Round& round : found.script) {
    for (const Step& step : round)
      std::printf("%s %s\n", round.size() > 1 ? "|" : " ", text_of(step).c_str());
  }
  std::printf("%s", found.parting.c_str());
  return 1;
}

}  // namespace

int main(int count, char** arguments) {
  const std::optional<Options> options = read_options(count, arguments);
  if (!options) {
    std::fprintf(stderr, "model [--steps N] [--seed N, 0: any] [--disk] [--races] [--tally]\n");
    return 2;
  }
  std::printf("model: %zu steps, --seed %llu%s%s\n", options->steps,
              static_cast<unsigned long long>(options->seed), options->is_on_disk ? " --disk" : "",
              options->has_races ? " --races" : "");
  std::fflush(stdout);
  const MakeHouse make = options->is_on_disk ? &make_disk_house : &make_memory_house;
  size_t steps = 0;
  size_t worlds = 0;
  Tally tally;
  while (steps < options->steps) {
    std::optional<Found> found;
    steps += explore(make, *options, options->seed + worlds * 1'000'003, found, tally);
    worlds += 1;
    if (found) {
      const size_t before = found->script.size();
      return report(shrink(make, options->has_races, std::move(*found)), before);
    }
  }
  if (options->shows_tally) {
    for (const auto& [what, times] : tally)
      std::printf("%8zu %s\n", times, what.c_str());
  }
  std::printf("model: %zu steps in %zu worlds, no divergence\n", steps, worlds);
  return 0;
}
