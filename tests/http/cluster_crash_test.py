"""crash_test.py on two servers with one PostgreSQL: the clients use both, and the commands a node
of their own. Each kill ends one of the servers, every third one PostgreSQL as well (its processes;
what a disk may lose is its own affair). CRASH_CYCLES (5), CRASH_SEED: as there."""

import os
import random
import re
import time
import unittest

import crash_test
import harness
from harness import Server, wait_until
from postgresql import Postgresql

NODES = 2

crash_test.CYCLES = int(os.environ.get("CRASH_CYCLES", "5"))


def copy_age(server):
    """Since the server was last known to have everything, in seconds."""
    metrics = server.get("/metrics").body.decode()
    return float(re.search(r"^authd_store_copy_age_seconds (\S+)", metrics, re.M)[1])


class Nodes:
    """What crash_test.py takes for one server."""

    def __init__(self, folder, environment):
        self.folder = folder
        self.environment = environment
        self.servers = [None] * NODES
        self.victim = 0
        self.process = self  # whose kill() is the crash
        self.data_dir = os.path.join(folder, "data")

    def start(self, flags):
        for number, server in enumerate(self.servers):
            if server is None or server.process.poll() is not None:
                name = "node%d" % number
                self.servers[number] = Server(
                    *flags, data_dir=os.path.join(self.folder, name),
                    environment={**self.environment, "AUTHD_CLUSTER_NODE": name})
        # After a kill of PostgreSQL, the servers that lived on have to reach it first.
        begin = time.monotonic()
        for server in self.servers:
            wait_until(lambda: copy_age(server) < time.monotonic() - begin,
                       "every node to follow PostgreSQL")

    @property
    def port(self):
        return random.choice(self.servers).port

    def kill(self):
        self.servers[self.victim].kill()

    def stop(self):
        return max(server.stop() for server in self.servers)

    def log_text(self):
        return "\n".join(server.log_text()[-2000:] for server in self.servers)

    def command(self, *arguments, stdin="", check=True, env=None):
        return Server.command(self, *arguments, stdin=stdin, check=check, env=env)


class ClusterCrash(crash_test.Crash):
    def setUp(self):
        self.database = Postgresql()
        self.addCleanup(self.database.__exit__)
        self.nodes = None
        self.addCleanup(self.end_all)

    def place_for_data(self, folder):
        configured = {"AUTHD_STORE_ENGINE": "postgresql", "AUTHD_STORE_URL": self.database.url(),
                      "AUTHD_CLUSTER_NODE": "commands", "AUTHD_CLUSTER_LEASE": "20s",
                      "AUTHD_SECRETS_MASTER_KEY_FILE": os.path.join(folder, "master.key")}
        harness.CONFIGURED.update(configured)
        self.addCleanup(harness.CONFIGURED.clear)
        self.nodes = Nodes(folder, configured)
        # The first server makes the master key and the schema; commands make nothing.
        self.nodes.start(("--public-url", "http://localhost:8080"))
        self.assertEqual(self.nodes.stop(), 0)
        return self.nodes.data_dir

    def end_all(self):
        for server in self.nodes.servers if self.nodes else []:
            if server:
                server.kill()

    def start(self):
        self.nodes.start(self.flags)
        self.server = self.nodes
        self.is_killed.clear()

    def after_kill(self):
        if self.nodes.victim == 0:
            self.database.kill()
            self.database.start()
        self.nodes.victim = random.choice((0, 1, 1))


if __name__ == "__main__":
    print("CRASH_SEED=%d CRASH_CYCLES=%d" % (crash_test.SEED, crash_test.CYCLES), flush=True)
    unittest.main()
