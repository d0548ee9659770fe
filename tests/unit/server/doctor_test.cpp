#include "server/doctor/checks.h"

#include <catch2/catch.hpp>
#include <set>

#include "auth/core/audit/audit.h"
#include "support/people.h"

using namespace authd;
using namespace std::chrono_literals;
using server::doctor::Finding;
using server::doctor::Patient;
using server::doctor::Report;
using server::doctor::Severity;

namespace {

struct Surgery {
  test::Instance t;
  config::Loaded loaded;
  std::optional<int> server;

  std::vector<Finding> run(void (*check)(const Patient&, Report&)) {
    loaded.config = t.config;
    const Patient patient{loaded, &t.store, "",         &t.master_key, server,
                          "",     t.remote, null_log(), t.clock,       t.random};
    Report report;
    report.begin("check");
    check(patient, report);
    return report.findings();
  }

  // Its worst finding.
  Finding worst(void (*check)(const Patient&, Report&)) {
    Finding worst;
    for (const Finding& finding : run(check)) {
      if (finding.severity >= worst.severity) worst = finding;
    }
    return worst;
  }
};

bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

// The provider's discovery and keys, as `issuer` says.
fetch::Reply provider_reply(const fetch::Request& request, const std::string& issuer) {
  if (!request.url.ends_with("/.well-known/openid-configuration")) return {200, "{\"keys\":[]}"};
  return {200, "{\"issuer\":\"" + issuer + "\",\"authorization_endpoint\":\"" + issuer +
                   "/a\",\"token_endpoint\":\"" + issuer + "/t\",\"jwks_uri\":\"" + issuer +
                   "/k\"}"};
}

}  // namespace

TEST_CASE("every check has a name of its own, and every finding says what to do") {
  std::set<std::string> names;
  for (const server::doctor::Check& check : server::doctor::all_checks())
    CHECK(names.insert(check.name).second);
  Surgery s;
  s.t.config.public_url = "http://auth.example.org";
  for (const auto check : {&server::doctor::check_configuration, &server::doctor::check_data,
                           &server::doctor::check_clock, &server::doctor::check_keys,
                           &server::doctor::check_backups, &server::doctor::check_mail,
                           &server::doctor::check_providers, &server::doctor::check_certificate,
                           &server::doctor::check_passkeys, &server::doctor::check_clients}) {
    const auto findings = s.run(check);
    CHECK_FALSE(findings.empty());
    for (const Finding& finding : findings) {
      INFO(finding.text);
      const bool is_bad = finding.severity >= Severity::warn;
      CHECK(finding.advice.empty() != is_bad);
    }
  }
}

TEST_CASE("a setting that is legal and dangerous is named") {
  Surgery s;
  config::Config& c = s.t.config;
  c.public_url = "https://auth.example.org";
  c.ingress.trusted_proxies = {Network::parse("10.0.0.1").value()};
  c.ingress.allowed_hosts = {"auth.example.org"};
  c.hashing.argon2_memory = 19 << 20;
  c.mail.url.kind = config::MailUrl::Kind::smtp;
  const auto worst = [&] { return s.worst(&server::doctor::check_configuration); };
  REQUIRE(worst().severity == Severity::ok);
  SECTION("trusts everyone") {
    c.ingress.trusted_proxies = {Network::parse("0.0.0.0/0").value()};
    CHECK(worst().severity == Severity::fail);
    CHECK(has(worst().text, "server.trusted_proxies"));
  }
  SECTION("every origin") {
    c.cors.allowed_origins = {"*"};
    CHECK(worst().severity == Severity::fail);
  }
  SECTION("open and in the clear") {
    c.public_url = "http://auth.example.org";
    c.server.listen = {{config::Listen::Kind::tcp, "", 8080, ""}};
    CHECK(worst().severity == Severity::fail);
    CHECK(has(worst().text, "nothing is encrypted"));
  }
  SECTION("mail into the log") {
    c.mail.url.kind = config::MailUrl::Kind::log;
    CHECK(has(worst().text, "mail.url"));
  }
  SECTION("no limits") {
    c.rate_limit.enabled = false;
    CHECK(has(worst().text, "rate_limit.enabled"));
  }
  SECTION("any host") {
    c.ingress.allowed_hosts = {"*"};
    CHECK(has(worst().text, "server.allowed_hosts"));
  }
  SECTION("no public key") {
    c.tokens.algorithm = config::SigningAlgorithm::hs256;
    CHECK(has(worst().text, "HS256"));
  }
  SECTION("https by nobody") {
    c.ingress.trusted_proxies.clear();
    CHECK(has(worst().text, "no proxy is trusted"));
  }
}

