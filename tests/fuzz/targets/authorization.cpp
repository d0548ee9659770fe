// What strangers send to the provider: the parameters of an authorization request, the claims
// parameter, redirect URIs, and requests that a browser carries.
#include "auth/oauth/requests/authorization_request.h"

#include "auth/oauth/protocol/carried_request.h"
#include "auth/oauth/protocol/redirect_uri.h"
#include "browser_url.h"
#include "crypto/digest.h"
#include "support/instance.h"
#include "target.h"

namespace authd::fuzz {
namespace {

const std::string kOwn = "https://auth.test";
const std::vector<std::string> kRegistered = {
    "https://app.example/callback", "https://app.example/callback?with=query",
    "http://127.0.0.1:1234/callback", "app.example:/callback"};

struct Provider {
  Provider() {
    tables::Client client;
    client.id = "app";
    client.name = "App";
    client.created_at = t.clock.now();
    client.redirect_uris = kRegistered;
    client.grant_types = {"authorization_code", "refresh_token"};
    client.secret_hash = crypto::sha256("secret");
    client.pkce_optional = true;
    CHECK(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::clients.put(tx, client);
      return {};
    }));
  }
  test::Instance t;
};

// The address without the port of a loopback host, which may differ.
std::string without_loopback_port(const std::string& uri) {
  constexpr std::string_view kHost = "http://127.0.0.1";
  const bool has_port = uri.starts_with(kHost) && uri.substr(kHost.size()).starts_with(':');
  if (!has_port) return uri;
  const size_t path = uri.find('/', kHost.size());
  return std::string(kHost) + (path == std::string::npos ? "" : uri.substr(path));
}

// Whatever is accepted is one of the registered addresses, and an answer goes there.
void check_redirect(std::string_view sent) {
  if (!auth::matches_redirect_uri(kRegistered, sent)) return;
  const std::string text(sent);
  const bool is_registered =
      std::any_of(kRegistered.begin(), kRegistered.end(), [&](const std::string& one) {
        return without_loopback_port(one) == without_loopback_port(text);
      });
  CHECK(is_registered);
}

void check_request(const Provider& provider, const auth::Parameters& parameters) {
  const auto again = auth::Parameters::decode(parameters.encoded());
  CHECK(again && again->encoded() == parameters.encoded());
  const auto read = auth::read_authorization_request(provider.t.services, parameters);
  CHECK(read);
  const bool goes_to_client = !read->refusal || read->refusal->redirects;
  if (!goes_to_client) return;
  check_redirect(read->request.redirect_uri);
  CHECK(auth::matches_redirect_uri(kRegistered, read->request.redirect_uri));
  const std::string address = auth::answer_address(
      read->request, auth::code_answer(provider.t.services, read->request, "code"));
  CHECK(address.starts_with(read->request.redirect_uri));
  CHECK(std::all_of(address.begin(), address.end(), [](char c) { return c > 0x20 && c < 0x7f; }));
}

}  // namespace

void run(std::string_view input) {
  static Provider provider;
  check_redirect(input);
  static_cast<void>(auth::parse_asked_claims(input));
  // Nobody but this server makes such a text.
  CHECK(!auth::read_carried(provider.t.services, input, provider.t.clock.now()));
  if (const auto parameters = auth::Parameters::decode(input)) check_request(provider, *parameters);
}

}  // namespace authd::fuzz
