#include "server/doctor/one_client.h"

#include <catch2/catch.hpp>
#include <map>

#include "auth/oauth/clients/client_admin.h"
#include "base/encoding.h"
#include "support/clients.h"

using namespace authd;
using namespace std::chrono_literals;
using server::doctor::Finding;
using server::doctor::Patient;
using server::doctor::Severity;

namespace {

const std::string kHere = "https://auth.example.org";

// A server whose replies the test can change.
struct Checked {
  Checked() {
    t.config.public_url = kHere;
    t.config.tokens.issuer = kHere;
    replies[kHere + "/oauth2/token"] = {401, R"({"error":"invalid_client"})"};
    replies["https://app.example.org/"] = {200, ""};
    t.remote.answer = [this](const fetch::Request& request) -> Result<fetch::Reply> {
      asked.push_back(request);
      if (request.form.find("&client_secret=") != std::string::npos) return twice;
      const auto found = replies.find(request.url);
      if (found != replies.end()) return found->second;
      return Error{ErrorCode::unavailable, "nobody there"};
    };
  }

  tables::Client client(std::vector<auth::ClientChange> more = {}) {
    auth::NewClient wanted;
    wanted.members = {{"name", std::string("App")},
                      {"redirect_uris", std::vector<std::string>{"https://app.example.org/cb"}}};
    wanted.members.insert(wanted.members.end(), more.begin(), more.end());
    return auth::add_client(t.services, wanted, {}).value().client;
  }

  // The worst finding of a check.
  Finding worst(const tables::Client& client, const std::string& check) {
    config::Loaded loaded;
    loaded.config = t.config;
    const Patient patient{loaded, &t.store, "",         &t.master_key, 1,
                          "",     t.remote, null_log(), t.clock,       t.random};
    Finding worst;
    for (const Finding& one : server::doctor::examine_client(patient, client)) {
      if (one.check != check) continue;
      if (worst.check.empty() || one.severity >= worst.severity) worst = one;
    }
    return worst;
  }

  test::Instance t;
  std::map<std::string, fetch::Reply> replies;
  // To a request whose client authenticates in the header and in the form.
  fetch::Reply twice = {400, R"({"error":"invalid_request"})"};
  std::vector<fetch::Request> asked;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a client that is in order has nothing to do") {
  Checked c;
  const tables::Client client = c.client();
  CHECK(c.worst(client, "members").severity == Severity::ok);
  CHECK(c.worst(client, "redirect_uris").severity == Severity::ok);
  CHECK(c.worst(client, "token").severity == Severity::ok);
  CHECK(c.worst(client, "backchannel_logout").check.empty());
}

TEST_CASE("what keeps people out of a client is named") {
  Checked c;
  CHECK(has(c.worst(c.client({{"disabled", true}}), "members").text, "disabled"));
  tables::Client client = c.client();
  client.roles = {"nobody-has-it"};
  CHECK(has(c.worst(client, "members").text, "There is no role"));
  client = c.client();
  client.secrets.clear();
  CHECK(has(c.worst(client, "members").text, "no secret"));
  CHECK(c.worst(c.client({{"pkce", std::string("optional")}}), "members").severity ==
        Severity::warn);
  c.t.config.provider.enabled = false;
  CHECK(has(c.worst(c.client(), "members").text, "not a provider"));
}

TEST_CASE("a secret that ends soon is a warning, and one that has ended a failure") {
  Checked c;
  tables::Client client = c.client();
  client.secrets = {tables::encode_row(
      auth::secret_row(c.t.services, ClientSecret(std::string(40, 's')), 24h, c.t.clock.now()))};
  CHECK(c.worst(client, "members").severity == Severity::warn);
  c.t.clock.advance(48h);
  CHECK(c.worst(client, "members").severity == Severity::fail);
}

TEST_CASE("an application that does not answer is a warning, and its logout address a failure") {
  Checked c;
  const tables::Client client = c.client(
      {{"redirect_uris", std::vector<std::string>{"https://gone.example.org/cb", "app.x:/cb"}},
       {"backchannel_logout_uri", std::string("https://gone.example.org/logout")}});
  CHECK(c.worst(client, "redirect_uris").severity == Severity::warn);
  CHECK(c.worst(client, "backchannel_logout").severity == Severity::fail);
  c.replies["https://gone.example.org/logout"] = {405, ""};
  CHECK(c.worst(client, "backchannel_logout").severity == Severity::ok);
  for (const fetch::Request& request : c.asked)
    CHECK(request.url.starts_with("https://"));  // no private scheme
}

TEST_CASE("what strangers have registered is asked for no further than the server would go") {
  Checked c;
  c.t.config.provider.outbound_networks = {Network::parse("10.1.0.0/16").value()};
  tables::Client client =
      c.client({{"backchannel_logout_uri", std::string("https://app.example.org/logout")},
                {"token_endpoint_auth_method", std::string("private_key_jwt")},
                {"jwks_uri", std::string("https://app.example.org/keys")}});
  client.origin = "registered";
  c.worst(client, "members");
  std::vector<std::string> limited;
  for (const fetch::Request& request : c.asked) {
    if (!request.url.starts_with("https://app.example.org/")) continue;
    CAPTURE(request.url);
    CHECK(request.reach == fetch::Reach::public_only);
    CHECK(request.networks.size() == 1);
    limited.push_back(request.url);
  }
  CHECK(limited.size() == 3);
}

TEST_CASE("the token endpoint must refuse a wrong secret, and say so itself") {
  Checked c;
  const tables::Client client = c.client();
  const std::string url = kHere + "/oauth2/token";
  REQUIRE(c.worst(client, "token").severity == Severity::ok);
  const fetch::Request sent = c.asked.back();
  CHECK(sent.url == url);
  CHECK(has(sent.form, "grant_type=authorization_code"));
  for (const fetch::Reply& reply :
       {fetch::Reply{200, R"({"access_token":"x"})"}, fetch::Reply{302, ""},
        fetch::Reply{401, "<html>"}, fetch::Reply{502, ""},
        fetch::Reply{400, R"({"error":"invalid_grant"})"}}) {
    CAPTURE(reply.status, reply.body);
    c.replies[url] = reply;
    CHECK(c.worst(client, "token").severity == Severity::fail);
  }
  c.replies[url] = {429, R"({"error":"temporarily_unavailable"})"};
  CHECK(c.worst(client, "token").severity == Severity::warn);
  c.replies.erase(url);
  CHECK(c.worst(client, "token").severity == Severity::fail);
}

TEST_CASE("a proxy that drops the secrets of applications is found out") {
  Checked c;
  const tables::Client client = c.client();
  c.twice = {401, R"({"error":"invalid_client"})"};
  const Finding worst = c.worst(client, "token");
  CHECK(worst.severity == Severity::fail);
  CHECK(has(worst.text, "Authorization"));
}

TEST_CASE("a public client is asked for without a secret") {
  Checked c;
  const tables::Client client = c.client({{"public", true}});
  CHECK(c.worst(client, "token").severity == Severity::fail);  // invalid_client: unknown there
  c.replies[kHere + "/oauth2/token"] = {400, R"({"error":"invalid_grant"})"};
  CHECK(c.worst(client, "token").severity == Severity::ok);
  CHECK(has(c.asked.back().form, "client_id=" + client.id));
  CHECK(c.asked.back().headers.empty());
}