TEST_CASE("a clock that was set back is seen by what was written") {
  Surgery s;
  test::add_user(s.t, "ann");
  CHECK(s.worst(&server::doctor::check_clock).severity == Severity::ok);
  s.t.clock.advance(-2h);
  const Finding finding = s.worst(&server::doctor::check_clock);
  CHECK(finding.severity == Severity::fail);
  CHECK(has(finding.text, "2 hours"));
}

TEST_CASE("a clock that differs from another server's is a warning, and a failure when it is far") {
  const Time now = from_unix_seconds(1'800'000'000);
  for (const auto& [apart, severity] :
       {std::pair{10s, Severity::ok}, std::pair{60s, Severity::warn},
        std::pair{-60s, Severity::warn}, std::pair{600s, Severity::fail}}) {
    Report report;
    server::doctor::compare_clocks(report, "mx", now + apart, now);
    CHECK((report.findings().empty() ? Severity::ok : report.findings()[0].severity) == severity);
  }
}

TEST_CASE("a signing key that nobody rotates is named") {
  Surgery s;
  s.t.config.tokens.rotate_every = 30 * 24h;
  CHECK(s.worst(&server::doctor::check_keys).severity == Severity::ok);
  s.t.clock.advance(34 * 24h);
  CHECK(s.worst(&server::doctor::check_keys).severity == Severity::warn);
}

TEST_CASE("a backup that is too old is a failure") {
  Surgery s;
  CHECK(has(s.worst(&server::doctor::check_backups).text, "no backups are scheduled"));
  s.t.config.backup.directory = "/";
  s.t.config.backup.interval = 24h;
  CHECK(has(s.run(&server::doctor::check_backups).back().text, "no backup yet"));
  REQUIRE(s.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::JobRun run;
    run.succeeded_at = s.t.clock.now();
    tables::job_runs.put(tx, "backup", run);
    return {};
  }));
  s.t.clock.advance(47h);
  CHECK(s.run(&server::doctor::check_backups).back().severity == Severity::ok);
  s.t.clock.advance(2h);
  CHECK(s.run(&server::doctor::check_backups).back().severity == Severity::fail);
}

TEST_CASE("a provider of another issuer, without keys or with another clock is named") {
  Surgery s;
  s.t.config.providers = {{"corp", "https://id.example.org", "client", "", "openid", "Corp", ""}};
  CHECK(has(s.worst(&server::doctor::check_providers).text, "no network in this test"));
  s.t.remote.answer = [](const fetch::Request& request) -> Result<fetch::Reply> {
    return provider_reply(request, "https://other.example.org");
  };
  const Finding other = s.worst(&server::doctor::check_providers);
  CHECK(other.severity == Severity::fail);
  CHECK(has(other.text, "https://other.example.org"));
  s.t.remote.answer = [](const fetch::Request& request) -> Result<fetch::Reply> {
    return provider_reply(request, "https://id.example.org");
  };
  CHECK(has(s.worst(&server::doctor::check_providers).text, "has no usable key"));
  s.t.remote.answer = [&](const fetch::Request& request) -> Result<fetch::Reply> {
    fetch::Reply reply = provider_reply(request, "https://id.example.org");
    reply.date = s.t.clock.now() + 1h;
    return reply;
  };
  CHECK(has(s.run(&server::doctor::check_providers).front().text, "behind that of provider corp"));
}

