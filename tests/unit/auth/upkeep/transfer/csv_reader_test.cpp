#include "support/records.h"

using namespace authd;
using namespace authd::auth::transfer;
using namespace authd::test;

namespace {

const std::string kHeader =
    "username,email,email_verified,password_hash,first_name,last_name,phone_number,roles,"
    "totp_secret,disabled,created_at\r\n";

}  // namespace

TEST_CASE("a row of CSV is an account") {
  const Account account = read_account(
      &read_csv, kHeader +
                     "ann,ann@example.org,true,$2b$04$x,\"Ann, \"\"A\"\"\",Miller,+49 30 1,"
                     "editor;Billing,JBSWY3DPEHPK3PXP,0,2024-05-06T07:08:09.123Z\r\n");
  CHECK(account.username == "ann");
  CHECK(account.email == "ann@example.org");
  CHECK(account.email_verified);
  CHECK(account.password_hash == "$2b$04$x");
  CHECK(account.first_name == "Ann, \"A\"");
  CHECK(account.last_name == "Miller");
  CHECK(account.phone_number == "+49 30 1");
  CHECK(account.roles == std::vector<std::string>{"editor", "billing"});
  CHECK(account.totp_secret == "JBSWY3DPEHPK3PXP");
  CHECK_FALSE(account.disabled);
  CHECK(account.created_at == parse_rfc3339("2024-05-06T07:08:09.123Z"));
}

TEST_CASE("roles are separated by semicolons or commas, and never by a space") {
  const auto roles_of = [](const std::string& cell) {
    return read_account(&read_csv, "username,roles\nann,\"" + cell + "\"\n").roles;
  };
  using Names = std::vector<std::string>;
  CHECK(roles_of("editor;billing") == Names{"editor", "billing"});
  CHECK(roles_of("editor,billing") == Names{"editor", "billing"});
  CHECK(roles_of(" editor ; Billing,; ops ;") == Names{"editor", "billing", "ops"});
  CHECK(roles_of("Billing Admin") == Names{"billing admin"});
  CHECK(roles_of("ops;Billing Admin") == Names{"ops", "billing admin"});
  CHECK(roles_of("billing\tadmin") == Names{"billing\tadmin"});
  CHECK(roles_of("billing\nadmin") == Names{"billing\nadmin"});
  CHECK(roles_of("billing\u00a0admin") == Names{"billing\u00a0admin"});
  CHECK(roles_of(" ") == Names{});
}

TEST_CASE("rows of CSV have the lines that they begin in") {
  const auto records =
      read_records(&read_csv, "\xef\xbb\xbfusername,first_name\nann,\"A\nB\"\n\n\nbob,B");
  REQUIRE(records.size() == 2);
  CHECK(records[0].line == 2);
  CHECK(account_of(records[0]).first_name == "A\nB");
  CHECK(records[1].line == 6);
  CHECK(account_of(records[1]).username == "bob");
}

TEST_CASE("a row of CSV that cannot be read does not hide the next") {
  for (const char* broken : {"\"a\"b,c", "a", "a,b,c", "a,b,c,d,e,f,\"g", "a,maybe"}) {
    const auto records =
        read_records(&read_csv, "username,disabled\n" + std::string(broken) + "\nbob,1\n");
    CAPTURE(broken);
    REQUIRE(!records.empty());
    CHECK(records[0].problem != "");
    CHECK(records[0].line == 2);
    if (std::string_view(broken).find(",\"g") != std::string_view::npos) continue;
    REQUIRE(records.size() == 2);
    CHECK(account_of(records[1]).disabled);
  }
}

TEST_CASE("a header of CSV with an unknown column is refused") {
  for (const char* header : {"username,pasword_hash\na,b\n", "", "\n\n"}) {
    Source source{std::string(header)};
    CHECK_FALSE(read_csv(source)->next());
  }
}

TEST_CASE("a huge row of CSV is passed over") {
  const std::string huge(3 * kMaxRecord, 'x');
  const auto records = read_records(&read_csv, "username\n" + huge + "\nbob\n");
  REQUIRE(records.size() == 2);
  CHECK(records[0].problem == "the row is longer than 1 MiB");
  CHECK(account_of(records[1]).username == "bob");
}

TEST_CASE("no CSV keeps the reader from ending") {
  survive(&read_csv, "username,email\nann,\"a\"\"b\"\n\"bob\",x@example.org\r\n");
}
