"""The life of a replica: how it starts, what happens while its main server is away, its end."""

import json
import os
import subprocess
import tempfile
import time
import unittest
import urllib.parse

from cluster import Cluster
from harness import (BINARY, DEADLINE, PASSWORD, Server, basic, clean_environment, make_certificate,
                     reserve_port, wait_until)
from replica import CLIENT, ReplicaCase, World, by_socket, known, metric, verify


class Restarts(ReplicaCase):
    replica_flags = ("--replica.lease", "1m")

    def test_checks_go_on_while_the_main_server_is_away(self):
        main = self.main
        main.command("user", "add", "--username", "ann", stdin=PASSWORD + "\n")
        token = main.log_in("ann").json["access_token"]
        cookie, _ = self.browser("ann")
        refused = []
        asked = 0

        def ask():
            nonlocal asked
            for credential in ({"token": token}, {"cookie": cookie}):
                asked += 1
                status = verify(self.replica, **credential).status
                if status != 200:
                    refused.append(status)

        known(self.replica, token=token)
        known(self.replica, cookie=cookie)
        ask()
        for is_killed in (False, True):
            self.main.kill() if is_killed else self.main.stop()
            for _ in range(20):
                ask()
            self.assertEqual(verify(self.replica, token="x").status, 401)
            self.assertEqual(self.replica.get("/readyz").status, 200)
            self.world.start()
            main = self.main
            for _ in range(20):
                ask()
            # It follows again, and what is new is known.
            newer = main.log_in("ann").json["access_token"]
            self.becomes(200, lambda: verify(self.replica, token=newer), "the replica to follow")
        self.assertEqual(refused, [])
        self.assertGreaterEqual(asked, 80)
        self.assertEqual(metric(self.replica, "authd_store_copies_total"), 1)
        main.post("/api/v1/auth/logout/all", token=token)
        self.becomes(401, lambda: verify(self.replica, token=token), "the sign-out to arrive")

    def test_a_restart_of_the_replica_copies_nothing_again(self):
        with self.world.replica() as first:
            directory = tempfile.mkdtemp(dir=self.world.folder.name)
            self.assertEqual(metric(first, "authd_store_copies_total"), 1)
        for copies in (1, 0, 0):
            with self.world.replica(data_dir=directory) as replica:
                self.assertEqual(metric(replica, "authd_store_copies_total"), copies)

    def test_a_killed_replica_goes_on(self):
        directory = tempfile.mkdtemp(dir=self.world.folder.name)
        self.main.command("user", "add", "--username", "kim", stdin=PASSWORD + "\n")
        for _ in range(3):
            replica = self.world.replica(data_dir=directory)
            token = self.main.log_in("kim").json["access_token"]
            known(replica, token=token)
            replica.kill()

    def test_other_data_of_the_main_server_is_copied_anew(self):
        world = World()
        try:
            with world.replica() as replica:
                backup = os.path.join(world.folder.name, "backup")
                world.main.command("user", "add", "--username", "ann", stdin=PASSWORD + "\n")
                token = world.main.log_in("ann").json["access_token"]
                world.main.command("backup", backup)
                later = world.main.log_in("ann").json["access_token"]
                known(replica, token=later)
                world.main.stop()
                world.main.command("restore", backup, "--force")
                world.start()
                # The later session has never been, and the earlier one is there.
                wait_until(lambda: verify(replica, token=later).status == 401,
                           "the restored state to arrive")
                known(replica, token=token)
                self.assertEqual(metric(replica, "authd_store_copies_total"), 2)
        finally:
            world.close()


class Lease(unittest.TestCase):
    def test_without_the_main_server_nothing_is_answered_after_the_lease(self):
        world = World()
        try:
            world.main.command("user", "add", "--username", "ann", stdin=PASSWORD + "\n")
            token = world.main.log_in("ann").json["access_token"]
            with world.replica("--replica.lease", "1s") as replica:
                known(replica, token=token)
                world.main.stop()
                wait_until(lambda: verify(replica, token=token).status == 503, "the lease to end")
                self.assertEqual(replica.get("/readyz").status, 503)
                self.assertIn(b"main server", replica.get("/readyz").body)
                self.assertEqual(replica.get("/livez").status, 200)
                self.assertEqual(metric(replica, "authd_store_lease_held"), 0)
                world.start()
                wait_until(lambda: verify(replica, token=token).status == 200, "the lease to begin")
                self.assertEqual(replica.get("/readyz").status, 200)
        finally:
            world.close()

    def test_a_replica_whose_client_may_no_longer_copy_stops_answering(self):
        for ended in (("client", "set", CLIENT, "disabled=true"),
                      ("client", "set", CLIENT, "replica=false"),
                      ("client", "delete", CLIENT, "--yes")):
            with self.subTest(ended):
                world = World()
                try:
                    world.main.command("user", "add", "--username", "ann", stdin=PASSWORD + "\n")
                    token = world.main.log_in("ann").json["access_token"]
                    with world.replica("--replica.lease", "1s") as replica:
                        known(replica, token=token)
                        world.main.command(*ended)
                        wait_until(lambda: verify(replica, token=token).status == 503,
                                   "the lease to end")
                        replica.logged(message="the main server is not followed")
                finally:
                    world.close()


