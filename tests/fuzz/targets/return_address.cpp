// Where browsers are sent: an allowed address leads to an origin that the configuration lists, as a
// browser reads it.
#include "auth/core/return_address.h"

#include "auth/signin/forward_auth.h"
#include "base/encoding.h"
#include "browser_url.h"
#include "support/instance.h"
#include "target.h"

namespace authd::fuzz {
namespace {

const std::string kOwn = "https://auth.test";

config::Config configured() {
  config::Config made = test::Instance::default_config();
  made.public_url = kOwn;
  made.pages.sign_in_url = kOwn + "/login";
  made.pages.return_origins = {"https://app.example.org", "http://127.0.0.1:3000",
                               "https://*.wild.example"};
  made.cookies.domain = "wild.example";
  return made;
}

bool is_listed(std::string_view origin) {
  if (origin == kOwn || origin == "https://app.example.org" || origin == "http://127.0.0.1:3000") {
    return true;
  }
  constexpr std::string_view kScheme = "https://";
  constexpr std::string_view kBelow = ".wild.example";
  return origin.starts_with(kScheme) && origin.ends_with(kBelow) &&
         origin.size() > kScheme.size() + kBelow.size() &&
         origin.find_first_of("?@", kScheme.size()) == std::string_view::npos;
}

}  // namespace

void run(std::string_view input) {
  static const config::Config config = configured();
  if (const auto address = auth::return_address(config, input)) {
    CHECK(*address == input);
    CHECK(is_listed(browser_origin(*address, kOwn)));
  }
  if (auth::is_local_path(input)) CHECK(browser_origin(input, kOwn) == kOwn);
  // For a request behind a proxy: the first line is the host, the second the requested address.
  Dice dice(input);
  auth::OriginalRequest original;
  original.is_secure = dice.byte() % 2 == 0;
  original.host = dice.line();
  original.uri = dice.line();
  const auto page = auth::sign_in_address(config, original);
  if (!page) return;
  constexpr std::string_view kQuery = "?return_to=";
  CHECK(page->starts_with(config.pages.sign_in_url + std::string(kQuery)));
  const auto back = percent_decode(page->substr(config.pages.sign_in_url.size() + kQuery.size()));
  CHECK(back && is_listed(browser_origin(*back, kOwn)));
}

}  // namespace authd::fuzz
