// The deliveries for operators: what waits, what was given up, and how to send it again.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr size_t kMaxListedDeliveries = 200;
// How long those that were given up are kept.
inline constexpr Milliseconds kKeepDeadWebhooks = std::chrono::hours(24 * 30);

// The id of a message, in the header webhook-id and in lists: "msg_", the endpoint, "_", and the
// number of the audit entry. It is the same in each attempt, and after a replay.
std::string delivery_text(const tables::WebhookDelivery& delivery);
std::optional<std::string> parse_delivery_id(std::string_view text);  // the row's id
uint64_t event_number(const tables::WebhookDelivery& delivery);

// A delivery with what the log says of its event; empty if the log has it no longer.
struct ListedDelivery {
  tables::WebhookDelivery row;
  std::string type;
  Time at;
};

struct DeliveryFilter {
  std::string webhook;  // the id as text; empty: of all endpoints
  std::optional<tables::DeliveryState> state;
  size_t limit = kMaxListedDeliveries;
};
// The oldest events of each endpoint first. Error: `not_found` when the endpoint does not exist.
Result<std::vector<ListedDelivery>> list_deliveries(const Services& s,
                                                    const DeliveryFilter& filter);

// Makes a delivery due now; one that was given up begins again. Errors: `not_found`; `conflict`,
// "webhook_disabled".
Result<tables::WebhookDelivery> retry_delivery(const Services& s, std::string_view id_text,
                                               const Origin& origin);
// The same for all of an endpoint; returns how many there were.
Result<size_t> retry_deliveries(const Services& s, std::string_view webhook_text,
                                const Origin& origin);

// Sends again, under the same ids, the events since then that the endpoint has chosen, also those
// from before its creation. Returns how many. Errors: `not_found`; `conflict`, "webhook_disabled",
// "too_many_deliveries" when there is no room for all: some were made.
Result<size_t> replay_events(const Services& s, std::string_view webhook_text, Time since,
                             const Origin& origin);

struct WebhookState {
  uint64_t waiting = 0;
  uint64_t dead = 0;
  uint64_t lost = 0;  // dropped since the beginning, before they were sent
  Time oldest;        // of those that wait; absent: none waits
};
Result<WebhookState> webhook_state(store::Store& store);

// Removes some of those that were given up too long ago. Returns how many; call it again if there
// were any.
Result<size_t> sweep_deliveries(const Services& s);

// Gives up what waits for an endpoint that is disabled; returns how many rows, likewise.
Result<size_t> give_up_disabled(const Services& s);

}  // namespace authd::auth
