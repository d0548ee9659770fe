#include "web/site.h"

#include <catch2/catch.hpp>
#include <map>

#include "base/json.h"
#include "support/fake_request.h"

using namespace authd;
using test::FakeRequest;
using test::Texts;

namespace {

web::Site site(web::Branding branding) {
  if (branding.accent.empty()) branding.accent = "#1a4fa3";
  Result<web::Site> made = web::Site::make(std::move(branding), {});
  REQUIRE(made);
  return std::move(*made);
}

std::string text_of(const http::Reply& reply) {
  return reply.fixed.empty() ? reply.body : std::string(reply.fixed);
}

std::string page(const web::Site& made, Texts headers, Texts query = {},
                 std::string_view return_to = "") {
  return text_of(made.page(FakeRequest(std::move(headers), std::move(query)),
                           {std::string(return_to), {}, false, {}}));
}

// The data that the page's script reads.
JsonObject boot_of(const std::string& html) {
  const std::string start = "id=\"boot\">";
  const size_t begin = html.find(start) + start.size();
  const Result<JsonObject> parsed =
      JsonObject::parse(html.substr(begin, html.find("</script>", begin) - begin));
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("a page is in the language that is asked for, else in that of the configuration") {
  const web::Site made = site({"Name", "", "", {}, "de"});
  for (const auto& [header, language] : std::map<std::string, std::string>{
           {"", "de"}, {"en", "en"}, {"sv", "de"}, {"sv, en;q=0.1", "en"}, {"en;q=0", "de"}}) {
    INFO(header);
    CHECK(page(made, {{"accept-language", header}})
              .find("<html lang=\"" + language + "\" dir=\"ltr\"") != std::string::npos);
  }
  CHECK(made.language_of(FakeRequest(Texts{})).empty());
  CHECK(made.language_of(FakeRequest(Texts{{"accept-language", "sv"}})).empty());
  CHECK(made.language_of(
            FakeRequest(Texts{{"accept-language", "en"}, {"cookie", "authd_ui=lang:de"}})) == "de");
}

TEST_CASE("the page lists the languages that there are, by their own names") {
  const auto listed = **boot_of(page(site({"Name", "", "", {}}), {})).optional_objects("languages");
  REQUIRE(listed.size() == web::page_texts().tags().size());
  CHECK(*listed[0].string("tag") == "en");
  CHECK(*listed[1].string("name") == "Deutsch");
}

TEST_CASE("the cookie of preferences wins, and nonsense in it is ignored") {
  const web::Site made = site({"Name", "", "", {}});
  const auto shows = [&](const char* cookie, const std::string& opening) {
    INFO(cookie);
    CHECK(page(made, {{"accept-language", "en"}, {"cookie", cookie}}).find(opening) !=
          std::string::npos);
  };
  shows("authd_ui=theme:dark_lang:de", "<html lang=\"de\" dir=\"ltr\" data-theme=\"dark\">");
  shows("a=b; authd_ui=lang:de; c=d", "<html lang=\"de\" dir=\"ltr\" data-theme=\"auto\">");
  shows("authd_ui=theme:light", "<html lang=\"en\" dir=\"ltr\" data-theme=\"light\">");
  for (const char* nonsense :
       {"authd_ui=", "authd_ui=theme:pink_lang:xx", "xauthd_ui=lang:de", "authd_ui=\"><script>",
        "authd_ui=lang", "authd_ui=__::__", "authd_ui=lang:DE", "authd_ui=lang:../x"}) {
    shows(nonsense, "<html lang=\"en\" dir=\"ltr\" data-theme=\"auto\">");
  }
}

TEST_CASE("a name from the configuration is text everywhere on the page") {
  const std::string hostile = "</script><script>alert(1)</script><!--\"' &{{boot}}";
  const web::Site made = site({hostile, "", "", {{hostile, "https://example.org/"}}});
  const std::string html = page(made, {});
  CHECK(html.find("alert(1)</script>") == std::string::npos);
  CHECK(html.find("<!--") == std::string::npos);
  const JsonObject boot = boot_of(html);
  CHECK(*boot.string("name") == hostile);
  CHECK(*(**boot.optional_objects("links")).at(0).string("label") == hostile);
}

TEST_CASE("the page gets an address to return to only if the caller says so") {
  const web::Site made = site({"Name", "", "", {}});
  const Texts asked = {{"return_to", "https://app.example.org/</script>"}};
  CHECK(boot_of(page(made, {}, asked)).string("return_to")->empty());
  const JsonObject boot = boot_of(page(made, {}, asked, "https://app.example.org/</script>"));
  CHECK(*boot.string("return_to") == "https://app.example.org/</script>");
  CHECK(*boot.string("return_query") == "https://app.example.org/</script>");
}

TEST_CASE("a page and its style are served with the policy, and vary") {
  const web::Site made = site({"Name", "#FFD500", "", {}});
  const http::Reply reply = made.page(FakeRequest(Texts{}), {});
  std::map<std::string, std::string> headers(reply.headers.begin(), reply.headers.end());
  CHECK(headers["Content-Security-Policy"] == web::kPagePolicy);
  CHECK(headers["Vary"] == "Accept-Encoding, Accept-Language, Cookie");
  CHECK(headers["Cache-Control"] == "no-cache");
  CHECK(made.style(FakeRequest(Texts{})).fixed.starts_with(":root{--brand:#ffd500;"));
}

TEST_CASE("the logo of a provider has an address that changes with the picture") {
  const auto made = [](const std::string& picture) {
    web::Facts facts;
    facts.providers = {{"acme", "Acme", picture}, {"brief", "Brief", ""}};
    Result<web::Site> site = web::Site::make({"Name", "#1a4fa3", "", {}}, std::move(facts));
    REQUIRE(site);
    return std::move(*site);
  };
  const web::Site first = made("\xff\xd8\xff one");
  const auto listed = **boot_of(page(first, {})).optional_objects("providers");
  REQUIRE(listed.size() == 2);
  const std::string address = *listed[0].string("logo");
  const std::string start = "/ui/providers/acme/logo?v=";
  REQUIRE(address.starts_with(start));
  CHECK(*listed[1].string("logo") == "");
  const auto other = **boot_of(page(made("\xff\xd8\xff two"), {})).optional_objects("providers");
  CHECK(*other[0].string("logo") != address);

  const auto asked = [&](const char* name, Texts query, Texts headers = {}) {
    FakeRequest request(std::move(headers), std::move(query));
    request.params = {{"name", name}};
    return first.provider_logo(request);
  };
  const Texts version = {{"v", address.substr(start.size())}};
  const http::Reply reply = asked("acme", version);
  CHECK(reply.status == 200);
  CHECK(reply.content_type == "image/jpeg");
  CHECK(reply.fixed == "\xff\xd8\xff one");
  std::map<std::string, std::string> headers(reply.headers.begin(), reply.headers.end());
  CHECK(headers["Cache-Control"] == "public, max-age=31536000, immutable");
  CHECK(headers["Content-Security-Policy"].starts_with("default-src 'none'"));
  CHECK(headers.size() == reply.headers.size());
  CHECK(asked("acme", version, {{"if-none-match", headers["ETag"]}}).status == 304);
  // Another version is asked for again each time.
  const http::Reply old = asked("acme", {{"v", "0"}});
  headers = {old.headers.begin(), old.headers.end()};
  CHECK(headers["Cache-Control"] == "no-cache");
  CHECK(asked("brief", version).status == 404);
  CHECK(asked("nobody", version).status == 404);
}

TEST_CASE("a logo is an image, and can do nothing when it is opened on its own") {
  CHECK(site({"Name", "", "", {}}).logo(FakeRequest(Texts{})).status == 404);
  for (const auto& [image, type] :
       {std::pair{std::string("\x89PNG\r\n\x1a\nrest"), "image/png"},
        std::pair{std::string("\xff\xd8\xff\xe0"), "image/jpeg"},
        std::pair{std::string("RIFF....WEBPVP8 "), "image/webp"},
        std::pair{std::string("<?xml version=\"1.0\"?>\n<svg xmlns=\"…\"/>"), "image/svg+xml"}}) {
    const http::Reply reply = site({"Name", "", image, {}}).logo(FakeRequest(Texts{}));
    CHECK(reply.content_type == type);
    std::map<std::string, std::string> headers(reply.headers.begin(), reply.headers.end());
    CHECK(headers["Content-Security-Policy"].ends_with("sandbox"));
  }
  for (const char* other : {"GIF89a", "text", "PNG", " "}) {
    INFO(other);
    CHECK_FALSE(web::Site::make({"Name", "#1a4fa3", other, {}}, {}));
  }
  CHECK_FALSE(web::Site::make({"Name", "blue", "", {}}, {}));
}
