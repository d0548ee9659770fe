// authd's own lines, Keycloak's realms, Supabase's users.
#include "base/encoding.h"
#include "support/records.h"

using namespace authd;
using namespace authd::auth::transfer;
using namespace authd::test;

namespace {

std::string keycloak(const std::string& users) {
  return R"({"realm":"x","note":"\"users\":[{}]","roles":{"users":[{"no":1}]},"users":[)" + users +
         R"(],"after":[1,2]})";
}

std::string credential(const std::string& type, const std::string& secret,
                       const std::string& data) {
  const auto escape = [](const std::string& text) {
    std::string out;
    for (const char c : text)
      out += c == '"' ? std::string("\\\"") : std::string(1, c);
    return out;
  };
  return R"({"username":"ann","credentials":[{"type":")" + type + R"(","secretData":")" +
         escape(secret) + R"(","credentialData":")" + escape(data) + R"("}]})";
}

}  // namespace

TEST_CASE("authd's own lines are users, roles and clients") {
  const auto records = read_records(
      &read_jsonl,
      R"({"type":"authd_export","version":1})"
      "\n\n"
      R"({"type":"role","name":"editor","permissions":["posts:write"]})"
      "\n"
      R"({"type":"client","id":"c1","name":"billing","secret_hash":"00ff"})"
      "\n"
      R"({"type":"user","id":7,"username":"ann","roles":[],"totp_last_step":5,"disabled":true,"created_at":"2024-05-06T07:08:09.123Z"})");
  REQUIRE(records.size() == 3);
  CHECK(std::get<tables::Role>(records[0].what).permissions ==
        std::vector<std::string>{"posts:write"});
  CHECK(std::get<ClientRecord>(records[1].what).client.secret_hash == std::string("\0\xff", 2));
  const Account& ann = account_of(records[2]);
  CHECK(records[2].line == 5);
  CHECK(ann.id == 7);
  CHECK(ann.has_all_roles);
  CHECK(ann.disabled);
  CHECK(ann.totp_last_step == 5);
}

TEST_CASE("a line that is none of ours is a problem of its own") {
  for (const std::string line :
       {"x", "{}", R"({"type":"cat"})", R"({"type":"user","pasword_hash":"x"})",
        R"({"type":"user","id":-1})", R"({"type":"user","username":7})",
        R"({"type":"user","created_at":"soon"})", R"({"type":"user","roles":"admin"})",
        R"({"type":"user","username":"a","username":"b"})",
        "{\"type\":\"user\",\"email\":\"\xff\"}", R"({"type":"authd_export","version":3})"}) {
    CAPTURE(line);
    const auto records = read_records(&read_jsonl, line + "\n{\"type\":\"user\"}\n");
    REQUIRE(records.size() == 2);
    CHECK(records[0].problem != "");
    CHECK(records[1].problem == "");
  }
}

TEST_CASE("a huge line is passed over") {
  const auto records = read_records(
      &read_jsonl, std::string(5 * kMaxRecord, 'x') + "\n{\"type\":\"user\",\"username\":\"bob\"}");
  REQUIRE(records.size() == 2);
  CHECK(records[0].problem == "the line is longer than 1 MiB");
  CHECK(records[1].line == 2);
}

TEST_CASE("the users of a Keycloak realm are found among the rest") {
  const auto records = read_records(
      &read_keycloak,
      keycloak(R"({"username":"ann","email":"Ann@example.org","emailVerified":true,"enabled":false,
        "firstName":"Ann","lastName":"Mi\"ller]","createdTimestamp":1714979289000,
        "realmRoles":["default-roles-x","offline_access","Editor"]}, {"username":"b@example.org"})"));
  REQUIRE(records.size() == 2);
  const Account& ann = account_of(records[0]);
  CHECK(ann.username == "ann");
  CHECK(ann.email_verified);
  CHECK(ann.disabled);
  CHECK(ann.last_name == "Mi\"ller]");
  CHECK(ann.roles == std::vector<std::string>{"editor"});
  CHECK(ann.created_at == from_unix_seconds(1714979289));
  CHECK(account_of(records[1]).email == "b@example.org");
}

TEST_CASE("several realms may stand in one file") {
  const auto records = read_records(&read_keycloak, "[" + keycloak(R"({"username":"ann"})") + "," +
                                                        keycloak(R"({"username":"bob"})") + "]");
  REQUIRE(records.size() == 2);
  CHECK(account_of(records[1]).username == "bob");
}

