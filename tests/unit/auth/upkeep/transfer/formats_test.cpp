#include "auth/upkeep/transfer/records/columns.h"
#include "auth/upkeep/transfer/records/record.h"
#include "support/records.h"

using namespace authd;
using namespace authd::auth::transfer;

namespace {

std::string guess(const std::string& text) {
  Source source{std::string(text)};
  const auto format = choose_format("auto", source);
  return format ? format->name : "none";
}

}  // namespace

TEST_CASE("a format is known by the beginning of the file") {
  CHECK(guess("{\"type\":\"authd_export\",\"version\":1}\n") == "jsonl");
  CHECK(guess("{\"type\": \"user\", \"username\": \"ann\"}") == "jsonl");
  CHECK(guess("username,email\n") == "csv");
  CHECK(guess("\xef\xbb\xbf\"email\"\r\n") == "csv");
  CHECK(guess("id,instance_id,encrypted_password\n") == "supabase");
  CHECK(guess("{\"aud\":\"u\",\"encrypted_password\":\"x\"}\n") == "supabase");
  CHECK(guess("{\n  \"id\" : \"x\",\n  \"realm\" : \"x\"") == "keycloak");
  CHECK(guess("{\"realm\":\"x\",\"policies\":[{\"type\":\"role\"}],\"users\":[]}") == "keycloak");
  CHECK(guess("[ {\n \"realm\": \"x\"") == "keycloak");
  CHECK(guess("PRAGMA foreign_keys=OFF;\n") == "sqlite-dump");
  CHECK(guess("BEGIN TRANSACTION;\nINSERT INTO x VALUES('ENGINE=`');") == "sqlite-dump");
  CHECK(guess("-- MySQL dump 10.13\n") == "mysql-dump");
  CHECK(guess("INSERT INTO `users` VALUES (1);") == "mysql-dump");
  CHECK(guess("---\n# people\nusers:\n") == "authelia");
  CHECK(guess("") == "none");
  CHECK(guess("what is this?\n") == "none");
}

TEST_CASE("what people write into their profiles does not change the format") {
  CHECK(guess("username,first_name\nann,\"BEGIN TRANSACTION;\nusers:\nCREATE TABLE `x`\"\n") ==
        "csv");
}

TEST_CASE("the guess takes nothing away") {
  Source source(std::string("username\nann\n"));
  const auto format = choose_format("auto", source);
  REQUIRE(format);
  const auto record = format->make(source)->next();
  REQUIRE(record);
  CHECK(test::account_of(**record).username == "ann");
}

TEST_CASE("times are read as people and databases write them") {
  const std::optional<Time> expected = parse_rfc3339("2024-05-06T07:08:09Z");
  for (const char* text : {"2024-05-06T07:08:09Z", "2024-05-06 07:08:09", "2024-05-06 07:08:09.0",
                           "2024-05-06 07:08:09+00", "2024-05-06 09:08:09+0200",
                           "2024-05-06 07:08:09 UTC", "1714979289", "1714979289000"}) {
    CAPTURE(text);
    CHECK(parse_time(text) == expected);
  }
  CHECK(parse_time("2024-05-06") == parse_rfc3339("2024-05-06T00:00:00Z"));
  for (const char* text : {"", "soon", "2024-13-06", "99999999999999999999999", "2024-05-06 7",
                           "-5", "2024-05-06 07:08:09+"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_time(text));
  }
}

TEST_CASE("flags are read as people and databases write them") {
  for (const char* yes : {"1", "true", "T", "Yes", "y"})
    CHECK(parse_flag(yes) == true);
  for (const char* no : {"0", "FALSE", "f", "no", "n"})
    CHECK(parse_flag(no) == false);
  CHECK_FALSE(parse_flag("2"));
}
