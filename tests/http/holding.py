"""Processes that hold the lock of the store's writers, for the tests of those who wait for it."""

import contextlib
import itertools
import re
import signal
import subprocess
import threading

from harness import BINARY, clean_environment, wait_until
from tracing import state_of


def feed(pipe):
    """Names without end, for as long as somebody reads them."""
    with contextlib.suppress(BrokenPipeError), pipe:
        pipe.write(b"username\n")
        for first in itertools.count(0, 1000):
            pipe.write(b"".join(b"crowd-%d\n" % i for i in range(first, first + 1000)))


@contextlib.contextmanager
def importing(server, **how):
    """An import that writes nearly all the time, and does not end."""
    process = subprocess.Popen([BINARY, "import", "-", "--format", "csv", "--data-dir",
                                server.data_dir], stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env=clean_environment(), **how)
    feeder = threading.Thread(target=feed, args=(process.stdin,))
    feeder.start()
    try:
        wait_until(lambda: entries(server) > 100, "the import to write")
        yield process
    finally:
        process.kill()
        process.wait()
        feeder.join()


def begin_to_wait(case, *arguments, **how):
    """A command, once it has said that it waits for another process. It gives up soon."""
    process = subprocess.Popen([BINARY, *arguments], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               env=clean_environment(), **how)
    case.addCleanup(process.stderr.close)
    case.addCleanup(process.wait)
    case.addCleanup(process.kill)
    while b"waiting for another process" not in process.stderr.readline():
        case.assertIsNone(process.poll())
    return process


def metric(server, name):
    return float(re.search(r"^%s (\S+)$" % name, server.get("/metrics").body.decode(), re.M)[1])


def entries(server):
    return metric(server, "authd_store_entries")


@contextlib.contextmanager
def held(server):
    """The lock is held by a stopped import, whose process is given. What SIGSTOP hits outside of a
    write goes on and is stopped again."""
    with importing(server) as process:
        def is_held():
            process.send_signal(signal.SIGSTOP)
            wait_until(lambda: state_of(process.pid) == "T", "the import to stop")
            # A command would have to wait: it is not let get so far as to give up.
            probe = subprocess.Popen([BINARY, "role", "add", "probe", "--data-dir",
                                      server.data_dir], stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                     env=clean_environment())
            try:
                text = b""
                while b"waiting for another process" not in text:
                    line = probe.stderr.readline()
                    text += line
                    if not line:
                        break
                if b"waiting for another process" in text:
                    return True
            finally:
                probe.kill()
                probe.wait()
                probe.stderr.close()
            process.send_signal(signal.SIGCONT)
            return False

        wait_until(is_held, "the import to be stopped within a write")
        yield process
