// Sends deliveries (webhook_fan_out.h makes them) to endpoints, by Standard Webhooks 1.0.0. A row
// is removed only after the endpoint has taken its event. If the process dies in between, the event
// is sent again, with the same id.
//
// A batch has deliveries of one endpoint. One that works can have several batches at once; one that
// fails has one, is asked less and less often, and all of those together never have every slot. So
// endpoints that hang hold up nobody else.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "auth/core/audit/audit.h"
#include "auth/core/services.h"
#include "base/backoff.h"
#include "base/stop.h"
#include "fetch/client.h"
#include "tables/schema.h"

namespace authd::auth {

// For one request (the specification has 15 to 30 seconds), and what is read of its reply.
inline constexpr Milliseconds kWebhookTimeout = std::chrono::seconds(15);
inline constexpr size_t kWebhookReply = 4096;  // bytes

// The time from one attempt at a delivery to the next, up to a fifth more or less; then daily. The
// last attempt is at the end of kGiveUpWebhookAfter.
inline constexpr std::array<Milliseconds, 7> kWebhookRetries = {
    std::chrono::seconds(5), std::chrono::minutes(5), std::chrono::minutes(30),
    std::chrono::hours(2),   std::chrono::hours(5),   std::chrono::hours(10),
    std::chrono::hours(24)};
inline constexpr Milliseconds kGiveUpWebhookAfter = std::chrono::hours(72);
// An endpoint that takes nothing for so long is disabled.
inline constexpr Milliseconds kDisableWebhookAfter = std::chrono::hours(24 * 5);
// How long one that is down is left alone, and the bounds of a Retry-After that it sends.
inline constexpr Backoff kWebhookHolds{std::chrono::seconds(5), std::chrono::minutes(5)};
inline constexpr Milliseconds kShortestHold = std::chrono::seconds(1);
inline constexpr Milliseconds kLongestHold = std::chrono::hours(1);

// Batches at once: of all, of all endpoints that fail, and of one that works.
inline constexpr size_t kWebhookSlots = 16;
inline constexpr size_t kFailingSlots = 12;
inline constexpr size_t kSlotsOfOne = 4;

// The administrators who are told that an endpoint was disabled, at most.
inline constexpr size_t kToldAdministrators = 5;
inline constexpr size_t kWebhookEndWrites =
    1 + kAuditWrites + kOpeningWrites +
    kToldAdministrators * decltype(tables::outbox)::kInsertWrites;
inline constexpr size_t kWebhookBatch = (tables::kWriteBudget - kWebhookEndWrites) /
                                        decltype(tables::webhook_deliveries)::kUpdateWrites;
static_assert(kWebhookBatch >= 10);

// A batch is sent for so long; then the rest of it waits for the next. It belongs to its taker for
// longer than that and a request can take together.
inline constexpr Milliseconds kWebhookBatchTime = std::chrono::seconds(15);
inline constexpr Milliseconds kWebhookClaim = kWebhookBatchTime + 2 * kWebhookTimeout;

struct WebhookBatch {
  std::string endpoint;
  std::vector<std::string> ids;
  Time claimed_until;
  bool is_failing = false;
};

// Thread-safe. The references outlive it.
class WebhookSender {
 public:
  WebhookSender(const Services& s, fetch::Client& remote) : s_(s), remote_(remote) {}

  // Claims what is due for an endpoint that has a slot. nullopt: nothing is due.
  Result<std::optional<WebhookBatch>> take();

  // Sends what take() returned, and gives the slot back, also on an error. What `stopping` leaves
  // unsent is due at once. Returns how many were taken.
  Result<size_t> send(const WebhookBatch& batch, const Stopping& stopping);

 private:
  struct Sent;

  Result<std::optional<WebhookBatch>> look(Time now);
  std::optional<std::vector<std::string>> due_of(store::ReadTxn& tx, const tables::Webhook& webhook,
                                                 Time now) const;
  Result<Sent> send_one(const WebhookBatch& batch, const std::string& id, const Stopping& stopping);
  Result<size_t> send_all(const WebhookBatch& batch, const Stopping& stopping);

  const Services& s_;
  fetch::Client& remote_;
  std::mutex mutex_;
  std::map<std::string, size_t, std::less<>> busy_;  // endpoints and how many batches they have
  size_t failing_busy_ = 0;
  std::map<std::string, uint64_t, std::less<>> turns_;  // when each had its last one
  uint64_t turn_ = 0;
};

}  // namespace authd::auth
