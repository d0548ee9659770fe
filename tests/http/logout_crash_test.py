"""Kills the server with SIGKILL at random moments while people are signed out of applications
(OpenID Connect Back-Channel Logout 1.0), starts it again on the same data, and compares what the
applications were told with the replies that people got: each sign-out that was acknowledged is
told, and nobody who is still signed in is reported.

A sign-out under way at the kill may have happened or not. After the restart, the session and the
tokens say which, and the applications are held to that. Meanwhile a receiver may be down, or not
answer: the server then dies between the delivery and its answer.

CRASH_CYCLES, CRASH_SEED: as in crash_test.py."""

import collections
import copy
import json
import random
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

from backchannel_logout_test import EVENT, Receiver
from conformance import is_signed_with, unb64
from crash_test import CYCLES, FLAGS, SEED
from granted import USED_CODE_LIFE, Door, Registration
from harness import BINARY, DEADLINE, Server, clean_environment, command, wait_until
from ledger import Unclear
from provider import Browser, RelyingParty, claims_of

ISSUER = "http://localhost:8080"  # crash_test.FLAGS
WORKERS = 4
APPS = 3
OPEN = 4  # sessions of a person


class Grant:
    """What an application has of a browser session."""

    def __init__(self, app, code, tokens):
        self.app = app  # with the verifier of this code
        self.code = code
        self.begun = time.monotonic()
        self.access = tokens["access_token"]
        self.sid = claims_of(tokens["id_token"])["sid"]
        self.state = "live"  # or "ended"; "unclear" until it is checked

    @property
    def told_as(self):
        return self.app.path, self.sid


class Session:
    def __init__(self, browser):
        self.browser = browser
        self.grants = []
        self.state = "live"

    def reusable(self):
        """Grants that end when their code comes again."""
        return [grant for grant in self.grants
                if grant.state == "live" and time.monotonic() < grant.begun + USED_CODE_LIFE]

    def set(self, state):
        self.state = state
        for grant in self.grants:
            if grant.state != "ended":
                grant.state = state


class Person:
    """Used by one thread at a time. What raises Unclear leaves behind what may have happened."""

    def __init__(self, name, apps):
        self.name = name
        self.apps = apps
        self.subject = None  # no answer yet
        self.passwords = ["password 0 of " + name]  # two during an unclear change, newer first
        self.sessions = []
        self.is_gone = False  # disabled or deleted, perhaps: nobody uses the account any more

    def live(self):
        return [one for one in self.sessions if one.state == "live"]

    def sign_up(self, port):
        reply = Door(port).post("/api/v1/auth/signup",
                                {"username": self.name, "password": self.passwords[0]})
        assert reply.status == 201, (reply.status, reply.body)
        self.subject = reply.json["user"]["subject"]

    def sign_in(self, port, choices):
        """To some of the applications."""
        browser = Browser(Door(port))
        browser.sign_in(self.name, self.passwords[0])
        session = Session(browser)
        self.sessions.append(session)
        for app in choices.sample(self.apps, choices.randint(1, len(self.apps))):
            mine = copy.copy(app)
            mine.server = Door(port)
            code = mine.answer(browser)["code"]
            reply = mine.exchange(code)
            assert reply.status == 200, (reply.status, reply.body)
            session.grants.append(Grant(mine, code, reply.json))

    def browser(self, port, session):
        session.browser.server = Door(port)
        return session.browser

    # The ways in which sign-outs come about.

    def sign_out(self, port, session):
        session.set("unclear")
        reply = self.browser(port, session).post("/api/v1/auth/logout")
        assert reply.status == 200, (reply.status, reply.body)
        session.set("ended")

    def sign_out_by_application(self, port, session):
        session.set("unclear")
        party = copy.copy(self.apps[0])
        party.server = Door(port)
        browser = self.browser(port, session)
        hint = party.tokens(browser)["id_token"]
        reply = browser.get("/oauth2/logout?" + urllib.parse.urlencode({"id_token_hint": hint}))
        assert reply.status == 303, (reply.status, reply.body)
        session.set("ended")

    def sign_out_everywhere(self, port, session):
        self.set_all("unclear")
        reply = self.browser(port, session).post("/api/v1/auth/logout/all")
        assert reply.status == 200, (reply.status, reply.body)
        self.set_all("ended")

    def change_password(self, port, session):
        """Ends all other sessions, and the applications' access in this one."""
        self.set_all("unclear")
        fresh = self.passwords[0] + "'"
        self.passwords.insert(0, fresh)
        reply = self.browser(port, session).post("/api/v1/auth/password/change", {
            "current_password": self.passwords[1], "new_password": fresh})
        assert reply.status == 200, (reply.status, reply.body)
        del self.passwords[1:]
        self.set_all("ended")
        session.state = "live"

    def use_code_again(self, port, session):
        """Ends the grant alone."""
        grant = session.reusable()[0]
        grant.state = "unclear"
        grant.app.server = Door(port)
        reply = grant.app.exchange(grant.code)
        assert reply.status == 400, (reply.status, reply.body)
        grant.state = "ended"

    def set_all(self, state):
        for session in self.sessions:
            if session.state != "ended":
                session.set(state)

    # The comparison with the server after a restart.

    def settle(self, port):
        """What is unclear becomes what the server says, and what is clear has to be that."""
        if len(self.passwords) == 2:
            reply = Door(port).post("/api/v1/auth/login", {"login": self.name,
                                                           "password": self.passwords[0]})
            self.passwords = [self.passwords[0 if reply.status == 200 else 1]]
        for session in self.sessions:
            reply = self.browser(port, session).get("/api/v1/users/me")
            self.compare(session, reply)
            for grant in session.grants:
                self.compare(grant, Door(port).get("/oauth2/userinfo", token=grant.access))
                assert (grant.state, session.state) != ("live", "ended"), (
                    "an application outlives the session of " + self.name)

    def compare(self, one, reply):
        assert reply.status in (200, 401, 403), (reply.status, reply.body)
        found = "live" if reply.status == 200 else "ended"
        assert one.state in (found, "unclear"), (
            "%s of %s is %s, not %s" % (type(one).__name__, self.name, found, one.state))
        one.state = found


