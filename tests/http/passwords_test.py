"""Which passwords are refused, and why: the rules, the operator's list (`authd password-list`), and
those of known breaches, asked of a range server of our own."""

import hashlib
import http.server
import json
import os
import socket
import tempfile
import threading
import unittest

from harness import PASSWORD, Server, ServerCase, command, wait_until

LEAKED = "leaked horse battery"


def sha1(password):
    return hashlib.sha1(password.encode()).hexdigest().upper()


class RangeServer:
    """Pwned Passwords with one password, which can misbehave. `asked` has the paths and headers."""

    def __init__(self, *passwords):
        self.asked = []
        self.answer = self.range
        self.known = {sha1(password) for password in passwords}
        self.gate = threading.Event()
        self.gate.set()
        ours = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                ours.asked.append((self.path, dict(self.headers)))
                ours.gate.wait()
                try:
                    status, body = ours.answer(self.path.rsplit("/", 1)[1])
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # authd has given up

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d/range/" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def range(self, prefix, padding=True):
        """With entries that were never seen, as the header Add-Padding asks for."""
        lines = ["%035X:%d" % (i, i + 1) for i in range(20)]
        lines += [one[5:] + ":7" for one in self.known if one.startswith(prefix)]
        lines += ["%035X:0" % (1000 + i) for i in range(800 if padding else 0)]
        return 200, "\r\n".join(lines).encode()

    def close(self):
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()


class WithRanges(ServerCase):
    PWNED = "signup"

    @classmethod
    def setUpClass(cls):
        cls.ranges = RangeServer(LEAKED)
        cls.FLAGS = ("--passwords.pwned", cls.PWNED, "--passwords.pwned-url", cls.ranges.url,
                     "--signup.enabled", "true")
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.ranges.close()

    def setUp(self):
        self.ranges.answer = self.ranges.range
        self.ranges.asked.clear()

    def counted(self, outcome):
        text = self.server.get("/metrics").body.decode()
        name = 'authd_password_leak_checks_total{outcome="%s"} ' % outcome
        return next(float(line[len(name):]) for line in text.splitlines() if line.startswith(name))

    def rejected(self, reply, field="password"):
        body = self.refused(reply, 422, "weak_password", field)
        self.assertEqual(body["reason"], "pwned")
        return body


