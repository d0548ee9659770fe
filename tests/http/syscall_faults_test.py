"""Single system calls fail under a running server: strace makes them return an error for a while,
then stops. Meanwhile a request is done or answered with 503; afterwards everything works, without a
restart, and what was acknowledged survives a kill. At the start the same faults end the server,
with one line that says what to do. Skipped by name where processes cannot be traced.

Which fault of the machine is tested where ("here" is this file):

| fault                              | EIO  | ENOSPC     | EINTR | EROFS                    | others                               |
|------------------------------------|------|------------|-------|--------------------------|--------------------------------------|
| write (pwrite, pwritev) of the store | here | here, F, P | here  | here                     | store.max_size reached: F            |
| fdatasync of the store             | here | here       | here  | here                     | lost writes, torn page: P            |
| write, fsync of a mail's file      | here | F          | here  | here                     |                                      |
| open of the store, at the start    | here | here       |       | here, F (mounted so)     | EACCES: here                         |
| open at run time (a mail's file)   | here | here       |       | here                     | EMFILE: here; descriptors used up: F |
| mmap of the store                  |      |            |       |                          | ENOMEM: here                         |
| mmap, mremap, brk, mprotect, munmap of the allocator | | |      |                          | ENOMEM: here; limits, any malloc: M  |
| accept                             | here | here       | here  |                          | EMFILE, ENOMEM, ECONNABORTED: here   |
| recv, send, epoll_wait, setsockopt |      |            | here  |                          | ECONNRESET, EPIPE, EINVAL: here      |
| clone (threads, image process)     |      |            |       |                          | EAGAIN, ENOMEM: here, M              |

F: faults_test.py, M: memory_faults_test.py, P: power_cut_test.py. msync is not there, since the store is written by pwrite
and only read by its map; for the same reason the map never grows while the server runs. The clock is clock_test.py's,
SIGKILL crash_test.py's, hanging mail and name servers are in faults_test.py, providers in hostile_provider_test.py."""  # noqa: E501

import http.client
import os
import re
import signal
import subprocess
import tempfile
import unittest

from harness import BINARY, DEADLINE, LAX, VISIBLE, Server, clean_environment, wait_until
from tracing import Injected, can_trace, injecting


# calls, error, which of them; what the client may see apart from success
STORE = [("fdatasync", "EIO", "1+1"), ("fdatasync", "EIO", "2+3"), ("fdatasync", "EINTR", "1+2"),
         ("pwrite64", "ENOSPC", "1+1"),
         ("pwrite64", "EIO", "1+2"), ("pwritev", "ENOSPC", "1+1"),
         ("pwrite64,pwritev", "EINTR", "1+3"), ("fdatasync,pwrite64,pwritev", "EIO", "1+5"),
         ("fdatasync", "EROFS", "1+1"), ("pwrite64,pwritev", "EROFS", "1+1"),
         ("fdatasync", "ENOSPC", "1+1")]
SOCKETS = [("accept4", "EMFILE", "1+3"), ("accept4", "EINTR", "1+2"),
           ("accept4", "ECONNABORTED", "1+3"), ("accept4", "ENOMEM", "1+4"),
           ("epoll_wait", "EINTR", "1+2"), ("recvfrom", "EINTR", "1+2"), ("sendto", "EINTR", "1+2"),
           ("recvfrom", "ECONNRESET", "3+4"), ("sendto", "EPIPE", "3+4"),
           ("setsockopt", "EINVAL", "1+1"),
           ("accept4", "EIO", "1+3"), ("accept4", "ENOSPC", "1+3")]
if LAX == 1:  # the allocator of a sanitizer gives up
    SOCKETS += [("clone,clone3", "EAGAIN", "1+1"), ("clone,clone3", "ENOMEM", "1+1"),
                ("mmap", "ENOMEM", "1+1"), ("mmap,mremap,brk,mprotect", "ENOMEM", "1+1"),
                ("munmap", "ENOMEM", "1+1")]
MAILS = [("openat", "EIO"), ("openat", "EROFS"), ("openat", "EMFILE"), ("openat", "ENOSPC"),
         ("write", "EIO"), ("write", "EROFS"), ("fsync", "EIO"),
         ("fsync", "EROFS"), ("rename,renameat,renameat2", "EROFS")]
# calls, their file, error, what the line says about it
AT_THE_START = [("openat", "data.mdb", "EROFS", "writable"),
                ("openat", "data.mdb", "EACCES", "or as root"),
                ("openat", "data.mdb", "EIO", "disk"),
                ("openat", "server.lock", "EROFS", "writable"),
                ("fallocate", "lock.mdb", "ENOSPC", "free space"),
                ("mmap", "data.mdb", "ENOMEM", "ulimit -v")]
# The same if the database has yet to be created; an existing one can be served without a write.
AT_THE_FIRST_START = [("pwrite64", "data.mdb", "EIO", "disk"),
                      ("pwrite64", "data.mdb", "ENOSPC", "free space"),
                      ("fdatasync", "data.mdb", "EIO", "disk"),
                      ("fdatasync", "data.mdb", "EROFS", "writable")]


