"""Moving in and out: authd import and authd export."""

import base64
import crypt
import hashlib
import hmac
import json
import os
import re
import signal
import sqlite3
import stat
import struct
import subprocess
import tempfile
import time
import unittest

from harness import BINARY, PASSWORD, Server, clean_environment, command, wait_until

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def bcrypt(password=PASSWORD):
    return crypt.crypt(password, crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16))


def werkzeug(password=PASSWORD):
    digest = hashlib.scrypt(password.encode(), salt=b"salty", n=16384, r=8, p=1, dklen=64)
    return "scrypt:16384:8:1$salty$" + digest.hex()


def totp(secret, at=None):
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(at or time.time()) // 30),
                      "sha1").digest()
    offset = digest[-1] & 15
    return "%06d" % ((struct.unpack(">I", digest[offset:offset + 4])[0] & 0x7fffffff) % 1000000)


def keycloak_user(name, algorithm, value, salt, iterations, parameters=None, otp=None):
    credentials = [{
        "type": "password",
        "secretData": json.dumps({"value": base64.b64encode(value).decode(),
                                  "salt": base64.b64encode(salt).decode(),
                                  "additionalParameters": {}}),
        "credentialData": json.dumps({"hashIterations": iterations, "algorithm": algorithm,
                                      "additionalParameters": parameters or {}}),
    }]
    if otp:
        credentials.append({
            "type": "otp", "secretData": json.dumps({"value": otp}),
            "credentialData": json.dumps({"subType": "totp", "digits": 6, "counter": 0,
                                          "period": 30,
                                          "algorithm": "HmacSHA1"})})
    return {"username": name, "email": name + "@example.org", "emailVerified": True,
            "enabled": True,
            "firstName": "A", "lastName": "B", "credentials": credentials,
            "realmRoles": ["default-roles-test", "Staff"]}


