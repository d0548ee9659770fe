"""Machine faults under a running server: a full disk, a full store, a directory that cannot be
written, no more descriptors, a mail server that hangs. Requests that are not affected are served,
the others get 503, and when the fault is over, so are its consequences, without a restart.

Some tests mount small file systems; where that is not allowed they are skipped by name. See also
FullDisk in operations_test.py and PutOff in mail_test.py."""

import contextlib
import http.client
import os
import re
import resource
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from harness import BINARY, DEADLINE, LAX, VISIBLE, Server, clean_environment, command, wait_until


# A refresh whose reply is ignored, or that is repeated much later, is not a theft.
FORGIVING = ("--tokens.refresh-grace", "10m")
# Anything that waits for one of these does not finish before the test gives up.
PATIENT = ("--mail.timeout", "10m", "--server.drain-timeout", "10m")


@contextlib.contextmanager
def small_disk(kib):
    """A separate file system of the given size in KiB."""
    with tempfile.TemporaryDirectory(prefix="authd-disk-") as path:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dk" % kib, "none", path],
                              capture_output=True)
        if done.returncode != 0:
            raise unittest.SkipTest("file systems cannot be mounted here")
        try:
            yield path
        finally:
            subprocess.run(["umount", "-l", path], check=True)


def fill(path):
    """Takes all remaining space; returns what frees it again."""
    ballast = os.path.join(path, "ballast")
    with open(ballast, "wb", buffering=0) as f:
        try:
            while True:
                f.write(b"x" * 4096)
        except OSError:
            pass
    return lambda: os.unlink(ballast)


def until_refused(server, name, most=3000):
    """Signs people up until the store is full; returns those that were acknowledged."""
    taken = []
    for i in range(most):
        reply = server.sign_up("%s%d" % (name, i))
        if reply.status != 201:
            assert reply.status == 503, (reply.status, reply.body)
            assert reply.json["error"] == "unavailable", reply.body
            return taken
        taken.append(reply.json)
    raise AssertionError("the store never was full")


