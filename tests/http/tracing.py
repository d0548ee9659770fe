"""Observes and disturbs processes from outside: strace makes system calls fail, /proc tells what a
process is doing."""

import os
import re
import signal
import subprocess

from harness import DEADLINE, wait_until


def injecting(calls, error, when="1+1", path=None):
    """The beginning of a command line; with `path`, only calls on that file fail."""
    return (["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + calls, "-e",
             "inject=%s:error=%s:when=%s" % (calls, error, when)] +
            (["-P", path] if path else []))


class Injected:
    """A context in which system calls of the server fail. `when` is strace's: 1+2 is every second
    one."""

    def __init__(self, server, calls, error, when="1+1"):
        self.command = injecting(calls, error, when) + ["-p", str(server.process.pid)]
        self.pid = server.process.pid

    def __enter__(self):
        self.strace = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE)
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
        self.strace.send_signal(signal.SIGINT)  # stops the faults
        self.strace.wait(DEADLINE)
        self.strace.stderr.close()
        wait_until(lambda: set(self.tracers()) == {"0"}, "strace to be gone")


def can_trace():
    try:
        return subprocess.run(["strace", "-o", "/dev/null", "-e", "inject=getppid:error=EIO",
                               "true"], capture_output=True).returncode == 0
    except OSError:
        return False


def state_of(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as f:
        return f.read().rsplit(") ", 1)[1][0]
