"""The rights that the server has given up while it serves, according to the kernel: in every
thread, including later ones."""

import os
import re
import unittest

from harness import CAPABILITIES, LAX, SETPCAP, Server, wait_until

FILTERED = "2" if LAX == 1 else "0"  # a sanitizer needs calls that the filter blocks


def threads(server):
    """The status of each thread, as a dictionary."""
    folder = "/proc/%d/task" % server.process.pid
    for task in os.listdir(folder):
        with open("%s/%s/status" % (folder, task)) as f:
            yield dict(line.split(":\t", 1) for line in f.read().splitlines() if ":\t" in line)


def core_limit(server):
    with open("/proc/%d/limits" % server.process.pid) as f:
        return re.search(r"Max core file size +(\S+) +(\S+)", f.read()).groups()


class Confinement(unittest.TestCase):
    def check_privileges(self, server, seccomp):
        found = list(threads(server))
        self.assertGreater(len(found), 5)
        for thread in found:
            for capabilities in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                self.assertEqual(int(thread[capabilities], 16), 0, capabilities)
            if CAPABILITIES & SETPCAP:
                self.assertEqual(int(thread["CapBnd"], 16), 0)
            self.assertEqual(thread["NoNewPrivs"], "1")
            self.assertEqual(thread["Seccomp"], seccomp)

    def test_every_thread_has_given_up_what_it_does_not_need(self):
        with Server() as server:
            self.check_privileges(server, FILTERED)
            self.assertEqual(core_limit(server), ("0", "0"))
            before = len(list(threads(server)))
            self.assertEqual(server.sign_up("ada").status, 201)  # starts the threads that hash
            wait_until(lambda: len(list(threads(server))) > before, "the threads that hash")
            self.check_privileges(server, FILTERED)
            warnings = [line["message"] for line in server.log_lines() if line["level"] == "warn"]
            self.assertFalse([text for text in warnings if "restricted" in text or "kept" in text
                              or "seccomp" in text], warnings)

    def test_off_it_still_has_no_capability(self):
        with Server("--server.sandbox", "false") as server:
            self.check_privileges(server, "0")
            server.logged(
                level="warn",
                message="server.sandbox is off: system calls and files are not restricted")
            self.assertEqual(server.sign_up("ada").status, 201)

    @unittest.skipUnless(os.geteuid() == 0, "not root")
    def test_root_is_told_that_it_need_not_be(self):
        with Server() as server:
            line = next(line for line in server.log_lines() if "runs as root" in line["message"])
            self.assertEqual(line["level"], "warn")


if __name__ == "__main__":
    unittest.main()
