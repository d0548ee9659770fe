"""Several hosts on one PostgreSQL (docs/cluster.md): what one server acknowledged holds on all, and
a server that cannot know says so."""

import concurrent.futures
import contextlib
import email
import email.policy
import glob
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import unittest

from cluster import Cluster
from harness import BINARY, PASSWORD, Server, clean_environment, command, wait_until
from postgresql import Postgresql, Relay

AUTH = "/api/v1/auth/"
# A lease that ends soon, for tests about its end. A machine that stalls for as long makes a node
# say 503 meanwhile: what such a test expects of a node that is well, it asks with answered().
SHORT = "3s"
SHORT_SECONDS = 3.0


def at_once(*calls):
    """What each returns; they begin at the same moment, as near as threads can."""
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def answered(call):
    """The first reply of a node that is well."""
    return wait_until(lambda: (lambda reply: reply if reply.status != 503 else None)(call()),
                      "an answer")


def verify(server, token):
    return server.get("/auth/verify", token=token).status


def known(server, token):
    """The same of a node that is well."""
    return answered(lambda: server.get("/auth/verify", token=token)).status


def log_out(server, token):
    return server.post(AUTH + "logout", {}, token=token)


def serve_once(*flags, **environment):
    """A start that is expected to fail: its exit code and what it says."""
    with tempfile.TemporaryDirectory(prefix="authd-test-") as directory:
        done = subprocess.run([BINARY, "serve", "--data-dir", directory + "/data", "--listen",
                               "127.0.0.1:0", *flags], capture_output=True, timeout=120,
                              stdin=subprocess.DEVNULL, check=False,
                              env=clean_environment(**environment))
    return done.returncode, done.stderr.decode()


