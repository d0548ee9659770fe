#include "web/plain_page.h"

#include <catch2/catch.hpp>

#include "web/template.h"

using namespace authd::web;

TEST_CASE("a plain page shows texts and never runs them") {
  const std::string hostile = "\"><script>alert(1)</script>";
  PlainPage page;
  page.title = {"consent.title", {{"name", hostile}}};
  page.message = hostile;
  page.problem = hostile;
  page.items = {"scope.email", hostile};
  page.for_administrators = hostile;
  page.form = PlainPage::Form{hostile, {{hostile, hostile}}};
  page.form->fields = {{hostile, "password", "password", "off", hostile}};
  page.form->buttons = {{"consent.allow", hostile, hostile}};
  page.links = {{"plain.account", hostile}};
  const std::string html = plain_body("en", page);
  CHECK(html.find("<script") == std::string::npos);
  CHECK(html.find("your email address") != std::string::npos);
  CHECK(html.find("<form method=\"post\"") != std::string::npos);
}

TEST_CASE("only a form that sends itself brings a script, from a file") {
  PlainPage page;
  page.title = {"plain.on_the_way"};
  page.form = PlainPage::Form{"https://app.example/callback", {{"code", "x"}}};
  CHECK(plain_body("de", page).find("<script") == std::string::npos);
  page.form->sends_itself = true;
  CHECK(plain_body("de", page).find("<script src=\"/ui/send.js\"></script>") != std::string::npos);
}

TEST_CASE("the first link is the one to press, unless there is a form") {
  PlainPage page;
  page.title = {"plain.refused"};
  page.links = {{"plain.go_on", "/a"}, {"plain.account", "/b"}};
  const std::string html = plain_body("en", page);
  CHECK(html.find("class=\"button primary\" href=\"/a\"") != std::string::npos);
  CHECK(html.find("class=\"button\" href=\"/b\"") != std::string::npos);
}

TEST_CASE("texts have their places filled, in both languages") {
  CHECK(text_of("en", Text{"consent.title", {{"name", "Wiki"}}}) == "Wiki wants to sign you in");
  CHECK(has_text("de", "consent.title"));
  CHECK_FALSE(has_text("de", "no such text"));
}
