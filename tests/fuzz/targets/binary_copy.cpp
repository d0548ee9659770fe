// What PostgreSQL sends as a whole copy (COPY … TO STDOUT in binary form), in pieces of any size.
#include "store/postgresql/binary_copy.h"

#include "target.h"

namespace authd::fuzz {
namespace {

struct Outcome {
  bool is_whole = false;
  size_t rows = 0;
  std::string bytes;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome read_in_pieces(std::string_view text, size_t size) {
  Outcome outcome;
  const auto take = [&](std::string_view key, std::string_view value) {
    outcome.rows += 1;
    outcome.bytes.append(key).append(value);
  };
  store::BinaryCopyReader reader(take);
  bool is_good = true;
  for (size_t at = 0; is_good && at < text.size(); at += size)
    is_good = reader.take(text.substr(at, size)).has_value();
  outcome.is_whole = is_good && reader.finish().has_value();
  return outcome;
}

}  // namespace

void run(std::string_view input) {
  Dice dice(input);
  const size_t size = 1 + dice.below(300);
  const Outcome whole = read_in_pieces(dice.rest(), kMaxInput);
  CHECK(whole.bytes.size() <= input.size());
  CHECK(read_in_pieces(dice.rest(), size) == whole);
}

}  // namespace authd::fuzz
