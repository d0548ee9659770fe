#include "mail/delivery.h"

#include <catch2/catch.hpp>
#include <map>

#include "support/fault_store.h"
#include "support/manual_clock.h"
#include "support/memory_store.h"
#include "support/rerun_store.h"
#include "tables/mail_queue.h"

using namespace authd;
using namespace authd::mail;
using namespace std::chrono_literals;
using tables::Mail;
using tables::MailKind;

namespace {

class FakeTransport final : public Transport {
 public:
  SendResult send(const Envelope& envelope) override {
    sent.push_back(envelope);
    if (on_send) on_send();
    return next;
  }

  SendResult next{Outcome::sent, "250 ok"};
  std::function<void()> on_send;
  std::vector<Envelope> sent;
};

std::optional<std::string> unseal(const Mail& mail) {
  if (mail.sealed != "sealed") return std::nullopt;
  return "the-token";
}

config::Config settings() {
  config::Config config;
  config.mail.from = "Example <authd@example.org>";
  config.branding.name = "Example";
  config.public_url = "https://auth.example.org";
  return config;
}

// An outbox with a delivery over it. Every write closure runs twice.
struct Office {
  test::MemoryStore memory;
  test::RerunStore rerun{memory};
  test::FaultStore store{rerun};
  config::Config config = settings();
  FakeTransport transport;
  test::ManualClock clock;
  SystemRandom random;
  Counts counts;
  Delivery delivery{{store, config, transport, &unseal, clock, random, null_log(), counts}};

  Mail put(MailKind kind, char id = 'a') {
    Mail mail;
    mail.id = std::string(16, id);
    mail.kind = kind;
    mail.to = "ann@example.com";
    if (kind != MailKind::test) mail.sealed = "sealed";
    mail.created_at = mail.due_at = clock.now();
    REQUIRE(memory.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::insert_mail(tx, mail);
      return {};
    }));
    return mail;
  }

  std::vector<Mail> left() {
    auto mails = tables::list_mails(memory, false, 1000);
    REQUIRE(mails);
    return *mails;
  }

  Delivered run() {
    const Result<Delivered> delivered = delivery.deliver_due();
    REQUIRE(delivered);
    return *delivered;
  }
};

}  // namespace

TEST_CASE("mail that is due is sent and removed") {
  Office office;
  office.put(MailKind::reset_password);
  CHECK(office.run().done == 1);
  CHECK(office.left().empty());
  CHECK(office.run().done == 0);
  REQUIRE(office.transport.sent.size() == 1);
  const Envelope& envelope = office.transport.sent[0];
  CHECK(envelope.from == "authd@example.org");
  CHECK(envelope.to == "ann@example.com");
  CHECK(envelope.id == "61616161616161616161616161616161");
  CHECK(envelope.action == "https://auth.example.org/reset-password?token=the-token");
  CHECK(envelope.message.find("reset-password?token=3Dthe-token") != std::string::npos);
  CHECK(office.counts.sent == 1);
}

TEST_CASE("a mail without a recipient is removed unsent") {
  Office office;
  office.put(MailKind::nobody);
  CHECK(office.run().done == 1);
  CHECK(office.left().empty());
  CHECK(office.transport.sent.empty());
  // It counts, or the metrics would show whether an address has an account.
  CHECK(office.counts.sent == 1);
}

TEST_CASE("mail that is not due waits") {
  Office office;
  office.put(MailKind::test);
  office.transport.next = {Outcome::later, "451 not now"};
  office.run();
  office.clock.advance(47s);
  CHECK(office.run().done == 0);
  office.clock.advance(26s);
  CHECK(office.run().done == 1);
  CHECK(office.transport.sent.size() == 2);
  CHECK(office.transport.sent[0].message == office.transport.sent[1].message);
}

TEST_CASE("a failing mail is given up after two days, and not before") {
  Office office;
  const Mail mail = office.put(MailKind::test);
  office.transport.next = {Outcome::later, "451 not now"};
  uint64_t attempts = 0;
  while (!office.left().at(0).dead) {
    office.run();
    const Mail row = office.left().at(0);
    CHECK(row.attempts == ++attempts);
    CHECK(row.last_error == "451 not now");
    if (!row.dead) {
      CHECK(office.clock.now() - mail.created_at < kGiveUpAfter);
      office.clock.advance(row.due_at - office.clock.now());
    }
  }
  CHECK(office.clock.now() - mail.created_at >= kGiveUpAfter);
  CHECK(office.clock.now() - mail.created_at < kGiveUpAfter + kRetries.longest * 2);
  CHECK(attempts >= 12);
  CHECK(office.counts.dead == 1);
  CHECK(office.counts.failed == attempts - 1);
  office.clock.advance(100h);
  CHECK(office.run().done == 0);
}

TEST_CASE("a permanent refusal makes a dead letter, which a retry revives") {
  Office office;
  const Mail mail = office.put(MailKind::test);
  office.transport.next = {Outcome::refused, "550 no such user"};
  office.run();
  REQUIRE(office.left().at(0).dead);
  CHECK(office.left()[0].last_error == "550 no such user");
  office.clock.advance(1h);
  CHECK(office.run().done == 0);
  const Result<bool> revived = tables::retry_mail(office.store, mail.id, office.clock.now());
  REQUIRE(revived);
  CHECK(*revived);
  office.transport.next = {Outcome::sent, "250 ok"};
  CHECK(office.run().done == 1);
  CHECK(office.left().empty());
}

