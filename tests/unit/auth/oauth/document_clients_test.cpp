#include "auth/oauth/strangers/document_clients.h"

#include "auth/oauth/clients/client_admin.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/resources.h"
#include "auth/oauth/requests/authorization.h"
#include "auth/oauth/requests/consents.h"
#include "auth/oauth/requests/pushed_request.h"
#include "auth/oauth/tokens/grants.h"
#include "base/encoding.h"
#include "crypto/digest.h"
#include "support/clients.h"
#include "support/people.h"

namespace authd::auth {
namespace {

using namespace std::chrono_literals;
using List = std::vector<std::string>;

const std::string kId = "https://agent.example/client.json";

// Ann, an application that has a document, and nothing else.
struct Visit {
  Visit() {
    t.config.provider.cimd = config::ClientDocuments::open;
    t.remote.answer = [this](const fetch::Request& asked) -> Result<fetch::Reply> {
      fetch::Reply reply{200, R"({"client_id":")" + asked.url + R"(","client_name":")" + name +
                                  R"(","redirect_uris":["https://agent.example/cb"]})"};
      reply.headers = {{"content-type", "application/json"}};
      return reply;
    };
    ann = test::add_user(t, "ann");
    person = test::caller_of(t, test::tokens_of(test::try_login(t, "ann")));
  }
  // The refusal's name; empty: the request is in order.
  std::string ask(const std::string& id = kId, const std::string& resource = "") {
    std::vector<Parameters::Pair> sent = {
        {"client_id", id},
        {"redirect_uri", "https://agent.example/cb"},
        {"response_type", "code"},
        {"scope", "openid"},
        {"code_challenge", base64url_encode(crypto::sha256(std::string(43, 'v')))},
        {"code_challenge_method", "S256"}};
    if (!resource.empty()) sent.emplace_back("resource", resource);
    const Result<Parameters> parameters = Parameters::read(sent);
    REQUIRE(parameters);
    Result<ReadRequest> read = read_authorization_request(t.services, *parameters);
    REQUIRE(read);
    if (read->refusal) return read->refusal->error.name;
    request = read->request;
    carried = CarriedRequest{*parameters, t.clock.now(), Answer::none, ""};
    t.clock.advance(1s);
    return "";
  }
  Step decided() {
    const Result<Decision> decision = decide(t.services, asking(), t.clock.now());
    REQUIRE(decision);
    return decision->step;
  }
  Result<void> allow() {
    const std::string text = TRY(answer_request(t.services, asking(), Answer::allowed, {}));
    carried = read_carried(t.services, text, t.clock.now()).value();
    return {};
  }
  Asking asking() const { return {request, carried, &*person, *IpAddress::parse("192.0.2.1")}; }
  std::optional<tables::Client> row(const std::string& id = kId) {
    return t.store
        .read([&](store::ReadTxn& tx) {
          return Result<std::optional<tables::Client>>(find_client(tx, id));
        })
        .value();
  }

  test::Instance t;
  tables::User ann;
  std::optional<Person> person;
  AuthorizationRequest request;
  CarriedRequest carried;
  std::string name = "Agent";
};

TEST_CASE("a client with a document has a row once somebody allows it something") {
  Visit v;
  CHECK(v.ask() == "");
  CHECK(v.decided() == Step::ask);
  CHECK_FALSE(v.row());
  REQUIRE(v.allow());
  REQUIRE(v.row());
  CHECK(v.row()->origin == "document");
  CHECK(v.row()->is_public);
  CHECK(v.decided() == Step::issue);
  CHECK(grant_code(v.t.services, v.asking(), {}));
  CHECK(v.row()->last_used != Time{});
  // The next time, nobody is asked.
  CHECK(v.ask() == "");
  CHECK(v.decided() == Step::issue);
}

