#include "web/plain_page.h"

#include <catch2/catch.hpp>

#include "web/template.h"

using namespace authd::web;

TEST_CASE("a plain page shows texts and never runs them") {
  const std::string hostile = "\"><script>alert(1)</script>";
  PlainPage page;
  page.title = {"consent.title", {{"name", hostile}}};
  page.message.text = hostile;
  page.problem.text = hostile;
  page.warning = {"device.warning", {{"service", hostile}}};
  page.paragraphs = {{"device.compare", {{"code", hostile}}}, {"device.text"}};
  page.items = {"scope.email", hostile};
  page.for_administrators = hostile;
  page.form = PlainPage::Form{hostile, {{hostile, hostile}}};
  page.form->fields = {{hostile, "password", "password", "off", hostile}};
  page.form->buttons = {{"consent.allow", hostile, hostile}};
  page.links = {{"plain.account", hostile}};
  const std::string html = plain_body(page_texts().of("en"), page);
  CHECK(html.find("<script") == std::string::npos);
  CHECK(html.find("your email address") != std::string::npos);
  CHECK(html.find("Type the code") != std::string::npos);
  CHECK(html.find("<form method=\"post\"") != std::string::npos);
}

TEST_CASE("only a form that sends itself brings a script, from a file") {
  PlainPage page;
  page.title = {"plain.on_the_way"};
  page.form = PlainPage::Form{"https://app.example/callback", {{"code", "x"}}};
  CHECK(plain_body(page_texts().of("de"), page).find("<script") == std::string::npos);
  page.form->sends_itself = true;
  CHECK(plain_body(page_texts().of("de"), page).find("<script src=\"/ui/send.js\"></script>") !=
        std::string::npos);
}

TEST_CASE("the first link is the one to press, unless there is a form") {
  PlainPage page;
  page.title = {"plain.refused"};
  page.links = {{"plain.go_on", "/a"}, {"plain.account", "/b"}};
  const std::string html = plain_body(page_texts().of("en"), page);
  CHECK(html.find("class=\"button primary\" href=\"/a\"") != std::string::npos);
  CHECK(html.find("class=\"button\" href=\"/b\"") != std::string::npos);
}

TEST_CASE("texts have their places filled, in both languages") {
  const Catalogue& english = page_texts().of("en");
  CHECK(english.text({"consent.title", {{"name", "Wiki"}}}) == "Wiki wants to sign you in");
  CHECK(page_texts().of("de").has("consent.title"));
  CHECK_FALSE(page_texts().of("de").has("no such text"));
}

TEST_CASE("a refusal is said in the language of the page where its catalogue has it") {
  PlainPage page;
  page.title = {"signin.title"};
  page.problem = {"The password is wrong.", "invalid_credentials", ""};
  const std::string german = plain_body(page_texts().of("de"), page);
  CHECK(german.find(page_texts().of("de").text("error.invalid_credentials")) != std::string::npos);
  CHECK(german.find("The password is wrong.") == std::string::npos);
  page.problem = {"Only this server says so.", "no_such_code", "field"};
  CHECK(plain_body(page_texts().of("de"), page).find("Only this server says so.") !=
        std::string::npos);
  page.problem = {"Not an address.", "invalid_value", "email"};
  CHECK(plain_body(page_texts().of("de"), page)
            .find(page_texts().of("de").text("error.invalid_value.email")) != std::string::npos);
}

TEST_CASE("a refusal is said by its reason, by its number, and by its kind if it has no name") {
  const Catalogue& german = page_texts().of("de");
  PlainPage page;
  page.title = {"plain.refused"};
  const auto says = [&](const authd::Error& error, const std::string& text) {
    page.message = said(error);
    return plain_body(german, page).find(text) != std::string::npos;
  };
  using authd::ErrorCode;
  authd::Error error{ErrorCode::malformed, "Not registered.", "redirect_uri", "invalid_request"};
  CHECK(says(error, german.text("error.invalid_request")));
  error.reason = "unknown_address";
  CHECK(says(error, german.text("error.invalid_request.unknown_address")));
  CHECK(says({.code = ErrorCode::invalid,
              .message = "Too short.",
              .field = "password",
              .name = "weak_password",
              .reason = "too_short",
              .limit = 8},
             german.counted("error.weak_password.too_short", 8)));
  CHECK(says({ErrorCode::malformed, "An escape."}, german.text("error.malformed_request")));
}