TEST_CASE("passwords of Keycloak are put into forms that authd verifies") {
  const std::string secret = R"({"value":"aGFz+A==","salt":"c2FsdA==","additionalParameters":{}})";
  CHECK(
      read_account(&read_keycloak,
                   keycloak(credential("password", secret,
                                       R"({"hashIterations":27500,"algorithm":"pbkdf2-sha256"})")))
          .password_hash == "$pbkdf2-sha256$27500$c2FsdA$aGFz.A");
  CHECK(read_account(&read_keycloak,
                     keycloak(credential(
                         "password", secret,
                         R"({"hashIterations":5,"algorithm":"argon2","additionalParameters":)"
                         R"({"hashLength":["32"],"memory":["7168"],"type":["id"],)"
                         R"("version":["1.3"],"parallelism":["1"]}})")))
            .password_hash == "$argon2id$v=19$m=7168,t=5,p=1$c2FsdA$aGFz+A");
  CHECK(problem_of(&read_keycloak,
                   keycloak(credential("password", secret,
                                       R"({"hashIterations":1,"algorithm":"md5"})"))) != "");
  CHECK(problem_of(&read_keycloak, keycloak(credential("password", "x", "y"))) != "");
}

TEST_CASE("authenticators of Keycloak are taken when they are like ours") {
  const std::string data =
      R"({"subType":"totp","digits":6,"counter":0,"period":30,"algorithm":"HmacSHA1"})";
  CHECK(
      read_account(&read_keycloak, keycloak(credential("otp", R"({"value":"secret-text"})", data)))
          .totp_secret == base32_encode("secret-text"));
  std::string eight = data;
  eight.replace(eight.find('6'), 1, "8");
  CHECK(problem_of(&read_keycloak, keycloak(credential("otp", R"({"value":"x"})", eight))) != "");
}

TEST_CASE("a realm that is cut off or odd is reported") {
  const std::string whole = keycloak(R"({"username":"ann"})");
  for (const std::string& cut : {whole.substr(0, whole.size() - 1), whole.substr(0, 80)}) {
    const auto records = read_records(&read_keycloak, cut);
    REQUIRE(!records.empty());
    CHECK(records.back().problem != "");
  }
  CHECK(read_records(&read_keycloak, keycloak("7")).front().problem != "");
  const auto records = read_records(
      &read_keycloak,
      keycloak("{\"x\":\"" + std::string(2 * kMaxRecord, '\\') + "\"},{\"username\":\"bob\"}"));
  REQUIRE(records.size() == 2);
  CHECK(records[0].problem != "");
  CHECK(account_of(records[1]).username == "bob");
}

TEST_CASE("users of Supabase come as CSV and as JSON Lines") {
  const std::string csv =
      "id,role,email,encrypted_password,email_confirmed_at,phone,raw_user_meta_data,banned_until,"
      "created_at,deleted_at\n"
      "u-u-i-d,authenticated,ann@example.org,$2a$10$x,2024-05-06 07:08:09.123456+00,4930123,"
      "\"{\"\"full_name\"\":\"\"Ann Mary Miller\"\",\"\"roles\"\":[\"\"admin\"\"]}\","
      "2999-01-01 00:00:00+00,2024-05-06 07:08:09+00,\n";
  const std::string json =
      R"({"id":"u-u-i-d","role":"authenticated","email":"ann@example.org",)"
      R"("encrypted_password":"$2a$10$x","email_confirmed_at":"2024-05-06T07:08:09.123456+00:00",)"
      R"("phone":"4930123","raw_user_meta_data":{"full_name":"Ann Mary Miller","roles":["admin"]},)"
      R"("banned_until":"2999-01-01T00:00:00+00:00","created_at":"2024-05-06T07:08:09+00:00"})";
  for (const std::string& text : {csv, json}) {
    const Account ann = read_account(&read_supabase, text);
    CHECK(ann.email == "ann@example.org");
    CHECK(ann.email_verified);
    CHECK(ann.password_hash == "$2a$10$x");
    CHECK(ann.phone_number == "+4930123");
    CHECK(ann.first_name == "Ann Mary");
    CHECK(ann.last_name == "Miller");
    CHECK(ann.roles.empty());
    CHECK(ann.disabled_until > parse_rfc3339("2998-01-01T00:00:00Z"));
    CHECK(ann.created_at == parse_rfc3339("2024-05-06T07:08:09Z"));
  }
  CHECK(problem_of(&read_supabase, "email,deleted_at\na@example.org,2024-05-06 07:08:09+00\n") !=
        "");
  CHECK(problem_of(&read_supabase, "{\"email\":7}") != "");
}

TEST_CASE("no JSON keeps the readers from ending") {
  survive(&read_jsonl, R"({"type":"user","id":7,"roles":["a"]})");
  survive(&read_keycloak, keycloak(R"({"username":"ann"},{"a":[{}]})"));
  survive(&read_supabase, R"({"email":"a@example.org","raw_user_meta_data":{"name":"A"}})");
  survive(&read_supabase, "email,phone\na@example.org,\"1\"\n");
}