TEST_CASE("the row follows the document") {
  Visit v;
  v.ask();
  REQUIRE(v.allow());
  v.name = "Other";
  v.t.clock.advance(kUsualDocumentLife);
  v.ask();
  CHECK(v.row()->name == "Agent");
  REQUIRE(grant_code(v.t.services, v.asking(), {}));
  CHECK(v.row()->name == "Other");
}

TEST_CASE("what people allowed a row that is gone does not count for the next one") {
  Visit v;
  v.ask();
  REQUIRE(v.allow());
  REQUIRE(delete_client(v.t.services, kId, {}));
  v.t.clock.advance(Milliseconds(1));
  CHECK(v.ask() == "");
  CHECK(v.decided() == Step::ask);
  REQUIRE(v.allow());
  CHECK(v.decided() == Step::issue);
}

// What the application pushes, and the browser brings.
CarriedRequest pushed_by(Visit& v, const std::string& id = kId) {
  const Result<std::optional<Program>> program = authenticate_by_document(v.t.services, id);
  REQUIRE(program);
  const tables::Client client = *program ? (*program)->client() : *v.row(id);
  const Result<PushedReference> pushed = push_request(
      v.t.services, Program{client}, v.carried.parameters, Proof{}, test::from("192.0.2.1"));
  REQUIRE(pushed);
  const std::vector<Parameters::Pair> brought = {{"client_id", id},
                                                 {"request_uri", pushed->request_uri}};
  return begun_request(Parameters::read(brought).value(), v.t.clock.now());
}

TEST_CASE("a client whose document cannot be fetched now is told so, and not that it is unknown") {
  Visit v;
  std::string last;
  int depth = 0;
  // Each document is asked for while the one before is fetched.
  v.t.remote.answer = [&](const fetch::Request& asked) -> Result<fetch::Reply> {
    depth += 1;
    const auto next = authenticate_by_document(v.t.services, asked.url + "x");
    if (!next && last.empty()) last = next.error().code == ErrorCode::busy ? "busy" : "other";
    return fetch::Reply{404, ""};
  };
  const auto found = authenticate_by_document(v.t.services, kId);
  REQUIRE(found);  // There is none, which the person is told.
  CHECK_FALSE(*found);
  CHECK(last == "busy");
  CHECK(depth <= static_cast<int>(kMaxDocumentFetchesOfHost));
}

TEST_CASE("a request that was pushed before anybody allowed the client something gets its code") {
  Visit v;
  REQUIRE(v.ask() == "");
  v.carried = pushed_by(v);
  CHECK_FALSE(v.row());
  const auto read_again = [&] {
    v.t.clock.advance(1s);
    const Result<ReadRequest> read = read_carried_request(v.t.services, v.carried);
    REQUIRE(read);
    if (read->refusal) return read->refusal->error.name;
    v.request = read->request;
    return std::string();
  };
  REQUIRE(read_again() == "");
  CHECK(v.decided() == Step::ask);
  REQUIRE(v.allow());
  REQUIRE(v.row());
  REQUIRE(read_again() == "");
  CHECK(v.decided() == Step::issue);
  CHECK(grant_code(v.t.services, v.asking(), {}));
  CHECK(read_again() == "invalid_request_uri");  // once
}

TEST_CASE("what a client pushed before its row was deleted brings nothing of that back") {
  Visit v;
  REQUIRE(v.ask() == "");
  const CarriedRequest pushed = pushed_by(v);
  v.t.clock.advance(1s);
  REQUIRE(v.allow());
  const tables::Grant grant = test::put_grant(v.t, v.ann, kId);
  const auto is_live = [&] {
    return v.t.store
        .read([&](store::ReadTxn& tx) {
          return Result<bool>(
              find_live_grant(v.t.config, tx, grant.id, v.t.clock.now()).has_value());
        })
        .value();
  };
  REQUIRE(is_live());
  REQUIRE(delete_client(v.t.services, kId, {}));
  v.t.clock.advance(1s);
  v.carried = pushed;
  const Result<ReadRequest> read = read_carried_request(v.t.services, v.carried);
  REQUIRE(read);
  REQUIRE_FALSE(read->refusal);
  v.request = read->request;
  CHECK(v.decided() == Step::ask);
  REQUIRE(v.allow());
  CHECK(grant_code(v.t.services, v.asking(), {}));
  CHECK_FALSE(is_live());
}

