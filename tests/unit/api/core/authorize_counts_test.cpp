// Each request at the authorization endpoint counts once, as what its reply is.
#include "api/contract/openapi.h"
#include "api/endpoints/pages/pages.h"
#include "api/oauth/endpoints.h"
#include "auth/oauth/requests/pushed_request.h"
#include "support/client_signer.h"
#include "support/clients.h"
#include "support/fake_request.h"

namespace authd::api {
namespace {

// A store whose writes wait for another process, and give up.
class HeldStore final : public store::Store {
 public:
  explicit HeldStore(store::Store& below) : below_(below) {}
  store::Stats stats() override { return below_.stats(); }
  uint64_t number_block() const override { return below_.number_block(); }

 protected:
  Result<void> run_read(FunctionRef<Result<void>(store::ReadTxn&)> fn) override {
    return read_through(below_, fn);
  }
  Result<void> run_write(FunctionRef<Result<void>(store::WriteTxn&)>) override {
    return Error{ErrorCode::unavailable, "held"};
  }

 private:
  store::Store& below_;
};

struct Asked {
  test::Instance t{test::with_issuer()};
  HeldStore held{t.store};
  http::Metrics metrics;
  web::Site site = make_site(t.config).value();
  OpenApi documentation{{}, ""};

  Asked() { test::put_client(t, "app"); }

  auth::Services over(store::Store& store) {
    return {store,
            t.config,
            t.clock,
            t.random,
            t.hasher,
            t.master_key,
            t.server_key,
            t.keyring,
            t.credentials,
            t.in_flight,
            t.verified,
            t.activity,
            t.providers,
            t.known,
            t.oauth,
            t.images,
            t.counters,
            null_log(),
            auth::kServerWriter};
  }
  // The reference of a request that may show no page.
  std::string pushed() {
    tables::Client client = *t.store.read([](store::ReadTxn& tx) {
      return Result<tables::Client>(*tables::clients.find(tx, "app"));
    });
    const std::vector<auth::Parameters::Pair> pairs = {
        {"redirect_uri", client.redirect_uris.front()},
        {"response_type", "code"},
        {"scope", "openid"},
        {"prompt", "none"},
        {"code_challenge", std::string(43, 'c')},
        {"code_challenge_method", "S256"}};
    const auto made = auth::push_request(t.services, auth::Program{std::move(client)},
                                         auth::Parameters::read(pairs).value(), {}, {});
    REQUIRE(made);
    return made->request_uri;
  }
  int ask(store::Store& store, const std::string& query) {
    const auth::Services s = over(store);
    const Api api{s, metrics, site, [] { return false; }, documentation};
    test::FakeRequest request(test::Texts{});
    const std::string target = "/oauth2/authorize?" + query;
    request.target = target;
    const Reply reply = oauth::authorize(Context{api, request});
    REQUIRE(reply);
    return reply->status;
  }
  uint64_t refusals(std::string_view reason = "") {
    uint64_t sum = 0;
    for (size_t i = 0; i < auth::kRefusalReasons.size(); ++i) {
      if (reason.empty() || auth::kRefusalReasons[i] == reason) sum += t.oauth.outcomes.refusals(i);
    }
    return sum;
  }
};

TEST_CASE("a refusal counts once, by its reason and by its outcome") {
  Asked a;
  CHECK(a.ask(a.t.store, "client_id=app&request_uri=" + a.pushed()) == 303);
  CHECK(a.refusals("login_required") == 1);
  CHECK(a.t.counters.authorizations_refused == 1);
  CHECK(a.ask(a.t.store, "client_id=nobody") != 303);
  CHECK(a.refusals("client_id") == 1);
  CHECK(a.t.counters.authorizations_unregistered == 1);
  CHECK(a.ask(a.t.store, "client_id=a&client_id=b") != 303);
  CHECK(a.refusals("invalid_request") == 1);
  CHECK(a.t.counters.authorizations_refused == 2);
  CHECK(a.refusals() == 3);
}

TEST_CASE("a refusal that cannot be carried out counts as what the person sees instead") {
  Asked a;
  const std::string reference = a.pushed();
  CHECK(a.ask(a.held, "client_id=app&request_uri=" + reference) == 503);
  CHECK(a.refusals("temporarily_unavailable") == 1);
  CHECK(a.refusals() == 1);
  CHECK(a.t.counters.authorizations_refused == 1);
}

}  // namespace
}  // namespace authd::api
