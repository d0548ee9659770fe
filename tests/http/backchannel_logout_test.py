"""OpenID Connect Back-Channel Logout 1.0: applications with a receiver here are told of every way
in which a person is signed out, with tokens that they can verify, whatever the receiver does and
whenever the server dies."""

import collections
import http.server
import json
import tempfile
import threading
import unittest
import urllib.parse

from conformance import is_signed_with, unb64
from harness import PASSWORD, Server, ServerCase, wait_until
from provider import Browser, RelyingParty, claims_of

EVENT = "http://schemas.openid.net/event/backchannel-logout"


class Receiver:
    """The addresses of some applications. What each answers is in `answers`, by path: a status, or
    an event for which it waits before 200."""

    def __init__(self):
        self.answers = {}
        self.told = collections.defaultdict(list)  # logout tokens by path
        self.heads = []
        self.lock = threading.Lock()
        handler = type("Handler", (Handler,), {"receiver": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def url(self, path):
        return "http://127.0.0.1:%d%s" % (self.server.server_port, path)

    def sids(self, path):
        with self.lock:
            return [claims_of(token)["sid"] for token in self.told[path]]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Handler(http.server.BaseHTTPRequestHandler):
    receiver = None

    def do_POST(self):
        size = int(self.headers["Content-Length"])
        body = self.rfile.read(size).decode()
        if len(body) < size:
            return  # the server died while it sent this
        form = urllib.parse.parse_qs(body, strict_parsing=True)
        assert list(form) == ["logout_token"], body
        with self.receiver.lock:
            self.receiver.heads.append(self.headers["Content-Type"])
            self.receiver.told[self.path].append(form["logout_token"][0])
        answer = self.receiver.answers.get(self.path, 200)
        if isinstance(answer, threading.Event):
            answer.wait()
            answer = 200
        self.send_response(answer)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Person:
    """Signed up, and signed in in a browser."""

    count = 0

    def __init__(self, server):
        Person.count += 1
        self.server = server
        self.name = "person%d" % Person.count
        account = server.sign_up(self.name).json["user"]
        self.id, self.subject = account["id"], account["subject"]
        self.browser = Browser(server)
        self.browser.sign_in(self.name)


class BackchannelCase(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.receiver = Receiver()
        cls.addClassCleanup(cls.receiver.stop)
        cls.apps = 0

    def app(self, *flags):
        """An application, and its path at the receiver."""
        type(self).apps += 1
        path = "/app%d" % self.apps
        return RelyingParty(self.server, "App", "--consent", "skip", "--backchannel-logout-uri",
                            self.receiver.url(path), *flags), path

    def logouts(self, app, *flags):
        done = self.server.command("client", "logouts", app.id, *flags, "--json")
        return json.loads(done.out)

    def listed(self, app, **members):
        """Waits for the only delivery of the client with these members."""
        def look():
            found = self.logouts(app)["logouts"]
            return found[0] if len(found) == 1 and members.items() <= found[0].items() else None
        return wait_until(look, "a delivery with %s" % members)

    def is_told(self, path, sids):
        """The application at the path is told of these grants, each once."""
        wait_until(lambda: len(self.receiver.sids(path)) >= len(sids), "a logout token")
        self.assertEqual(sorted(self.receiver.sids(path)), sorted(sids))

    def sid(self, tokens):
        return claims_of(tokens["id_token"])["sid"]


class EveryWay(BackchannelCase):
    def end(self, act, **kwargs):
        """What the application of a person is told after the act."""
        app, path = self.app("--set", "always_refresh=true")
        person = Person(self.server)
        tokens = app.tokens(person.browser, **kwargs)
        act(person, app, tokens)
        self.is_told(path, [self.sid(tokens)])
        self.listed(app, state="delivered", sub=person.subject, attempts=1, last_error=None)
        return person, app, tokens

    def test_the_token_is_what_the_specification_says(self):
        _, app, tokens = self.end(
            lambda person, *_: person.browser.post("/api/v1/auth/logout"))
        token = self.receiver.told["/app%d" % self.apps][0]
        head = json.loads(unb64(token.split(".")[0]))
        self.assertEqual((head["typ"], head["alg"]), ("logout+jwt", "RS256"))
        keys = self.server.get("/.well-known/jwks.json").json["keys"]
        key, = [one for one in keys if one["kid"] == head["kid"]]
        self.assertTrue(is_signed_with(key, token))
        claims, known = claims_of(token), claims_of(tokens["id_token"])
        self.assertEqual(set(claims), {"iss", "sub", "aud", "iat", "exp", "jti", "events", "sid"})
        for name in ("iss", "sub", "aud", "sid"):
            self.assertEqual(claims[name], known[name])
        self.assertEqual(claims["aud"], app.id)
        self.assertEqual(claims["events"], {EVENT: {}})
        self.assertEqual(claims["exp"] - claims["iat"], 120)
        self.assertGreaterEqual(claims["iat"], known["iat"])
        self.assertEqual(set(self.receiver.heads), {"application/x-www-form-urlencoded"})

    def test_discovery_says_so(self):
        document = self.server.get("/.well-known/openid-configuration").json
        self.assertIs(document["backchannel_logout_supported"], True)
        self.assertIs(document["backchannel_logout_session_supported"], True)

    def test_the_algorithm_is_that_of_the_clients_id_tokens(self):
        app, path = self.app("--set", "id_token_signed_response_alg=EdDSA")
        person = Person(self.server)
        app.tokens(person.browser)
        person.browser.post("/api/v1/auth/logout")
        wait_until(lambda: self.receiver.told[path], "a logout token")
        head = json.loads(unb64(self.receiver.told[path][0].split(".")[0]))
        self.assertEqual(head["alg"], "EdDSA")

    def test_an_application_signs_the_person_out(self):
        def act(person, _, tokens):
            query = urllib.parse.urlencode({"id_token_hint": tokens["id_token"]})
            self.assertEqual(person.browser.get("/oauth2/logout?" + query).status, 303)
        self.end(act)

    def test_the_person_signs_out_everywhere(self):
        self.end(lambda person, *_: person.browser.post("/api/v1/auth/logout/all"))

    def test_the_person_ends_the_session_from_elsewhere(self):
        def act(person, *_):
            other = Browser(self.server)
            other.sign_in(person.name)
            sessions = other.get("/api/v1/users/me/sessions").json["sessions"]
            # The sign-up has left one, too.
            for one in sessions:
                if not one["current"]:
                    other.delete("/api/v1/users/me/sessions/" + one["id"])
        self.end(act)

    def test_another_password(self):
        def act(person, *_):
            done = person.browser.post("/api/v1/auth/password/change", {
                "current_password": PASSWORD, "new_password": "quite another password"})
            self.assertEqual(done.status, 200, done.body)
        person, app, _ = self.end(act)
        # The browser goes on, and what the application gets there is a new sign-in.
        again = app.tokens(person.browser)
        self.assertNotIn(self.sid(again), self.receiver.sids("/app%d" % self.apps))

    def test_the_account_is_disabled(self):
        self.end(lambda person, *_: self.server.command("user", "disable", person.name))

    def test_the_account_is_deleted(self):
        self.end(lambda person, *_: self.server.command("user", "delete", person.name, "--yes"))

    def test_an_administrator_ends_the_session(self):
        def act(person, *_):
            shown = json.loads(self.server.command("session", "list", person.name, "--json").out)
            for one in shown["sessions"]:
                self.server.command("session", "revoke", one["id"], "--yes")
        self.end(act)

    def test_an_old_refresh_token(self):
        def act(_, app, tokens):
            first = tokens["refresh_token"]
            second = app.refresh(first).json["refresh_token"]
            app.refresh(second)
            self.assertEqual(app.refresh(first).status, 400)
        self.end(act)

    def test_a_code_comes_twice(self):
        app, path = self.app()
        person = Person(self.server)
        code = app.answer(person.browser)["code"]
        tokens = app.exchange(code).json
        self.assertEqual(app.exchange(code).status, 400)
        self.is_told(path, [self.sid(tokens)])

    def test_the_person_removes_the_access(self):
        def act(person, app, _):
            grants = person.browser.get("/api/v1/users/me/grants").json["grants"]
            mine, = [one for one in grants if one["client_id"] == app.id]
            done = person.browser.delete("/api/v1/users/me/grants/" + mine["id"])
            self.assertEqual(done.status, 204)
        self.end(act)

    def test_with_offline_access_the_refresh_token_stays(self):
        _, app, tokens = self.end(
            lambda person, *_: person.browser.post("/api/v1/auth/logout"),
            scope="openid offline_access")
        self.assertEqual(app.refresh(tokens["refresh_token"]).status, 200)

    def test_a_code_is_worth_nothing_after_the_sign_out(self):
        app, _ = self.app()
        person = Person(self.server)
        code = app.answer(person.browser, scope="openid offline_access")["code"]
        person.browser.post("/api/v1/auth/logout")
        self.assertEqual(app.exchange(code).json["error"], "invalid_grant")

    def test_every_application_of_the_session_is_told_and_no_other(self):
        (one, at_one), (two, at_two) = self.app(), self.app()
        person, other = Person(self.server), Person(self.server)
        mine = [app.tokens(person.browser) for app in (one, two)]
        theirs = one.tokens(other.browser)
        # The same person in the same browser: no sign-out.
        person.browser.sign_in(person.name)
        person.browser.post("/api/v1/auth/logout")
        self.is_told(at_one, [self.sid(mine[0])])
        self.is_told(at_two, [self.sid(mine[1])])
        other.browser.post("/api/v1/auth/logout")
        self.is_told(at_one, [self.sid(mine[0]), self.sid(theirs)])


class Troubles(BackchannelCase):
    def signed_out(self, *flags):
        """An application whose person has just been signed out, its path and the sid."""
        app, path = self.app(*flags)
        person = Person(self.server)
        tokens = app.tokens(person.browser)
        return app, path, self.sid(tokens), person

    def doctor(self):
        done = self.server.command("doctor", "--only", "logouts", "--json", check=False)
        return [one["text"] for one in json.loads(done.out)["findings"]]

    def test_a_receiver_that_is_down_is_asked_again(self):
        app, path, sid, person = self.signed_out()
        self.receiver.answers[path] = 503
        person.browser.post("/api/v1/auth/logout")
        waiting = self.listed(app, state="waiting", attempts=1, last_error="HTTP 503")
        self.assertEqual(waiting["sid"], sid)
        self.assertGreater(waiting["due_at"], waiting["created_at"])
        del self.receiver.answers[path]
        self.assertEqual(self.logouts(app, "--retry", waiting["id"]), {"retried": 1})
        self.is_told(path, [sid, sid])
        self.listed(app, state="delivered", attempts=2)
        first, second = self.receiver.told[path]
        self.assertEqual(claims_of(first)["jti"], claims_of(second)["jti"])
        self.assertEqual(claims_of(first)["jti"], waiting["id"])

    def test_a_redirect_is_not_followed(self):
        app, path, sid, person = self.signed_out()
        self.receiver.answers[path] = 302
        person.browser.post("/api/v1/auth/logout")
        self.listed(app, state="waiting", last_error="HTTP 302: redirects are not followed")
        self.is_told(path, [sid])
        self.assertEqual(self.receiver.told["/elsewhere"], [])

    def test_one_that_refuses_is_given_up_and_told_again_when_somebody_says_so(self):
        app, path, sid, person = self.signed_out()
        self.receiver.answers[path] = 400
        person.browser.post("/api/v1/auth/logout")
        for attempts in range(1, 6):
            self.listed(app, state="waiting", attempts=attempts, last_error="HTTP 400")
            self.logouts(app, "--retry-all")
        dead = self.listed(app, state="dead", attempts=6, due_at=None)
        self.assertEqual(self.logouts(app, "--state", "dead")["logouts"], [dead])
        self.server.logged(message="sign-out given up: authd client logouts CLIENT",
                           client_id=app.id, jti=dead["id"])
        self.assertTrue(any(app.id in text for text in self.doctor()), self.doctor())
        metrics = self.server.get("/metrics").body.decode()
        self.assertIn('authd_logout_deliveries_total{outcome="dead"} 1', metrics)
        del self.receiver.answers[path]
        self.logouts(app, "--retry", dead["id"])
        self.listed(app, state="delivered")
        self.assertFalse(any(app.id in text for text in self.doctor()), self.doctor())
        again = self.server.command("client", "logouts", app.id, "--retry", dead["id"], check=False)
        self.assertNotEqual(again.returncode, 0)
        self.assertIn("has been told", again.err)

    def test_one_that_hangs_holds_up_no_other(self):
        hanging, at_hanging = self.app()
        quick, at_quick = self.app()
        released = threading.Event()
        self.addCleanup(released.set)
        self.receiver.answers[at_hanging] = released
        people = [Person(self.server) for _ in range(3)]
        for person in people:
            hanging.tokens(person.browser)
        person = people[0]
        tokens = quick.tokens(person.browser)
        for one in people[1:]:
            one.browser.post("/api/v1/auth/logout")
        wait_until(lambda: self.receiver.told[at_hanging], "a request that hangs")
        person.browser.post("/api/v1/auth/logout")
        self.is_told(at_quick, [self.sid(tokens)])
        # After the time-out, all of its deliveries wait, with one reason.
        wait_until(lambda: [one for one in self.logouts(hanging)["logouts"] if one["last_error"]],
                   "the end of the time-out")

    def test_addresses_are_checked(self):
        for uri in ("http://app.example.org/told", "https://app.example.org/told#here",
                    "https://user@app.example.org/", "https:///told", "ftp://app.example.org/",
                    "app.example:/told", "https://app.example.org/" + "x" * 2000):
            done = self.server.command("client", "add", "Wrong", "--redirect-uri",
                                       "https://app.example.org/callback",
                                       "--backchannel-logout-uri", uri, check=False)
            self.assertNotEqual(done.returncode, 0, uri)
            self.assertRegex(done.err, "https address without a fragment|more than 2000 bytes")
        for uri in ("https://10.0.0.7:8443/told?app=1", "http://localhost:3000/told",
                    "http://[::1]/told"):
            self.server.command("client", "add", "Right", "--redirect-uri",
                                "https://app.example.org/callback",
                                "--backchannel-logout-uri", uri)

    def test_administrators_see_it_and_send_it_again(self):
        self.server.command("user", "add", "root", "--admin", stdin=PASSWORD + "\n")
        root = self.server.log_in("root").json["access_token"]
        app, path, sid, person = self.signed_out()
        self.receiver.answers[path] = 500
        person.browser.post("/api/v1/auth/logout")
        self.listed(app, state="waiting", attempts=1)
        address = "/api/v1/admin/clients/%s/logouts" % app.id
        shown, = self.server.get(address, token=root).json["logouts"]
        self.assertEqual((shown["sid"], shown["last_error"]), (sid, "HTTP 500"))
        self.assertEqual(self.server.get(address + "?state=dead", token=root).json, {"logouts": []})
        self.refused(self.server.get(address + "?state=lost", token=root), 422, "invalid_value",
                     "state")
        del self.receiver.answers[path]
        again = self.server.post("%s/%s/retry" % (address, shown["id"]), token=root)
        self.assertEqual(again.status, 200)
        self.listed(app, state="delivered")
        self.refused(self.server.post("%s/%s/retry" % (address, shown["id"]), token=root), 409,
                     "already_delivered")
        self.refused(self.server.post(address + "/00/retry", token=root), 404, "not_found")
        self.refused(self.server.get("/api/v1/admin/clients/nobody/logouts", token=root), 404)
        entries = self.server.get("/api/v1/admin/audit?action=logout_retried", token=root)
        self.assertEqual(entries.json["entries"][0]["target"], app.id)


class Deaths(unittest.TestCase):
    """The server dies between the sign-out and its delivery."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="authd-logout-")
        self.addCleanup(self.folder.cleanup)
        self.receiver = Receiver()
        self.addCleanup(self.receiver.stop)
        self.app = None
        self.serve()
        self.addCleanup(lambda: self.server.kill())
        self.app = RelyingParty(self.server, "App", "--consent", "skip",
                                "--backchannel-logout-uri", self.receiver.url("/app"))
        self.sign_in()

    def serve(self):
        self.server = Server(data_dir=self.folder.name + "/data")
        if self.app:
            self.app.server = self.server

    def sign_in(self):
        self.person = Person(self.server)
        self.sid = claims_of(self.app.tokens(self.person.browser)["id_token"])["sid"]

    def assert_told(self):
        wait_until(lambda: self.sid in self.receiver.sids("/app"), "the logout token")

    def test_killed_right_after_the_reply(self):
        released = threading.Event()
        self.addCleanup(released.set)
        self.receiver.answers["/app"] = released
        self.assertEqual(self.person.browser.post("/api/v1/auth/logout").status, 200)
        self.server.kill()
        with self.receiver.lock:
            self.receiver.told.clear()
        del self.receiver.answers["/app"]
        self.serve()
        # What the dead server had begun to send is due after a while; nobody waits for that here.
        wait_until(lambda: json.loads(self.server.command(
            "client", "logouts", self.app.id, "--json").out)["logouts"], "the delivery")
        self.server.command("client", "logouts", self.app.id, "--retry-all")
        self.assert_told()

    def test_killed_between_two_attempts(self):
        self.receiver.answers["/app"] = 503
        self.person.browser.post("/api/v1/auth/logout")
        self.assert_told()
        self.server.kill()
        with self.receiver.lock:
            self.receiver.told.clear()
        del self.receiver.answers["/app"]
        self.serve()
        self.server.command("client", "logouts", self.app.id, "--retry-all")
        self.assert_told()

    def test_what_a_command_ends_without_a_server_is_told_by_the_next_one(self):
        for verb, flags in (("disable", ()), ("delete", ("--yes",)), ("logout", ())):
            with self.subTest(verb):
                self.server.kill()
                self.server.command("user", verb, self.person.name, *flags)
                self.assertNotIn(self.sid, self.receiver.sids("/app"))
                self.serve()
                self.assert_told()
                self.sign_in()
        self.server.command("db", "check")


if __name__ == "__main__":
    unittest.main()