@unittest.skipUnless(can_trace(), "processes cannot be traced here")
class SystemCalls(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="authd-calls-")
        self.addCleanup(self.folder.cleanup)
        self.data = os.path.join(self.folder.name, "data")
        self.made = 0
        self.acknowledged, self.refused = [], []

    def sign_up(self, server):
        name = "n%d" % self.made
        self.made += 1
        try:
            reply = server.sign_up(name)
        except (OSError, http.client.HTTPException):
            return 0
        if reply.status == 201:
            self.acknowledged.append(name)
        else:
            self.assertEqual(reply.status, 503, reply.body)
            self.refused.append(name)
        return reply.status

    def suffer(self, faults, may_break_off):
        with Server(*VISIBLE, data_dir=self.data) as server:
            token = server.sign_up("reader").json["access_token"]
            for calls, error, when in faults:
                with self.subTest(calls=calls, error=error, when=when):
                    with Injected(server, calls, error, when):
                        seen = [self.sign_up(server) for _ in range(8)]
                        if not may_break_off:
                            self.assertNotIn(0, seen)
                            self.assertEqual(server.me(token).status, 200)  # reads continue
                    wait_until(lambda: server.get("/readyz").status == 200, "the recovery")
                    self.assertEqual(self.sign_up(server), 201)
                    self.assertEqual(server.me(token).status, 200)
            server.kill()
            with Server(data_dir=self.data) as again:
                for name in self.acknowledged:
                    self.assertEqual(again.log_in(name).status, 200, name)
                self.assertEqual(again.me(token).status, 200)
                self.assertEqual(again.command("db", "check").returncode, 0)
                self.assertEqual(again.command("audit", "verify").returncode, 0)
                back = [name for name in self.refused if again.log_in(name).status == 200]
            server.process.returncode = 0
        return back

    def test_of_the_store(self):
        back = self.suffer(STORE, may_break_off=False)
        self.assertGreater(len(self.refused), 10)
        self.assertEqual(back, [], "refused with 503, and there all the same")

    def test_of_sockets_and_memory(self):
        self.suffer(SOCKETS, may_break_off=True)
        self.assertGreater(len(self.acknowledged), 40)

    @unittest.skipIf(LAX > 1, "the runtime of a sanitizer opens files for itself")
    def test_of_the_files_of_mails(self):
        """A mail waits for its disk, nothing else does, and there is never half a mail."""
        mails = os.path.join(self.folder.name, "mails")
        with Server(*VISIBLE, "--mail.url", "file:" + mails, data_dir=self.data) as server:
            for number, (calls, error) in enumerate(MAILS):
                with self.subTest(calls=calls, error=error):
                    failed = lambda: int(re.search(rb"authd_mail_attempts_failed_total (\d+)",
                                                   server.get("/metrics").body)[1])
                    before = failed()
                    with Injected(server, calls, error):
                        self.assertEqual(server.sign_up("m%d" % number, email="m%d@example.org"
                                                        % number).status, 201)
                        wait_until(lambda: failed() > before, "an attempt")
                    self.assertEqual(server.get("/readyz").status, 200)
            server.command("mail", "retry", "--all")
            wait_until(lambda: os.path.isdir(mails)
                       and len([n for n in os.listdir(mails) if n.endswith(".eml")]) == len(MAILS),
                       "the mails")
            self.assertEqual([n for n in os.listdir(mails) if not n.endswith(".eml")], [])

    def refused_start(self, data, calls, name, error):
        """The message of a server that ends at once."""
        command = injecting(calls, error,
                            path=os.path.join(data, name)) + [BINARY, "serve", "--data-dir", data,
                                                              "--listen", "127.0.0.1:0"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   env=clean_environment(), start_new_session=True)
        try:
            text = process.communicate(timeout=DEADLINE)[1].decode()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)  # strace, and the server that it started
                process.communicate()
        self.assertEqual(process.returncode, 5, text)
        self.assertTrue(text.splitlines()[-1].startswith("authd: "), text)
        return text

    @unittest.skipIf(LAX > 1,
                     "a sanitizer cannot look for leaks at the end of a process that is traced")
    def test_at_the_start(self):
        with Server(data_dir=self.data) as server:
            server.sign_up("reader")
        for calls, name, error, advice in AT_THE_START:
            with self.subTest(calls=calls, name=name, error=error):
                last = self.refused_start(self.data, calls, name, error).splitlines()[-1]
                self.assertIn(self.data, last)
                self.assertIn(advice, last)
        with Server(data_dir=self.data) as server:
            self.assertEqual(server.log_in("reader").status, 200)

    @unittest.skipIf(LAX > 1,
                     "a sanitizer cannot look for leaks at the end of a process that is traced")
    def test_at_the_first_start(self):
        """Whatever was created by then causes no trouble later."""
        for number, (calls, name, error, advice) in enumerate(AT_THE_FIRST_START):
            data = "%s%d" % (self.data, number)
            with self.subTest(calls=calls, name=name, error=error):
                self.assertIn(advice, self.refused_start(data, calls, name, error))
                with Server(data_dir=data) as server:
                    self.assertEqual(server.sign_up("first").status, 201)
                    self.assertEqual(server.command("db", "check").returncode, 0)


if __name__ == "__main__":
    unittest.main()
