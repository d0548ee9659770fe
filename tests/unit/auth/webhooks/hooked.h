// Endpoints, and another server that answers as a test wants.
#pragma once

#include <set>

#include "auth/accounts/roles/role_grants.h"
#include "auth/core/audit/audit_actions.h"
#include "auth/upkeep/check.h"
#include "auth/webhooks/event_types.h"
#include "auth/webhooks/webhook_fan_out.h"
#include "auth/webhooks/webhook_message.h"
#include "auth/webhooks/webhook_queue.h"
#include "auth/webhooks/webhook_sender.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "support/fault_store.h"
#include "support/people.h"
#include "tables/users.h"

#include "auth/webhooks/webhooks.h"

namespace authd::auth {

using namespace std::chrono_literals;

inline constexpr const char* kUrl = "https://app.example/events";

// The services over a store that fails.
inline Services over(test::Instance& t, store::Store& store) {
  return {store,        t.config,     t.clock,     t.random,      t.hasher,
          t.master_key, t.server_key, t.keyring,   t.credentials, t.in_flight,
          t.verified,   t.activity,   t.providers, t.known,       t.oauth,
          t.images,     t.counters,   null_log(),  kServerWriter};
}

struct Hooked {
  Hooked() {
    t.remote.answer = [this](const fetch::Request& request) -> Result<fetch::Reply> {
      requests.push_back(request);
      if (while_asked) while_asked();
      if (status == 0) return Error{ErrorCode::unavailable, "Connection refused"};
      return fetch::Reply{status, "", headers};
    };
  }
  NewSecret add(std::vector<std::string> types = {}, const char* url = kUrl) {
    auto made = add_webhook(t.services, {url, std::nullopt, std::move(types)}, {});
    REQUIRE(made);
    return *made;
  }
  Result<NewSecret> try_add(const std::string& url) {
    return add_webhook(t.services, {url, std::nullopt, std::nullopt}, {});
  }
  std::string id_of(const NewSecret& made) { return webhook_text(made.webhook.id); }
  void log(std::string_view action, std::string_view outcome = "ok") {
    t.clock.advance(1ms);
    REQUIRE(audit_alone(t.services, {}, {action, user, outcome}));
  }
  size_t fan_out(size_t most = kMaxWebhookDeliveries) {
    WebhookFanOut all(t.services, most);
    size_t count = 0;
    while (true) {
      const auto done = all.run();
      REQUIRE(done);
      count += done->deliveries;
      if (!done->more) return count;
    }
  }
  // Sends what is due; the number of requests.
  size_t send() {
    const size_t before = requests.size();
    while (true) {
      const auto batch = sender.take();
      REQUIRE(batch);
      if (!*batch) return requests.size() - before;
      REQUIRE(sender.send(**batch, stopping));
    }
  }
  std::vector<ListedDelivery> deliveries(const DeliveryFilter& filter = {}) {
    auto all = list_deliveries(t.services, filter);
    REQUIRE(all);
    return *all;
  }
  tables::Webhook row(const NewSecret& made) {
    auto found = find_webhook(t.services, id_of(made));
    REQUIRE(found);
    return *found;
  }
  std::string header(const fetch::Request& request, std::string_view name) {
    for (const std::string& one : request.headers) {
      if (one.starts_with(std::string(name) + ": ")) return one.substr(name.size() + 2);
    }
    return "";
  }
  // The ids of the messages that were sent.
  std::vector<std::string> ids() {
    std::vector<std::string> all;
    for (const fetch::Request& request : requests)
      all.push_back(header(request, "webhook-id"));
    return all;
  }

  test::Instance t;
  std::optional<UserId> user = UserId{1};
  std::vector<fetch::Request> requests;
  int status = 200;  // 0: nobody answers
  std::vector<std::pair<std::string, std::string>> headers;
  std::function<void()> while_asked;
  Stopping stopping;
  WebhookSender sender{t.services, t.remote};
};

}  // namespace authd::auth
