// What other systems write: Firebase, Auth0, PostgreSQL, directories, web servers, spreadsheets.
#include "auth/upkeep/transfer/records/check.h"
#include "auth/upkeep/transfer/records/columns.h"
#include "auth/upkeep/transfer/records/foreign_names.h"
#include "support/records.h"

using namespace authd;
using namespace authd::auth::transfer;
using namespace authd::test;

namespace {

using Names = std::vector<std::string>;

const std::string kPgDump = R"(--
-- PostgreSQL database dump
--
SET standard_conforming_strings = on;
CREATE FUNCTION public.f() RETURNS void AS $body$ BEGIN don't; END; $body$ LANGUAGE plpgsql;
CREATE TABLE public.posts (id integer, users text);
CREATE TABLE auth.users (
    id uuid NOT NULL,
    email character varying(255),
    tags text[] DEFAULT '{}'::text[],
    CONSTRAINT c CHECK ((id > 0))
);
COPY public.posts (id, users) FROM stdin;
1	COPY auth.users (email) FROM stdin;
\.
COPY auth.users (id, aud, role, email, encrypted_password, email_confirmed_at, created_at, bio) FROM stdin;
e1	authenticated	authenticated	ann@example.org	$2a$10$x	2024-05-06 07:08:09.1+00	2024-05-06 07:08:09+00	a\tb\\c
e2	authenticated	authenticated	bob@example.org	\N	\N	infinity	\N
\.
SELECT pg_catalog.setval('public.posts_id_seq', 1, true);
)";

const std::string kLdif = R"(version: 1

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

# a person
dn: uid=ann,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
cn: Ann M. Miller
givenName: Ann
sn: Mil
 ler
uid: ann
mail: ann@example.org
mail: other@example.org
userPassword:: e1NTSEF9eA==
memberOf: cn=staff,dc=example,dc=org
jpegPhoto:: AAAA

dn: cn=staff,dc=example,dc=org
cn: staff
member: uid=ann,ou=people,dc=example,dc=org
)";

Rules without_passwords() {
  Rules rules;
  rules.drops_unknown_passwords = true;
  return rules;
}

}  // namespace

TEST_CASE("the users of a PostgreSQL dump are read from COPY and from INSERT") {
  const auto records = read_records(&read_pg_dump, kPgDump);
  REQUIRE(records.size() == 2);
  const Account& ann = account_of(records[0]);
  CHECK(ann.email == "ann@example.org");
  CHECK(ann.email_verified);
  CHECK(ann.password_hash == "$2a$10$x");
  CHECK(ann.created_at == parse_rfc3339("2024-05-06T07:08:09Z"));
  CHECK(ann.roles.empty());  // "authenticated" is a role of PostgreSQL.
  CHECK(ann.ignored == Names{"column aud", "column role", "column bio"});
  CHECK(records[0].line == 17);
  const Account& bob = account_of(records[1]);
  CHECK_FALSE(bob.email_verified);
  CHECK_FALSE(bob.created_at);
  const Account carl = read_account(
      &read_pg_dump,
      "INSERT INTO public.users (username, email, active, tags) VALUES ('ca''rl\\', E'c\\'x', "
      "true, '{a,b}'::text[]);");
  CHECK(carl.username == "ca'rl\\");
  CHECK(carl.email == "c'x");
  CHECK_FALSE(carl.disabled);
}

TEST_CASE("a row of COPY that cannot be read has a line and a name") {
  const auto records = read_records(&read_pg_dump,
                                    "COPY public.users (username, is_active) FROM stdin;\n"
                                    "ann\tmaybe\nbob\nCarl\tt\n\\.\n");
  REQUIRE(records.size() == 3);
  CHECK(records[0].problem == "the column \"is_active\" cannot be read");
  CHECK(records[0].who == "ann");
  CHECK(records[0].line == 2);
  CHECK(records[1].problem == "the row has 1 values for 2 columns");
  CHECK(account_of(records[2]).username == "Carl");
  CHECK(read_records(&read_pg_dump, "COPY public.users (username) FROM stdin;\nann\n").size() == 1);
}

TEST_CASE("a dump without a table of users says what it has") {
  Source source(
      std::string("CREATE TABLE public.accounts (id integer);\nCOPY public.tags (id) "
                  "FROM stdin;\n1\n\\.\n"));
  const auto reader = read_pg_dump(source);
  CHECK_FALSE(reader->next().value());
  CHECK(reader->other_content().starts_with("it has the tables accounts, tags, but not one of"));
}

