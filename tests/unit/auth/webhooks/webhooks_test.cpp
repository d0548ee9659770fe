#include "auth/webhooks/webhooks.h"

#include "unit/auth/webhooks/hooked.h"

namespace authd::auth {
namespace {

using tables::DeliveryState;
using tables::Webhook;

TEST_CASE("each action of the audit log is an event, or is named as one that is none") {
  for (const std::string_view action : kAuditActions) {
    INFO(action);
    CHECK(is_judged_action(action));
  }
  CHECK_FALSE(is_judged_action("no_such_action"));
}

TEST_CASE("the type of an event follows from action and outcome") {
  const auto type = [](std::string_view action, std::string_view outcome) {
    tables::AuditEntry entry;
    entry.action = action;
    entry.outcome = outcome;
    return std::string(event_type_of(entry));
  };
  CHECK(type("login", "ok") == "login.succeeded");
  CHECK(type("login", "refused") == "login.failed");
  CHECK(type("login", "wrong_second_factor") == "login.failed");
  CHECK(type("login", "second_factor_needed").empty());
  CHECK(type("login", "steps_needed").empty());
  CHECK(type("second_factor", "ok") == "login.succeeded");
  CHECK(type("signup", "ok") == "user.created");
  CHECK(type("signup", "email_taken").empty());
  CHECK(type("backup_ended", "failed") == "backup.failed");
  CHECK(type("webhook_tested", "ok") == "webhook.test");
  CHECK(type("refresh", "ok").empty());
}

TEST_CASE("an endpoint chooses types and groups, each once") {
  CHECK(parse_event_types({"user.created", "login.*", "user.created"}).value() ==
        std::vector<std::string>{"login.*", "user.created"});
  for (const char* wrong : {"user", "user.", ".*", "*", "users.*", "user.created ", "webhook.test"})
    CHECK(parse_event_types({wrong}).error().field == "types");
  CHECK(is_chosen({}, "login.failed"));
  CHECK(is_chosen({"login.*"}, "login.failed"));
  CHECK_FALSE(is_chosen({"login.*", "user.created"}, "user.deleted"));
}

TEST_CASE("an address that could lead elsewhere is refused") {
  Hooked w;
  for (const char* url :
       {"", "app.example/events", "ftp://app.example", "https://", "https://ann:pw@app.example/",
        "https://app.example/#part", "https://app.example/a b", "https://app.example/\r\nX: y",
        "https://app.example\\@other.example/", "https://2130706433/", "http://app.example/",
        "https://app.example:0/", "https://[::1%25lo]/"}) {
    INFO(url);
    const auto made = w.try_add(url);
    REQUIRE_FALSE(made);
    CHECK(made.error().field == "url");
  }
  CHECK_FALSE(w.try_add("https://a.example/" + std::string(2000, 'a')));
  w.t.config.webhooks.allow_networks = {*Network::parse("10.0.0.0/8")};
  CHECK(w.try_add("http://app.example:8080/"));
}

TEST_CASE("a new endpoint gets what happens from then on") {
  Hooked w;
  w.log("login");
  const NewSecret made = w.add();
  CHECK(w.fan_out() == 0);
  w.log("login");
  const NewSecret second = w.add();
  CHECK(w.fan_out() == 2);  // the login, and that there is another endpoint
  const auto all = w.deliveries();
  REQUIRE(all.size() == 2);
  CHECK(all[0].type == "login.succeeded");
  CHECK(all[0].row.endpoint() == made.webhook.id);
  CHECK(all[1].type == "setting.changed");
  CHECK(w.fan_out() == 0);
}

TEST_CASE("a message is thin, signed, and of the users as they are now") {
  Hooked w;
  const tables::User ann = test::add_user(w.t, "ann");
  w.user = ann.id;
  const NewSecret made = w.add();
  w.t.clock.advance(1ms);
  Origin origin = test::from("192.0.2.7");
  origin.operator_name = "cli:root";
  REQUIRE(audit_alone(w.t.services, origin, {"account_disabled", ann.id}));
  w.fan_out();
  REQUIRE(w.send() == 1);
  const fetch::Request& request = w.requests.front();
  CHECK(request.url == kUrl);
  CHECK(request.timeout == kWebhookTimeout);
  CHECK(request.reach == fetch::Reach::public_only);
  CHECK(request.max_bytes == kWebhookReply);
  const auto body = JsonObject::parse(request.json);
  REQUIRE(body);
  CHECK(*body->string("type") == "user.disabled");
  CHECK(request.json.find("\"user\":{\"id\":" + std::to_string(ann.id.value) +
                          ",\"username\":\"ann\",\"email\":\"ann@example.org\"}") !=
        std::string::npos);
  CHECK(request.json.find("\"actor\":{\"operator\":\"cli:root\"},\"outcome\":\"ok\","
                          "\"address\":\"192.0.2.7\"") != std::string::npos);
  const auto secret = base64_decode(made.secret.substr(6));
  REQUIRE(secret);
  CHECK(secret->size() == 32);
  const std::string signed_text = w.header(request, "webhook-id") + "." +
                                  w.header(request, "webhook-timestamp") + "." + request.json;
  CHECK(w.header(request, "webhook-signature") ==
        "v1," + base64_encode(crypto::hmac_sha256(*secret, signed_text)));
  CHECK(w.header(request, "webhook-timestamp") == std::to_string(unix_seconds(w.t.clock.now())));
  CHECK(w.deliveries().empty());
  CHECK(w.row(made).answer == "HTTP 200");
}

TEST_CASE("of a user who is gone, an event has the id alone") {
  Hooked w;
  w.add({"login.*"});
  w.user = UserId{77};
  w.log("login");
  w.fan_out();
  REQUIRE(w.send() == 1);
  CHECK(w.requests.front().json.find("\"user\":{\"id\":77,\"username\":null,\"email\":null}") !=
        std::string::npos);
}

TEST_CASE("during a rotation both secrets sign, and afterwards the new one") {
  Hooked w;
  const NewSecret made = w.add({"login.*"});
  const auto rotated = rotate_webhook(w.t.services, w.id_of(made), {});
  REQUIRE(rotated);
  CHECK(rotated->secret != made.secret);
  w.log("login");
  w.fan_out();
  REQUIRE(w.send() == 1);
  const auto signature_by = [&](const std::string& secret) {
    const fetch::Request& request = w.requests.back();
    return sign_message(*base64_decode(secret.substr(6)), w.header(request, "webhook-id"),
                        unix_seconds(w.t.clock.now()), request.json);
  };
  CHECK(w.header(w.requests.back(), "webhook-signature") ==
        signature_by(rotated->secret) + " " + signature_by(made.secret));
  w.t.clock.advance(kFormerWebhookSecret);
  w.log("login");
  w.fan_out();
  REQUIRE(w.send() == 1);
  CHECK(w.header(w.requests.back(), "webhook-signature") == signature_by(rotated->secret));
}

TEST_CASE("a failed event is repeated with the same id, later and later, and then given up") {
  Hooked w;
  const NewSecret made = w.add({"login.*"});
  w.log("login");
  w.fan_out();
  w.status = 500;
  const Time begun = w.t.clock.now();
  std::vector<Milliseconds> pauses;
  while (w.deliveries().front().row.state == DeliveryState::waiting) {
    REQUIRE(w.send() == 1);
    const auto row = w.deliveries().front().row;
    if (row.state != DeliveryState::waiting) break;
    CHECK(row.last_error == "HTTP 500");
    pauses.push_back(row.due_at - w.t.clock.now());
    CHECK(w.send() == 0);
    w.t.clock.advance(row.due_at - w.t.clock.now());
  }
  REQUIRE(pauses.size() >= 8);
  for (size_t i = 0; i < 6; ++i) {
    CHECK(pauses[i] >= kWebhookRetries[i] * 8 / 10);
    CHECK(pauses[i] <= kWebhookRetries[i] * 12 / 10);
  }
  CHECK(w.t.clock.now() == begun + kGiveUpWebhookAfter);
  const std::vector<std::string> sent = w.ids();
  CHECK(std::set<std::string>(sent.begin(), sent.end()).size() == 1);
  CHECK(w.t.counters.webhooks_dead == 1);
  // Retried, it is sent as a new one is.
  w.status = 200;
  w.t.clock.advance(1h);
  REQUIRE(retry_delivery(w.t.services, sent.front(), {}));
  CHECK(w.send() == 1);
  CHECK(w.ids().back() == sent.front());
  CHECK(w.deliveries().empty());
  CHECK(w.row(made).failing_since == Time{});
}

TEST_CASE("Retry-After is obeyed within bounds, and holds back all events of the endpoint") {
  Hooked w;
  const NewSecret made = w.add({"login.*"});
  for (int i = 0; i < 3; ++i)
    w.log("login");
  w.fan_out();
  w.status = 429;
  w.headers = {{"retry-after", "120"}};
  CHECK(w.send() == 1);
  CHECK(w.row(made).held_until == w.t.clock.now() + 120s);
  w.t.clock.advance(119s);
  CHECK(w.send() == 0);
  w.t.clock.advance(1s);
  w.headers = {{"retry-after", "99999999999999999999"}};
  CHECK(w.send() == 1);
  CHECK(w.row(made).held_until <= w.t.clock.now() + kLongestHold);
  w.t.clock.advance(kLongestHold);
  w.status = 503;
  w.headers = {{"retry-after", "999999"}};
  CHECK(w.send() == 1);
  CHECK(w.row(made).held_until == w.t.clock.now() + kLongestHold);
  w.t.clock.advance(kLongestHold);
  w.status = 204;
  CHECK(w.send() >= 1);
  CHECK(w.row(made).failures == 0);
}

TEST_CASE("an endpoint that answers 410 is disabled, and administrators are told") {
  Hooked w;
  const tables::User boss = test::add_user(w.t, "boss");
  REQUIRE(grant_role(w.t.services, boss.id, "admin", {}));
  const tables::User former = test::add_user(w.t, "former");
  static_cast<void>(former);
  const NewSecret made = w.add({"login.*"});
  w.log("login");
  w.log("login");
  w.fan_out();
  w.status = 410;
  CHECK(w.send() == 1);
  CHECK(w.row(made).end == tables::WebhookEnd::gone);
  CHECK(test::take_mail(w.t, tables::MailKind::webhook_disabled, "boss@example.org").detail ==
        "app.example");
  w.t.clock.advance(1h);
  CHECK(w.send() == 0);
  // What waited is given up, and can be sent when it is enabled.
  REQUIRE(give_up_disabled(w.t.services).value() == 1);
  CHECK(webhook_state(w.t.store)->dead == 2);
  CHECK(retry_deliveries(w.t.services, w.id_of(made), {}).error().name == "webhook_disabled");
  CHECK(test_webhook(w.t.services, w.id_of(made), {}).error().name == "webhook_disabled");
  w.log("login");
  REQUIRE(set_webhook_enabled(w.t.services, w.id_of(made), true, {}));
  w.status = 200;
  CHECK(w.fan_out() == 0);
  CHECK(retry_deliveries(w.t.services, w.id_of(made), {}).value() == 2);
  CHECK(w.send() == 2);
}

TEST_CASE("an endpoint that takes nothing for five days is disabled") {
  Hooked w;
  const NewSecret made = w.add({"login.*"});
  w.status = 0;
  for (int hour = 0; hour < 5 * 24; ++hour) {
    CHECK(w.row(made).is_enabled());
    w.log("login");
    w.fan_out();
    w.send();
    w.t.clock.advance(1h);
  }
  w.log("login");
  w.fan_out();
  w.send();
  CHECK(w.row(made).end == tables::WebhookEnd::failures);
}

TEST_CASE("one success begins the days again") {
  Hooked w;
  const NewSecret made = w.add({"login.*"});
  for (int hour = 0; hour < 10 * 24; hour += 6) {
    w.status = hour % 48 == 0 ? 200 : 0;
    w.log("login");
    w.fan_out();
    w.send();
    w.t.clock.advance(6h);
  }
  CHECK(w.row(made).is_enabled());
}

TEST_CASE("endpoints that fail do not hold up one that works") {
  Hooked w;
  std::vector<NewSecret> dead;
  for (int i = 0; i < 20; ++i)
    dead.push_back(w.add({"login.*"}, ("https://dead" + std::to_string(i) + ".example/").c_str()));
  w.log("login");
  w.fan_out();
  w.status = 0;
  w.send();
  const NewSecret good = w.add({"login.*"});
  w.t.clock.advance(kLongestHold);
  w.log("login");
  w.fan_out();
  // Their batches are on their way: no more of them than their slots, and one of each.
  std::vector<WebhookBatch> busy;
  std::optional<WebhookBatch> of_good;
  while (true) {
    auto batch = w.sender.take();
    REQUIRE(batch);
    if (!*batch) break;
    if ((*batch)->endpoint == good.webhook.id) {
      of_good = **batch;
    } else {
      busy.push_back(**batch);
    }
  }
  CHECK(busy.size() == kFailingSlots);
  REQUIRE(of_good);
  w.status = 200;
  CHECK(w.sender.send(*of_good, {}).value() == 1);
  for (const WebhookBatch& batch : busy)
    REQUIRE(w.sender.send(batch, {}));
}

TEST_CASE("what a process had claimed when it was killed is sent by the next") {
  Hooked w;
  w.add({"login.*"});
  w.log("login");
  w.fan_out();
  REQUIRE(w.sender.take().value());
  WebhookSender next{w.t.services, w.t.remote};
  CHECK_FALSE(next.take().value());
  w.t.clock.advance(kWebhookClaim);
  const auto batch = next.take();
  REQUIRE(batch);
  REQUIRE(*batch);
  CHECK(next.send(**batch, {}).value() == 1);
}

TEST_CASE("what is not sent as the process ends is due at once, and no attempt") {
  Hooked w;
  w.add({"login.*"});
  w.log("login");
  w.fan_out();
  bool ends = true;
  const auto batch = w.sender.take();
  REQUIRE(*batch);
  CHECK(w.sender.send(**batch, [&] { return ends; }).value() == 0);
  CHECK(w.requests.empty());
  CHECK(w.deliveries().front().row.attempts == 0);
  CHECK(w.send() == 1);
}

TEST_CASE("a clock that was ahead neither holds events back nor lengthens their life") {
  Hooked w;
  const NewSecret made = w.add({"login.*"});
  w.log("login");
  w.fan_out();
  w.status = 503;
  w.t.clock.advance(24h * 365);
  CHECK(w.send() == 1);  // due in a year
  w.t.clock.advance(-24h * 365);
  w.status = 200;
  // The one event was given up then, as a year had passed; it is sent again on demand.
  CHECK(retry_deliveries(w.t.services, w.id_of(made), {}).value() == 1);
  CHECK(w.send() == 1);
  CHECK(w.row(made).failures == 0);
}

TEST_CASE("a replay sends the same ids again, to the end of what was fanned out") {
  Hooked w;
  const NewSecret made = w.add({"login.*"});
  const Time begun = w.t.clock.now();
  for (int i = 0; i < 25; ++i)
    w.log(i % 5 == 0 ? "account_created" : "login");
  w.fan_out();
  REQUIRE(w.send() == 20);
  const std::vector<std::string> first = w.ids();
  w.log("login");  // not fanned out yet
  CHECK(replay_events(w.t.services, w.id_of(made), begun, {}).value() == 20);
  w.requests.clear();
  CHECK(w.send() == 20);
  const std::vector<std::string> again = w.ids();
  CHECK(std::set<std::string>(first.begin(), first.end()) ==
        std::set<std::string>(again.begin(), again.end()));
  CHECK(w.fan_out() == 1);
  CHECK(w.send() == 1);
  CHECK(replay_events(w.t.services, w.id_of(made), w.t.clock.now() + 1h, {}).value() == 0);
}

TEST_CASE("a test goes to its endpoint only, whatever types that has chosen") {
  Hooked w;
  const NewSecret made = w.add({"user.deleted"});
  w.add({"user.deleted"}, "https://other.example/");
  REQUIRE(test_webhook(w.t.services, w.id_of(made), {}));
  CHECK(w.fan_out() == 1);
  CHECK(w.send() == 1);
  CHECK(w.requests.front().url == kUrl);
  CHECK(w.requests.front().json.starts_with("{\"type\":\"webhook.test\""));
  CHECK(w.row(made).test_answer == "HTTP 200");
  CHECK(w.row(made).tested_at == w.t.clock.now());
}

TEST_CASE("an endpoint that is removed takes its deliveries along, also those on their way") {
  Hooked w;
  const NewSecret made = w.add({"login.*"});
  for (int i = 0; i < 70; ++i)
    w.log("login");
  w.fan_out();
  w.while_asked = [&] {
    w.while_asked = {};
    REQUIRE(remove_webhook(w.t.services, w.id_of(made), {}));
  };
  w.send();
  CHECK(w.deliveries().empty());
  CHECK(remove_webhook(w.t.services, w.id_of(made), {}).error().code == ErrorCode::not_found);
  const auto report = check_store(w.t.services);
  REQUIRE(report);
  CHECK(report->findings.empty());
}

TEST_CASE("what was given up is kept for a month") {
  Hooked w;
  const NewSecret made = w.add({"login.*"});
  w.log("login");
  w.fan_out();
  REQUIRE(set_webhook_enabled(w.t.services, w.id_of(made), false, {}));
  REQUIRE(give_up_disabled(w.t.services).value() == 1);
  w.t.clock.advance(kKeepDeadWebhooks - 1ms);
  CHECK(sweep_deliveries(w.t.services).value() == 0);
  w.t.clock.advance(1ms);
  CHECK(sweep_deliveries(w.t.services).value() == 1);
  CHECK(w.deliveries().empty());
}

TEST_CASE("the id of a message is its delivery, in both directions") {
  tables::WebhookDelivery delivery;
  delivery.id = std::string("\x01\x02\x03\x04\x05\x06\x07\x08", 8) + tables::big_endian(1234);
  CHECK(delivery_text(delivery) == "msg_0102030405060708_1234");
  CHECK(parse_delivery_id("msg_0102030405060708_1234") == delivery.id);
  for (const char* wrong : {"", "msg_", "msg_0102030405060708", "msg_0102030405060708_",
                            "msg_0102030405060708_x", "0102030405060708_1234"})
    CHECK_FALSE(parse_delivery_id(wrong));
}

}  // namespace
}  // namespace authd::auth