TEST_CASE("a mail that can never be composed is a dead letter at once") {
  Office office;
  Mail mail = office.put(MailKind::magic_link, 'a');
  const auto change = [&](auto edit) {
    REQUIRE(office.memory.write([&](store::WriteTxn& tx) -> Result<void> {
      const Mail before = *tables::find_mail(tx, mail.id);
      Mail after = before;
      after.dead = false;
      after.due_at = office.clock.now();
      edit(after);
      tables::update_mail(tx, before, after);
      return {};
    }));
    office.run();
    REQUIRE(office.left().at(0).dead);
    return office.left()[0].last_error;
  };
  CHECK(change([](Mail& m) { m.sealed = "other"; }).find("master key") != std::string::npos);
  CHECK(change([](Mail& m) { m.sealed = ""; }) == "it carries no token or code");
  CHECK(change([](Mail& m) {
          m.sealed = "sealed";
          m.to = "ann@example.com\r\nBcc: eve@example.net";
        }).find("not a mail address") != std::string::npos);
  CHECK(change([](Mail& m) { m.kind = static_cast<MailKind>(200); }).find("kind") !=
        std::string::npos);
  CHECK(office.transport.sent.empty());
}

TEST_CASE("an aborted transfer leaves the mail as it was") {
  Office office;
  office.put(MailKind::test, 'a');
  office.put(MailKind::test, 'b');
  office.transport.next = {Outcome::aborted, ""};
  const Delivered delivered = office.run();
  CHECK(delivered.done == 0);
  CHECK_FALSE(delivered.more);
  CHECK(office.transport.sent.size() == 1);
  REQUIRE(office.left().size() == 2);
  CHECK(office.left()[0].attempts == 0);
  CHECK(office.left()[0].due_at == office.clock.now());
}

TEST_CASE("a run is bounded and says that there is more") {
  Office office;
  for (size_t i = 0; i < kMailsPerRun + 3; ++i)
    office.put(MailKind::test, static_cast<char>('a' + i));
  Delivered delivered = office.run();
  CHECK(delivered.done == kMailsPerRun);
  CHECK(delivered.more);
  delivered = office.run();
  CHECK(delivered.done == 3);
  CHECK_FALSE(delivered.more);
}

TEST_CASE("a mail that is purged while it is being sent does not come back") {
  for (const Outcome outcome : {Outcome::sent, Outcome::later, Outcome::refused}) {
    Office office;
    const Mail mail = office.put(MailKind::test);
    office.transport.next = {outcome, "x"};
    office.transport.on_send = [&] {
      REQUIRE(tables::purge_mail(office.memory, mail.id, false).value());
    };
    CHECK(office.run().done == 1);
    CHECK(office.left().empty());
    const auto next = office.memory.read([](store::ReadTxn& tx) -> Result<std::optional<Time>> {
      return tables::next_mail_due(tx);
    });
    REQUIRE(next);
    CHECK_FALSE(next->has_value());
  }
}

TEST_CASE("no fault of the store loses a mail or makes this process send it twice") {
  for (size_t n = 1;; ++n) {
    Office office;
    for (const char id : {'a', 'b', 'c'})
      office.put(MailKind::test, id);
    office.store.fail_at(n);
    for (int run = 0; run < 4; ++run)
      (void)office.delivery.deliver_due().has_value();
    CHECK(office.left().empty());
    std::map<std::string, int> times;
    for (const Envelope& envelope : office.transport.sent)
      times[envelope.id] += 1;
    CHECK(times.size() == 3);
    for (const auto& [id, count] : times)
      CHECK(count == 1);
    CHECK(office.counts.sent == 3);
    if (!office.store.has_failed()) break;
  }
}

TEST_CASE("a fault while a mail is put off leaves it due") {
  for (size_t n = 1;; ++n) {
    Office office;
    office.put(MailKind::test);
    office.transport.next = {Outcome::later, "451 not now"};
    office.store.fail_at(n);
    const Result<Delivered> delivered = office.delivery.deliver_due();
    REQUIRE(office.left().size() == 1);
    CHECK(office.left()[0].attempts == (delivered ? 1 : 0));
    CHECK((office.left()[0].due_at == office.clock.now()) == !delivered.has_value());
    if (!office.store.has_failed()) break;
  }
}

TEST_CASE("a mail that was delayed while the clock was ahead is sent when the clock is corrected") {
  Office office;
  office.put(MailKind::test);
  office.transport.next = {Outcome::later, "451 not now"};
  office.clock.advance(40h);
  office.run();
  office.clock.advance(-40h);
  SECTION("at once") {
    office.transport.next = {Outcome::sent, ""};
    CHECK(office.run().done == 1);
    CHECK(office.left().empty());
  }
  SECTION("or after a back-off of now") {
    CHECK(office.run().done == 1);
    CHECK(office.run().done == 0);
    CHECK(office.left().at(0).due_at <= office.clock.now() + 2 * kRetries.longest);
  }
}

TEST_CASE("a mail that was written while the clock was ahead is given up in two days of now") {
  Office office;
  office.transport.next = {Outcome::later, "451 not now"};
  office.clock.advance(8760h);
  office.put(MailKind::test);
  office.clock.advance(-8760h);
  const Time right = office.clock.now();
  while (!office.left().at(0).dead) {
    office.run();
    const Mail row = office.left().at(0);
    if (!row.dead) office.clock.advance(row.due_at - office.clock.now());
    REQUIRE(office.clock.now() < right + 2 * kGiveUpAfter);
  }
  CHECK(office.clock.now() >= right + kGiveUpAfter);
}