class Import(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.data = os.path.join(self.directory, "data")

    def write(self, text, name="file"):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def run_command(self, *arguments, stdin="", data=None):
        return command(*arguments, "--data-dir", data or self.data, stdin=stdin, check=False)

    def import_text(self, text, *flags, code=0, data=None):
        done = self.run_command("import", self.write(text), "--json", *flags, data=data)
        self.assertEqual(done.returncode, code, done.err + done.out)
        return json.loads(done.out)

    def emails(self, data=None):
        return [u["email"]
                for u in json.loads(self.run_command("user", "list", "--json",
                                                     data=data).out)["users"]]

    def log_in_all(self, *names, **factors):
        """Everybody can log in with PASSWORD, some with a second factor."""
        with Server(data_dir=self.data) as server:
            for name in names:
                reply = server.log_in(name)
                if name in factors:
                    self.assertIn("mfa_token", reply.body.decode(), name)
                    reply = server.post("/api/v1/auth/mfa",
                                        {"mfa_token": reply.json["mfa_token"],
                                         "code": totp(factors[name])})
                self.assertEqual(reply.status, 200, (name, reply.body))
                self.assertIn("access_token", reply.json)
                self.assertEqual(server.log_in(name, "wrong password").status, 401)

    def test_csv(self):
        report = self.import_text(
            "username,email,email_verified,password_hash,first_name,last_name,phone_number,roles,"
            "totp_secret,disabled,"
            "created_at\n"
            "ann,ann@example.org,true,%s,Ann,\"Mi, ller\",+49 30 "
            "123456,editor,,0,2024-05-06T07:08:09Z\n"
            "bob,,,%s,,,,,%s,,\n"
            "eve,,,%s,,,,,,yes,\n" % (bcrypt(), werkzeug(), SECRET, bcrypt()))
        self.assertEqual((report["format"], report["imported"], report["rejected"]), ("csv", 3, 0))
        self.log_in_all("ann", "ANN@example.org", "bob", bob=SECRET)
        ann = json.loads(self.run_command("user", "show", "ann", "--json").out)
        self.assertEqual((ann["last_name"], ann["roles"], ann["created_at"]),
                         ("Mi, ller", ["user", "editor"], "2024-05-06T07:08:09Z"))
        with Server(data_dir=self.data) as server:
            self.assertNotEqual(server.log_in("eve").status, 200)

    def test_a_role_of_two_words_never_becomes_two(self):
        rows = [("username", "email", "roles"), ("boss", "boss@example.org", "admin"),
                ("r1", "r1@example.org", "Billing Admin"),
                ("r2", "r2@example.org", "ops;Billing Admin"),
                ("r3", "r3@example.org", "ops; billing"),
                ("r4", "r4@example.org", "ops;billing;ops")]
        users = "".join(",".join(row) + "\n" for row in rows)
        sql = "CREATE TABLE users (id INTEGER, username TEXT, email TEXT, role TEXT);\n" + "".join(
            "INSERT INTO users VALUES (%d,'%s','%s','%s');\n" % (i, "s" + name, "s" + address, role)
            for i, (name, address, role) in enumerate(rows[1:], 1))
        realm = json.dumps({"realm": "x",
                            "users": [{"username": "k1", "email": "k1@example.org", "enabled": True,
                                       "realmRoles": ["Billing Admin"]}]})
        groups = ("users:\n  g1:\n    displayname: G\n    password: ''\n    email: "
                  "g1@example.org\n    groups:\n      - Billing Admin\n")
        own = '{"type":"user","username":"o1","roles":["Billing Admin"]}\n'
        for text, rejected in ((users, 2), (sql, 2), (realm, 1), (groups, 1), (own, 1)):
            with self.subTest(text[:20]):
                report = self.import_text(text, "--allow-admin", code=1)
                self.assertEqual(len(report["rejections"]), rejected, report)
                for rejection in report["rejections"]:
                    self.assertIn('"billing admin"', rejection["reason"].lower())
                    self.assertIn("separated by ';'", rejection["reason"])
        listed = {u["username"]: u["roles"]
                  for u in json.loads(self.run_command("user", "list", "--json").out)["users"]}
        self.assertEqual(listed, {name: roles for name, roles in (
            ("boss", ["user", "admin"]), ("r3", ["user", "ops", "billing"]),
            ("r4", ["user", "ops", "billing"]),
            ("sboss", ["user", "admin"]), ("sr3", ["user", "ops", "billing"]),
            ("sr4", ["user", "ops", "billing"]))})
        self.assertNotIn("billing admin", self.run_command("role", "list", "--json").out)

    def test_sqlite_dump(self):
        database = os.path.join(self.directory, "old.db")
        with sqlite3.connect(database) as db:
            db.execute(
                "CREATE TABLE users (id INTEGER PRIMARY KEY, username TEXT NOT NULL, email TEXT, "
                "hashed_password TEXT, first_name TEXT, is_active BOOLEAN, created_at "
                "DATETIME, mfa_secret TEXT, "
                "role TEXT, bio BLOB)")
            db.execute(
                "INSERT INTO users VALUES (41,'ann','ann@example.org',?,'O''Ann',1,'2024-05-06 "
                "07:08:09.123',"
                "NULL,'user',x'00ff')", (bcrypt(),))
            db.execute(
                "INSERT INTO users VALUES "
                "(43,'root','root@example.org',?,'R;\n''(',1,NULL,?,'admin',NULL)",
                (werkzeug(), SECRET))
            dump = "\n".join(db.iterdump())
        db.close()
        report = self.import_text(dump, "--keep-ids", code=1)
        self.assertEqual((report["format"], report["imported"]), ("sqlite-dump", 1))
        # A dump with a line break in a name, which is not allowed.
        self.assertRegex(report["rejections"][0]["reason"], "first_name|control|name")
        report = self.import_text(dump.replace("R;\n''(", "Root"), "--keep-ids", code=1)
        self.assertIn("--allow-admin", report["rejections"][1]["reason"])
        report = self.import_text(dump.replace("R;\n''(", "Root"), "--keep-ids", "--allow-admin",
                                  code=1)
        self.assertEqual(report["imported"], 1)
        self.assertEqual([(u["id"], u["username"], u["roles"]) for u in
                          json.loads(self.run_command("user", "list", "--json").out)["users"]],
                         [(41, "ann", ["user"]), (43, "root", ["user", "admin"])])
        self.log_in_all("ann", "root", root=SECRET)

    def test_mysql_dump(self):
        report = self.import_text(
            "-- MySQL dump 10.13  Distrib 8.0\n/*!40101 SET NAMES utf8mb4 */;\nCREATE TABLE "
            "`users` (\n"
            "  `id` int NOT NULL AUTO_INCREMENT,\n  `username` varchar(64) DEFAULT NULL,\n  "
            "`email` varchar(120),\n"
            "  `password_hash` varchar(255) COMMENT 'it''s',\n  `last_name` varchar(9),\n  "
            "PRIMARY KEY (`id`)\n"
            ") ENGINE=InnoDB;\nINSERT INTO `users` VALUES "
            "(1,'ann','ann@example.org','%s','O\\'Neil'),"
            "(2,'bob',NULL,'%s',NULL);\n" % (bcrypt(), werkzeug()))
        self.assertEqual((report["format"], report["imported"]), ("mysql-dump", 2))
        self.log_in_all("ann", "bob")
        self.assertIn("O'Neil", self.run_command("user", "show", "ann").out)

    def test_keycloak(self):
        def pbkdf2(name):
            return hashlib.pbkdf2_hmac(name, PASSWORD.encode(), b"\0salt\xff", 1000, 64)
        # The easiest Argon2 hash to get here is authd's own.
        other = os.path.join(self.directory, "other")
        self.run_command("user", "add", "--username", "x", stdin=PASSWORD + "\n", data=other)
        export = self.run_command("export", data=other).out
        memory, passes, lanes, salt, value = re.search(
            r"m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^\"]+)", export).groups()
        parameters = {"memory": [memory], "type": ["id"], "version": ["1.3"],
                      "parallelism": [lanes], "hashLength": ["32"]}
        realm = {"realm": "test", "enabled": True, "roles": {"realm": []}, "users": [
            keycloak_user("ann", "pbkdf2-sha256", pbkdf2("sha256"), b"\0salt\xff", 1000),
            keycloak_user("bob", "pbkdf2-sha512", pbkdf2("sha512"), b"\0salt\xff", 1000,
                          otp="0123456789abcdefghij"),
            keycloak_user("carl", "pbkdf2", pbkdf2("sha1"), b"\0salt\xff", 1000),
            keycloak_user("dora", "argon2", base64.b64decode(value + "="),
                          base64.b64decode(salt + "=="), int(passes),
                          parameters),
            keycloak_user("eve", "md5", b"x", b"y", 1),
        ]}
        report = self.import_text(json.dumps(realm, indent=2), code=1)
        self.assertEqual((report["format"], report["imported"], report["roles"]),
                         ("keycloak", 4, 1))
        self.assertIn("md5", report["rejections"][0]["reason"])
        self.log_in_all("ann", "bob", "carl", "dora",
                        bob=base64.b32encode(b"0123456789abcdefghij").decode())

    def test_supabase(self):
        report = self.import_text(
            "instance_id,id,role,email,encrypted_password,email_confirmed_at,phone,"
            "raw_user_meta_data,created_at\n"
            "0,u,authenticated,ann@example.org,%s,2024-05-06 "
            "07:08:09+00,,\"{\"\"full_name\"\":\"\"Ann Miller\"\"}\","
            "2024-05-06 07:08:09.12+00\n" % bcrypt().replace("$2b$", "$2a$"))
        self.assertEqual((report["format"], report["imported"]), ("supabase", 1))
        report = self.import_text(
            json.dumps({"id": "u", "role": "authenticated", "email": "bob@example.org",
                        "encrypted_password": bcrypt(), "phone": None,
                        "raw_user_meta_data": {"role": "admin"}}))
        self.assertEqual((report["format"], report["imported"]), ("supabase", 1))
        self.log_in_all("ann@example.org", "bob@example.org")
        self.assertIn("Miller", self.run_command("user", "show", "ann@example.org").out)

    def test_authelia(self):
        sha512 = crypt.crypt(PASSWORD, crypt.mksalt(crypt.METHOD_SHA512, rounds=1000))
        report = self.import_text(
            "---\nusers:\n  ann:\n    disabled: false\n    displayname: 'Ann Miller'\n    "
            "password: '%s'  # old\n"
            "    email: ann@example.org\n    groups:\n      - admins\n      - dev\n  bob:\n    "
            "displayname: Bob\n"
            "    password: \"%s\"\n    email: bob@example.org\n    groups: []\n..."
            % (sha512, bcrypt()), code=0)
        self.assertEqual((report["format"], report["imported"], report["roles"]),
                         ("authelia", 2, 2))
        self.log_in_all("ann", "bob")

    def test_what_is_lost_is_named_and_the_exit_code_tells(self):
        realm = {"realm": "test", "users": [
            {"username": "ann", "email": "ann@example.org", "enabled": True, "groups": ["/staff"],
             "requiredActions": ["UPDATE_PASSWORD"], "credentials": [
                 {"type": "webauthn", "secretData": "{}", "credentialData": "{}"}]},
            {"username": "service-account-x", "enabled": True, "serviceAccountClientId": "x"},
            {"username": "bob", "enabled": True}]}
        report = self.import_text(json.dumps(realm), code=1)
        self.assertEqual((report["imported"], report["rejected"]), (2, 1))
        self.assertEqual(report["rejections"][0]["who"], "service-account-x")
        self.assertEqual(report["losses"], [
            {"what": "groups", "accounts": 1},
            {"what": "required action UPDATE_PASSWORD", "accounts": 1},
            {"what": "second factor or passkey of the type webauthn", "accounts": 1}])
        users = "username,password_hash\nann2,%s\nbob2,$apr1$salt$hash\n" % bcrypt()
        rejected = self.run_command("import", self.write(users), "--dry-run")
        self.assertEqual(rejected.returncode, 1)
        self.assertIn("--without-unknown-passwords", rejected.err)
        done = self.run_command("import", self.write(users), "--without-unknown-passwords")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not imported: password: $apr1$ (Apache's MD5) (1 user)", done.out)
        allowed = self.import_text(users.replace("2,", "3,"), "--without-unknown-passwords",
                                   "--allow-losses")
        self.assertEqual(allowed["losses"],
                         [{"what": "password: $apr1$ (Apache's MD5)", "accounts": 1}])
        # What nobody misses is named too, and is no failure.
        dump = "CREATE TABLE users (username TEXT, bio TEXT);\nINSERT INTO users VALUES('c','x');\n"
        self.assertEqual(self.import_text(dump)["ignored"],
                         [{"what": "column bio", "accounts": 1}])
        self.log_in_all("ann2", "ann3")

    def test_a_file_without_users_is_an_error(self):
        done = self.run_command("import", self.write("CREATE TABLE people (x);\n"), "--dry-run")
        self.assertEqual(done.returncode, 1)
        self.assertIn("it has the tables people, but not one of users", done.err)
        self.assertEqual(self.run_command("import", self.write("[]\n")).returncode, 1)

    def test_names_are_mapped_only_if_that_is_wanted(self):
        users = "username,email\njürgen,j@example.org\nCORP\\John Smith,s@example.org\n"
        report = self.import_text(users, "--dry-run", code=1)
        self.assertEqual([r["who"] for r in report["rejections"]], ["jürgen", "CORP\\John Smith"])
        report = self.import_text(users, "--map-names")
        self.assertEqual([c["reason"] for c in report["changes"]],
                         ["has the username juergen here", "has the username John.Smith here"])
        self.assertEqual(sorted(self.emails()), ["j@example.org", "s@example.org"])

    def test_firebase_with_the_parameters_of_its_project(self):
        # The example of https://github.com/firebase/scrypt
        users = {"users": [{
            "localId": "u1", "email": "ann@example.org", "emailVerified": True,
            "salt": "42xEC+ixf3L2lw==",
            "passwordHash": "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZ"
                            "ilo78198JAdRuid5lQ=="}]}
        config = self.write(
            "hash_config {\n  algorithm: SCRYPT,\n  base64_signer_key: jxspr8Ki0RYycVU8zykbdLGjFQ3"
            "McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,\n"
            "  base64_salt_separator: Bw==,\n  rounds: 8,\n  mem_cost: 14,\n}\n", "config")
        self.import_text(json.dumps(users), code=1)
        report = self.import_text(json.dumps(users), "--firebase-hash-config", config)
        self.assertEqual((report["format"], report["imported"]), ("firebase", 1))
        with Server(data_dir=self.data) as server:
            self.assertEqual(server.log_in("ann@example.org", "user1password").status, 200)

    def test_hashes_of_other_systems_open_their_accounts(self):
        salted = base64.b64encode(hashlib.sha1(PASSWORD.encode() + b"salt").digest() + b"salt")
        digest = hashlib.sha256(PASSWORD.encode()).hexdigest()
        hashes = {
            "ldap": "{SSHA}" + salted.decode(),
            "dovecot": "{BLF-CRYPT}" + bcrypt(),
            "django": "bcrypt_sha256$" + bcrypt(digest),
            "aspnet": base64.b64encode(b"\0" + b"s" * 16 + hashlib.pbkdf2_hmac(
                "sha1", PASSWORD.encode(), b"s" * 16, 1000, 32)).decode()}
        ldif = "".join("dn: uid=%s\nuid: %s\nuserPassword: %s\n\n" % (name, name, stored)
                       for name, stored in hashes.items())
        self.assertEqual(self.import_text(ldif)["format"], "ldif")
        copy = "-- PostgreSQL database dump\nCOPY public.users (username, password) FROM stdin;\n"
        copy += "pg\t%s\n\\.\n" % bcrypt()
        self.assertEqual(self.import_text(copy)["format"], "pg-dump")
        self.assertEqual(self.import_text("web:%s\n" % bcrypt())["format"], "htpasswd")
        self.log_in_all(*hashes, "pg", "web")

    def test_rejections_have_line_and_reason(self):
        lines = ['{"type":"user","username":"ann"}', "not json", '{"type":"user","username":"a b"}',
                 '{"type":"user","username":"bob","password_hash":"hunter2"}',
                 '{"type":"user","username":"ANN"}',
                 '{"type":"user","username":"eve","roles":["user","admin"]}', "\x00", "[" * 100000]
        dry = self.import_text("\n".join(lines), "--dry-run", "--format", "jsonl", code=1)
        self.assertEqual((dry["dry_run"], dry["imported"], dry["rejected"]), (True, 1, 7))
        self.assertEqual(self.emails(), [])
        self.assertEqual([r["line"] for r in dry["rejections"]], [2, 3, 4, 5, 6, 7, 8])
        real = self.run_command("import", self.write("\n".join(lines)), "--format", "jsonl")
        self.assertEqual(real.returncode, 1)
        self.assertIn("line 4: bob: the password hash has a format", real.err)
        self.assertIn("imported 1 user; rejected 7 of 8 records", real.out)

    def test_wrong_use_is_told(self):
        for code, arguments, stdin in [(3, ["import", "/nonexistent"], ""),
                                       (2, ["import", "-"], "what is this"),
                                       (2, ["import", "-", "--resume"], "username\nann\n"),
                                       (2, ["import"], ""),
                                       (2, ["import", "-", "--format", "xml"], ""),
                                       (1, ["import", "-", "--format", "csv"], "usrname\nann\n"),
                                       (0, ["import", "-"], "username\nann\n")]:
            with self.subTest(arguments=arguments):
                done = self.run_command(*arguments, stdin=stdin)
                self.assertEqual(done.returncode, code, done.err)

    def test_a_killed_import_goes_on_where_it_was(self):
        count = 60000
        path = self.write("username,email\n"
                          + "".join("p%d,p%d@example.org\n" % (i, i) for i in range(count)))

        def is_killed_amidst():
            """Or it was done before the test looked."""
            self.data = os.path.join(tempfile.mkdtemp(dir=self.directory), "data")
            database = os.path.join(self.data, "data.mdb")
            process = subprocess.Popen([BINARY, "import", path, "--data-dir", self.data],
                                       env=clean_environment(),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wait_until(lambda: process.poll() is not None or
                       (os.path.exists(database) and os.stat(database).st_blocks * 512 > 3 << 20),
                       "the import to be amidst")
            process.kill()
            return process.wait() == -signal.SIGKILL

        wait_until(is_killed_amidst, "an import that is killed in the middle")
        refused = self.run_command("import", path)
        self.assertEqual(refused.returncode, 4, refused.err)
        self.assertIn("--resume", refused.err)
        done = self.run_command("import", path, "--resume", "--json")
        self.assertEqual(done.returncode, 0, done.err)
        report = json.loads(done.out)
        self.assertGreater(report["resumed"], 0)
        self.assertEqual((report["imported"], report["rejected"]), (count, 0))
        emails = self.emails()
        self.assertEqual(len(emails), count)
        self.assertEqual(len(set(emails)), count)
        self.assertEqual(self.run_command("db", "check").returncode, 0)

    def test_works_while_the_server_runs(self):
        with Server(data_dir=self.data) as server:
            self.import_text("username,password_hash\nann,%s\n" % bcrypt())
            self.assertEqual(server.log_in("ann").status, 200)
            self.assertIn('"username":"ann"', self.run_command("export").out)

    def test_an_export_is_private_and_comes_back_as_it_was(self):
        with Server(data_dir=self.data) as server:
            server.sign_up("ann", email="ann@example.org")
            server.command("role", "add", "editor", "--permission", "posts:write")
            server.command("role", "grant", "ann", "editor")
            server.command("client", "add", "billing")
            server.command("user", "add", "--username", "root", "--admin", stdin=PASSWORD + "\n")
        self.import_text("username,password_hash,totp_secret\nbob,%s,%s\n" % (bcrypt(), SECRET))
        path = os.path.join(self.directory, "export")
        done = self.run_command("export", "-o", path)
        self.assertEqual(done.returncode, 0, done.err)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertIn("1 TOTP secrets in plain text", done.err)
        self.assertIn("exported 3 users, 3 roles and 1 client", done.out)
        again = self.run_command("export", "-o", path)
        self.assertEqual(again.returncode, 4, again.err)

        fresh = os.path.join(self.directory, "fresh")
        report = json.loads(self.run_command("import", path, "--keep-ids", "--allow-admin",
                                             "--json", data=fresh).out)
        self.assertEqual((report["imported"], report["rejected"], report["roles"],
                          report["clients"]), (3, 0, 1, 1))
        with open(path, encoding="utf-8") as f:
            old = f.read()

        def lines(text):  # The two default roles are as old as their data directory.
            return [re.sub(r',"created_at":"[^"]*"', "", line)
                    if re.search(r'"name":"(user|admin)"', line) else line
                    for line in text.splitlines()]
        self.assertEqual(lines(self.run_command("export", data=fresh).out), lines(old))
        self.data = fresh
        self.log_in_all("ann", "bob", "root", bob=SECRET)
        audit = self.run_command("db", "check")
        self.assertEqual(audit.returncode, 0, audit.out)


if __name__ == "__main__":
    unittest.main()
