"""A server whose clock can be set: clocked_server ($TEST_CLOCKED, tests/clocked), which otherwise
is authd serve."""

import contextlib
import os
import re
import struct
import tempfile
import time
import unittest

from harness import BINARY, Server, wait_until


class Clocked(Server):
    program = os.environ.get("TEST_CLOCKED",
                             os.path.join(os.path.dirname(BINARY), "tests/clocked/clocked_server"))

    def __init__(self, *flags, clock=None, **kwargs):
        """Takes over the clock of an earlier server, stopped or running."""
        self.clock = clock or tempfile.NamedTemporaryFile(prefix="authd-clock-")
        if not clock:
            self.set_clock()
        super().__init__(*flags, environment={"CLOCK_FILE": self.clock.name}, **kwargs)

    def set_clock(self, ahead=0, stands_at=0):
        self.clock.seek(0)
        self.clock.write(struct.pack("<qq", int(ahead * 1000), int(stands_at * 1000)))
        self.clock.flush()

    def jump_to(self, seconds):
        """Sets the clock ahead of the real time by this much."""
        self.wait_for_the_first_sweep()
        self.set_clock(ahead=seconds)

    def wait_for_the_first_sweep(self):
        """The jobs run at the start and then at their pace. A first run that came only after the
        jump would remove for good what is over there."""
        swept = r'authd_job_runs_total\{name="prune_audit"\} [1-9]'  # the last of them
        wait_until(lambda: re.search(swept, self.get("/metrics").body.decode()),
                   "the first run of the jobs that remove rows")

    @contextlib.contextmanager
    def standing_clock(self):
        """For lifetimes of seconds: while the clock is stopped nothing expires, however slow the
        machine is."""
        self.set_clock(stands_at=time.time())
        try:
            yield
        finally:
            self.set_clock()

    def processor_time(self):
        with open("/proc/%d/stat" % self.process.pid, encoding="ascii") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


needs_clocked = unittest.skipUnless(os.path.exists(Clocked.program),
                                    "clocked_server is built beside build/release/authd")