TEST_CASE("an issuer without TLS is what applications do not want, and no other server") {
  Surgery s;
  s.server = 1;
  s.t.config.public_url = "http://auth.example.org";
  s.t.config.tokens.issuer = "http://auth.example.org";
  std::string issuer = "http://auth.example.org";
  s.t.remote.answer = [&](const fetch::Request& request) -> Result<fetch::Reply> {
    return provider_reply(request, issuer);
  };
  const Finding finding = s.worst(&server::doctor::check_discovery);
  CHECK(finding.severity == Severity::warn);
  CHECK(has(finding.text, "applications want https"));
  CHECK(has(finding.advice, "server.public_url"));
  issuer = "http://auth.example.org/";
  CHECK(has(s.worst(&server::doctor::check_discovery).text, "is not of this server"));
  s.t.remote.answer = [](const fetch::Request&) -> Result<fetch::Reply> {
    return fetch::Reply{200, "<html>"};
  };
  CHECK(has(s.worst(&server::doctor::check_discovery).text, "is not a discovery document"));
}

TEST_CASE("related origins are fetched as browsers fetch them") {
  Surgery s;
  config::Config& c = s.t.config;
  c.public_url = "https://id.example.org";
  c.passkeys.rp_id = "example.org";
  c.passkeys.origins = {"https://www.example.org", "https://app.example.net"};
  std::string asked;
  fetch::Reply reply{200, R"({"origins":["https://app.example.net"]})"};
  s.t.remote.answer = [&](const fetch::Request& request) -> Result<fetch::Reply> {
    asked = request.url;
    CHECK_FALSE(request.is_unverified);
    CHECK_FALSE(request.takes_plain_http);
    return reply;
  };
  const auto worst = [&] { return s.worst(&server::doctor::check_passkeys); };
  CHECK(worst().severity == Severity::ok);
  CHECK(asked == "https://example.org/.well-known/webauthn");
  for (const char* other : {R"({"origins":["https://www.example.org"]})", R"({"origins":[]})"}) {
    reply.body = other;
    CHECK(has(worst().text, "does not name https://app.example.net"));
  }
  for (const char* other : {"<html>", R"({"origins":7})", R"({})"}) {
    reply.body = other;
    CHECK(has(worst().text, "no list of origins"));
  }
  reply.status = 404;
  CHECK(has(worst().text, "answers with status 404"));
  s.t.remote.answer = [](const fetch::Request&) -> Result<fetch::Reply> {
    return Error{ErrorCode::unavailable, "connection refused"};
  };
  CHECK(has(worst().text, "does not answer: connection refused"));
  // The pages of its own host and of those below it need no document.
  c.passkeys.origins = {"https://www.example.org"};
  CHECK(worst().severity == Severity::ok);
}

TEST_CASE("who cannot sign in for want of a passkey is named") {
  Surgery s;
  config::Config& c = s.t.config;
  c.public_url = "https://id.example.org";
  c.passkeys.rp_id = "id.example.org";
  c.passkeys.required_for = {"user"};
  const auto worst = [&] { return s.worst(&server::doctor::check_passkeys); };
  CHECK(worst().severity == Severity::ok);
  test::add_user(s.t, "ann");
  CHECK(has(worst().text, "people who have no passkey: ann"));
  CHECK(has(worst().advice, "enroll-link"));
  c.passkeys.required_for = {"staff"};
  CHECK(has(worst().text, "roles that do not exist: staff"));
  c.public_url = "https://192.0.2.1";
  c.passkeys.rp_id = "";
  CHECK(worst().severity == Severity::fail);
  c.passkeys.required_for.clear();
  CHECK(worst().severity == Severity::warn);
  c.passkeys.enabled = false;
  CHECK(worst().severity == Severity::ok);
}

TEST_CASE("many users who all come from one address are named") {
  Surgery s;
  for (const char* name : {"ann", "bob", "cid", "dan", "eve"}) {
    test::add_user(s.t, name);
    CHECK(s.worst(&server::doctor::check_clients).severity == Severity::ok);
    test::tokens_of(test::try_login(s.t, name, test::from("10.0.0.1")));
  }
  const Finding finding = s.worst(&server::doctor::check_clients);
  CHECK(finding.severity == Severity::warn);
  CHECK(has(finding.text, "10.0.0.1"));
  test::tokens_of(test::try_login(s.t, "ann", test::from("10.0.0.2")));
  CHECK(s.worst(&server::doctor::check_clients).severity == Severity::ok);
}

TEST_CASE("mails that were given up or wait for long are named") {
  Surgery s;
  CHECK(s.worst(&server::doctor::check_mail).severity == Severity::skipped);
  tables::Mail mail;
  mail.id = std::string(16, 'm');
  mail.kind = tables::MailKind::test;
  mail.to = "ann@example.org";
  mail.created_at = s.t.clock.now();
  mail.dead = true;
  REQUIRE(s.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::outbox.put(tx, mail.id, mail);
    return {};
  }));
  CHECK(has(s.worst(&server::doctor::check_mail).text, "given up"));
}

