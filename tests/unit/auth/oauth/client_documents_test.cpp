#include "auth/oauth/memory/client_documents.h"

#include <catch2/catch.hpp>

#include "auth/oauth/strangers/client_document.h"
#include "support/instance.h"

namespace authd::auth {
namespace {

using namespace std::chrono_literals;

const std::string kId = "https://agent.example/client.json";

fetch::Reply document(const std::string& id, const std::string& caching = "") {
  fetch::Reply reply{
      200, R"({"client_id":")" + id + R"(","redirect_uris":["https://agent.example/cb"]})"};
  reply.headers = {{"content-type", "application/json"}, {"cache-control", caching}};
  return reply;
}

// A server of documents, and what it was asked for.
struct Documents {
  Documents() {
    t.remote.answer = [this](const fetch::Request& request) -> Result<fetch::Reply> {
      requests.push_back(request);
      return document(request.url, caching);
    };
  }
  Result<tables::Client> get(Milliseconds age = 0ms) {
    return t.oauth.documents.get(kId, age, &client_in_document);
  }

  test::Instance t;
  std::string caching;
  std::vector<fetch::Request> requests;
};

TEST_CASE("a document comes as JSON") {
  for (const char* type :
       {"application/json", "Application/JSON; charset=utf-8", "application/oauth-client+json"})
    CHECK(is_json_type(type));
  for (const char* type : {"", "text/plain", "text/html", "text/x+json", "application/jsonp"})
    CHECK_FALSE(is_json_type(type));
}

TEST_CASE("a document is asked for as strangers' addresses are, and is short") {
  Documents d;
  d.t.config.provider.outbound_networks = {*Network::parse("10.0.0.0/8")};
  const auto client = d.get();
  REQUIRE(client);
  CHECK(client->id == kId);
  CHECK(client->document_at == d.t.clock.now());
  REQUIRE(d.requests.size() == 1);
  CHECK(d.requests.front().reach == fetch::Reach::public_only);
  CHECK(d.requests.front().networks == d.t.config.provider.outbound_networks);
  CHECK(d.requests.front().max_bytes == kMaxDocument);
  CHECK(d.requests.front().timeout <= kDocumentTimeout);
}

TEST_CASE("a document is kept for as long as it says, within bounds") {
  CHECK(document_life("") == kUsualDocumentLife);
  CHECK(document_life("max-age=1") == kLeastDocumentLife);
  CHECK(document_life("public, Max-Age=\"7200\"") == 2h);
  CHECK(document_life("max-age=99999999") == kMostDocumentLife);
  CHECK(document_life("no-store") == kLeastDocumentLife);
  CHECK(document_life("max-age=7200, no-cache") == kLeastDocumentLife);
  CHECK(document_life("max-age=x") == kUsualDocumentLife);
  Documents d;
  d.caching = "max-age=600";
  REQUIRE(d.get());
  d.t.clock.advance(599s);
  REQUIRE(d.get());
  CHECK(d.requests.size() == 1);
  d.t.clock.advance(1s);
  REQUIRE(d.get());
  CHECK(d.requests.size() == 2);
}

TEST_CASE("a copy that was in its time when the request began is good until its end") {
  Documents d;
  d.caching = "max-age=300";
  REQUIRE(d.get());
  d.t.clock.advance(10min);
  REQUIRE(d.get(6min));
  CHECK(d.requests.size() == 1);
  REQUIRE(d.get(4min));
  CHECK(d.requests.size() == 2);
}

TEST_CASE("a failure is told with its reason, and not asked for again at once") {
  Documents d;
  size_t asked = 0;
  d.t.remote.answer = [&](const fetch::Request&) -> Result<fetch::Reply> {
    asked += 1;
    fetch::Reply reply{200, "{}"};
    reply.headers = {{"content-type", "text/plain"}};
    return reply;
  };
  const auto refused = d.get();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("text/plain") != std::string::npos);
  CHECK(refused.error().name == "invalid_client_metadata");
  CHECK_FALSE(d.get(1min));
  CHECK(asked == 1);
  d.t.clock.advance(kDocumentPause);
  CHECK_FALSE(d.get());
  CHECK(asked == 2);
}

TEST_CASE("what cannot be fetched is an error of the request, and the cause is for the log") {
  Documents d;
  d.t.remote.answer = [](const fetch::Request&) -> Result<fetch::Reply> {
    return Error{ErrorCode::unavailable, "10.0.0.1 is not a public address"};
  };
  const auto refused = d.get();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::malformed);
  CHECK(refused.error().message.find("10.0.0.1") == std::string::npos);
}

TEST_CASE("few fetches run at the same time, and fewer from one host") {
  Documents d;
  std::vector<ErrorCode> inner;
  size_t depth = 0;
  // Each request asks for one more document while it runs.
  d.t.remote.answer = [&](const fetch::Request& request) -> Result<fetch::Reply> {
    depth += 1;
    const auto next = d.t.oauth.documents.get("https://agent.example/" + std::to_string(depth), 0ms,
                                              &client_in_document);
    if (!next) inner.push_back(next.error().code);
    return document(request.url);
  };
  CHECK(d.get());
  CHECK(depth == kMaxDocumentFetchesOfHost);
  CHECK(inner == std::vector<ErrorCode>{ErrorCode::busy});
}

TEST_CASE("programs leave a place to people") {
  Documents d;
  std::optional<ErrorCode> program;
  std::optional<ErrorCode> person;
  const auto ask = [&](size_t host, DocumentAsker asker) {
    return d.t.oauth.documents.get("https://agent" + std::to_string(host) + ".example/c", 0ms,
                                   &client_in_document, asker);
  };
  size_t depth = 0;
  // Each request of a program asks for one more document, at another host, while it runs.
  d.t.remote.answer = [&](const fetch::Request& request) -> Result<fetch::Reply> {
    depth += 1;
    if (depth < kMaxDocumentFetches) {
      const auto next = ask(depth, DocumentAsker::program);
      if (next || program) return document(request.url);
      program = next.error().code;
      const auto other = ask(100, DocumentAsker::person);
      person = other ? ErrorCode::malformed : other.error().code;
    }
    return document(request.url);
  };
  REQUIRE(ask(0, DocumentAsker::program));
  CHECK(program == ErrorCode::busy);
  CHECK(person == ErrorCode::malformed);  // stands for an answer
  CHECK(depth == kMaxDocumentFetches);
}

TEST_CASE("more documents than are kept push out the one that ends first") {
  Documents d;
  for (size_t i = 0; i <= kMaxKeptDocuments; ++i) {
    d.t.clock.advance(1ms);
    REQUIRE(d.t.oauth.documents.get("https://agent.example/" + std::to_string(i), 0ms,
                                    &client_in_document));
  }
  const size_t before = d.requests.size();
  REQUIRE(d.t.oauth.documents.get("https://agent.example/1", 0ms, &client_in_document));
  CHECK(d.requests.size() == before);
  REQUIRE(d.t.oauth.documents.get("https://agent.example/0", 0ms, &client_in_document));
  CHECK(d.requests.size() == before + 1);
}

}  // namespace
}  // namespace authd::auth
