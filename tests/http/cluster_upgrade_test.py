"""New releases on several hosts: one server after the other where the data stays as it is, and no
two forms of the data at once where it does not."""

import contextlib
import http.client
import subprocess
import threading
import unittest

from cluster import Cluster
from harness import DEADLINE, PASSWORD, wait_until

KEY = "m" + "schema_version"


class Work(threading.Thread):
    """Somebody who signs up and out, at whichever node answers, until it is told to end."""

    def __init__(self, cluster, name):
        super().__init__(daemon=True)
        self.cluster = cluster
        self.name_of = name
        self.is_over = threading.Event()
        self.made = []
        self.ended = []
        self.problem = None
        self.start()

    def ask(self, request):
        """The first answer that is not "come again"; a request that may have been done is sent
        again."""
        def anywhere():
            for server in list(self.cluster.servers):
                with contextlib.suppress(OSError, http.client.HTTPException):
                    reply = request(server)
                    if reply.status not in (429, 503):
                        return reply
            return None
        return wait_until(anywhere, "a node to answer")

    def run(self):
        try:
            number = 0
            while not self.is_over.is_set():
                number += 1
                name = "%s%d" % (self.name_of, number)
                reply = self.ask(lambda server, one=name: server.sign_up(one))
                assert reply.status in (201, 409), reply.body
                self.made.append(name)
                token = self.ask(lambda server, one=name: server.log_in(one)).json["access_token"]
                reply = self.ask(lambda server, one=token: server.post("/api/v1/auth/logout",
                                                                       token=one))
                assert reply.status in (204, 200, 401), reply.body
                self.ended.append(token)
        except Exception as problem:  # pylint: disable=broad-except
            self.problem = problem

    def done(self):
        self.is_over.set()
        self.join(DEADLINE)
        assert not self.is_alive(), "it does not end"
        if self.problem:
            raise self.problem


class Rolling(unittest.TestCase):
    def test_servers_are_replaced_one_after_the_other_under_load(self):
        with Cluster(3) as cluster:
            cluster.ready()
            work = [Work(cluster, name) for name in ("ann", "bob")]
            wait_until(lambda: all(one.made for one in work), "the work to begin")
            for node in range(3):
                before = [len(one.made) for one in work]
                self.assertEqual(cluster[node].stop(), 0)
                wait_until(lambda: all(len(one.made) > count or one.problem
                                       for one, count in zip(work, before)),
                           "the work to go on without node %d" % node)
                cluster.start(node)
                cluster.ready(node)
            for one in work:
                one.done()
            for one in work:
                for server in cluster.servers:
                    self.assertEqual(server.log_in(one.made[-1]).status, 200)
                    for token in one.ended[-3:]:
                        self.assertEqual(server.me(token).status, 401)
                self.assertGreater(len(one.made), 3)
            cluster.command(0, "db", "check")  # which fails if it finds anything


class Schema(unittest.TestCase):
    """The data of another schema, as the version in PostgreSQL says."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(2)
        cls.cluster[0].sign_up("ann")

    @classmethod
    def tearDownClass(cls):
        cls.cluster.__exit__(None)

    def sql(self, text):
        return self.cluster.database.sql(text, "authd")

    def set_version(self, version):
        """Behind the back of the servers: their copies have to be made again."""
        self.sql("UPDATE authd.authd_kv SET value = set_byte(value, length(value) - 1, %d) "
                 "WHERE key = '%s'::bytea" % (version, KEY))

    def forget_copy(self, node):
        subprocess.run(["rm", "-rf", self.cluster.directory(node) + "/copy"], check=True)

    def start_again(self, node):
        """What a start says that is refused."""
        self.forget_copy(node)
        with self.assertRaises(AssertionError) as refused:
            self.cluster.start(node)
        return str(refused.exception)

    def test_an_upgrade_of_the_data_waits_for_the_others_and_an_older_release_is_refused(self):
        cluster = self.cluster
        cluster.ready()
        self.assertEqual(cluster[1].stop(), 0)
        # The release on node 1 is newer: its data is to be upgraded, but node 0 still runs.
        self.set_version(1)
        self.assertIn("node0", self.start_again(1))
        self.assertEqual(cluster[0].log_in("ann").status, 200)
        # With nobody else it goes through, after a snapshot.
        self.assertEqual(cluster[0].stop(), 0)
        self.sql("UPDATE authd.authd_nodes SET seen = seen - interval '1 minute'")
        cluster.start(1)
        self.assertEqual(cluster[1].log_in("ann").status, 200)
        self.assertIn("snapshot", cluster[1].log_text())
        cluster.start(0)
        self.assertEqual(cluster[0].log_in("ann").status, 200)
        # The release on node 0 is older than the data now.
        self.assertEqual(cluster[0].stop(), 0)
        self.set_version(9)
        self.assertIn("written by a newer authd", self.start_again(0))
        self.assertEqual(cluster[1].log_in("ann", PASSWORD).status, 200)
        self.set_version(2)
        self.forget_copy(0)
        cluster.start(0)
        cluster.ready()


if __name__ == "__main__":
    unittest.main()
