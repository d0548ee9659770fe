#include "mail/smtp.h"

#include <catch2/catch.hpp>
#include <tuple>

using namespace authd::mail;

namespace {

Conversation failed_with(int code, int replies = 4) {
  Conversation seen;
  seen.replies = replies;
  seen.last_code = code;
  seen.was_last_asked = true;
  return seen;
}

}  // namespace

TEST_CASE("a mail counts as sent only if the server accepted all of it") {
  Conversation seen;
  seen.is_complete = true;
  seen.last_code = 250;
  CHECK(judge(seen) == Outcome::sent);
  seen.last_code = 354;  // it died after DATA
  CHECK(judge(seen) == Outcome::later);
  seen.last_code = 250;
  seen.is_complete = false;
  CHECK(judge(seen) == Outcome::later);
}

TEST_CASE("a 4xx is retried, and a 5xx to the mail is not") {
  for (const int code : {421, 450, 451, 452})
    CHECK(judge(failed_with(code)) == Outcome::later);
  for (const int code : {500, 550, 552, 554})
    CHECK(judge(failed_with(code)) == Outcome::refused);
}

TEST_CASE("a refusal of the client, not of the mail, is retried") {
  CHECK(judge(failed_with(554, 1)) == Outcome::later);  // the greeting
  for (const int code : {530, 534, 535, 538})
    CHECK(judge(failed_with(code)) == Outcome::later);
  Conversation broken = failed_with(550);
  broken.was_last_asked = false;  // the connection broke later
  CHECK(judge(broken) == Outcome::later);
}

TEST_CASE("an abort says nothing of the mail") {
  Conversation seen;
  seen.is_aborted = true;
  CHECK(judge(seen) == Outcome::aborted);
}

TEST_CASE("replies of several lines are read as one") {
  ReplyReader reader(false, false);
  CHECK(reader.take("220 mx.example.org\r\n"));
  CHECK(reader.take("250-mx.example.org\r\n"));
  CHECK(reader.take("250-SIZE 1000\r\n"));
  CHECK(reader.take("250 HELP\r\n"));
  CHECK(reader.replies() == 2);
  CHECK(reader.last_code() == 250);
  CHECK(reader.last_text() == "250 mx.example.org SIZE 1000 HELP");
  CHECK(reader.take("junk\r\n"));
  CHECK(reader.take("550 no\x1b[2J such \xff user\r\n"));
  CHECK(reader.last_text() == "550 no [2J such   user");
}

TEST_CASE("a reply without end stays bounded") {
  ReplyReader reader(false, false);
  for (int i = 0; i < 10000; ++i)
    REQUIRE(reader.take("250-" + std::string(500, 'x')));
  CHECK(reader.last_text().size() < 1000);
}

TEST_CASE("an internationalised address ends the conversation where it is not taken") {
  for (const bool is_offered : {false, true}) {
    ReplyReader plain(true, false);
    CHECK(plain.take("220 mx"));
    CHECK(plain.take("250-mx"));
    CHECK(plain.take("250-STARTTLS"));
    CHECK(plain.take("250 HELP"));  // it asks again after STARTTLS
    CHECK(plain.take("220 go"));
    CHECK(plain.take("250-mx"));
    CHECK(plain.take(is_offered ? "250 SMTPUTF8" : "250 HELP") == is_offered);
    CHECK(plain.lacks_utf8() == !is_offered);

    ReplyReader encrypted(true, true);
    CHECK(encrypted.take("220 mx"));
    CHECK(encrypted.take(is_offered ? "250-SMTPUTF8" : "250-mx"));
    CHECK(encrypted.take("250 STARTTLS") == is_offered);
  }
  Conversation seen;
  seen.lacks_utf8 = true;
  CHECK(judge(seen) == Outcome::refused);
}

TEST_CASE("without the login that is configured the conversation ends, and the mail waits") {
  for (const auto& [mechanism, line, is_good] : {std::tuple("PLAIN", "250 AUTH LOGIN PLAIN", true),
                                                 {"PLAIN", "250 AUTH LOGIN", true},
                                                 {"PLAIN", "250 AUTH XOAUTH2 CRAM-MD5", false},
                                                 {"XOAUTH2", "250 AUTH PLAIN XOAUTH2", true},
                                                 {"XOAUTH2", "250 AUTH PLAIN", false},
                                                 {"PLAIN", "250 auth plain", false},
                                                 {"PLAIN", "250 HELP", false},
                                                 {"", "250 HELP", true}}) {
    CAPTURE(mechanism, line);
    ReplyReader reader(false, true, mechanism);
    CHECK(reader.take("220 mx"));
    CHECK(reader.take(line) == is_good);
    CHECK(reader.lacks_login() == !is_good);
    ReplyReader before_tls(false, false, mechanism);
    CHECK(before_tls.take("220 mx"));
    CHECK(before_tls.take("250-mx"));
    CHECK(before_tls.take("250 STARTTLS"));
    CHECK(before_tls.take("220 go"));
    CHECK(before_tls.take(line) == is_good);
  }
  ReplyReader old(false, false, "PLAIN");
  CHECK(old.take("220 mx"));
  CHECK(old.take("502 what?"));
  CHECK_FALSE(old.take("250 mx"));
  Conversation seen;
  seen.lacks_login = true;
  CHECK(judge(seen) == Outcome::later);
}