class Faults(unittest.TestCase):
    def assert_reads_go_on(self, server, tokens):
        self.assertEqual(server.me(tokens["access_token"]).status, 200)
        self.assertEqual(server.get("/auth/verify", token=tokens["access_token"]).status, 200)
        self.assertEqual(server.get("/.well-known/jwks.json").status, 200)
        self.assertEqual(server.get("/livez").status, 200)
        self.assertEqual(server.get("/metrics").status, 200)

    def assert_nothing_lost(self, server, people):
        for tokens in people:
            self.assertEqual(server.me(tokens["access_token"]).status, 200)
        for tokens in people[-5:] + people[:5]:
            self.assertEqual(server.refresh(tokens["refresh_token"]).status, 200)
            self.assertEqual(server.log_in(tokens["user"]["username"]).status, 200)
        self.assertEqual(server.command("db", "check").returncode, 0)
        self.assertEqual(server.command("audit", "verify").returncode, 0)

    def test_disk_that_is_full(self):
        with small_disk(4096) as disk, Server(*FORGIVING,
                                              data_dir=os.path.join(disk, "data")) as server:
            first = server.sign_up("first").json
            give_back = fill(disk)
            people = [first] + until_refused(server, "full")
            self.assert_reads_go_on(server, first)
            # Each request that needs a write is refused, every time, and not half done.
            for _ in range(3):
                for reply in (server.refresh(first["refresh_token"]), server.sign_up("late"),
                              server.log_in("first")):
                    self.assertIn(reply.status, (200, 201, 409, 503), reply.body)
                    if reply.status == 503:
                        self.assertIn("Retry-After", reply.headers)
            self.assertEqual(command("user", "show", "nobody", "--data-dir", server.data_dir,
                                     check=False).returncode, 3)
            give_back()
            wait_until(lambda: server.get("/readyz").status == 200, "the recovery")
            wait_until(lambda: server.sign_up("late").status in (201, 409), "room again")
            self.assert_nothing_lost(server, people)

    def test_disk_of_the_mails_that_is_full(self):
        """Mails wait, requests do not, and there is never half a mail."""
        with small_disk(64) as disk, Server("--mail.url", "file:" + disk) as server:
            give_back = fill(disk)
            for i in range(5):
                self.assertEqual(server.sign_up("m%d" % i, email="m%d@example.org" % i).status, 201)
            waiting = lambda n: b'authd_mail_outbox{state="waiting"} %d\n' % n in server.get(
                "/metrics").body
            wait_until(lambda: waiting(5), "the mails to wait")
            wait_until(lambda: re.search(rb"authd_mail_attempts_failed_total [1-9]",
                                         server.get("/metrics").body), "an attempt")
            self.assertEqual([n for n in os.listdir(disk) if n.endswith(".eml")], [])
            give_back()
            server.command("mail", "retry", "--all")
            wait_until(lambda: len([n for n in os.listdir(disk) if n.endswith(".eml")]) == 5,
                       "the mails")
            for name in os.listdir(disk):
                self.assertTrue(name.endswith(".eml"), name)
                self.assertGreater(os.path.getsize(os.path.join(disk, name)), 500)

    def test_store_that_may_not_grow(self):
        """store.max_size: reads continue, and a larger limit opens the same data."""
        with tempfile.TemporaryDirectory() as folder:
            data = os.path.join(folder, "data")
            with Server("--store.max-size", "16MiB", data_dir=data) as server:
                first = server.sign_up("first").json
                long = "x" * 100
                crowd = "username,first_name,last_name\n" + "".join(
                    "crowd-%d,%s,%s\n" % (i, long, long) for i in range(60000))
                done = server.command("import", "-", "--format", "csv", stdin=crowd, check=False,
                                      env={"AUTHD_STORE_MAX_SIZE": "16MiB"})
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("store.max_size", done.err)
                people = [first] + until_refused(server, "big")
                self.assert_reads_go_on(server, first)

                def is_not_ready():
                    # The server itself probes the store occasionally, and may have got the little
                    # that it asks for.
                    people.extend(until_refused(server, "more%d-" % len(people)))
                    return server.get("/readyz").status == 503

                wait_until(is_not_ready, "the server to say that it is not ready")
            with Server(*FORGIVING, data_dir=data) as server:
                self.assert_nothing_lost(server, people)
                self.assertEqual(server.sign_up("more").status, 201)

    def test_directory_that_cannot_be_written(self):
        """One line that names the directory, and no server; the same for reading."""
        with tempfile.TemporaryDirectory() as folder, small_disk(4096) as disk:
            data = os.path.join(disk, "data")
            with Server(data_dir=data) as server:
                server.sign_up("reader")
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            elsewhere = os.path.join(folder, "backup")
            for arguments in (["serve", "--listen", "127.0.0.1:0"], ["user", "list"],
                              ["user", "disable", "reader"], ["db", "check"],
                              ["audit", "verify"], ["export"], ["backup", elsewhere],
                              ["key", "master", "rotate"]):
                done = command(*arguments, "--data-dir", data, check=False)
                self.assertEqual(done.returncode, 5, (arguments, done.err))
                last = done.err.splitlines()[-1]
                self.assertTrue(last.startswith("authd: "), done.err)
                self.assertIn(data, last)
                self.assertIn("mount its disk writable", last)
            self.assertEqual(os.listdir(folder), [])
            doctor = command("doctor", "--data-dir", data, check=False)
            self.assertEqual(doctor.returncode, 1)
            self.assertIn(data, doctor.out)
            # A copy of the directory elsewhere can still be read.
            copy = os.path.join(folder, "data")
            shutil.copytree(data, copy)
            self.assertIn("reader", command("user", "list", "--data-dir", copy).out)
            subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
            with Server(data_dir=data) as server:
                self.assertEqual(server.log_in("reader").status, 200)

    @unittest.skipIf("/asan/" in BINARY,
                     "UBSan opens a pipe to check an object, and takes a failure for a bad object")
    def test_descriptors_that_run_out(self):
        """Connected clients are served, new ones wait in the kernel's queue, and the server does
        not spin."""
        with Server(*VISIBLE) as server:
            token = server.sign_up("patient").json["access_token"]
            used = len(os.listdir("/proc/%d/fd" % server.process.pid))
            kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE)
            kept.request("GET", "/livez")
            self.assertEqual(kept.getresponse().read(), b"ok\n")
            _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (used + 20, hard))
            held = [socket.create_connection(("127.0.0.1", server.port), DEADLINE)
                    for _ in range(60)]
            wait_until(lambda: "cannot accept connections" in server.log_text(),
                       "the descriptors to run out")
            complaints = lambda: server.log_text().count("cannot accept connections")
            before, said = self.cpu(server), complaints()
            begin = time.monotonic()
            while time.monotonic() - begin < 1:
                kept.request("GET", "/api/v1/users/me",
                             headers={"Authorization": "Bearer " + token})
                self.assertEqual(kept.getresponse().read()[:5], b'{"id"')
                time.sleep(0.05)  # so as not to measure the test itself
            spent, said = self.cpu(server) - before, complaints() - said
            took = time.monotonic() - begin
            self.assertLess(spent, 0.6 * LAX * took)
            self.assertLess(said, 100 * took)
            for s in held:
                s.close()
            self.assertEqual(server.get("/livez").status, 200)
            self.assertEqual(server.sign_up("after").status, 201)
            kept.close()

    def cpu(self, server):
        with open("/proc/%d/stat" % server.process.pid) as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_mail_server_that_hangs(self):
        """It accepts the connection and says nothing: only the mails wait for it, not even the
        shutdown does."""
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))
            deaf.listen(16)
            with Server("--mail.url", "smtp://127.0.0.1:%d" % deaf.getsockname()[1],
                        *PATIENT) as server:
                # Each of these, and the shutdown, has less time than that.
                for i in range(15):
                    self.assertEqual(server.sign_up("h%d" % i, email="h%d@example.org" % i).status,
                                     201)
                    self.assertEqual(server.post("/api/v1/auth/password/forgot",
                                                 {"email": "h%d@example.org" % i}).status, 200)
                self.assertEqual(server.stop(), 0)

    def test_kill_of_a_command_in_the_middle(self):
        """A command that dies while it writes leaves no lock behind: the server and other commands
        continue."""
        with Server() as server:
            server.sign_up("locked")
            for i in range(25):
                process = subprocess.Popen([BINARY, "user", ("disable", "enable")[i % 2], "locked",
                                            "--data-dir", server.data_dir],
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                           env=clean_environment())
                time.sleep(0.002 * i)
                process.kill()
                process.wait()
                self.assertEqual(server.sign_up("after%d" % i).status, 201)
            server.command("user", "enable", "locked")
            self.assertEqual(server.log_in("locked").status, 200)
            self.assertEqual(server.command("db", "check").returncode, 0)


