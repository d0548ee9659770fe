#include "auth/oauth/clients/client_templates.h"

#include <catch2/catch.hpp>

namespace authd::auth {
namespace {

// A template with a part that is replaced.
std::string text_with(const std::string& was, const std::string& is) {
  std::string text = R"({
    "name": "App", "home": "https://app.example", "checked": "App 1",
    "url": "https://app.example.org",
    "client": {"redirect_uris": ["{url}/callback"]},
    "settings": [{"title": "a.ini", "format": "ini", "text": ["id = {client_id}", "", "{{ x }}"]}],
    "roles": "None.", "traps": []
  })";
  const size_t at = text.find(was);
  REQUIRE(at != std::string::npos);
  return text.replace(at, was.size(), is);
}

TEST_CASE("a template is read, with the lines of its settings as one text") {
  const auto made = parse_template("app", text_with("App 1", "App 2"));
  REQUIRE(made);
  CHECK(made->id == "app");
  CHECK(made->checked == "App 2");
  REQUIRE(made->settings.size() == 1);
  CHECK(made->settings[0].text == "id = {client_id}\n\n{{ x }}");
}

TEST_CASE("a template with anything unknown or missing is refused") {
  for (const auto& [was, is] : {
           std::pair("\"home\"", "\"hone\""),
           std::pair("\"name\": \"App\", ", ""),
           std::pair("\"redirect_uris\"", "\"redirect_uri\""),
           std::pair("[\"{url}/callback\"]", "[\"{urI}/callback\", 7]"),
           std::pair("{url}/callback", "{address}/callback"),
           std::pair("{url}/callback", "{issuer}/callback"),
           std::pair("{client_id}", "{client}"),
           std::pair("\"ini\"", "\"conf\""),
           std::pair("\"title\"", "\"head\""),
           std::pair("\"url\": \"https://app.example.org\"", "\"url\": \"\""),
           std::pair("\"traps\": []", "\"traps\": \"none\""),
       }) {
    CAPTURE(is);
    CHECK_FALSE(parse_template("app", text_with(was, is)));
  }
}

TEST_CASE("the settings of a public client have no place for a secret") {
  const std::string secret = text_with("id = {client_id}", "secret = {client_secret}");
  CHECK(parse_template("app", secret));
  std::string is_public = secret;
  is_public.replace(is_public.find("\"client\": {"), 11, "\"client\": {\"public\": true, ");
  CHECK_FALSE(parse_template("app", is_public));
}

TEST_CASE("the address of an application is one to which people may be sent back") {
  CHECK(parse_app_url("https://app.example.org///").value() == "https://app.example.org");
  CHECK(parse_app_url("http://localhost:3000/").value() == "http://localhost:3000");
  for (const char* bad :
       {"", "/", "app.example.org", "https://", "http://app.example.org", "ftp://app.example.org",
        "https://*.example.org", "https://app.example.org/?a=b", "https://app.example.org/#a",
        "https://user@app.example.org", "app.example:/callback", "https://app.example.org/{url}"}) {
    CAPTURE(bad);
    const auto url = parse_app_url(bad);
    REQUIRE_FALSE(url);
    CHECK(url.error().field == "url");
  }
}

}  // namespace
}  // namespace authd::auth
