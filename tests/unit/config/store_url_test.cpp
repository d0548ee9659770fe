// The address of PostgreSQL: its two forms, and no password in what is shown.
#include "config/reading/store_url.h"

#include <catch2/catch.hpp>

using namespace authd::config;

TEST_CASE("both forms of libpq are taken, and nothing else") {
  for (const char* good :
       {"", "postgresql:///authd?host=/run/postgresql", "postgres://a@b/c",
        "postgresql://authd:x@db1,db2:5433/authd?target_session_attrs=read-write",
        "host=db1 dbname=authd", "service=authd"}) {
    CAPTURE(good);
    CHECK(parse_store_url(good).value() == good);
  }
  for (const char* bad : {"db1.example.org", "mysql://a@b/c", "http://a?b=c", "host=a\ndbname=b"}) {
    CAPTURE(bad);
    const auto refused = parse_store_url(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message ==
          "must be postgresql://user@host/database, or host=… user=… dbname=…");
  }
  CHECK_FALSE(parse_store_url("host=" + std::string(4096, 'x')));
}

TEST_CASE("every password is masked, and nothing else is") {
  struct Case {
    const char* url;
    const char* masked;
  };
  for (const Case& one : std::initializer_list<Case>{
           {"postgresql://ann:secret@db/authd", "postgresql://ann:***@db/authd"},
           {"postgresql://ann:sec/r@et@db/authd", "postgresql://ann:***@db/authd"},
           {"postgresql://:secret@db", "postgresql://:***@db"},
           {"postgresql://db/authd?user=ann&password=secret&sslmode=require",
            "postgresql://db/authd?user=ann&password=***&sslmode=require"},
           {"postgres://db?sslpassword=secret", "postgres://db?sslpassword=***"},
           {"postgresql://ann:a@db?password=b", "postgresql://ann:***@db?password=***"},
           {"host=db password=secret user=ann", "host=db password=*** user=ann"},
           {"password='se cr\\'et' host=db", "password=*** host=db"},
           {"host = db password = secret", "host=db password=***"},
           {"secret host=db", "***"},
           {"host=db password=secret\\", "host=db password=***"}}) {
    CAPTURE(one.url);
    CHECK(masked_store_url(one.url) == one.masked);
    CHECK(has_password(one.url));
  }
  for (const char* open : {"", "postgresql://ann@db1:5432,db2:5433/authd?sslmode=verify-full",
                           "postgresql:///authd?host=/run/postgresql&password=",
                           "postgresql://ann:@db", "host=db user=ann passfile=/etc/authd/pgpass"}) {
    CAPTURE(open);
    CHECK_FALSE(has_password(open));
  }
  CHECK(masked_store_url("postgresql://ann@db1:5432,db2:5433/authd") ==
        "postgresql://ann@db1:5432,db2:5433/authd");
}

TEST_CASE("a schema and a node have names that need no quotes") {
  for (const std::string& good : {std::string("authd"), std::string("a_1"), std::string(63, 'a')}) {
    CHECK(parse_schema(good));
    CHECK(parse_node(good));
  }
  for (const std::string bad : {"", "1a", "_a", "Authd", "a-b", "a b", "a\"b", "ä"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_schema(bad));
  }
  for (const char* good : {"", "auth1.example.org", "Auth-1", "pod_7"})
    CHECK(parse_node(good));
  for (const char* bad : {"a b", "-a", "a.", "a/b", "ä"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_node(bad));
  }
  CHECK_FALSE(parse_schema(std::string(64, 'a')));
  CHECK_FALSE(parse_node(std::string(64, 'a')));
}
