"""Single system calls that fail under a running server: strace makes them return EIO, ENOSPC, EINTR, EMFILE or ENOMEM for a
while, then lets go. Meanwhile a request is done or answered with 503; afterwards everything works, without a restart, and
what was acknowledged is there after a kill. Skipped by name where processes cannot be traced."""

import http.client
import os
import re
import signal
import subprocess
import tempfile
import unittest

from harness import LAX, VISIBLE, Server, wait_until


class Injected:
    """A context in which system calls of the server fail. `when` is strace's: 1+2 is every second one."""

    def __init__(self, server, calls, error, when="1+1"):
        self.command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + calls, "-e", "inject=%s:error=%s:when=%s" % (calls, error, when),
                        "-p", str(server.process.pid)]
        self.pid = server.process.pid

    def __enter__(self):
        self.strace = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wait_until(self.is_attached, "strace to have every thread")
        return self

    def is_attached(self):
        if self.strace.poll() is not None:
            raise AssertionError(self.strace.stderr.read().decode())
        return set(self.tracers()) == {str(self.strace.pid)}

    def tracers(self):
        for task in os.listdir("/proc/%d/task" % self.pid):
            with open("/proc/%d/task/%s/status" % (self.pid, task)) as f:
                yield re.search(r"TracerPid:\s+(\d+)", f.read())[1]

    def __exit__(self, *_):
        self.strace.send_signal(signal.SIGINT)  # it lets go
        self.strace.wait(30)
        self.strace.stderr.close()
        wait_until(lambda: set(self.tracers()) == {"0"}, "strace to be gone")


def can_trace():
    try:
        return subprocess.run(["strace", "-o", "/dev/null", "-e", "inject=getppid:error=EIO", "true"], capture_output=True).returncode == 0
    except OSError:
        return False


# calls, error, which of them; what the client may see beside a success
STORE = [("fdatasync", "EIO", "1+1"), ("fdatasync", "EIO", "2+3"), ("fdatasync", "EINTR", "1+2"), ("pwrite64", "ENOSPC", "1+1"),
         ("pwrite64", "EIO", "1+2"), ("pwritev", "ENOSPC", "1+1"), ("pwrite64,pwritev", "EINTR", "1+3"), ("fdatasync,pwrite64,pwritev", "EIO", "1+5")]
SOCKETS = [("accept4", "EMFILE", "1+3"), ("accept4", "EINTR", "1+2"), ("accept4", "ECONNABORTED", "1+3"), ("accept4", "ENOMEM", "1+4"),
           ("epoll_wait", "EINTR", "1+2"), ("recvfrom", "EINTR", "1+2"), ("sendto", "EINTR", "1+2"),
           ("recvfrom", "ECONNRESET", "3+4"), ("sendto", "EPIPE", "3+4"), ("setsockopt", "EINVAL", "1+1")]
if LAX == 1:  # the allocator of a sanitizer gives up
    SOCKETS.append(("mmap", "ENOMEM", "1+1"))


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
                            self.assertEqual(server.me(token).status, 200)  # reads go on
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


if __name__ == "__main__":
    unittest.main()
