// The outcome of bringing a thing into a declared state: PUT by name, and `authd apply`. Repeating
// it changes nothing.
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
