// Makes the deliveries of events: reads the audit log behind the place where it stopped, and writes
// a delivery for each endpoint that has chosen the type of an entry, in the transaction that moves
// the place. So each event is fanned out exactly once, whenever a process dies, and requests pay
// nothing for it. webhook_sender.h sends the deliveries, at least once.
#pragma once

#include <vector>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// Of all endpoints together. Beyond it the oldest are dropped; those that were not sent yet count
// as lost (WebhookCursor::lost).
inline constexpr size_t kMaxWebhookDeliveries = 100'000;

struct FannedOut {
  size_t deliveries = 0;
  size_t lost = 0;
  bool more = false;  // call again at once
};

// The same thread calls it again and again.
class WebhookFanOut {
 public:
  explicit WebhookFanOut(const Services& s, size_t most = kMaxWebhookDeliveries)
      : s_(s), most_(most) {}

  // One piece: at most one transaction.
  Result<FannedOut> run();

 private:
  struct Plan;

  Result<Plan> look();
  Result<void> find_oldest(Plan& plan);

  const Services& s_;
  const size_t most_;
  size_t rows_ = 0;  // of deliveries, when they were counted, and those made since
  std::optional<SteadyTime> counted_at_;
};

// Writes a delivery for the endpoint; nothing if it has this one already. Returns whether it did.
bool insert_delivery(store::WriteTxn& tx, std::string_view endpoint, uint64_t number, Time now,
                     Time due);

// How many deliveries there are, of all states.
size_t count_deliveries(store::ReadTxn& tx);

}  // namespace authd::auth