TEST_CASE("MySQL's bits are flags, and its zero time is none") {
  const auto records = read_records(
      &read_mysql_dump,
      std::string("INSERT INTO `users` (`username`, `is_active`, `created_at`) VALUES "
                  "('a',_binary '\1','0000-00-00 00:00:00'),('b',b'1','0001-01-01T00:00:00Z'),"
                  "('c',0x01,NULL),('d',_binary '\\0',NULL),('e',b'0',NULL),('f',0x00,NULL);"));
  REQUIRE(records.size() == 6);
  for (size_t i = 0; i < records.size(); ++i) {
    CHECK(account_of(records[i]).disabled == (i >= 3));
    CHECK_FALSE(account_of(records[i]).created_at);
  }
}

TEST_CASE("an email is confirmed at a time, and nothing else says so") {
  const auto records =
      read_records(&read_pg_dump,
                   "COPY public.users (username, email, confirmed_at) FROM stdin;\n"
                   "ann\tann@example.org\t2024-05-06 07:08:09\nbob\tbob@example.org\t\\N\n"
                   "eve\teve@example.org\t0\nzoe\tzoe@example.org\tfalse\n\\.\n");
  REQUIRE(records.size() == 4);
  CHECK(account_of(records[0]).email_verified);
  CHECK_FALSE(account_of(records[1]).email_verified);
  CHECK_FALSE(account_of(records[2]).email_verified);
  CHECK(records[3].problem == "the column \"confirmed_at\" cannot be read");
}

TEST_CASE("columns of other systems are known, and others are noted") {
  const Account devise = read_account(
      &read_sqlite_dump,
      "INSERT INTO users(email, encrypted_password, reset_password_token, confirmed_at, bio, "
      "legacy_password, otp_backup_codes, plan) "
      "VALUES('ann@example.org','$2a$10$x','t','2024-05-06 07:08:09','b','md5','x',NULL);");
  CHECK(devise.password_hash == "$2a$10$x");
  CHECK(devise.email_verified);
  CHECK(devise.losses == Names{"column legacy_password", "column otp_backup_codes"});
  CHECK(devise.ignored == Names{"column reset_password_token", "column bio"});
  const Account django = read_account(
      &read_sqlite_dump,
      "CREATE TABLE auth_user (id integer, password varchar(128), is_superuser bool, username "
      "varchar(150), is_active bool, date_joined datetime);\n"
      "INSERT INTO auth_user VALUES(1,'pbkdf2_sha256$1$a$b',0,'ann',1,'2024-05-06 07:08:09.5');");
  CHECK(django.username == "ann");
  CHECK(django.created_at == parse_rfc3339("2024-05-06T07:08:09.5Z"));
  CHECK(django.ignored == Names{"column is_superuser"});
}

