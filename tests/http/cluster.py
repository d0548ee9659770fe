"""Several servers of authd on one PostgreSQL."""

import json
import os
import shutil
import tempfile

from harness import Server, command, wait_until
from postgresql import Postgresql, Relay

# A lease that a busy machine can keep, unless a test is about its end.
LEASE = "20s"


class Cluster:
    """A context manager. Node N is cluster[N]; each has its own data directory, and reaches
    PostgreSQL through a relay of its own."""

    def __init__(self, nodes=3, lease=LEASE, database=None, url=None, flags=()):
        self.lease = lease
        self.flags = list(flags)
        self.root = tempfile.mkdtemp(prefix="authd-test-")
        self.key = os.path.join(self.root, "master.key")
        self.owns_database = database is None
        self.database = database or Postgresql()
        self.relays = [Relay(self.database.port) for _ in range(nodes)]
        self.own_url = url
        self.servers = [None] * nodes
        for node in range(nodes):
            self.start(node)

    def directory(self, node):
        return os.path.join(self.root, "node%d" % node)

    def url(self, node):
        return self.own_url or self.database.url(ports=[self.relays[node].port])

    def environment(self, node):
        return {"AUTHD_STORE_ENGINE": "postgresql", "AUTHD_STORE_URL": self.url(node),
                "AUTHD_CLUSTER_NODE": "node%d" % node, "AUTHD_CLUSTER_LEASE": self.lease,
                "AUTHD_SECRETS_MASTER_KEY_FILE": self.key}

    def start(self, node, **environment):
        self.servers[node] = Server(
            "--public-url", "http://localhost:8080", *self.flags,
            data_dir=self.directory(node),
            environment={**self.environment(node), **environment})
        return self.servers[node]

    def command(self, node, *arguments, check=True, stdin="", **environment):
        return command(*arguments, "--data-dir", self.directory(node), check=check, stdin=stdin,
                       env={**self.environment(node), **environment})

    def __getitem__(self, node):
        return self.servers[node]

    def __len__(self):
        return len(self.servers)

    def ready(self, *nodes):
        """Waits until these nodes, or all, answer."""
        for node in nodes or range(len(self)):
            wait_until(lambda: self.servers[node].get("/readyz").status == 200,
                       "node %d to be ready" % node)

    def leader(self):
        """The number of the node that runs the jobs, once there is one that is alive."""
        def find():
            alive = {"node%d" % n: n for n, server in enumerate(self.servers)
                     if server.process.poll() is None}
            names = [row["name"] for row in self.nodes() if row["leads"]]
            return [alive[name] for name in names if name in alive]
        return wait_until(find, "a leader")[0]

    def nodes(self):
        return json.loads(self.command(0, "cluster", "nodes", "--json").out)["nodes"]

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        for relay in self.relays:
            if relay.is_cut:
                relay.mend()
        for server in self.servers:
            if server.process.poll() is None:
                server.__exit__(failed)
            elif failed:
                print(server.log_text()[-4000:])
        for relay in self.relays:
            relay.close()
        if self.owns_database:
            self.database.__exit__()
        shutil.rmtree(self.root, ignore_errors=True)
