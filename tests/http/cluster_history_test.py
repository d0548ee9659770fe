"""Many clients read and write the same values on three servers with one PostgreSQL, while servers
are stopped, cut off from PostgreSQL, or PostgreSQL itself is stopped. The history of all calls must
be one that docs/cluster.md promises (registers.py): writes in one order, and no read older than the
lease.

HISTORY_OPERATIONS (2000) calls that succeed, with at least HISTORY_PARTITIONS (2) servers cut off
meanwhile (`make cluster`: 100,000 and 60); HISTORY_SEED repeats the choices of a run, which prints
it."""

import contextlib
import http.client
import itertools
import json
import math
import os
import random
import signal
import tempfile
import threading
import time
import unittest

from cluster import Cluster
from harness import send, wait_until
from registers import INITIAL, Call, Impossible, ages_of, order_of

OPERATIONS = int(os.environ.get("HISTORY_OPERATIONS", "2000"))
PARTITIONS = int(os.environ.get("HISTORY_PARTITIONS", "2"))
SEED = int(os.environ.get("HISTORY_SEED", "0")) or random.SystemRandom().randrange(10**6)
NODES = 3
LEASE = 1.0
CLIENTS = 24
# So many that the check of one register stays small.
REGISTERS = max(8, min(200, OPERATIONS // 500))
WRITES = 0.3  # the share of calls
# The longest time between two troubles, in seconds. A short run has one after the other.
PAUSE = 0.6 if OPERATIONS < 10000 else 1.8
PATIENCE = 5.0  # of a client; longer than anything is stopped
ME = "/api/v1/users/me"
# The clocks of the servers count in milliseconds.
ROUNDING = 0.002


class Client(threading.Thread):
    """Calls any node about any register, until it is told to end."""

    def __init__(self, run, number):
        super().__init__(daemon=True)
        self.run_of = run
        self.number = number
        self.choices = random.Random(SEED * 1000 + number)
        self.connections = {}
        self.calls = []  # register, Call
        self.refused = 0
        self.failure = None

    def run(self):
        try:
            for count in itertools.count():
                if self.run_of.is_over.is_set():
                    return
                self.call("%d-%d" % (self.number, count))
        except Exception as error:  # shown by the test
            self.failure = error
            self.run_of.is_over.set()
        finally:
            for connection in self.connections.values():
                connection.close()

    def call(self, value):
        node = self.choices.randrange(NODES)
        register = self.choices.randrange(REGISTERS)
        is_write = self.choices.random() < WRITES
        begin = time.monotonic()
        reply = self.ask(node, register, value if is_write else None)
        end = time.monotonic()
        if reply is not None and reply.status == 200:
            shown = reply.json["first_name"] or INITIAL
            assert shown == value or not is_write, (value, reply.body)
            self.note(register, Call("write" if is_write else "read", node, shown, begin, end))
            self.run_of.count()
            return
        self.refused += 1
        assert reply is None or reply.status == 503, (reply.status, reply.body)
        if is_write:
            self.note(register, Call("write", node, value, begin, math.inf))
        if reply is not None:
            self.run_of.is_over.wait(0.02)  # A refusal is quick, and would keep a core busy.

    def note(self, register, call):
        self.calls.append((register, call))

    def ask(self, node, register, value=None):
        """None: there was no answer, and what happened is not known."""
        connection = self.connections.pop(node, None) or http.client.HTTPConnection(
            "127.0.0.1", self.run_of.cluster[node].port, timeout=PATIENCE)
        token = self.run_of.tokens[register]
        try:
            reply = send(connection, *(("GET", ME) if value is None else
                                       ("PATCH", ME, {"first_name": value})), token=token)
        except (OSError, http.client.HTTPException):
            connection.close()
            return None
        self.connections[node] = connection
        return reply


class History(unittest.TestCase):
    def test_is_one_that_is_promised(self):
        print("HISTORY_SEED=%d" % SEED, flush=True)
        with Cluster(NODES, lease="%dms" % (LEASE * 1000),
                     flags=["--tokens.access-ttl", "24h"]) as cluster:
            self.cluster = cluster
            self.tokens = [self.account(number) for number in range(REGISTERS)]
            self.is_over = threading.Event()
            self.done = 0
            self.lock = threading.Lock()
            clients = [Client(self, number) for number in range(CLIENTS)]
            begin = time.monotonic()
            for client in clients:
                client.start()
            try:
                troubles = self.make_trouble(random.Random(SEED))
            finally:
                self.is_over.set()
                for client in clients:
                    client.join()
            took = time.monotonic() - begin
            for client in clients:
                if client.failure:
                    raise client.failure
            calls = self.at_the_end()
        for client in clients:
            calls += client.calls
        ages = self.check(calls)
        print("%d calls in %.0f s and %d without success, %s: the oldest answer was %.0f ms old, "
              "99 %% at most %.0f ms" % (
                  self.done, took, sum(client.refused for client in clients),
                  ", ".join("%d %s" % (count, what) for what, count in troubles.items()),
                  ages[-1] * 1000, ages[len(ages) * 99 // 100] * 1000), flush=True)

    def account(self, number):
        server = self.cluster[number % NODES]
        reply = server.sign_up("register%d" % number)
        self.assertEqual(reply.status, 201, reply.body)
        return reply.json["access_token"]

    def count(self):
        with self.lock:
            self.done += 1
            if self.done % 20000 == 0:
                print("%d calls" % self.done, flush=True)

    def is_enough(self, troubles):
        return self.done >= OPERATIONS and troubles["cut off"] >= PARTITIONS

    def make_trouble(self, choices):
        """Until there are enough calls. Returns how often what was done."""
        kinds = {"stopped": self.stopped, "cut off": self.cut_off,
                 "without PostgreSQL": self.without_postgresql}
        troubles = dict.fromkeys(kinds, 0)
        while not self.is_enough(troubles) and not self.is_over.is_set():
            # Between troubles, and while there is one, clients go on; how long is what is tested.
            self.is_over.wait(choices.uniform(0.1, PAUSE))
            what = choices.choices(list(kinds), (2, 2, 1))[0]
            length = choices.uniform(0.1, 1.8 * LEASE)
            with kinds[what](choices.randrange(NODES)):
                self.is_over.wait(length)
            troubles[what] += 1
        return troubles

    @contextlib.contextmanager
    def stopped(self, node):
        process = self.cluster[node].process
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    @contextlib.contextmanager
    def cut_off(self, node):
        self.cluster.relays[node].cut()
        try:
            yield
        finally:
            self.cluster.relays[node].mend()

    @contextlib.contextmanager
    def without_postgresql(self, _):
        self.cluster.database.pause()
        try:
            yield
        finally:
            self.cluster.database.resume()

    def at_the_end(self):
        """What every node shows once all of them have everything: the same."""
        self.cluster.ready()
        calls = []

        def look(register, node):
            begin = time.monotonic()
            reply = self.cluster[node].me(self.tokens[register])
            if reply.status != 200:
                return None
            value = reply.json["first_name"] or INITIAL
            calls.append((register, Call("read", node, value, begin, time.monotonic())))
            return value

        for register in range(REGISTERS):
            def agree():
                shown = {look(register, node) for node in range(NODES)}
                return len(shown) == 1 and None not in shown
            wait_until(agree, "all nodes to show the same")
        return calls

    def check(self, calls):
        """Returns how old the answers were, in ascending order."""
        ages = []
        for register in range(REGISTERS):
            mine = [call for number, call in calls if number == register]
            try:
                ages += ages_of(mine, order_of(mine, LEASE + ROUNDING))
            except Impossible as error:
                path = os.path.join(tempfile.gettempdir(),
                                    "history-%d-%d.json" % (SEED, register))
                with open(path, "w", encoding="ascii") as file:
                    json.dump(mine, file)
                raise AssertionError("register %d, HISTORY_SEED=%d, calls in %s: %s"
                                     % (register, SEED, path, error)) from error
        return sorted(ages)


class Checker(unittest.TestCase):
    """The check itself: what it must allow, and what it must find."""

    def order(self, *calls, lease=1.0):
        return order_of([Call(*call) for call in calls], lease)

    def refuses(self, *calls, lease=1.0):
        with self.assertRaises(Impossible):
            self.order(*calls, lease=lease)

    def test_allows_what_is_old_by_less_than_the_lease(self):
        calls = [("write", 0, "a", 0, 1), ("write", 0, "b", 2, 3), ("read", 1, "a", 3.9, 3.95)]
        self.assertEqual(self.order(*calls), ["a", "b"])
        self.refuses(*calls, ("read", 2, "a", 4.1, 4.2))
        self.assertEqual(ages_of([Call(*call) for call in calls], ["a", "b"]), [3.9 - 3])

    def test_finds_what_was_never_written_and_what_was_not_written_yet(self):
        self.refuses(("write", 0, "a", 0, 1), ("read", 1, "c", 2, 3))
        self.refuses(("read", 1, "a", 0, 1), ("write", 0, "a", 2, 3))

    def test_finds_a_lost_write(self):
        self.refuses(("write", 0, "a", 0, 1), ("read", 1, INITIAL, 2.5, 3))
        self.refuses(("write", 0, "a", 0, 1), ("write", 1, "b", 2, 3), ("read", 2, "a", 9, 10))

    def test_a_write_without_an_answer_may_have_happened_or_not(self):
        lost = ("write", 0, "a", 0, math.inf)
        for shown in ("a", INITIAL):
            self.order(lost, ("read", 1, shown, 5, 6))
        # Late, but only once.
        self.order(lost, ("read", 1, INITIAL, 5, 6), ("read", 1, "a", 9, 10))
        self.refuses(lost, ("read", 1, "a", 5, 6), ("read", 1, INITIAL, 9, 10))

    def test_finds_a_node_that_goes_back(self):
        writes = [("write", 0, "a", 0, 10), ("write", 1, "b", 0, 10)]
        there = [("read", 2, "a", 1, 2), ("read", 2, "b", 3, 4)]
        self.assertEqual(self.order(*writes, *there, lease=50), ["a", "b"])
        self.refuses(*writes, *there, ("read", 2, "a", 5, 6), lease=50)
        # Two nodes may differ in how far they are, but not in the order.
        self.order(*writes, *there, ("read", 1, "a", 5, 6), lease=50)
        self.refuses(*writes, *there, ("read", 1, "b", 1, 2), ("read", 1, "a", 3, 4), lease=50)

    def test_finds_a_node_that_does_not_show_what_was_written_there(self):
        calls = [("write", 0, "a", 0, 1), ("write", 0, "b", 2, 3)]
        self.order(*calls, ("read", 1, "a", 3.1, 3.2))
        self.refuses(*calls, ("read", 0, "a", 3.1, 3.2))

    def test_agrees_with_nodes_that_are_simulated(self):
        """Copies that follow late are allowed, and found where they follow later than that."""
        for seed in range(40):
            choices = random.Random(seed)
            written = [(0.0, INITIAL)]  # when each value began to be current
            calls = []
            for number in range(150):
                now = number * 0.1
                node = choices.randrange(NODES)
                if choices.random() < 0.3:
                    written.append((now + 0.02, str(number)))
                    calls.append(("write", NODES, str(number), now, now + 0.04))
                else:
                    # The copy of each node lags by a time of its own, so that none goes back.
                    at = now + 0.02 - 0.4 * node
                    shown = [value for when, value in written if when <= max(at, 0.0)][-1]
                    calls.append(("read", node, shown, now, now + 0.04))
            self.order(*calls, lease=0.8)
            self.refuses(*calls, lease=0.1)


if __name__ == "__main__":
    unittest.main()