class Start(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World()

    @classmethod
    def tearDownClass(cls):
        cls.world.close()

    def serve(self, *flags):
        with tempfile.TemporaryDirectory(prefix="authd-test-") as directory:
            done = subprocess.run([BINARY, "serve", "--listen", "127.0.0.1:0", "--data-dir",
                                   directory, *flags], capture_output=True, timeout=DEADLINE,
                                  env=clean_environment())
        return done.returncode, done.stderr.decode()

    def test_what_is_wrong_is_said(self):
        of = "unix:" + self.world.socket
        for flags, said in (
                (["--replica-of", "http://auth.example.org"], "https://host"),
                (["--replica-of", "https://auth.example.org/path"], "https://host"),
                (["--replica-of", of], "replica.client_id"),
                (["--replica-of", of, "--replica.client-id", CLIENT], "replica.client_secret_file"),
                ([*self.world.replica_flags(client="nobody")], "401"),
                ([*self.world.replica_flags()[:-1], "/dev/null"], "is empty"),
                ([*self.world.replica_flags()[:-1], "/nowhere"], "/nowhere")):
            with self.subTest(flags):
                code, text = self.serve(*flags)
                self.assertNotEqual(code, 0)
                self.assertIn(said, text)

    def test_a_client_that_is_none_is_refused(self):
        made = json.loads(self.world.main.command("client", "add", "App", "--json").stdout)
        file = os.path.join(self.world.folder.name, "other")
        with open(file, "w") as out:
            out.write(made["client_secret"])
        code, text = self.serve(*self.world.replica_flags(client=made["client_id"])[:-1], file)
        self.assertNotEqual(code, 0)
        self.assertIn("replica = true", text)

    def test_a_directory_with_a_database_is_left_alone(self):
        with Server() as other:
            directory = other.data_dir
            other.stop()
            done = subprocess.run([BINARY, "serve", "--listen", "127.0.0.1:0", "--data-dir",
                                   directory, *self.world.replica_flags()], capture_output=True,
                                  timeout=DEADLINE, env=clean_environment())
            self.assertEqual(done.returncode, 4)
            self.assertIn(b"database of its own", done.stderr)

    def test_it_waits_for_a_main_server_that_starts_later(self):
        world = World()
        try:
            world.main.stop()
            with tempfile.TemporaryDirectory(prefix="authd-test-") as directory:
                log = os.path.join(directory, "log")
                with open(log, "wb") as out:
                    process = subprocess.Popen(
                        [BINARY, "serve", "--log.format", "json", "--listen", "127.0.0.1:0",
                         "--data-dir", directory, *world.replica_flags()], stderr=out,
                        env=clean_environment())
                try:
                    def has(text):
                        with open(log, "rb") as lines:
                            return text in lines.read()
                    wait_until(lambda: has(b"waiting for the main server"), "it to wait")
                    world.start()
                    wait_until(lambda: has(b'"authd serves"'), "it to serve")
                finally:
                    process.terminate()
                    self.assertEqual(process.wait(DEADLINE), 0)
        finally:
            world.close()

    def test_a_client_of_a_replica_has_a_secret_and_nothing_else(self):
        for more in (("--set", "grant_types=client_credentials"), ("--set", "public=true")):
            done = self.world.main.command("client", "add", "Bad", "--set", "replica=true", *more,
                                           check=False)
            self.assertNotEqual(done.returncode, 0, more)


class Stream(unittest.TestCase):
    """What the main server lets replicas have, asked by hand."""

    @classmethod
    def setUpClass(cls):
        cls.world = World()
        cls.main = cls.world.main

    @classmethod
    def tearDownClass(cls):
        cls.world.close()

    def place(self):
        page = self.world.ask_main("GET", "records").body
        self.assertTrue(page.startswith(b"authd-page-1\n"))
        number, mark = int.from_bytes(page[13:21], "big"), page[21:37]
        return "%d-%s" % (number, mark.hex())

    def test_only_by_tls_or_a_socket(self):
        reply = self.main.get("/api/v1/replica/records",
                              headers=basic(CLIENT, self.world.secret))
        self.assertEqual((reply.status, reply.json["error"]), (403, "insecure_connection"))

    def test_only_for_replicas(self):
        self.assertEqual(self.world.ask_main("GET", "records", secret="wrong").status, 401)
        self.assertEqual(by_socket(self.world.socket, "GET", "/api/v1/replica/records").status, 401)
        made = json.loads(self.main.command("client", "add", "App", "--json").stdout)
        for path in ("records", "changes?after=" + self.place(), "settings"):
            reply = by_socket(self.world.socket, "GET", "/api/v1/replica/" + path, headers=basic(
                made["client_id"], made["client_secret"]))
            self.assertEqual((reply.status, reply.json["error"]), (403, "not_a_replica"), path)

    def test_places_that_are_none(self):
        good = self.place()
        number, mark = good.split("-")
        for text in ("", "1", "-", "x-" + mark, number + "-zz", number + "-" + mark + "00",
                     "-1-" + mark, "99999999999999999999999-" + mark):
            reply = self.world.ask_main("GET", "changes?after=" + urllib.parse.quote(text))
            self.assertEqual((reply.status, reply.json["field"]), (422, "after"), text)
        for text in (str(int(number) + 1000) + "-" + mark, number + "-" + "00" * 16, "0-" + mark):
            reply = self.world.ask_main("GET", "changes?after=" + text)
            self.assertEqual((reply.status, reply.json["error"]), (409, "replica_behind"), text)
        self.assertEqual(self.world.ask_main("GET", "changes?after=" + good).status, 200)
        for query in ("from=xyz", "from=" + "61" * 600, "other=1"):
            self.assertIn(self.world.ask_main("GET", "records?" + query).status, (400, 422), query)

    def test_a_change_ends_the_wait(self):
        def waited():
            # What was used a moment ago is written a little later, and is a change, too.
            begin = time.monotonic()
            reply = self.world.ask_main("GET", "changes?after=%s&wait=1s" % self.place())
            self.assertEqual(reply.status, 200)
            return time.monotonic() - begin >= 0.9 and reply
        quiet = wait_until(waited, "a second without changes")
        place = self.place()
        self.main.command("user", "add", "--username", "new" + os.urandom(4).hex(),
                          stdin=PASSWORD + "\n")
        news = self.world.ask_main("GET", "changes?after=%s&wait=60s" % place)
        self.assertEqual(news.status, 200)
        self.assertGreater(len(news.body), len(quiet.body))

    def test_a_copy_is_audited(self):
        self.place()
        token = self.main.log_in("root").json["access_token"]
        found = self.main.get("/api/v1/admin/audit?action=replica_copied", token=token).json
        self.assertEqual(found["entries"][0]["target"], CLIENT)

    def test_use_is_told(self):
        self.main.command("user", "add", "--username", "liv", stdin=PASSWORD + "\n")
        user = json.loads(self.main.command("user", "show", "liv", "--json").stdout)
        told = self.world.ask_main("POST", "activity", form={"users": str(user["id"]),
                                                             "sessions": "A" * 22,
                                                             "api_keys": "%d:1" % user["id"]})
        self.assertEqual(told.status, 204, told.body)

        def seen():
            now = json.loads(self.main.command("user", "show", "liv", "--json").stdout)
            return now["last_activity"] != user["last_activity"]
        wait_until(seen, "the use to be stored")
        for path in ("settings?other=1", "records?other=1", "activity?other=1"):
            method = "POST" if path.startswith("activity") else "GET"
            reply = self.world.ask_main(method, path, form={"users": "1"} if method == "POST"
                                        else None)
            self.assertEqual((reply.status, reply.json["field"]), (422, "other"), path)
        other = self.world.ask_main("POST", "activity", form={"users": "1", "other": "1"})
        self.assertEqual((other.status, other.json["field"]), (422, "other"))
        for form in ({"users": "x"}, {"sessions": "short"}, {"api_keys": "7"}, {"api_keys": ":"},
                     {"users": ",".join(["1"] * 1001)}):
            self.assertEqual(self.world.ask_main("POST", "activity", form=form).status, 400, form)

    def test_settings_are_told_and_nothing_secret_is_among_them(self):
        told = self.world.ask_main("GET", "settings").json
        self.assertEqual(told["settings"]["tokens.audience"], "authd")
        self.assertFalse([key for key in told["settings"] if "secret" in key or "password" in key])


class Settings(unittest.TestCase):
    def test_other_settings_of_the_main_server_take_effect(self):
        world = World("--tokens.audience", "one")
        try:
            world.main.command("user", "add", "--username", "ann", stdin=PASSWORD + "\n")
            # Its own file does not count: tokens of the main server are checked.
            replica = world.replica("--replica.lease", "1m", "--tokens.audience", "mine")
            try:
                token = world.main.log_in("ann").json["access_token"]
                known(replica, token=token)
                world.main.stop()
                world.flags = ("--tokens.audience", "two")
                world.start()
                self.assertEqual(replica.process.wait(DEADLINE), 5)
                self.assertIn("the next start has them", replica.log_text())
                directory = replica.data_dir
                with world.replica("--replica.lease", "1m", data_dir=directory) as again:
                    newer = world.main.log_in("ann").json["access_token"]
                    known(again, token=newer)
                    self.assertEqual(verify(again, token=token).status, 401)
                    self.assertEqual(metric(again, "authd_store_copies_total"), 0)
            finally:
                replica.kill()
        finally:
            world.close()


class OverTls(unittest.TestCase):
    def test_by_https_with_an_authority_of_its_own(self):
        world = World()
        try:
            cert, key = make_certificate(world.folder.name, "localhost")
            world.main.stop()
            port = reserve_port()
            world.main = Server("--server.tls-cert", cert, "--server.tls-key", key, "--public-url",
                                "https://localhost:%d" % port, data_dir=world.data,
                                listen="127.0.0.1:%d,unix:%s" % (port, world.socket))
            login = by_socket(world.socket, "POST", "/api/v1/auth/login",
                              body={"login": "root", "password": PASSWORD},
                              headers={"Host": "localhost:%d" % port})
            self.assertEqual(login.status, 200, login.body)
            flags = world.replica_flags(of="https://localhost:%d" % port)
            with Server(*flags, "--fetch.ca-file", cert) as replica:
                known(replica, token=login.json["access_token"])
        finally:
            world.close()


class OfACluster(unittest.TestCase):
    def test_it_follows_whichever_node_it_reaches(self):
        with Cluster(2) as cluster:
            sockets = [cluster.root + "/%d.sock" % node for node in range(2)]
            for node in range(2):
                cluster[node].stop()
                cluster.servers[node] = Server(
                    "--public-url", "http://localhost:8080", data_dir=cluster.directory(node),
                    environment=cluster.environment(node),
                    listen="127.0.0.1:0,unix:" + sockets[node])
            cluster.ready()
            made = cluster.command(0, "client", "add", CLIENT, "--id", CLIENT, "--set",
                                   "replica=true", "--json")
            secret, balancer = cluster.root + "/secret", cluster.root + "/balancer.sock"
            with open(secret, "w") as file:
                file.write(json.loads(made.out)["client_secret"])
            os.symlink(sockets[0], balancer)
            cluster[0].sign_up("ann")
            with Server("--replica-of", "unix:" + balancer, "--replica.client-id", CLIENT,
                        "--replica.client-secret-file", secret, "--replica.lease",
                        "1m") as replica:
                tokens = [cluster[node].log_in("ann").json["access_token"] for node in (0, 1)]
                for token in tokens:
                    wait_until(lambda one=token: verify(replica, token=one).status == 200,
                               "a session of any node to be known")
                os.remove(balancer)
                os.symlink(sockets[1], balancer)
                cluster[0].kill()
                token = cluster[1].log_in("ann").json["access_token"]
                wait_until(lambda: verify(replica, token=token).status == 200,
                           "the other node to be followed")
                cluster[1].post("/api/v1/auth/logout/all", token=token)
                for one in (*tokens, token):
                    wait_until(lambda each=one: verify(replica, token=each).status == 401,
                               "the sign-out to arrive")
                self.assertLessEqual(metric(replica, "authd_store_copies_total"), 2)


if __name__ == "__main__":
    unittest.main()
