"""A main server and its replicas, as the tests of replicas need them."""

import http.client
import json
import os
import socket
import tempfile
import unittest

from harness import DEADLINE, PASSWORD, Server, basic, send, wait_until
from session_cookie_test import SESSION, cookie_of

VERIFY = "/auth/verify"
CLIENT = "sidecar"


def by_port(port, method, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
    try:
        return send(connection, method, path)
    finally:
        connection.close()


class SocketConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=DEADLINE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE)
        self.sock.connect(self.path)


def by_socket(path, method, target, **kwargs):
    connection = SocketConnection(path)
    try:
        return send(connection, method, target, **kwargs)
    finally:
        connection.close()


class World:
    """A main server, the client of its replicas, and a person."""

    def __init__(self, *flags):
        self.folder = tempfile.TemporaryDirectory(prefix="authd-test-")
        self.socket = os.path.join(self.folder.name, "main.sock")
        self.data = os.path.join(self.folder.name, "data")
        self.flags = flags
        self.main = None
        self.start()
        self.main.command("user", "add", "--username", "root", "--email", "root@example.org",
                          "--admin", stdin=PASSWORD + "\n")
        self.secret = self.make_client(CLIENT)
        self.secret_file = os.path.join(self.folder.name, "secret")
        with open(self.secret_file, "w") as file:
            file.write(self.secret + "\n")

    def make_client(self, name, *more):
        made = self.main.command("client", "add", name, "--id", name, "--set", "replica=true",
                                 "--json", *more)
        return json.loads(made.stdout)["client_secret"]

    def start(self):
        self.main = Server("--public-url", "http://localhost:8080", *self.flags,
                           data_dir=self.data, listen="127.0.0.1:0,unix:" + self.socket)

    def replica_flags(self, of=None, client=CLIENT):
        return ["--replica-of", of or "unix:" + self.socket, "--replica.client-id", client,
                "--replica.client-secret-file", self.secret_file]

    def replica(self, *flags, **kwargs):
        return Server(*self.replica_flags(), *flags, **kwargs)

    def ask_main(self, method, target, secret=None, **kwargs):
        headers = basic(CLIENT, secret or self.secret)
        return by_socket(self.socket, method, "/api/v1/replica/" + target, headers=headers,
                         **kwargs)

    def close(self):
        self.main.__exit__(None)
        self.folder.cleanup()


def metric(server, name):
    for line in server.get("/metrics").body.decode().splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    raise AssertionError("no metric " + name)


def verify(server, token=None, cookie=None, query="", **headers):
    if cookie:
        headers["Cookie"] = cookie
    return server.get(VERIFY + query, token=token,
                      headers={k.replace("_", "-"): v for k, v in headers.items()})


def known(server, **credential):
    """A replica asks the main server before it says no, and not for long: a busy machine may take
    longer."""
    wait_until(lambda: verify(server, **credential).status == 200, "the credential to be known")


def identity(reply):
    return {k: v for k, v in reply.headers.items() if k.lower().startswith("x-auth-")}


class ReplicaCase(unittest.TestCase):
    flags = ()
    replica_flags = ()

    @classmethod
    def setUpClass(cls):
        cls.world = World(*cls.flags)
        cls.replica = cls.world.replica(*cls.replica_flags)

    @classmethod
    def tearDownClass(cls):
        cls.replica.__exit__(None)
        cls.world.close()

    @property
    def main(self):
        return self.world.main

    def browser(self, name):
        reply = self.main.post("/api/v1/auth/login", {"login": name, "password": PASSWORD},
                               headers=SESSION)
        self.assertEqual(reply.status, 200, reply.body)
        return "authd_session=" + cookie_of(reply).value, reply.json["csrf_token"]

    def becomes(self, status, ask, what):
        wait_until(lambda: ask().status == status, what)