@unittest.skipUnless(os.geteuid() == 0, "only root gives a server another resolv.conf")
class HangingNames(unittest.TestCase):
    """The name server receives each query and never answers."""

    def setUp(self):
        self.deaf = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(self.deaf.close)
        self.deaf.bind(("127.88.53.53", 53))
        self.deaf.settimeout(DEADLINE)
        folder = tempfile.TemporaryDirectory(prefix="authd-names-")
        self.addCleanup(folder.cleanup)
        conf, self.program = (os.path.join(folder.name, name) for name in ("resolv.conf", "authd"))
        with open(conf, "w", encoding="ascii") as f:
            f.write("nameserver 127.88.53.53\n")
        with open(self.program, "w", encoding="ascii") as f:
            f.write(
                "#!/bin/sh\nexec unshare -m sh -c 'mount --bind %s /etc/resolv.conf && exec "
                "\"$@\"' sh %s \"$@\"\n"
                % (conf, os.path.abspath(BINARY)))
        os.chmod(self.program, 0o755)

    def test_only_who_needs_a_name_waits(self):
        class Elsewhere(Server):
            program = self.program

        tries = 10
        environment = {}
        for i in range(tries):
            provider = {"ISSUER": "https://idp%d.example.test" % i, "CLIENT_ID": "x",
                        "CLIENT_SECRET": "s" * 32}
            environment.update({"AUTHD_PROVIDERS_ACME%d_%s" % (i, key): value for key,
                                value in provider.items()})
        with Elsewhere("--mail.url", "smtp://mail.example.test", *PATIENT,
                       environment=environment) as server:
            # On a machine that stalls, the name may be given up before others are served: then the
            # next provider shows it.
            self.assertTrue(any(self.serves_others_meanwhile(server, i) for i in range(tries)))
            self.assertEqual(server.stop(), 0)  # which has less time than that

    def serves_others_meanwhile(self, server, number):
        answers = []
        start = threading.Thread(
            target=lambda: answers.append(server.get("/api/v1/auth/providers/acme%d/start"
                                                     % number)))
        start.start()
        while b"idp%d" % number not in self.deaf.recv(512):
            pass
        self.assertEqual(server.sign_up("n%d" % number, email="n%d@example.org" % number).status,
                         201)
        still_waits = not answers
        start.join(DEADLINE)
        self.assertEqual([reply.status for reply in answers], [503])
        return still_waits


if __name__ == "__main__":
    unittest.main()