class Worker(threading.Thread):
    """People, and an administrator on the command line, until the server dies."""

    def __init__(self, crash, number, seed):
        super().__init__()
        self.crash = crash
        self.random = random.Random(seed * 1000 + number)
        self.number = number
        self.people = crash.people[number]
        self.failure = None

    def run(self):
        try:
            while not self.crash.is_killed.is_set():
                self.step(self.crash.server.port)
        except Unclear:
            if not self.crash.is_killed.wait(DEADLINE):
                self.failure = AssertionError("no answer from a server that was not killed")
        except Exception as error:
            self.failure = error

    def step(self, port):
        usable = [one for one in self.people[-4:] if one.subject and not one.is_gone]
        if len(usable) < 2 or self.random.random() < 0.05:
            person = Person("c%d-%d" % (self.number, len(self.people)), self.crash.apps)
            self.people.append(person)
            person.sign_up(port)
            return
        person = self.random.choice(usable)
        self.crash.touched.add(person)
        live = person.live()
        if not live or (len(live) < OPEN and self.random.random() < 0.5):
            person.sign_in(port, self.random)
            return
        session = self.random.choice(live)
        act = self.random.choices(
            [person.sign_out, person.sign_out_by_application, person.sign_out_everywhere,
             person.change_password, person.use_code_again, self.administer],
            [8, 2, 2, 2, 3, 1])[0]
        if act == self.administer:
            self.administer(person)
        elif act != person.use_code_again or session.reusable():
            act(port, session)

    def administer(self, person):
        """Signs a person out with a command, beside the server. One in three is also killed."""
        verb = self.random.choice(["logout", "logout", "disable", "delete"])
        person.is_gone = verb != "logout"
        person.set_all("unclear")
        process = subprocess.Popen(
            [BINARY, "user", verb, person.name, *(["--yes"] if verb == "delete" else []),
             "--data-dir", self.crash.data],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=clean_environment())
        if self.random.random() < 0.33:
            time.sleep(self.random.uniform(0.001, 0.05))
            process.kill()
        error = process.communicate()[1]
        if process.returncode == 0:
            person.set_all("ended")
        else:
            assert process.returncode == -signal.SIGKILL, error


