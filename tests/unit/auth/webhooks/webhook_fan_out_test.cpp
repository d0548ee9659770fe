#include "auth/webhooks/webhook_fan_out.h"

#include "unit/auth/webhooks/hooked.h"

namespace authd::auth {
namespace {

TEST_CASE("the fan-out makes each delivery once, whatever fails") {
  for (size_t n = 1;; ++n) {
    Hooked w;
    const NewSecret all = w.add();
    const NewSecret some = w.add({"user.*"});
    w.fan_out();
    REQUIRE(w.send() > 0);
    for (int i = 0; i < 30; ++i)
      w.log(i % 3 == 0 ? "account_created" : "login");
    test::FaultStore faults{w.t.memory};
    const Services s = over(w.t, faults);
    faults.fail_at(n);
    for (int round = 0; round < 20; ++round) {
      WebhookFanOut fan_out(s);  // another process each time
      static_cast<void>(fan_out.run());
    }
    w.fan_out();
    std::multiset<std::string> ids;
    for (const ListedDelivery& one : w.deliveries())
      ids.insert(delivery_text(one.row));
    CHECK(ids.size() == 40);
    CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 40);
    if (!faults.has_failed()) break;
  }
}

TEST_CASE("what was sent is not made again, though the place was not moved behind it all") {
  Hooked w;
  for (size_t i = 0; i < kMaxWebhooks; ++i)
    w.add({"login.*"});
  CHECK(w.try_add(kUrl).error().name == "too_many_webhooks");
  w.log("login");
  // One event for more endpoints than one transaction may write rows.
  size_t made = 0;
  while (true) {
    WebhookFanOut fan_out(w.t.services);
    const auto done = fan_out.run();
    REQUIRE(done);
    made += done->deliveries;
    CHECK(w.send() == done->deliveries);
    if (!done->more) break;
  }
  CHECK(made == kMaxWebhooks);
  CHECK(w.fan_out() == 0);
  const std::vector<std::string> sent = w.ids();
  CHECK(std::set<std::string>(sent.begin(), sent.end()).size() == kMaxWebhooks);
}

TEST_CASE("an entry of another chain that comes between two pieces reaches every endpoint") {
  Hooked w;
  for (size_t i = 0; i < kMaxWebhooks; ++i)
    w.add({"login.*"});
  w.log("login");
  WebhookFanOut fan_out(w.t.services);
  const auto first = fan_out.run();
  REQUIRE(first);
  REQUIRE(first->more);
  REQUIRE(first->deliveries < kMaxWebhooks);
  // Another process, whose clock is behind: a smaller number, committed later.
  Services other = w.t.services;
  other.writer = kCommandWriter;
  w.t.clock.advance(-1ms);
  REQUIRE(audit_alone(other, {}, {"login", w.user, "ok"}));
  w.t.clock.advance(1ms);
  size_t made = first->deliveries;
  for (bool more = true; more;) {
    const auto done = fan_out.run();
    REQUIRE(done);
    made += done->deliveries;
    more = done->more;
  }
  CHECK(made == 2 * kMaxWebhooks);
  CHECK(w.send() == 2 * kMaxWebhooks);
  const std::vector<std::string> sent = w.ids();
  CHECK(std::set<std::string>(sent.begin(), sent.end()).size() == 2 * kMaxWebhooks);
}

TEST_CASE("what the audit log has no longer is counted as lost") {
  Hooked w;
  w.add({"login.*"});
  w.log("login");
  REQUIRE(w.fan_out() == 1);
  const auto number = event_number(w.deliveries().front().row);
  REQUIRE(w.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::audit_entries.del(tx, tables::big_endian(number));
    return {};
  }));
  CHECK(w.send() == 0);
  CHECK(w.deliveries().empty());
  CHECK(webhook_state(w.t.store)->lost == 1);
}

TEST_CASE("deliveries whose endpoint is gone are swept") {
  Hooked w;
  const NewSecret made = w.add({"login.*"});
  w.log("login");
  REQUIRE(w.fan_out() == 1);
  // As a process that was killed while it removed the endpoint.
  REQUIRE(w.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::webhooks.del(tx, made.webhook.id);
    return {};
  }));
  const auto swept = sweep_deliveries(w.t.services);
  REQUIRE(swept);
  CHECK(*swept == 1);
  CHECK(w.deliveries().empty());
}

TEST_CASE("a replay reaches what is behind the cursor and from before the endpoint") {
  Hooked w;
  w.add({"login.*"});
  w.log("login");
  w.log("login");
  const NewSecret later = w.add({"login.*"});
  const auto replayed =
      replay_events(w.t.services, w.id_of(later), w.t.clock.now() - std::chrono::hours(1), {});
  REQUIRE(replayed);
  CHECK(*replayed == 2);
  w.fan_out();
  w.send();
  const std::vector<std::string> sent = w.ids();
  CHECK(std::set<std::string>(sent.begin(), sent.end()).size() == 4);
}

TEST_CASE("a test is sent before what an endpoint has left") {
  Hooked w;
  const NewSecret made = w.add({"login.*"});
  for (int i = 0; i < 60; ++i)
    w.log("login");
  w.fan_out();
  w.t.clock.advance(1ms);
  REQUIRE(test_webhook(w.t.services, w.id_of(made), {}));
  w.fan_out();
  REQUIRE(w.send() == 61);
  const JsonObject body = JsonObject::parse(w.requests.front().json).value();
  CHECK(body.string("type").value() == kTestEvent);
}

TEST_CASE("beyond the limit the oldest is dropped, and counted if it was not sent") {
  Hooked w;
  w.add({"login.*"});
  for (int i = 0; i < 100; ++i)
    w.log("login");
  w.fan_out(40);
  const auto state = webhook_state(w.t.store);
  REQUIRE(state);
  CHECK(state->waiting <= 40);
  CHECK(state->waiting + state->lost == 100);
  CHECK(w.send() == state->waiting);
}

}  // namespace
}  // namespace authd::auth