class AtSignUp(WithRanges):
    def test_a_leaked_password_is_refused_wherever_one_is_set(self):
        self.rejected(self.server.sign_up("amy", password=LEAKED))
        tokens = self.server.sign_up("amy").json
        self.rejected(self.server.post("/api/v1/auth/password/change", {
            "current_password": PASSWORD, "new_password": LEAKED}, token=tokens["access_token"]),
            "new_password")
        settings = {"AUTHD_PASSWORDS_PWNED": "signup", "AUTHD_PASSWORDS_PWNED_URL": self.ranges.url}
        done = self.server.command("user", "passwd", "amy", stdin=LEAKED + "\n", check=False,
                                   env=settings)
        self.assertEqual(done.returncode, 2, done.err)
        self.assertIn("breach", done.err)
        self.server.command("user", "passwd", "amy", stdin="four unlikely words\n",
                            env=settings)

    def test_five_digits_are_asked_for_with_padding_and_nothing_of_it_is_logged(self):
        self.rejected(self.server.sign_up("bea", password=LEAKED))
        path, headers = self.ranges.asked[0]
        self.assertEqual(path, "/range/" + sha1(LEAKED)[:5])
        self.assertEqual(headers["Add-Padding"], "true")
        self.assertNotIn("Cookie", headers)
        for secret in (sha1(LEAKED)[:5], sha1(LEAKED).lower()[:5], LEAKED):
            self.assertNotIn(secret, self.server.log_text())

    def test_padding_is_nobodys_password(self):
        self.ranges.answer = lambda prefix: (200, (sha1(LEAKED)[5:] + ":0").encode())
        self.assertEqual(self.server.sign_up("cleo", password=LEAKED).status, 201)

    def test_a_server_that_fails_lets_passwords_pass_and_is_counted(self):
        rest = (sha1(LEAKED)[5:] + ":7").encode()
        for number, answer in enumerate([(404, rest), (500, rest), (503, b""), (302, rest),
                                         (200, b"<html>welcome</html>"), (200, b"\xff\xfe\0"),
                                         (200, rest + b"\n" + rest[:20]),
                                         (200, b"".join([rest, b"\r\n"]) * 30000)]):  # a megabyte
            with self.subTest(number):
                before = self.counted("unanswered")
                self.ranges.answer = lambda prefix, answer=answer: answer
                made = self.server.sign_up("dora%d" % number, password=LEAKED)
                self.assertEqual(made.status, 201)
                self.assertEqual(self.counted("unanswered"), before + 1)
        warned = self.server.logged(message="passwords.pwned_url gives no answer, so passwords are "
                                            "not looked up there")
        self.assertEqual(warned["level"], "warn")

    def test_a_slow_server_is_waited_for_two_seconds_and_by_few(self):
        before = self.counted("unanswered") + self.counted("skipped")
        self.ranges.gate.clear()
        try:
            replies = []
            threads = [threading.Thread(target=lambda i=i: replies.append(
                self.server.sign_up("eve%d" % i, password=LEAKED).status)) for i in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            self.ranges.gate.set()
        self.assertEqual(replies, [201] * 8)
        self.assertEqual(self.counted("unanswered") + self.counted("skipped"), before + 8)
        self.assertGreaterEqual(self.counted("skipped"), 1)

    def test_a_login_asks_nobody(self):
        self.server.sign_up("flo")
        self.ranges.asked.clear()
        self.assertEqual(self.server.log_in("flo").status, 200)
        self.assertEqual(self.ranges.asked, [])

    def test_the_replaced_apis_keep_their_rules(self):
        made = self.server.post("/user", {"username": "gus", "password": LEAKED})
        self.assertEqual(made.status, 200)


class AtLogin(WithRanges):
    PWNED = "login"

    def test_the_account_is_marked_after_the_reply_until_its_password_changes(self):
        made = self.server.sign_up("hal").json
        token = made["access_token"]
        self.assertNotIn("password_leaked", made["user"])
        self.ranges.known.add(sha1(PASSWORD))  # It has become known.
        try:
            self.ranges.gate.clear()
            # The login does not wait for the range server, which says nothing now.
            self.assertEqual(self.server.log_in("hal").status, 200)
            self.assertNotIn("password_leaked", self.server.me(token).json)
            self.ranges.gate.set()
            self.server.log_in("hal")  # in case that the first look-up took too long
            wait_until(lambda: self.server.me(token).json.get("password_leaked"), "the mark")
            shown = self.server.get("/api/v1/auth/session", token=token).json["user"]
            self.assertIs(shown["password_leaked"], True)
        finally:
            self.ranges.gate.set()
            self.ranges.known.discard(sha1(PASSWORD))
        entries = json.loads(self.server.command("audit", "list", "--action", "password_leaked",
                                                 "--json").out)["entries"]
        self.assertEqual([entry["subject_name"] for entry in entries], ["hal"])
        self.assertEqual(self.server.post("/api/v1/auth/password/change", {
            "current_password": PASSWORD, "new_password": "four unlikely words"},
            token=token).status, 200)
        self.assertNotIn("password_leaked", self.server.me(token).json)

    def test_a_wrong_password_is_not_looked_up(self):
        self.server.sign_up("ida")
        self.ranges.asked.clear()
        self.refused(self.server.log_in("ida", LEAKED), 401)
        self.refused(self.server.log_in("nobody", LEAKED), 401)
        self.assertEqual(self.server.log_in("ida").status, 200)
        wait_until(lambda: self.ranges.asked, "the look-up")
        self.assertEqual({path for path, _ in self.ranges.asked}, {"/range/" + sha1(PASSWORD)[:5]})


class Unreachable(ServerCase):
    """Nobody listens at passwords.pwned_url."""

    @classmethod
    def setUpClass(cls):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        cls.FLAGS = ("--passwords.pwned", "login", "--passwords.pwned-url",
                     "http://127.0.0.1:%d" % port)
        super().setUpClass()

    def test_everybody_gets_in(self):
        self.assertEqual(self.server.sign_up("jan", password=LEAKED).status, 201)
        self.assertEqual(self.server.log_in("jan", LEAKED).status, 200)


class Lists(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name
        self.text = self.file("words.txt", "Acme Rockets\ncafé au lait\n\nacme rockets gmbh\n")
        self.list = os.path.join(self.folder, "refused.list")

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path

    def build(self, *inputs, stdin="", check=True):
        return command("password-list", "build", *inputs, "--output", self.list, "--json",
                       stdin=stdin, check=check)

    def bytes(self):
        with open(self.list, "rb") as file:
            return file.read()

    def test_a_list_is_built_of_passwords_or_hashes_and_is_always_the_same(self):
        made = json.loads(self.build(self.text).out)
        self.assertEqual((made["read"], made["passwords"]), (3, 3))
        first = self.bytes()
        self.assertEqual(made["bytes"], len(first))
        self.assertEqual(os.stat(self.list).st_mode & 0o777, 0o644)
        hashes = "".join("%s:%d\r\n" % (sha1(word), 3) for word in (
            "acme rockets gmbh", "café au lait", "Acme Rockets")) + sha1("padding") + ":0\r\n"
        self.build("-", stdin=hashes)
        self.assertEqual(self.bytes(), first)
        self.build(self.text, self.file("more.txt", "Acme Rockets"))
        self.assertEqual(self.bytes(), first)
        shown = json.loads(command("password-list", "check", self.list, "--json").out)
        self.assertEqual(shown["passwords"], 3)
        for word, is_there in (("Acme Rockets", True), ("ACME ROCKETS GMBH", True),
                               ("cafe\u0301 au lait", True), ("acme rocket", False)):
            found = command("password-list", "find", self.list, "--json", stdin=word + "\n")
            self.assertEqual(json.loads(found.out), {"listed": is_there}, word)
        self.assertEqual(sorted(os.listdir(self.folder)), ["more.txt", "refused.list", "words.txt"])

    def test_what_is_no_list_is_refused_and_leaves_nothing(self):
        for text, part in (("8846F7EAEE8FB117AD06BDD830B7586C:4\n", "line 1, is a hash of another"),
                           ("x\n" + sha1("y")[5:] + ":4\n", "line 2, is the rest of a hash"),
                           ("\n\n", "no password"), (b"\0" * 200000, "line 1, is longer than")):
            done = self.build(self.file("wrong", text), check=False)
            self.assertEqual(done.returncode, 1, done.err)
            self.assertIn(part, done.err)
            self.assertFalse(os.path.exists(self.list))
        self.assertEqual(self.build("/nope", check=False).returncode, 3)
        self.assertEqual(self.build(self.folder, check=False).returncode, 5)
        self.list = "/nope/list"
        self.assertEqual(self.build(self.text, check=False).returncode, 5)

    def test_the_server_refuses_what_is_in_it(self):
        self.build(self.text)
        with Server("--passwords.blocklist-file", self.list, "--signup.enabled", "true") as server:
            for word in ("Acme Rockets", "ACME ROCKETS GMBH", "cafe\u0301 au lait"):
                refused = server.sign_up("amy", password=word)
                self.assertEqual((refused.status, refused.json["reason"]), (422, "listed"), word)
            self.assertEqual(server.sign_up("amy", password="acme rocket").status, 201)
            # A new list, or none, is for the next start: this one is open.
            os.remove(self.list)
            self.assertEqual(server.sign_up("bob", password="Acme Rockets").status, 422)

    def test_a_list_that_is_cut_while_the_server_runs_is_an_error_and_no_crash(self):
        self.build(self.text)
        with Server("--passwords.blocklist-file", self.list, "--signup.enabled", "true") as server:
            os.truncate(self.list, 90)
            self.assertEqual(server.sign_up("amy", password="acme rocket").status, 503)
            server.logged(message="passwords.blocklist_file cannot be used")
            self.assertEqual(server.get("/livez").status, 200)

    def test_a_damaged_list_is_found_before_the_server_starts(self):
        self.build(self.text)
        whole = self.bytes()
        changed = bytearray(whole)
        changed[-5] ^= 1
        for text, part in ((b"", "is not a list of passwords"), (whole[:-1], "is cut off"),
                           (bytes(changed), "is damaged"), (b"x" * 500, "not a list of passwords")):
            self.file("refused.list", text)
            for words in (("config", "check"), ("serve", "--data-dir", self.folder + "/data")):
                done = command(*words, "--passwords.blocklist-file", self.list, check=False)
                self.assertEqual(done.returncode, 2, done.err)
                self.assertIn("passwords.blocklist_file (--passwords.blocklist-file): ", done.err)
                self.assertIn(part, done.err)
            self.assertNotEqual(command("password-list", "check", self.list,
                                        check=False).returncode, 0)

    def test_hashes_go_to_no_other_machine_without_tls(self):
        for url, is_good in (("http://mirror.example.org/range/", False),
                             ("https://mirror.example.org/range", True),
                             ("http://localhost:8080", True), ("ftp://x", False), ("", False)):
            done = command("config", "check", "--passwords.pwned-url", url, check=False)
            self.assertEqual(done.returncode, 0 if is_good else 2, url + done.err)


class Reasons(ServerCase):
    FLAGS = ("--signup.enabled", "true", "--passwords.min-score", "2")

    def test_each_rule_has_its_word(self):
        for password, reason, limit in (
                ("secret7", "too_short", 8), ("x" * 257, "too_long", 256),
                ("two lines\nof text", "control_character", None),
                ("kim-the-first", "is_name", None),
                ("KIM@example.org", "is_name", None), ("password", "common", None),
                ("193570356033", "common", None)):
            with self.subTest(password):
                body = self.refused(self.server.sign_up("kim-the-first", password=password,
                                                        email="kim@example.org"),
                                    422, "weak_password", "password")
                self.assertEqual((body["reason"], body.get("limit")), (reason, limit))

    def test_the_same_as_before_has_one_too(self):
        token = self.server.sign_up("lea").json["access_token"]
        body = self.refused(self.server.post("/api/v1/auth/password/change", {
            "current_password": PASSWORD, "new_password": PASSWORD}, token=token), 422,
            "password_unchanged", "new_password")
        self.assertEqual(body["reason"], "same_as_old")


if __name__ == "__main__":
    unittest.main()
