// What servers of strangers answer, beside keys and metadata, which have targets of their own: the
// document of a sector (OpenID Connect Core section 8.1), the headers of a client's document, and
// the addresses that lead there.
#include <array>

#include "auth/oauth/clients/pairwise.h"
#include "auth/oauth/memory/client_documents.h"
#include "base/json.h"
#include "base/text.h"
#include "browser_url.h"
#include "fetch/reach.h"
#include "support/instance.h"
#include "target.h"

namespace authd::fuzz {
namespace {

const std::array<std::string, 2> kRedirects = {"https://app.example/callback",
                                               "https://other.example/callback"};

// Every answer is this text.
class Remote final : public fetch::Client {
 public:
  explicit Remote(std::string_view text) : text_(text) {}
  Result<fetch::Reply> send(const fetch::Request& request) override {
    CHECK(fetch::is_allowed_url(request.url));
    return fetch::Reply{200, std::string(text_)};
  }

 private:
  std::string_view text_;
};

void check_sector(std::string_view text) {
  static const config::Config config = test::Instance::default_config();
  tables::Client client;
  client.id = "app";
  client.redirect_uris = {kRedirects.begin(), kRedirects.end()};
  client.grant_types = {"authorization_code"};
  client.is_pairwise = true;
  client.sector_identifier_uri = "https://app.example/sector.json";
  Remote remote(text);
  const Result<void> checked = auth::check_sector_document(remote, config, client);
  if (!checked) {
    CHECK(checked.error().field == "sector_identifier_uri");
    return;
  }
  const auto json = JsonObject::parse("{\"all\":" + std::string(text) + "}");
  CHECK(json);
  const auto listed = json->optional_strings("all");
  CHECK(listed && *listed);
  for (const std::string& uri : kRedirects)
    CHECK(std::find((*listed)->begin(), (*listed)->end(), uri) != (*listed)->end());
}

void check_headers(std::string_view text) {
  const Milliseconds life = auth::document_life(text);
  CHECK(life >= auth::kLeastDocumentLife && life <= auth::kMostDocumentLife);
  const std::string type = lower(text.substr(0, text.find(';')));
  if (auth::is_json_type(text)) CHECK(type.find("application/") != std::string::npos);
}

// The host that is asked is the one that any other reader of the address sees.
void check_address(std::string_view text) {
  const auto target = fetch::https_target(text);
  if (!target) return;
  CHECK(target->port > 0 && target->port < 65536);
  const auto ip = IpAddress::parse(target->host);
  std::string host = ip ? ip->to_string() : target->host;
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  const std::string port =
      target->port == fetch::kHttpsPort ? "" : ":" + std::to_string(target->port);
  CHECK(browser_origin(text, "https://auth.test") == "https://" + host + port);
}

}  // namespace

void run(std::string_view input) {
  Dice dice(input);
  switch (dice.byte() % 3) {
    case 0: return check_sector(dice.rest());
    case 1: return check_headers(dice.rest());
    default: return check_address(dice.rest());
  }
}

}  // namespace authd::fuzz
