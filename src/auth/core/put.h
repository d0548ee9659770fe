// What came of making a thing be as somebody declared it: PUT by name, and `authd apply`. Doing it
// twice changes nothing the second time.
#pragma once

#include <optional>

namespace authd::auth {

enum class Outcome { made, changed, same };

template <typename Row>
struct Put {
  Outcome outcome = Outcome::same;
  Row row;                    // as it is now
  std::optional<Row> before;  // absent: it was not there
};

}  // namespace authd::auth