TEST_CASE("an administrator blocks a client with a document, and changes nothing else") {
  Visit v;
  v.ask();
  REQUIRE(v.allow());
  const auto change = [&](const std::string& member, MemberValue value) {
    return change_client(v.t.services, kId, {{member, std::move(value)}}, {});
  };
  CHECK(change("name", std::string("Mine")).error().name == "document_client");
  CHECK(change("consent", std::string("skip")).error().name == "document_client");
  REQUIRE(change("disabled", true));
  CHECK(v.ask() == "invalid_client");
  CHECK(grant_code(v.t.services, v.asking(), {}).error().name == "client_changed");
  REQUIRE(change("disabled", false));
  CHECK(v.ask() == "");
}

TEST_CASE("an address is no client where documents are off, or at another host") {
  Visit v;
  v.t.config.provider.cimd = config::ClientDocuments::off;
  CHECK(v.ask() == "invalid_client");
  v.t.config.provider.cimd = config::ClientDocuments::listed;
  v.t.config.provider.cimd_hosts = {"other.example"};
  CHECK(v.ask() == "invalid_client");
  v.t.config.provider.cimd_hosts = {"agent.example"};
  CHECK(v.ask() == "");
}

TEST_CASE("a person brings so many new clients in a day") {
  Visit v;
  for (uint64_t i = 0; i < kMaxNewDocumentsOfPerson; ++i) {
    REQUIRE(v.ask("https://agent.example/" + std::to_string(i)) == "");
    REQUIRE(v.allow());
  }
  REQUIRE(v.ask("https://agent.example/more") == "");
  const Result<void> refused = v.allow();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::rate_limited);
}

TEST_CASE("there is room for so many clients with documents") {
  Visit v;
  for (size_t i = 0; i < kMaxDocumentClients; ++i) {
    test::put_client(v.t, "https://agent.example/" + std::to_string(i),
                     [](tables::Client& client) { client.origin = "document"; });
  }
  REQUIRE(v.ask() == "");
  const Result<void> refused = v.allow();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().name == "too_many_clients");
  CHECK(v.ask("https://agent.example/0") == "");
  CHECK(v.allow());
}

TEST_CASE("a client that came by itself may ask for any registered API, and people decide") {
  Visit v;
  CHECK(v.ask(kId, "https://api.example") == "invalid_target");
  tables::Resource resource;
  resource.identifier = "https://api.example";
  resource.name = "Tools";
  REQUIRE(add_resource(v.t.services, resource, {}));
  CHECK(v.ask(kId, "https://api.example") == "");
  CHECK(v.decided() == Step::ask);
}

TEST_CASE("a stranger gets no browser with an error before the person has allowed it something") {
  Visit v;
  const auto may = [&](const Person* person, const tables::Client& client) {
    return v.t.store
        .read([&](store::ReadTxn& tx) { return Result<bool>(may_send_back(tx, person, client)); })
        .value();
  };
  REQUIRE(v.ask() == "");
  CHECK_FALSE(may(&*v.person, v.request.client));
  REQUIRE(v.allow());
  REQUIRE(v.ask() == "");
  CHECK(may(&*v.person, v.request.client));
  CHECK_FALSE(may(nullptr, v.request.client));
  CHECK(may(nullptr, test::put_client(v.t, "wiki")));
}

TEST_CASE("a client that registered itself never skips the consent") {
  Visit v;
  test::put_client(v.t, "notes", [](tables::Client& client) {
    client.redirect_uris = {"https://agent.example/cb"};
    client.skips_consent = true;
    client.origin = "registered";
  });
  REQUIRE(v.ask("notes") == "");
  CHECK(v.decided() == Step::ask);
}

}  // namespace
}  // namespace authd::auth