class LogoutCrash(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="authd-logout-crash-")
        self.addCleanup(folder.cleanup)
        self.data = folder.name + "/data"
        self.receiver = Receiver()
        self.addCleanup(self.receiver.stop)
        self.receiver.server.handle_error = lambda *_: None  # the server died while it was told
        self.released = threading.Event()
        self.addCleanup(self.released.set)
        self.apps = [self.register("App %d" % i, "/app%d" % i) for i in range(APPS)]
        self.people = [[] for _ in range(WORKERS)]
        self.stayers = []  # whom nobody signs out
        self.touched = set()
        self.is_killed = threading.Event()
        self.ended = {}  # the person, by path and sid of what must be told
        self.told = collections.Counter()  # by path and sid
        self.read = collections.Counter()  # tokens that were verified, by path
        self.subjects = {}  # that the tokens named, by path and sid
        self.keys = {}
        self.server = None
        self.addCleanup(lambda: self.server and self.server.kill())

    def register(self, name, path):
        work = Registration(lambda *arguments: command(*arguments, "--data-dir", self.data))
        app = RelyingParty(work, name, "--consent", "skip", "--backchannel-logout-uri",
                           self.receiver.url(path))
        app.path = path
        return app

    def test_every_sign_out_is_told(self):
        for cycle in range(CYCLES):
            seed = SEED + cycle
            try:
                self.cycle(random.Random(seed), seed)
            except AssertionError as error:
                raise AssertionError("cycle %d, CRASH_SEED=%d: %s"
                                     % (cycle, seed, error)) from error
            if cycle % 20 == 19:
                print("%d kills, %d ended, %d told" % (cycle + 1, len(self.ended), len(self.told)),
                      flush=True)
        self.start()
        # What a dead server was sending is due again after minutes (kLogoutClaim), and so is what a
        # receiver that was down did not take. An operator need not wait for that.
        for app in self.apps:
            self.server.command("client", "logouts", app.id, "--retry-all")
        self.settle(self.everybody())
        self.wait_until_told()
        self.settle(self.everybody())
        live = [g for one in self.everybody() for s in one.live() for g in s.grants
                if g.state == "live"]
        self.assertGreater(len(live), 0)
        self.assertGreater(len(self.ended), CYCLES)
        self.assertEqual(self.server.stop(), 0)
        Server.command(self.server, "db", "check")
        print("%d kills, %d accesses ended and told, %d of them more than once; %d live, none told"
              % (CYCLES, len(self.ended), sum(n > 1 for n in self.told.values()), len(live)))

    def wait_until_told(self):
        def rest():
            self.read_tokens()
            return set(self.ended) - set(self.told)
        try:
            wait_until(lambda: not rest(), "the sign-outs")
        except AssertionError:
            self.fail("applications were never told of %s" % sorted(rest()))
        for told_as, person in self.ended.items():
            self.assertEqual(self.subjects[told_as], person.subject)
        for app in self.apps:
            wait_until(lambda app=app: not self.waiting(app), "the last deliveries")
        self.read_tokens()

    def waiting(self, app):
        done = self.server.command("client", "logouts", app.id, "--state", "waiting", "--json")
        return json.loads(done.out)["logouts"]

    def everybody(self):
        return self.stayers + [person for people in self.people for person in people]

    def start(self):
        self.server = Server(*FLAGS, data_dir=self.data)
        self.is_killed.clear()

    def cycle(self, choices, seed):
        """One life of the server."""
        self.start()
        if not self.stayers:
            self.stayers.append(Person("stayer", self.apps))
            self.stayers[0].sign_up(self.server.port)
            self.stayers[0].sign_in(self.server.port, choices)
        self.settle(sorted(self.touched, key=lambda one: one.name))
        self.touched = set()
        self.released = threading.Event()
        trouble = choices.choice([None, None, 503, self.released])
        if trouble:
            self.receiver.answers[choices.choice(self.apps).path] = trouble
        workers = [Worker(self, i, seed) for i in range(WORKERS)]
        for worker in workers:
            worker.start()
        time.sleep(choices.uniform(0.05, 0.6))  # the moment of the kill is what is tested
        self.server.process.kill()
        self.is_killed.set()
        self.server.kill()  # waits for its end
        for worker in workers:
            worker.join()
        self.receiver.answers.clear()
        self.released.set()
        for worker in workers:
            if worker.failure:
                raise AssertionError("%r\n%s" % (worker.failure, self.server.log_text()[-2000:]))

    def settle(self, people):
        """Asks the server what became of these people, many in parallel, and compares that with
        what the applications were told."""
        failures = []

        def run(part):
            try:
                for person in part:
                    if person.subject:
                        person.settle(self.server.port)
            except Exception as error:  # any error: these people were not checked
                failures.append(error)

        threads = [threading.Thread(target=run, args=(people[i::WORKERS],)) for i in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        for person in people:
            for session in person.sessions:
                for grant in session.grants:
                    if grant.state == "ended":
                        self.ended[grant.told_as] = person
            person.sessions = [one for one in person.sessions if one.state == "live"]
        self.read_tokens()
        for person in people:
            for grant in (g for session in person.sessions for g in session.grants):
                if grant.state == "live":
                    self.assertNotIn(grant.told_as, self.told, person.name + " is signed in")

    def read_tokens(self):
        """Verifies what came since the last time."""
        for app in self.apps:
            with self.receiver.lock:
                fresh = self.receiver.told[app.path][self.read[app.path]:]
            self.read[app.path] += len(fresh)
            for token in fresh:
                self.told[app.path, self.verified(app, token)["sid"]] += 1

    def key(self, kid):
        """As an application finds it: the first RSA key is made a little after the first start."""
        if kid not in self.keys:
            keys = self.server.get("/.well-known/jwks.json").json["keys"]
            self.keys = {key["kid"]: key for key in keys}
        return self.keys[kid]

    def verified(self, app, token):
        head, claims = json.loads(unb64(token.split(".")[0])), claims_of(token)
        self.assertEqual((head["typ"], head["alg"]), ("logout+jwt", "RS256"))
        self.assertTrue(is_signed_with(self.key(head["kid"]), token), token)
        self.assertEqual((claims["iss"], claims["aud"]), (ISSUER, app.id))
        self.assertEqual(claims["events"], {EVENT: {}})
        self.assertNotIn("nonce", claims)
        self.assertTrue(claims["sub"])
        self.subjects[app.path, claims["sid"]] = claims["sub"]
        return claims


if __name__ == "__main__":
    print("CRASH_SEED=%d CRASH_CYCLES=%d" % (SEED, CYCLES), flush=True)
    unittest.main()
