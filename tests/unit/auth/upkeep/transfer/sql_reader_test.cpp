#include "auth/upkeep/transfer/syntax/sql_tokens.h"
#include "support/records.h"

using namespace authd;
using namespace authd::auth::transfer;
using namespace authd::test;

namespace {

const std::string kSqlite = R"(PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE posts (id INTEGER PRIMARY KEY, text TEXT);
INSERT INTO posts VALUES(1,'INSERT INTO users VALUES(9,''x'')');
CREATE TABLE IF NOT EXISTS "users" (
  id INTEGER NOT NULL, -- the id, of course
  username VARCHAR(80) NOT NULL,
  [email] VARCHAR(120) DEFAULT ('a,b'),
  hashed_password VARCHAR CHECK (length(hashed_password) > 3),
  is_active BOOLEAN,
  bio TEXT,
  PRIMARY KEY (id),
  UNIQUE (username)
);
INSERT INTO users VALUES(7,'ann','ann@example.org','$2b$04$x',1,replace('a\nb','\n',char(10)));
INSERT INTO users VALUES(8,'o''neil',NULL,X'24326224',0,NULL);
COMMIT;
)";

const std::string kMysql = R"(-- MySQL dump 10.13
/*!40101 SET NAMES utf8 */;
DROP TABLE IF EXISTS `user`;
CREATE TABLE `user` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `username` varchar(80) NOT NULL,
  `email` varchar(120) DEFAULT NULL,
  `password_hash` varchar(255) COMMENT 'it''s a (hash), really',
  `created_at` datetime DEFAULT current_timestamp(),
  `mfa_secret` varchar(64),
  `mfa_enabled` tinyint(1),
  `role` enum('user','admin') NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `username` (`username`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
LOCK TABLES `user` WRITE;
INSERT INTO `user` VALUES (1,'ann','ann@example.org','scrypt:1:1:1$a$b','2024-05-06 07:08:09','JBSWY3DPEHPK3PXP',1,'admin'),(2,'b\'o\\b\n',NULL,_binary 'x','0000-00-00 00:00:00',NULL,0,'user'),
(3,"carl",'c@example.org',0x414243,'2024-05-06',NULL,0,'user');
UNLOCK TABLES;
)";

}  // namespace

TEST_CASE("the users of an SQLite dump are read, and nothing else") {
  const auto records = read_records(&read_sqlite_dump, kSqlite);
  REQUIRE(records.size() == 2);
  const Account& ann = account_of(records[0]);
  CHECK(records[0].line == 15);
  CHECK(ann.id == 7);
  CHECK(ann.username == "ann");
  CHECK(ann.email == "ann@example.org");
  CHECK(ann.password_hash == "$2b$04$x");
  CHECK_FALSE(ann.disabled);
  const Account& neil = account_of(records[1]);
  CHECK(neil.username == "o'neil");
  CHECK(neil.email.empty());
  CHECK(neil.password_hash == "$2b$");
  CHECK(neil.disabled);
}

TEST_CASE("the users of a MySQL dump are read with its escapes") {
  const auto records = read_records(&read_mysql_dump, kMysql);
  REQUIRE(records.size() == 3);
  const Account& ann = account_of(records[0]);
  CHECK(ann.username == "ann");
  CHECK(ann.created_at == parse_rfc3339("2024-05-06T07:08:09Z"));
  CHECK(ann.totp_secret == "JBSWY3DPEHPK3PXP");
  CHECK(ann.totp_in_force);
  CHECK(ann.roles == std::vector<std::string>{"admin"});
  CHECK_FALSE(account_of(records[1]).created_at);  // its zero time is none
  const Account& carl = account_of(records[2]);
  CHECK(carl.username == "carl");
  CHECK(carl.password_hash == "ABC");
  CHECK_FALSE(carl.totp_in_force);
}

TEST_CASE("columns that an INSERT names count") {
  const Account account =
      read_account(&read_mysql_dump,
                   "INSERT IGNORE INTO `shop`.`users` (`email`,`phone`,`x`) VALUES "
                   "('ann@example.org','+49 30 1',-1.5e3);");
  CHECK(account.email == "ann@example.org");
  CHECK(account.phone_number == "+49 30 1");
}

TEST_CASE("a username that is an email becomes the email") {
  const Account account =
      read_account(&read_sqlite_dump, "INSERT INTO users(username) VALUES('ann@example.org');");
  CHECK(account.username.empty());
  CHECK(account.email == "ann@example.org");
}

TEST_CASE("a statement that cannot be read is reported, and the next one is read") {
  for (const char* broken :
       {"INSERT INTO users(username) VALUES('a', ;", "INSERT INTO users(username) SELECT 1;",
        "INSERT INTO users(username, VALUES('a');", "INSERT INTO users(username) VALUES 'a';",
        "INSERT INTO users(username) VALUES('a'('b';",
        "INSERT INTO users(username) VALUES('a','b');",
        "INSERT INTO users(username) VALUES(upper('a'));"}) {
    CAPTURE(broken);
    const auto records = read_records(
        &read_sqlite_dump, std::string(broken) + "\nINSERT INTO users(username) VALUES('bob');");
    REQUIRE(records.size() == 2);
    CHECK(records[0].problem != "");
    CHECK(account_of(records[1]).username == "bob");
  }
  CHECK(problem_of(&read_sqlite_dump, "INSERT INTO users VALUES(1);") != "");
}

TEST_CASE("a dump that ends in the middle is reported") {
  for (const char* cut :
       {"INSERT INTO users(username) VALUES('a", "INSERT INTO users(username) VALUES('a'",
        "INSERT INTO users(username) VALUES(", "INSERT INTO users(username",
        "CREATE TABLE users (id", "SELECT 'x"}) {
    CAPTURE(cut);
    CHECK(problem_of(&read_sqlite_dump, cut) != "");
  }
}

TEST_CASE("a huge text in a dump is a problem only where it is used") {
  const std::string huge(2 * kMaxSqlText, 'x');
  CHECK(read_account(&read_sqlite_dump,
                     "INSERT INTO users(username,photo) VALUES('ann','" + huge + "');")
            .username == "ann");
  CHECK(problem_of(&read_sqlite_dump, "INSERT INTO users(username) VALUES('" + huge + "');") != "");
}

TEST_CASE("no SQL keeps the reader from ending") {
  survive(&read_sqlite_dump,
          "CREATE TABLE users(id INT, username TEXT);\n"
          "INSERT INTO users VALUES(1,'a''b'),(X'41',-2);\n");
  survive(&read_mysql_dump, "INSERT INTO `user` (`id`) VALUES (1),(0x41),('\\'');/* x */\n");
}
