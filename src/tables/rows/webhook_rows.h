// Webhooks: who is told of events, how far the audit log was read for them, and what is on its way.
// The rules of rows.h hold.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "tables/rows/logout_rows.h"

namespace authd::tables {

inline constexpr size_t kWebhookIdBytes = 8;

// Why an endpoint gets nothing.
enum class WebhookEnd : uint8_t {
  none = 0,           // it is enabled
  administrator = 1,  // somebody disabled it
  gone = 2,           // it answered 410
  failures = 3,       // it took nothing for days
};

// An endpoint.
struct Webhook {
  std::string id;  // 8 random bytes
  std::string url;
  std::string description;
  std::vector<std::string> types;  // of events, "login.*" for a group; empty: all
  // The secret that signs, and during a rotation the one before it; context
  // "webhook/<id in hex>".
  std::string sealed_secret;
  std::string sealed_former;  // empty: none
  Time former_until;          // it signs until then
  std::string after;          // the place in the audit log behind which its events begin
  Time created_at;
  Time disabled_at;  // absent: it is enabled
  WebhookEnd end = WebhookEnd::none;
  Time failing_since;     // the first failure since it last took an event; absent: none
  uint64_t failures = 0;  // since then
  Time held_until;        // nothing is sent to it before
  Time answered_at;       // the last attempt; absent: none
  std::string answer;     // of the last attempt: "HTTP 204", or why there was none
  Time tested_at;         // the last attempt at a test; absent: none
  std::string test_answer;
  std::string unknown;

  bool is_enabled() const { return disabled_at == Time{}; }

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit(2, "url", self.url);
    visit(3, "description", self.description);
    visit(4, "types", self.types);
    visit.secret(5, "sealed_secret", self.sealed_secret);
    visit.secret(6, "sealed_former", self.sealed_former);
    visit(7, "former_until", self.former_until);
    visit(8, "after", self.after);
    visit(9, "created_at", self.created_at);
    visit(10, "disabled_at", self.disabled_at);
    visit(11, "end", self.end);
    visit(12, "failing_since", self.failing_since);
    visit(13, "failures", self.failures);
    visit(14, "held_until", self.held_until);
    visit(15, "answered_at", self.answered_at);
    visit(16, "answer", self.answer);
    visit(17, "tested_at", self.tested_at);
    visit(18, "test_answer", self.test_answer);
  }
};

// The one row that the fan-out needs: a write transaction cannot scan.
struct WebhookCursor {
  std::string place;                   // in the audit log, up to which deliveries were made
  std::vector<std::string> endpoints;  // the ids of all
  uint64_t lost = 0;                   // deliveries that were dropped before they were sent
  // The deliveries (WebhookDelivery::id) of the event behind `place` that were made already: it can
  // be for more endpoints than one transaction may write rows.
  std::vector<std::string> told;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "place", self.place);
    visit(2, "endpoints", self.endpoints);
    visit(3, "lost", self.lost);
    visit(4, "told", self.told);
  }
};

// One event for one endpoint. What is sent is read from the audit log and the user's row when it is
// sent; nothing of a person stands here. A row is removed when the endpoint has taken it. (No
// Expires: each event would leave an entry behind for weeks.)
struct WebhookDelivery {
  std::string id;  // endpoint (8), number of the audit entry (8)
  DeliveryState state = DeliveryState::waiting;
  Time created_at;
  Time due_at;  // of the next attempt
  uint64_t attempts = 0;
  std::string last_error;  // of the last attempt; empty: none
  Time ended_at;           // given up
  std::string unknown;

  std::string_view endpoint() const { return std::string_view(id).substr(0, kWebhookIdBytes); }

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit(2, "state", self.state);
    visit(3, "created_at", self.created_at);
    visit(4, "due_at", self.due_at);
    visit(5, "attempts", self.attempts);
    visit(6, "last_error", self.last_error);
    visit(7, "ended_at", self.ended_at);
  }
};

}  // namespace authd::tables