class ThreeNodes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.mails = tempfile.TemporaryDirectory(prefix="authd-test-")
        cls.cluster = Cluster(flags=["--mail.url", "file:" + cls.mails.name])

    @classmethod
    def tearDownClass(cls):
        cls.cluster.__exit__(None)
        cls.mails.cleanup()

    def looks(self, node):
        """How often a job of the node has looked whether it can write."""
        metrics = self.cluster[node].get("/metrics").body.decode()
        return int(re.search(r'authd_job_runs_total\{name="try_writing"\} (\d+)', metrics)[1])

    def links_to(self, address):
        """The tokens of the links in mails to an address."""
        found = []
        for path in glob.glob(self.mails.name + "/*.eml"):
            with open(path, "rb") as file:
                mail = email.message_from_binary_file(file, policy=email.policy.default)
            if address in mail["To"]:
                text = mail.get_body(("plain",)).get_content()
                found += re.findall(r"/magic-link\S*token=([\w-]+)", text)
        return found

    def test_what_one_node_did_holds_on_the_others_at_once(self):
        one, two, three = self.cluster.servers
        for number in range(20):
            name = "person%d" % number
            self.assertEqual(one.sign_up(name).status, 201)
            reply = two.log_in(name)
            self.assertEqual(reply.status, 200, reply.body)
            self.assertEqual(verify(three, reply.json["access_token"]), 200)
            self.assertEqual(verify(one, reply.json["access_token"]), 200)
            refreshed = three.refresh(reply.json["refresh_token"])
            self.assertEqual(refreshed.status, 200, refreshed.body)
            self.assertEqual(one.me(refreshed.json["access_token"]).json["username"], name)

    def test_a_session_that_ended_on_one_node_ends_on_the_others(self):
        one, two, three = self.cluster.servers
        one.sign_up("leaving")
        delays = []
        for number in range(30):
            token = one.log_in("leaving").json["access_token"]
            for server in (one, two, three):
                self.assertEqual(verify(server, token), 200)
            self.assertEqual(log_out(self.cluster[number % 3], token).status, 200)
            begin = time.monotonic()
            self.assertEqual(verify(self.cluster[number % 3], token), 401)
            for server in (one, two, three):
                wait_until(lambda: verify(server, token) == 401, "the end of the session")
            delays.append(time.monotonic() - begin)
        delays.sort()
        print("a session ended everywhere after %.1f ms (median), %.1f ms (worst)"
              % (delays[len(delays) // 2] * 1000, delays[-1] * 1000))

    def test_a_new_password_is_good_on_the_others_at_once(self):
        one, two, _ = self.cluster.servers
        token = one.sign_up("changing").json["access_token"]
        password = PASSWORD
        for number in range(15):
            fresh = "another horse %d" % number
            changed = one.post(AUTH + "password/change", {"current_password": password,
                                                          "new_password": fresh}, token=token)
            self.assertEqual(changed.status, 200, changed.body)
            reply = two.log_in("changing", fresh)
            self.assertEqual(reply.status, 200, reply.body)
            self.assertEqual(two.log_in("changing", password).status, 401)
            password, token = fresh, one.log_in("changing", fresh).json["access_token"]

    def test_a_name_is_taken_once(self):
        for number in range(10):
            replies = at_once(*[lambda s=server: s.sign_up("unique%d" % number)
                                for server in self.cluster.servers])
            self.assertEqual(sorted(reply.status for reply in replies), [201, 409, 409])

    def test_a_refresh_token_has_one_successor(self):
        one, two, three = self.cluster.servers
        one.sign_up("renewing")
        for _ in range(10):
            token = two.log_in("renewing").json["refresh_token"]
            replies = at_once(lambda: one.refresh(token), lambda: two.refresh(token),
                              lambda: three.refresh(token))
            self.assertEqual([reply.status for reply in replies], [200, 200, 200])
            self.assertEqual(len({reply.json["refresh_token"] for reply in replies}), 1)

    def test_a_code_counts_once(self):
        address = "once@example.org"
        self.cluster[0].sign_up("once", email=address)
        for number in range(3):
            links = set(self.links_to(address))
            asked = self.cluster[number].post(AUTH + "magic-link", {"email": address})
            cookie = {"Cookie": asked.headers["set-cookie"].split(";")[0]}
            token = wait_until(lambda: set(self.links_to(address)) - links, "the mail").pop()
            replies = at_once(*[lambda s=server: s.post(AUTH + "magic-link/verify",
                                                        {"token": token}, headers=cookie)
                                for server in self.cluster.servers])
            self.assertEqual(sum(reply.status == 200 for reply in replies), 1,
                             [reply.body for reply in replies])

    def test_numbers_are_unique_and_the_audit_log_is_sound(self):
        replies = at_once(*[lambda n=number: self.cluster[n % 3].sign_up("numbered%d" % n)
                            for number in range(24)])
        self.assertEqual({reply.status for reply in replies}, {201})
        ids = [reply.json["user"]["id"] for reply in replies]
        self.assertEqual(len(set(ids)), len(ids))
        for node in range(3):
            said = self.cluster.command(node, "audit", "verify").out
            self.assertIn("server/node1", json.dumps(said))
            self.cluster.command(node, "db", "check")
        lists = [json.loads(self.cluster.command(node, "user", "list", "--json").out)
                 for node in range(3)]
        self.assertEqual(lists[0], lists[1])
        self.assertEqual(lists[0], lists[2])

    def test_commands_work_beside_the_server(self):
        self.cluster.command(1, "user", "add", "added", stdin=PASSWORD + "\n")
        self.assertEqual(self.cluster[2].log_in("added").status, 200)
        token = self.cluster[0].log_in("added").json["access_token"]
        self.cluster.command(2, "user", "logout", "added")
        for server in self.cluster.servers:
            wait_until(lambda: verify(server, token) == 401, "the end of the session")
        status = json.loads(self.cluster.command(0, "cluster", "status", "--json").out)
        self.assertEqual([node["name"] for node in status["nodes"]], ["node0", "node1", "node2"])
        self.assertEqual(sum(node["leads"] for node in status["nodes"]), 1)
        # A server that is well stays ready, also while a job looks whether it can write.
        first = self.looks(1)

        def is_over():
            self.assertEqual(self.cluster[1].get("/readyz").status, 200)
            return self.looks(1) >= first + 2
        wait_until(is_over, "two runs of the job")
        metrics = self.cluster[0].get("/metrics").body.decode()
        self.assertIn("authd_store_lease_held 1", metrics)

    def test_commands_work_on_a_host_without_a_server(self):
        self.cluster[0].sign_up("elsewhere")
        spare = {**self.cluster.environment(0), "AUTHD_CLUSTER_NODE": "spare"}
        with tempfile.TemporaryDirectory(prefix="authd-test-") as directory:
            def on_spare(*arguments, stdin=""):
                return json.loads(command(*arguments, "--json", "--data-dir", directory + "/data",
                                          env=spare, stdin=stdin).out)
            self.assertEqual(on_spare("user", "show", "elsewhere")["username"], "elsewhere")
            on_spare("user", "disable", "elsewhere")
            self.assertEqual(self.cluster[1].log_in("elsewhere").status, 403)
            on_spare("user", "enable", "elsewhere")
            token = self.cluster[1].log_in("elsewhere").json["access_token"]
            told = on_spare("explain", "token", stdin=token + "\n")
            self.assertTrue(told["accepted"])
            newest = int(self.cluster.database.sql("SELECT rev FROM authd.authd_head", "authd"))
            self.assertTrue(0 < told["revision"] <= newest)
            self.assertGreaterEqual(told["age_ms"], 0)

    def test_each_mail_is_sent_once(self):
        people = ["mailed%d@example.org" % number for number in range(12)]
        for number, address in enumerate(people):
            self.assertEqual(self.cluster[number % 3].sign_up(
                "mailed%d" % number, email=address).status, 201)
            self.assertEqual(self.cluster[(number + 1) % 3].post(
                AUTH + "magic-link", {"email": address}).status, 200)
        wait_until(lambda: all(self.links_to(address) for address in people), "every mail")
        waiting = ("mail", "list", "--json")
        wait_until(lambda: json.loads(self.cluster.command(2, *waiting).out)["mails"] == [],
                   "the outbox to be empty")
        self.assertEqual([len(self.links_to(address)) for address in people], [1] * len(people))


class Failures(unittest.TestCase):
    def test_without_postgresql_nothing_is_answered_after_the_lease(self):
        with Cluster(2, lease=SHORT) as cluster:
            answered(lambda: cluster[0].sign_up("somebody"))
            token = answered(lambda: cluster[1].log_in("somebody")).json["access_token"]
            # What a node has not seen yet, it cannot answer without PostgreSQL.
            for server in cluster.servers:
                self.assertEqual(known(server, token), 200)
            kept = []
            for silence, voice in ((cluster.database.pause, cluster.database.resume),
                                   (cluster.database.kill, cluster.database.start)):
                silence()
                for server in cluster.servers:
                    reply = wait_until(lambda: (lambda r: r if r.status == 503 else None)(
                        server.get("/auth/verify", token=token)), "the end of the lease")
                    self.assertTrue(reply.headers["Retry-After"])
                    self.assertEqual(server.get("/livez").status, 200)
                    self.assertEqual(server.get("/readyz").status, 503, reply.body)
                    refused = server.sign_up("nobody%d" % len(kept))
                    self.assertEqual(refused.status, 503)
                    self.assertTrue(refused.headers["Retry-After"])
                    self.assertIn("authd_store_lease_held 0",
                                  server.get("/metrics").body.decode())
                voice()
                cluster.ready()
                for server in cluster.servers:
                    self.assertEqual(known(server, token), 200)
                name = "after%d" % len(kept)
                self.assertIn(answered(lambda: cluster[1].sign_up(name)).status, (201, 409))
                kept.append(name)
            for name in kept:
                self.assertEqual(answered(lambda: cluster[0].log_in(name)).status, 200)
            self.assertIn("the cluster is not followed", cluster[0].log_text())

    def test_a_node_that_is_cut_off_honours_no_session_that_ended(self):
        with Cluster(2, lease=SHORT) as cluster:
            answered(lambda: cluster[0].sign_up("somebody"))
            tokens = [answered(lambda: cluster[0].log_in("somebody")).json["access_token"]
                      for _ in range(2)]
            self.assertEqual(known(cluster[1], tokens[0]), 200)
            cluster.relays[1].cut()
            cut = time.monotonic()
            self.assertIn(answered(lambda: log_out(cluster[0], tokens[0])).status, (200, 401))
            ended = time.monotonic()
            # Until the lease ends it may be honoured, never after it.
            statuses = []
            while not statuses or statuses[-1][1] != 503:
                begin = time.monotonic()
                statuses.append((begin - ended, verify(cluster[1], tokens[0])))
                self.assertIn(statuses[-1][1], (200, 503))
                if statuses[-1][1] == 200:
                    self.assertLess(begin - cut, SHORT_SECONDS + 0.1, "honoured after the lease")
            self.assertEqual(known(cluster[0], tokens[1]), 200)  # The others go on.
            self.assertIn(answered(lambda: cluster[0].sign_up("meanwhile")).status, (201, 409))
            cluster.relays[1].mend()
            cluster.ready(1)
            self.assertEqual(known(cluster[1], tokens[0]), 401)
            self.assertEqual(known(cluster[1], tokens[1]), 200)
            self.assertEqual(answered(lambda: cluster[1].log_in("meanwhile")).status, 200)

    def test_a_killed_node_loses_nothing_and_another_one_leads(self):
        with tempfile.TemporaryDirectory(prefix="authd-test-") as mails, \
                Cluster(2, flags=["--mail.url", "file:" + mails]) as cluster:
            leader = cluster.leader()
            other = 1 - leader
            names = []
            for number in range(10):
                if cluster[leader].sign_up("kept%d" % number).status == 201:
                    names.append("kept%d" % number)
            cluster[leader].kill()
            self.assertEqual(cluster.leader(), other)
            reply = cluster[other].sign_up("mailed", email="mailed@example.org")
            self.assertEqual(reply.status, 201)
            self.assertEqual(cluster[other].post(AUTH + "password/forgot",
                                                 {"email": "mailed@example.org"}).status, 200)
            wait_until(lambda: len(glob.glob(mails + "/*.eml")) == 2,
                       "the two mails, by the new leader")
            cluster.start(leader)
            for name in names:
                self.assertEqual(cluster[leader].log_in(name).status, 200)
            # Its copy can go, and the log behind it as well.
            cluster[leader].stop()
            subprocess.run(["rm", "-r", cluster.directory(leader) + "/copy"], check=True)
            cluster.start(leader)
            self.assertEqual(cluster[leader].log_in(names[0]).status, 200)
            cluster[leader].stop()
            cluster[other].sign_up("later")
            cluster.database.sql("DELETE FROM authd.authd_log WHERE rev < "
                                 "(SELECT rev FROM authd.authd_head)", "authd")
            cluster.start(leader)
            self.assertEqual(cluster[leader].log_in("later").status, 200)
            self.assertIn("copying everything", cluster[leader].log_text())
            self.assertEqual(len(glob.glob(mails + "/*.eml")), 2)  # each once
            # What reports is not forgotten; what is gone can be.
            names = ["node%d" % number for number in range(2)]
            early = cluster.command(other, "cluster", "forget", names[other], check=False)
            self.assertEqual(early.returncode, 4, early.err)
            cluster[leader].stop()
            cluster.database.sql("UPDATE authd.authd_nodes SET seen = seen - interval '1 minute' "
                                 "WHERE name = '%s'" % names[leader], "authd")
            cluster.command(other, "cluster", "forget", names[leader])
            self.assertEqual([row["name"] for row in cluster.nodes()], [names[other]])
            unknown = cluster.command(other, "cluster", "forget", names[leader], check=False)
            self.assertEqual(unknown.returncode, 3, unknown.err)
            cluster.start(leader)
            self.assertEqual(len(wait_until(lambda: cluster.nodes()[1:] and cluster.nodes(),
                                            "it to report again")), 2)

    def test_stopped_nodes_answer_nothing_old(self):
        with Cluster(2, lease=SHORT) as cluster:
            answered(lambda: cluster[0].sign_up("somebody"))
            for _ in range(3):
                token = answered(lambda: cluster[0].log_in("somebody")).json["access_token"]
                self.assertEqual(known(cluster[1], token), 200)
                cluster[1].process.send_signal(signal.SIGSTOP)
                self.assertIn(answered(lambda: log_out(cluster[0], token)).status, (200, 401))
                ended = time.monotonic()
                wait_until(lambda: time.monotonic() - ended > SHORT_SECONDS + 0.2,
                           "the end of the lease")
                cluster[1].process.send_signal(signal.SIGCONT)
                self.assertIn(verify(cluster[1], token), (401, 503))
                cluster.ready(1)

    def test_a_promoted_standby_has_everything_that_was_acknowledged(self):
        with Postgresql(name="primary") as primary, \
                Postgresql(of=primary, name="standby") as standby:
            primary.sql("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (standby)'")
            primary.sql("SELECT pg_reload_conf()")
            wait_until(lambda: primary.sql("SELECT count(*) FROM pg_stat_replication "
                                           "WHERE sync_state = 'quorum'") == "1", "the standby")
            with Cluster(2, database=primary, url=primary.url(standby)) as cluster:
                status = json.loads(cluster.command(0, "cluster", "status", "--json").out)
                self.assertTrue(status["is_synchronous"])
                kept = [name for name in ("kept%d" % n for n in range(20))
                        if cluster[len(name) % 2].sign_up(name).status == 201]
                self.assertEqual(len(kept), 20)
                primary.kill()
                self.assertEqual(cluster[0].sign_up("lost").status, 503)
                standby.promote()
                standby.sql("ALTER SYSTEM SET synchronous_standby_names = ''")
                standby.sql("SELECT pg_reload_conf()")
                wait_until(lambda: cluster[0].sign_up("after").status == 201, "the new primary")
                for name in [*kept, "after"]:
                    self.assertEqual(cluster[1].log_in(name).status, 200)

    def test_a_database_that_lost_something_is_refused_until_somebody_accepts_that(self):
        with Postgresql(name="primary") as primary, \
                contextlib.closing(Relay(primary.port)) as line, \
                Postgresql(of=primary, by=line.port, name="standby") as standby:
            with Cluster(2, database=primary, url=primary.url(standby), lease=SHORT) as cluster:
                answered(lambda: cluster[0].sign_up("early"))
                wait_until(lambda: standby.sql("SELECT count(*) FROM authd.authd_log", "authd")
                           == primary.sql("SELECT count(*) FROM authd.authd_log", "authd"),
                           "the standby to have it")
                line.cut()  # It is behind from now on.
                self.assertIn(answered(lambda: cluster[0].sign_up("lost")).status, (201, 409))
                self.assertEqual(answered(lambda: cluster[1].log_in("lost")).status, 200)
                primary.kill()
                standby.promote()
                for server in cluster.servers:
                    wait_until(lambda: any("promoted with loss" in row.get("cause", "")
                                           for row in server.log_lines()), "the reason")
                    self.assertEqual(server.log_in("early").status, 503)
                for node in range(2):
                    cluster[node].stop()
                    cluster.command(node, "cluster", "resync", "--yes")
                    cluster.start(node)
                self.assertEqual(answered(lambda: cluster[0].log_in("early")).status, 200)
                self.assertEqual(answered(lambda: cluster[1].log_in("lost")).status, 401)


class Moves(unittest.TestCase):
    def test_from_one_host_to_postgresql_and_back(self):
        with Postgresql() as database, \
                tempfile.TemporaryDirectory(prefix="authd-test-") as root:
            url = database.url()
            where = root + "/data"
            key = where + "/master.key"
            with Server(data_dir=where) as server:
                for number in range(30):
                    server.sign_up("person%d" % number, email="p%d@example.org" % number)
                token = server.log_in("person7").json["access_token"]
                refresh = server.log_in("person8").json["refresh_token"]
                refused = command("db", "move", "--to", "postgresql", "--data-dir", where,
                                  check=False, env={"AUTHD_STORE_URL": url})
                self.assertNotEqual(refused.returncode, 0, "moved beside a running server")

            def export(**environment):
                return command("export", "--data-dir", where, env=environment).out
            before = export()
            with_password = command("db", "move", "--to", url, "--data-dir", where, check=False)
            self.assertEqual(with_password.returncode, 2)
            command("db", "move", "--to", "postgresql", "--data-dir", where,
                    env={"AUTHD_STORE_URL": url})
            shared = {"AUTHD_STORE_ENGINE": "postgresql", "AUTHD_STORE_URL": url,
                      "AUTHD_CLUSTER_NODE": "first"}
            self.assertEqual(export(**shared), before)
            again = command("db", "move", "--to", "postgresql", "--data-dir", where, check=False,
                            env={"AUTHD_STORE_URL": url})
            self.assertEqual(again.returncode, 4)
            with Server(data_dir=where, environment=shared) as server:
                self.assertEqual(verify(server, token), 200)
                refreshed = server.refresh(refresh)
                self.assertEqual(refreshed.status, 200)
                self.assertEqual(server.log_in("person9").status, 200)
                self.assertEqual(server.sign_up("later").status, 201)
            after = export(**shared)
            back = root + "/back"
            command("db", "move", "--to", "lmdb:" + back, "--data-dir", where, env=shared)
            with_key = {"AUTHD_SECRETS_MASTER_KEY_FILE": key}
            self.assertEqual(command("export", "--data-dir", back, env=with_key).out, after)
            with Server(data_dir=back, environment=with_key) as server:
                self.assertEqual(verify(server, token), 200)
                self.assertEqual(server.log_in("later").status, 200)
                self.assertEqual(server.refresh(refreshed.json["refresh_token"]).status, 200)


class Refusals(unittest.TestCase):
    """Each is a line that says what to do; none has the password."""

    @classmethod
    def setUpClass(cls):
        cls.database = Postgresql()

    @classmethod
    def tearDownClass(cls):
        cls.database.__exit__()

    def refused(self, said, *flags, **environment):
        code, text = serve_once(*flags, AUTHD_STORE_ENGINE="postgresql", **environment)
        self.assertEqual(code, 5, text)
        self.assertIn(said, text)
        self.assertNotIn("a%20password", text)
        self.assertNotIn("password of the database", text)

    def test_wrong_addresses_and_passwords(self):
        self.refused("Connection refused", AUTHD_STORE_URL=self.database.url(ports=[1]))
        self.refused("password authentication failed",
                     AUTHD_STORE_URL=self.database.url(password="wrong"))

    def test_a_standby_alone(self):
        with Postgresql(of=self.database, name="standby") as standby:
            self.refused("this server is a standby and takes no writes",
                         AUTHD_STORE_URL=standby.url())

    def test_a_name_that_another_server_has(self):
        with Cluster(1, database=self.database) as cluster:
            code, text = serve_once(**{**cluster.environment(0)})
            self.assertEqual(code, 4, text)
            self.assertIn('another server runs as the node \"node0\"', text)
            # The same one comes back at once, even if it was killed.
            cluster[0].kill()
            cluster.start(0)
            cluster.ready()
        self.database.sql("DROP SCHEMA authd CASCADE", "authd")

    def test_no_right_to_create_the_schema(self):
        self.database.sql("CREATE ROLE poor LOGIN")
        self.refused("CREATE SCHEMA",
                     AUTHD_STORE_URL="postgresql:///postgres?user=poor&host=%s&port=%d"
                     % (self.database.directory, self.database.port))

    def test_another_master_key(self):
        with Cluster(1, database=self.database) as cluster:
            self.refused("copy the file from another host", AUTHD_STORE_URL=cluster.url(0))
            with tempfile.NamedTemporaryFile() as key:
                key.write(os.urandom(32))
                key.flush()
                code, text = serve_once(AUTHD_STORE_ENGINE="postgresql",
                                        AUTHD_STORE_URL=cluster.url(0),
                                        AUTHD_SECRETS_MASTER_KEY_FILE=key.name)
                self.assertEqual(code, 5, text)
        self.database.sql("DROP SCHEMA authd CASCADE", "authd")


if __name__ == "__main__":
    unittest.main()