TEST_CASE("Firebase's export is read, and its hashes wait for the project's parameters") {
  const auto records = read_records(&read_json, R"({"users": [
{"localId":"u1","email":"ann@example.org","emailVerified":true,"displayName":"Ann Miller",
 "passwordHash":"lSrfV15cpx95_sZS2W9c9Kp6i_LVgQNDNC_qzrCnh1SAyZvqmZqAjTdn3aoItz-VHjoZilo78198JAdRuid5lQ",
 "salt":"42xEC-ixf3L2lw==","createdAt":"1486324799000","lastSignedInAt":"1486324799000",
 "phoneNumber":"+4930123456","providerUserInfo":[]},
{"localId":"u2","email":"bob@example.org","disabled":true,"passwordHash":"aaaa","salt":"b",
 "mfaInfo":[{"mfaEnrollmentId":"x"}],"providerUserInfo":[{"providerId":"google.com"}],
 "customAttributes":"{\"admin\":true}"}]})");
  REQUIRE(records.size() == 2);
  const Account& ann = account_of(records[0]);
  CHECK(ann.email_verified);
  CHECK(ann.last_name == "Miller");
  CHECK(ann.phone_number == "+4930123456");
  CHECK(ann.created_at == from_unix_seconds(1486324799));
  const Account& bob = account_of(records[1]);
  CHECK(bob.disabled);
  CHECK(bob.losses == Names{"second factors", "linked providers", "custom claims"});

  Rules rules;
  const auto refused = prepare(ann, rules, from_unix_seconds(1'800'000'000));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("--firebase-hash-config") != std::string::npos);
  rules.firebase = parse_firebase_config(R"(hash_config {
  algorithm: SCRYPT,
  base64_signer_key: jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,
  base64_salt_separator: Bw==,
  rounds: 8,
  mem_cost: 14,
})")
                       .value();
  const auto taken = prepare(ann, rules, from_unix_seconds(1'800'000'000));
  REQUIRE(taken);
  CHECK(taken->user.password_hash.starts_with("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8"));
  CHECK(
      taken->user.password_hash.ends_with("$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/"
                                          "qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="));
  CHECK_FALSE(parse_firebase_config("hash_config { algorithm: SCRYPT }"));
}

TEST_CASE("Auth0's lines, and any list of objects, are read in every layout") {
  const std::string line =
      R"({"_id":{"$oid":"1"},"email":"ann@example.org","email_verified":true,)"
      R"("passwordHash":"$2b$10$x","password_set_date":{"$date":"2024-05-06T07:08:09Z"},)"
      R"("created_at":{"$date":"2024-05-06T07:08:09Z"},"_tmp_is_unique":true,"mfa_factors":[]})";
  for (const std::string& text :
       {line + "\n", "[" + line + "]", "{\"start\":0,\"users\":[" + line + "]}",
        "{\"data\" : [ " + line + "],\"next\":null}"}) {
    CAPTURE(text);
    const Account ann = read_account(&read_json, text);
    CHECK(ann.email == "ann@example.org");
    CHECK(ann.email_verified);
    CHECK(ann.password_hash == "$2b$10$x");
    CHECK(ann.created_at == parse_rfc3339("2024-05-06T07:08:09Z"));
    CHECK(ann.losses.empty());
  }
  const auto records = read_records(
      &read_json,
      "{\"username\":\"bob\",\"roles\":[\"Staff\"],\"custom_password_hash\":{\"algorithm\":"
      "\"bcrypt\",\"hash\":{\"value\":\"$2b$10$y\"}}}\n\n7\n{\"username\":\"eve\",\"blocked\":"
      "true,\"custom_password_hash\":{\"algorithm\":\"md5\",\"salt\":{\"value\":\"x\"}}}\n");
  REQUIRE(records.size() == 3);
  CHECK(account_of(records[0]).password_hash == "$2b$10$y");
  CHECK(account_of(records[0]).roles == Names{"staff"});
  CHECK(records[1].problem == "the line is not a JSON object");
  CHECK(account_of(records[2]).disabled);
  const auto eve = prepare(account_of(records[2]), without_passwords(), Time{});
  CHECK(eve.value().losses == Names{"password: md5"});
}

TEST_CASE("the people of a directory are read, and its groups are not") {
  const auto records = read_records(&read_ldif, kLdif);
  REQUIRE(records.size() == 1);
  const Account& ann = account_of(records[0]);
  CHECK(ann.username == "ann");
  CHECK(ann.email == "ann@example.org");
  CHECK(ann.first_name == "Ann");
  CHECK(ann.last_name == "Miller");
  CHECK(ann.password_hash == "{SSHA}x");
  CHECK(ann.losses == Names{"another value of mail", "groups"});
  CHECK(ann.ignored == Names{"attribute jpegphoto"});
  CHECK(records[0].line == 8);
}

TEST_CASE("the lines of htpasswd are people") {
  const auto records = read_records(&read_htpasswd, "# old\nann:$2y$05$x\n\nbob\neve:\n");
  REQUIRE(records.size() == 3);
  CHECK(account_of(records[0]).username == "ann");
  CHECK(account_of(records[0]).password_hash == "$2y$05$x");
  CHECK(records[1].problem == "the line has no ':'");
  CHECK(account_of(records[2]).password_hash.empty());
}

TEST_CASE("CSV comes with semicolons and tabs, with names as people write them, and as UTF-16") {
  const std::string wide = [] {
    std::string text = "\xff\xfe";
    // Each byte is a code point of Latin-1.
    for (const char c : std::string("Username\tE-Mail\r\nj\xfcrgen\tj@example.org\r\n")) {
      text += c;
      text += '\0';
    }
    return text;
  }();
  for (const std::string& text :
       {std::string("\xef\xbb\xbf\"Username\";\"E-Mail\"\r\nj\xc3\xbcrgen;j@example.org\r\n"),
        std::string("sep=;\r\nuserName;email\r\nj\xc3\xbcrgen;j@example.org\r\n"),
        std::string("sep=|\nuser_name|EMAIL\nj\xc3\xbcrgen|j@example.org\n"),
        std::string("Username\tEmail Address\nj\xc3\xbcrgen\tj@example.org\n"), wide}) {
    CAPTURE(text);
    const Account account = read_account(&read_csv, text);
    CHECK(account.username == "j\xc3\xbcrgen");
    CHECK(account.email == "j@example.org");
    Source source{std::string(text)};
    CHECK(choose_format("auto", source).value().name == std::string("csv"));
  }
}

TEST_CASE("the formats are told apart by the beginning of the file") {
  const auto guess = [](const std::string& text) {
    Source source{std::string(text)};
    const auto format = choose_format("auto", source);
    return format ? std::string(format->name) : "none";
  };
  CHECK(guess(kPgDump) == "pg-dump");
  CHECK(guess(kLdif) == "ldif");
  CHECK(guess("dn: uid=x\n") == "ldif");
  CHECK(guess("ann:$apr1$x$y\n") == "htpasswd");
  CHECK(guess("{\"users\":[{\"localId\":\"u\"}]}") == "firebase");
  CHECK(guess("{\"user_id\":\"auth0|1\",\"email\":\"a@b.c\"}\n") == "auth0");
  CHECK(guess("[{\"username\":\"ann\"}]") == "json");
  CHECK(guess("{\"data\":[{\"username\":\"ann\"}]}") == "json");
  CHECK(guess("[{\"aud\":\"x\",\"encrypted_password\":\"x\",\"instance_id\":\"y\"}]") ==
        "supabase");
  CHECK(guess("id,email,encrypted_password,username\n") == "csv");
}

TEST_CASE("a password that cannot be verified is named, and can be left out") {
  Account account;
  account.username = "ann";
  for (const auto& [hash, form] :
       {std::pair("$apr1$salt$hash", "$apr1$ (Apache's MD5)"),
        std::pair("5f4dcc3b5aa765d61d8327deb882cf99", "32 hex digits"),
        std::pair("{SMD5}abc", "{SMD5}"), std::pair("hunter2", "an unknown form"),
        std::pair("hunter$2$x", "an unknown form")}) {
    CAPTURE(hash);
    account.password_hash = hash;
    const auto refused = prepare(account, {}, Time{});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find(form) != std::string::npos);
    CHECK(refused.error().message.find("hunter") == std::string::npos);
    const auto taken = prepare(account, without_passwords(), Time{});
    REQUIRE(taken);
    CHECK(taken->user.password_hash.empty());
    REQUIRE(taken->losses.size() == 1);
    CHECK(taken->losses[0].find(form) != std::string::npos);
  }
  for (const char* none : {"", "!", "!unusable", "*"}) {
    account.password_hash = none;
    const auto taken = prepare(account, {}, Time{});
    REQUIRE(taken);
    CHECK(taken->user.password_hash.empty());
    CHECK(taken->losses.empty());
  }
}

TEST_CASE("usernames that are not allowed become others, if that is wanted") {
  CHECK(mapped_username("j\xc3\xbcrgen") == "juergen");
  CHECK(mapped_username("CORP\\John Smith") == "John.Smith");
  CHECK(mapped_username("o'neil") == "oneil");
  CHECK(mapped_username("ann@corp.example") == "ann");
  CHECK(mapped_username("\xd0\xb0nn") == "");  // Cyrillic: another name, not a spelling of this one
  CHECK(mapped_username("...") == "");
  CHECK(mapped_username("-.ann-") == "ann-");
  Account account;
  account.username = "j\xc3\xbcrgen";
  account.email = "j@localhost";
  const auto refused = prepare(account, {}, Time{});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.ends_with("--map-names finds another one."));
  Rules rules;
  rules.maps_names = true;
  const auto taken = prepare(account, rules, Time{});
  REQUIRE(taken);
  CHECK(taken->user.username == "juergen");
  CHECK(taken->user.email.empty());
  CHECK(taken->note == "has the username juergen here");
  CHECK(taken->losses == Names{"email that is not an address"});
}

