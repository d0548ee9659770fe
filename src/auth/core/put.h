// What came of making a thing be as somebody declared it: PUT by name, and `authd apply`. Doing it
// twice changes nothing the second time.
#pragma once

#include <optional>

namespace authd::auth {

enum class PutOutcome { made, changed, same };

template <typename Row>
struct Put {
  PutOutcome outcome = PutOutcome::same;
  Row row;                    // as it is now
  std::optional<Row> before;  // absent: it was not there
};

}  // namespace authd::auth