TEST_CASE("durations are said in words") {
  CHECK(server::doctor::in_words(1s) == "1 second");
  CHECK(server::doctor::in_words(-90s) == "90 seconds");
  CHECK(server::doctor::in_words(5 * 24h) == "5 days");
}

namespace {

// A healthy cluster of two.
store::ClusterStatus healthy() {
  store::ClusterStatus status;
  status.server_version = "15.14";
  status.is_primary = true;
  status.is_synchronous = true;
  status.synchronous_commit = "on";
  status.synchronous_standby_names = "ANY 1 (a, b)";
  status.round_trip = 1ms;
  status.nodes = {{.name = "a", .version = AUTHD_VERSION, .seen = 100ms, .leads = true},
                  {.name = "b", .version = AUTHD_VERSION, .seen = 900ms}};
  return status;
}

Finding judged(const store::ClusterStatus& status) {
  const config::Cluster cluster{"a", 1s, 100ms};
  Report report;
  report.begin("cluster");
  server::doctor::judge_cluster(report, status, cluster);
  REQUIRE(report.findings().size() == 1);
  return report.findings()[0];
}

}  // namespace

TEST_CASE(
    "the doctor judges a cluster by what a failover loses, by clocks, distance and releases") {
  CHECK(judged(healthy()).severity == Severity::ok);
  struct Case {
    void (*change)(store::ClusterStatus&);
    Severity severity;
    const char* part;
  };
  using Status = store::ClusterStatus;
  for (const Case& one : std::initializer_list<Case>{
           {[](Status& s) { s.is_primary = false; }, Severity::fail, "a standby of PostgreSQL"},
           {[](Status& s) { s.synchronous_commit = "off"; }, Severity::fail, "is off"},
           {[](Status& s) { s.is_synchronous = false; }, Severity::warn, "wait for no standby"},
           {[](Status& s) { s.server_version = "12.20"; }, Severity::warn, "tested with 13 to 17"},
           {[](Status& s) { s.server_version = "18.1"; }, Severity::warn,
            "this is PostgreSQL 18.1"},
           {[](Status& s) { s.server_version = "13.0"; }, Severity::ok, "PostgreSQL 13.0"},
           {[](Status& s) { s.server_version = "17.2"; }, Severity::ok, "PostgreSQL 17.2"},
           {[](Status& s) { s.is_superuser = true; }, Severity::warn, "is a superuser"},
           {[](Status& s) { s.clock_ahead = 1s; }, Severity::ok, "2 servers"},
           {[](Status& s) { s.clock_ahead = 1500ms; }, Severity::warn, "1500ms behind"},
           {[](Status& s) { s.clock_ahead = -6s; }, Severity::fail, "6s ahead of"},
           {[](Status& s) { s.round_trip = 100ms; }, Severity::ok, "takes 100ms"},
           {[](Status& s) { s.round_trip = 101ms; }, Severity::warn, "cluster.heartbeat (100ms)"},
           {[](Status& s) { s.round_trip = 400ms; }, Severity::fail, "cluster.lease is 1s"},
           {[](Status& s) { s.nodes[1].version = "0.0.1"; }, Severity::warn, "runs version 0.0.1"},
           {[](Status& s) { s.nodes[1].seen = 3h; }, Severity::warn, "reported for 3 hours"},
           {[](Status& s) { s.nodes[0].leads = false; }, Severity::warn, "the background jobs"},
           {[](Status& s) { s.nodes.clear(); }, Severity::ok, "0 servers"}}) {
    store::ClusterStatus status = healthy();
    one.change(status);
    const Finding finding = judged(status);
    INFO(finding.text);
    CHECK(finding.severity == one.severity);
    CHECK(has(finding.text, one.part));
    CHECK(finding.advice.empty() == (one.severity == Severity::ok));
  }
}

TEST_CASE("data of one host has no cluster to examine") {
  Surgery s;
  const auto findings = s.run(&server::doctor::check_cluster);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].severity == Severity::ok);
}