TEST_CASE("a field that the account can do without does not refuse it") {
  Account account;
  account.username = "ann";
  account.first_name = std::string(99, 'x') + "\xc3\xbc\xc3\xbc";
  account.created_at = from_unix_seconds(-62135596800);
  const auto taken = prepare(account, {}, from_unix_seconds(1'800'000'000));
  REQUIRE(taken);
  CHECK(taken->user.first_name == std::string(99, 'x') + "\xc3\xbc");
  CHECK(taken->losses == Names{"first_name beyond 100 characters"});
  CHECK(taken->user.created_at == from_unix_seconds(1'800'000'000));
}

TEST_CASE("no foreign file keeps a reader from ending") {
  survive(&read_pg_dump,
          "CREATE FUNCTION f AS $a$ x $a$;COPY users (id, username) FROM stdin;\n1\ta\\tb\n\\.\n");
  survive(&read_json, "[{\"username\":\"a\",\"roles\":[\"b\"]}]");
  survive(&read_json, "{\"username\":\"a\"}\n{\"email\":1}\n");
  survive(&read_json, "{\"x\":{},\"users\":[{\"localId\":\"a\",\"passwordHash\":\"b\"}]}");
  survive(&read_ldif, "dn: x\nuid: a\n b\nmail:: YQ==\n\ndn: y\n");
  survive(&read_htpasswd, "a:b\n#c\n");
}
