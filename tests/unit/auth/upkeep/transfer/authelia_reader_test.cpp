#include "support/records.h"

using namespace authd;
using namespace authd::auth::transfer;
using namespace authd::test;

namespace {

const std::string kFile = R"(---
# the users
users:
  john:
    disabled: false
    displayname: "John \"J\" Doe"
    password: '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA'  # secret
    email: john@example.org
    groups:
      - 'admins'
      - dev # all of them
  'harry':
    displayname: Harry
    password: $6$rounds=5000$x$y
    disabled: true
    groups: [Dev, "ops"]
    address:
      street_address: '1 Road'
    given_name: 'Harold'
  jane:
    email: ''
    groups:
    - ops

definitions:
  x: 1
)";

}  // namespace

TEST_CASE("the users of Authelia are read") {
  const auto records = read_records(&read_authelia, kFile);
  REQUIRE(records.size() == 3);
  const Account& john = account_of(records[0]);
  CHECK(records[0].line == 4);
  CHECK(john.username == "john");
  CHECK(john.first_name == "John \"J\"");
  CHECK(john.last_name == "Doe");
  CHECK(john.password_hash == "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA");
  CHECK(john.email == "john@example.org");
  CHECK_FALSE(john.disabled);
  CHECK(john.roles == std::vector<std::string>{"admins", "dev"});
  const Account& harry = account_of(records[1]);
  CHECK(harry.username == "harry");
  CHECK(harry.password_hash == "$6$rounds=5000$x$y");
  CHECK(harry.first_name == "Harold");
  CHECK(harry.disabled);
  CHECK(harry.roles == std::vector<std::string>{"dev", "ops"});
  const Account& jane = account_of(records[2]);
  CHECK(jane.email.empty());
  CHECK(jane.roles == std::vector<std::string>{"ops"});
}

TEST_CASE("YAML beyond the shape is a problem of its user alone") {
  for (const char* odd :
       {"password: |", "password: &a x", "password: 'x", "password: \"\\x41\"", "disabled: perhaps",
        "groups: [a", "groups: [a] b", "groups: {a: b}", "just text", "\tpassword: x"}) {
    CAPTURE(odd);
    const auto records = read_records(&read_authelia, "users:\n  ann:\n    " + std::string(odd) +
                                                          "\n  bob:\n    email: b@c.de\n");
    REQUIRE(records.size() == 2);
    CHECK(records[0].problem != "");
    CHECK(account_of(records[1]).username == "bob");
  }
}

TEST_CASE("a file without users is refused") {
  for (const char* text : {"", "people:\n  a: b\n"}) {
    Source source{std::string(text)};
    CHECK_FALSE(read_authelia(source)->next());
  }
  CHECK(read_records(&read_authelia, "users: {}\n").empty());
}

TEST_CASE("no YAML keeps the reader from ending") {
  survive(&read_authelia,
          "users:\n  ann:\n    email: \"a\"\n    groups: [a, 'b']\n    x:\n      - y\n");
}
