"""oidc-agent, which keeps people's tokens on command lines and clusters, before a running authd: it
signs a person in with the device grant (RFC 8628), and, as a client that registers itself (RFC
7591), with a code that comes to an address of this machine. It then refreshes by itself."""

import http.client
import os
import re
import signal
import subprocess
import tempfile
import unittest
import urllib.parse

from harness import DEADLINE, Server, ServerCase, clean_environment, reserve_port, wait_until
from provider import Browser, RelyingParty, claims_of, path_of

SCOPE = "openid profile offline_access"
USER_CODE = re.compile(r"\b[B-DF-HJ-NP-TV-Z]{4}-[B-DF-HJ-NP-TV-Z]{4}\b")


class Agent:
    """A running agent with a folder of its own, and its commands."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="authd-agent-")
        config = os.path.join(self.folder.name, "config")
        os.mkdir(config, 0o700)
        socket = os.path.join(self.folder.name, "socket")
        self.environment = clean_environment(
            HOME=self.folder.name, OIDC_CONFIG_DIR=config, OIDC_SOCK=socket,
            OIDC_ENCRYPTION_PW="of the test")
        self.log = open(os.path.join(self.folder.name, "log"), "w+b")
        # It is two processes; both are in a group of their own.
        self.process = subprocess.Popen(
            ["oidc-agent", "--console", "--socket-path=" + socket, "--log-stderr",
             "--no-autoreauthenticate"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=self.environment,
            start_new_session=True)
        try:
            wait_until(lambda: os.path.exists(socket) or self.ended(), "oidc-agent to start")
        except AssertionError:
            self.stop()
            raise

    def ended(self):
        if self.process.poll() is not None:
            raise AssertionError("it ended: " + self.log_text())

    def log_text(self):
        return os.pread(self.log.fileno(), 1 << 20, 0).decode("utf-8", "replace")

    def generate(self, *flags):
        """A configuration "ann", as a process that asks the person for something; `said` is what it
        prints."""
        said = tempfile.TemporaryFile(mode="w+b")
        process = subprocess.Popen(
            ["oidc-gen", "ann", "--scope=" + SCOPE, "--prompt=none", "--confirm-default",
             "--pw-env=OIDC_ENCRYPTION_PW", *flags],
            stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=self.environment)
        process.said = lambda: os.pread(said.fileno(), 1 << 20, 0).decode("utf-8", "replace")
        return process

    def token(self, *flags, check=True):
        done = subprocess.run(["oidc-token", *flags, "ann"], stdin=subprocess.DEVNULL,
                              capture_output=True, env=self.environment, timeout=DEADLINE,
                              check=False)
        if check:
            assert done.returncode == 0, done.stderr.decode() + self.log_text()
            return done.stdout.decode().strip()
        return done

    def stop(self):
        for how in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, how)
            except ProcessLookupError:
                break
            if how == signal.SIGTERM:
                try:
                    self.process.wait(timeout=10)
                except subprocess.TimeoutExpired:
                    pass
        self.process.wait(timeout=DEADLINE)
        self.log.close()
        self.folder.cleanup()


class AgentCase(ServerCase):
    PROVIDER = ()

    @classmethod
    def setUpClass(cls):
        port = reserve_port()
        cls.issuer = "http://127.0.0.1:%d" % port
        cls.server = Server("--server.public-url", cls.issuer, *cls.PROVIDER,
                            listen="127.0.0.1:%d" % port)
        cls.server.sign_up("ann", first_name="Ann", last_name="Lee")
        cls.subject = cls.server.log_in("ann").json["user"]["subject"]

    def setUp(self):
        self.agent = Agent()
        self.addCleanup(self.agent.stop)
        self.browser = Browser(self.server)
        self.browser.sign_in("ann")

    def begin(self, pattern, *flags):
        """oidc-gen, and the first match of what it says."""
        process = self.agent.generate("--iss=" + self.issuer, *flags)
        self.addCleanup(lambda: process.poll() is None and process.kill())

        def found():
            match = re.search(pattern, process.said())
            if not match and process.poll() is not None:
                raise AssertionError("it ended: " + process.said() + self.agent.log_text())
            return match
        return process, wait_until(found, "oidc-gen to say what to do")

    def finish(self, process):
        self.assertEqual(process.wait(timeout=DEADLINE), 0,
                         process.said() + self.agent.log_text())

    def works(self, client):
        """The agent has tokens for ann, and gets new ones by itself until she ends that."""
        token = self.agent.token()
        claims = claims_of(token)
        self.assertEqual((claims["sub"], claims["client_id"]), (self.subject, client))
        about = self.server.get("/oauth2/userinfo", token=token)
        self.assertEqual(about.json["given_name"], "Ann")
        again = [self.agent.token("--force-new") for _ in range(2)]
        self.assertEqual(len({token, *again}), 3)
        self.assertEqual(self.server.get("/oauth2/userinfo", token=again[1]).status, 200)
        grants = self.browser.get("/api/v1/users/me/grants").json["grants"]
        mine, = [one for one in grants if one["client_id"] == client]
        self.assertEqual(self.browser.delete("/api/v1/users/me/grants/" + mine["id"]).status, 204)
        refused = self.agent.token("--force-new", check=False)
        self.assertNotEqual(refused.returncode, 0, refused.stdout)
        self.assertIn(b"invalid_grant", refused.stderr + self.agent.log_text().encode())


class Device(AgentCase):
    def connect(self, public):
        app = RelyingParty(self.server, "oidc-agent", "--grant", "device_code", "--grant",
                           "refresh_token", redirect=None, public=public)
        process, code = self.begin(USER_CODE, "--flow=device", "--client-id=" + app.id,
                                   "--client-secret=" + app.secret)
        answer = self.browser.post("/api/v1/oauth/device/answer",
                                   {"user_code": code[0], "decision": "allow"})
        self.assertEqual(answer.status, 204, answer.body)
        self.finish(process)
        self.works(app.id)

    def test_a_person_allows_it_on_another_device(self):
        self.connect(public=True)

    def test_with_a_secret(self):
        self.connect(public=False)


class Registration(AgentCase):
    PROVIDER = ("--provider.registration", "open")

    def test_it_registers_itself_and_gets_a_code_on_this_machine(self):
        port = reserve_port()
        process, address = self.begin(
            r"http://\S+/oauth2/authorize\?\S+", "--flow=code", "--no-url-call", "--no-scheme",
            "--port=%d" % port)
        asked = urllib.parse.urlsplit(address[0])
        client = urllib.parse.parse_qs(asked.query)["client_id"][0]
        self.assertTrue(client.startswith("authd_registered_"), client)
        reply = self.browser.get(asked.path + "?" + asked.query)
        self.assertTrue(path_of(reply).startswith("/consent?"), reply.headers["Location"])
        text = urllib.parse.parse_qs(urllib.parse.urlsplit(path_of(reply)).query)["request"][0]
        allowed = self.browser.post("/api/v1/oauth/requests/" + text, {"decision": "allow"})
        back = self.browser.get(allowed.json["redirect_to"]).headers["Location"]
        self.assertTrue(back.startswith("http://localhost:%d" % port), back)
        self.deliver(back)
        self.finish(process)
        self.works(client)

    def deliver(self, address):
        """As the browser of a person on this machine."""
        target = urllib.parse.urlsplit(address)
        connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=DEADLINE)
        connection.request("GET", (target.path or "/") + "?" + target.query)
        self.assertLess(connection.getresponse().status, 400)
        connection.close()


if __name__ == "__main__":
    unittest.main()
