#include "mail/templates.h"

#include <catch2/catch.hpp>
#include <vector>

#include "config/lifetimes.h"
#include "tables/mail_detail.h"

using namespace authd;
using namespace authd::mail;
using tables::MailKind;

namespace {

constexpr MailKind kKinds[] = {
    MailKind::verify_email,       MailKind::reset_password,    MailKind::magic_link,
    MailKind::login_code,         MailKind::confirm_new_email, MailKind::email_changed,
    MailKind::password_changed,   MailKind::factors_changed,   MailKind::account_exists,
    MailKind::email_change_asked, MailKind::account_deleted,   MailKind::account_disabled,
    MailKind::made_administrator, MailKind::webhook_disabled,  MailKind::logins_limited,
    MailKind::new_device,         MailKind::wrong_factors,     MailKind::test};

config::Config settings() {
  config::Config config;
  config.branding.name = "Example";
  config.public_url = "https://auth.example.org";
  return config;
}

tables::Mail mail_of(MailKind kind) {
  tables::Mail mail;
  mail.id = std::string(16, 'i');
  mail.kind = kind;
  mail.to = "ann@example.com";
  mail.name = "Ann";
  return mail;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("an address that was removed is no address that was changed") {
  tables::Mail mail = mail_of(MailKind::email_changed);
  CHECK(has(make_texts(mail, "", settings())->text, "The account has no address now."));
  mail.detail = "ann@new.example";
  const std::string text = make_texts(mail, "", settings())->text;
  CHECK(has(text, "The new address is ann@new.example."));
  CHECK_FALSE(has(text, "has no address now"));
}

TEST_CASE("every kind has a complete text") {
  for (const MailKind kind : kKinds) {
    tables::Mail mail = mail_of(kind);
    mail.detail = "203.0.113.7";
    const auto texts = make_texts(mail, "123456", settings());
    REQUIRE(texts);
    CHECK(has(texts->subject, "Example"));
    CHECK(texts->text.starts_with("Hello Ann,\n\n"));
    CHECK(has(texts->html, "<p>Hello Ann,</p>"));
    CHECK(has(texts->html, "<title>" + texts->subject + "</title>"));
    CHECK(has(texts->text, "https://auth.example.org"));
    for (const std::string& form : {texts->subject, texts->text}) {
      CHECK_FALSE(has(form, "{"));
      CHECK_FALSE(has(form, "}"));
    }
    for (const char* foreign : {"<img", "<script", "<link", "src=", "url("})
      CHECK_FALSE(has(texts->html, foreign));
    CHECK(carries_secret(kind) == !texts->action.empty());
    CHECK(has(texts->text, texts->action));
    CHECK(has(texts->html, texts->action));
    const bool says_what_else = has(texts->text, "If this was not you") ||
                                has(texts->text, "If you did not expect this") ||
                                has(texts->text, "If you do not know why") ||
                                has(texts->text, "You need not change it, unless") ||
                                has(texts->text, "If you did not ask for this, ignore this email.");
    CHECK(says_what_else == (kind != MailKind::test));
    // An administrator's address is nobody else's business.
    const bool tells = kind != MailKind::test && kind != MailKind::account_disabled &&
                       kind != MailKind::made_administrator;
    CHECK(has(texts->text, "203.0.113.7") == tells);
    CHECK(has(texts->html, "203.0.113.7") == tells);
  }
}

TEST_CASE("links lead to the page, with the token percent-encoded") {
  const std::pair<MailKind, const char*> expected[] = {
      {MailKind::verify_email, "https://auth.example.org/verify-email?token=a%2Bb%2F%26%3D"},
      {MailKind::reset_password, "https://auth.example.org/reset-password?token=a%2Bb%2F%26%3D"},
      {MailKind::magic_link, "https://auth.example.org/magic-link?token=a%2Bb%2F%26%3D"},
      {MailKind::confirm_new_email, "https://auth.example.org/confirm-email?token=a%2Bb%2F%26%3D"},
      {MailKind::email_change_asked,
       "https://auth.example.org/stop-email-change?token=a%2Bb%2F%26%3D"}};
  for (const auto& [kind, link] : expected) {
    const auto texts = make_texts(mail_of(kind), "a+b/&=", settings());
    REQUIRE(texts);
    CHECK(texts->action == link);
    CHECK(has(texts->text, std::string("\n    ") + link + "\n"));
    CHECK(has(texts->html, std::string("href=\"") + link + "\""));
  }
}

TEST_CASE("the text says how long the link is valid") {
  const std::pair<MailKind, const char*> expected[] = {
      {MailKind::verify_email, "24 hours"},       {MailKind::confirm_new_email, "24 hours"},
      {MailKind::email_change_asked, "24 hours"}, {MailKind::reset_password, "30 minutes"},
      {MailKind::magic_link, "15 minutes"},       {MailKind::login_code, "10 minutes"}};
  for (const auto& [kind, words] : expected) {
    const auto texts = make_texts(mail_of(kind), "123456", settings());
    REQUIRE(texts);
    CHECK(has(texts->text, words));
    CHECK(has(texts->html, words));
  }
}

TEST_CASE("whoever does not use an account is told the day, and a deletion only if there is one") {
  tables::Mail mail = mail_of(MailKind::unused_account);
  mail.detail = "2026-12-30";
  config::Config config = settings();
  config.retention.delete_after = Milliseconds(0);
  const auto kept = make_texts(mail, "", config);
  REQUIRE(kept);
  CHECK(has(kept->text, "disabled on 2026-12-30"));
  CHECK(has(kept->text, "https://auth.example.org/signin"));
  CHECK(has(kept->html, "<a href=\"https://auth.example.org/signin\""));
  CHECK_FALSE(has(kept->text, "deleted"));
  CHECK_FALSE(has(kept->text, "The link works once"));
  CHECK_FALSE(carries_secret(MailKind::unused_account));
  config.retention.delete_after = std::chrono::hours(24 * 30);
  CHECK(has(make_texts(mail, "", config)->text, "deleted after 30 days"));
  config.retention.delete_after = std::chrono::hours(1);
  CHECK(has(make_texts(mail, "", config)->text, "deleted after 1 day,"));

  // The same once it is disabled, but not if a person has done that.
  mail.kind = MailKind::account_disabled;
  CHECK(has(make_texts(mail, "", config)->text, "nobody had used it"));
  CHECK(has(make_texts(mail, "", config)->text, "deleted after 1 day,"));
  mail.detail.clear();
  CHECK_FALSE(has(make_texts(mail, "", config)->text, "used"));
  CHECK_FALSE(has(make_texts(mail, "", config)->text, "deleted"));
}

TEST_CASE("a new device is told with what, when and from where") {
  tables::Mail mail = mail_of(MailKind::new_device);
  mail.detail = tables::detail_of({{"login_device", {{"device", "Firefox, Linux"}}},
                                   {"login_time", {{"time", "2026-11-21 08:15 UTC"}}},
                                   {"login_address", {{"address", "203.0.113.7"}}}});
  const auto texts = make_texts(mail, "", settings());
  REQUIRE(texts);
  for (const char* line :
       {"Device: Firefox, Linux\n", "Time: 2026-11-21 08:15 UTC\n", "Address: 203.0.113.7\n"}) {
    CHECK(has(texts->text, line));
  }
  CHECK(has(texts->text, "set a new password at once"));
}

TEST_CASE("a login code is shown, and is not in the subject") {
  const auto texts = make_texts(mail_of(MailKind::login_code), "048151", settings());
  REQUIRE(texts);
  CHECK(texts->action == "048151");
  CHECK(has(texts->html, ">048151<"));
  CHECK_FALSE(has(texts->subject, "048151"));
}

TEST_CASE("values are escaped in HTML, and unchanged in text") {
  const std::string hostile = "<script>alert('x')</script>&\"{to}";
  config::Config config = settings();
  config.branding.name = hostile;
  config.public_url = "https://auth.example.org/\"><b>";
  for (const MailKind kind : kKinds) {
    tables::Mail mail = mail_of(kind);
    mail.to = "<b>@x";
    mail.detail = hostile;
    mail.name = hostile;
    const auto texts = make_texts(mail, hostile, config);
    REQUIRE(texts);
    CHECK_FALSE(has(texts->html, "<script"));
    CHECK_FALSE(has(texts->html, "<b>"));
    CHECK_FALSE(has(texts->html, "alert('x')"));
    CHECK(has(texts->html, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;{to}"));
    CHECK(has(texts->text, hostile));
  }
}

TEST_CASE("a value on several lines becomes one, so that it cannot look like a paragraph of ours") {
  tables::Mail mail = mail_of(MailKind::factors_changed);
  mail.detail = "a\r\n\r\nYou have won:\x01\n";
  mail.name = "Ann\n\nYou have won";
  const auto texts = make_texts(mail, "", settings());
  REQUIRE(texts);
  CHECK(has(texts->text, "a    You have won:"));
  CHECK(has(texts->text, "Hello Ann  You have won,"));
}

TEST_CASE("a name that could be read as a link is left out") {
  for (const char* name : {"http://evil.example", "evil.example", "Ann evil.example/x", "me@evil",
                           "   ", "", "A\xff"}) {
    tables::Mail mail = mail_of(MailKind::test);
    mail.name = name;
    const auto texts = make_texts(mail, "", settings());
    REQUIRE(texts);
    CHECK(texts->text.starts_with("Hello,\n"));
    CHECK_FALSE(has(texts->html, "evil"));
  }
  tables::Mail mail = mail_of(MailKind::test);
  mail.name = std::string(65, 'n');
  CHECK(make_texts(mail, "", settings())->text.starts_with("Hello,\n"));
  mail.name = "Dr. Änn O'Neill";
  CHECK(make_texts(mail, "", settings())->text.starts_with("Hello Dr. Änn O'Neill,\n"));
}

TEST_CASE("the words of auth for a change of factors become sentences") {
  for (const char* word : {"added", "removed", "reset", "recovery"}) {
    tables::Mail mail = mail_of(MailKind::factors_changed);
    mail.detail = word;
    const auto texts = make_texts(mail, "", settings());
    REQUIRE(texts);
    CHECK_FALSE(has(texts->text, std::string("\n") + word + "\n"));
  }
}

TEST_CASE("there is no text without a recipient, for an unknown kind, or without its secret") {
  CHECK_FALSE(make_texts(mail_of(MailKind::nobody), "x", settings()));
  CHECK_FALSE(make_texts(mail_of(static_cast<MailKind>(200)), "x", settings()));
  for (const MailKind kind : kKinds)
    CHECK(make_texts(mail_of(kind), "", settings()).has_value() == !carries_secret(kind));
}

TEST_CASE("the mails of a changed email name the account") {
  for (const MailKind kind : {MailKind::confirm_new_email, MailKind::email_change_asked}) {
    tables::Mail mail = mail_of(kind);
    mail.account = "mallory";
    const auto named = make_texts(mail, "token", settings());
    REQUIRE(named);
    CHECK(has(named->text, "the account \"mallory\""));
    CHECK(has(named->html, "the account &quot;mallory&quot;"));
    // A mail of an older release, which has no name in it.
    mail.account.clear();
    CHECK(has(make_texts(mail, "token", settings())->text, "your account at Example"));
  }
}

TEST_CASE("a mail is in the recipient's language, else in that of the configuration") {
  tables::Mail mail = mail_of(MailKind::verify_email);
  const auto html = [&](const std::string& locale, const std::string& fallback) {
    mail.locale = locale;
    config::Config config = settings();
    config.branding.language = fallback;
    return make_texts(mail, "token", config)->html;
  };
  CHECK(has(html("", "en"), "<html lang=\"en\" dir=\"ltr\">"));
  CHECK(has(html("de", "en"), "<html lang=\"de\" dir=\"ltr\">"));
  CHECK(has(html("de", "en"), "Adresse bestätigen"));
  CHECK(has(html("", "de"), "Adresse bestätigen"));
  CHECK(has(html("en", "de"), "Confirm the address"));
  // What a newer release or another program may have written.
  for (const char* unknown : {"xx", "../../x", "\"><script>", "de\n"}) {
    CHECK(has(html(unknown, "de"), "<html lang=\"de\""));
    CHECK(has(html(unknown, unknown), "<html lang=\"en\""));
  }
}

TEST_CASE("every kind is whole in every language") {
  for (const std::string_view tag : web::mail_texts().tags()) {
    for (const MailKind kind : kKinds) {
      tables::Mail mail = mail_of(kind);
      mail.locale = tag;
      mail.account = "ann";
      mail.detail = "203.0.113.7";
      const auto texts = make_texts(mail, "123456", settings());
      REQUIRE(texts);
      for (const std::string& form : {texts->subject, texts->text, texts->html}) {
        CHECK(has(form, "Example"));
        CHECK_FALSE(has(
            form.substr(form.find("<main") == std::string::npos ? 0 : form.find("<main")), "{"));
      }
    }
  }
}

TEST_CASE("what was changed is told in sentences, with numbers in their plural forms") {
  tables::Mail mail = mail_of(MailKind::factors_changed);
  const auto told = [&](const std::string& locale, std::vector<tables::Sentence> said) {
    mail.locale = locale;
    mail.detail = tables::detail_of(said);
    return make_texts(mail, "", settings())->text;
  };
  CHECK(has(told("en", {{"username_changed", {{"before", "ann"}, {"after", "{before}"}}}}),
            "The username was changed from ann to {before}."));
  CHECK(has(told("de", {{"recovery_code_used"}, {"codes_left", {{"count", "1"}}}}),
            "verwendet.\n\nEs ist noch 1 Code übrig."));
  CHECK(has(told("de", {{"codes_left", {{"count", "7"}}}}), "Es sind noch 7 Codes übrig."));
  CHECK(has(told("de", {{"codes_left", {{"count", "x"}}}}), "Es sind noch 0 Codes übrig."));
  CHECK(has(told("de", {{"passkey added"}}), "Ein Passkey wurde hinzugefügt."));
  // A value cannot bring a sentence, a paragraph or a value of its own.
  const std::string hostile =
      "a\x1e"
      "api_keys_revoked\x1f"
      "name=b\n\nc";
  CHECK(has(told("en", {{"api_key_revoked", {{"name", hostile}}}}),
            "The API key \"a api_keys_revoked name=b  c\" was revoked."));
  // An older release wrote whole sentences.
  mail.detail = "A phone number was added.";
  CHECK(has(make_texts(mail, "", settings())->text, "\nA phone number was added.\n"));
}

TEST_CASE("the HTML begins with the name, and the logo or a letter in its place") {
  config::Config config = settings();
  config.branding.name = "écho & <Co>";
  const tables::Mail mail = mail_of(MailKind::verify_email);
  const auto with = [&](std::string_view logo) {
    return *make_texts(mail, "token", config, web::mail_texts(), logo);
  };
  const Texts letter = with("");
  CHECK(has(letter.html, ">é</span>&nbsp; écho &amp; &lt;Co&gt;</p>"));
  CHECK_FALSE(has(letter.html, "<img"));
  const Texts picture = with("cid:\"><b>x");
  CHECK(has(picture.html, "src=\"cid:&quot;&gt;&lt;b&gt;x\">&nbsp; écho &amp; &lt;Co&gt;</p>"));
  CHECK_FALSE(has(picture.html, "<span"));
  CHECK(has(picture.html, "<img alt=\"\" height=\"32\" "));
  CHECK(picture.text == letter.text);
  config.branding.name = "fjord";
  CHECK(has(with("").html, ">F</span>&nbsp; fjord</p>"));
}

TEST_CASE("the button has the brand's colour, and what is written on it is legible") {
  config::Config config = settings();
  config.branding.accent = "#ffd500";
  const auto html = make_texts(mail_of(MailKind::magic_link), "token", config)->html;
  CHECK(has(html, "background:#ffd500;color:#000000"));
  CHECK_FALSE(has(html, "color:#ffd500;word-break"));  // yellow on white
}
