// The deliveries of sign-outs for operators: what each application was told, what is waiting, what
// was given up, and how to send it again.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr size_t kMaxListedLogouts = 200;

// "waiting", "delivered", "dead"; "unknown" for a state of a newer release.
std::string_view word_of(tables::DeliveryState state);
std::optional<tables::DeliveryState> parse_delivery_state(std::string_view word);

// The id as text: the `jti` of its tokens, and its name in lists.
std::string logout_text(std::string_view id);

// Those of the client, newest first; only those in `state` if it is set. Error: `not_found` when
// the client does not exist.
Result<std::vector<tables::LogoutDelivery>> list_logouts(
    const Services& s, std::string_view client, std::optional<tables::DeliveryState> state = {},
    size_t limit = kMaxListedLogouts);

// Makes a delivery due now; one that was given up begins again with no attempts counted. Errors:
// `not_found`; `conflict`, "already_delivered".
Result<tables::LogoutDelivery> retry_logout(const Services& s, std::string_view client,
                                            std::string_view id, const Origin& origin);

// The same for all that wait or were given up; returns how many there were. Error: `not_found` when
// the client does not exist.
Result<size_t> retry_logouts(const Services& s, std::string_view client, const Origin& origin);

// How many wait; more than a hundred thousand are not counted.
Result<uint64_t> waiting_logouts(store::Store& store);

// How many were given up, of each client that has some.
struct DeadLogouts {
  std::string client;
  uint64_t count = 0;
};
Result<std::vector<DeadLogouts>> dead_logouts(store::Store& store);

}  // namespace authd::auth
