"""The rows about several hosts: three nodes on one PostgreSQL, beside one host with the same data.
All of it shares the cores of this machine, PostgreSQL and the load included, so the rows about
writes say what the way through PostgreSQL costs, and not what three machines would do."""

import concurrent.futures
import contextlib
import http.client
import os
import re
import shutil
import statistics
import sys
import tempfile
import time

import load
from load import Measured, measure
from machine import CORES, ROOT, authd, command, credentials
from operations import JSON, LOGIN, LOGIN_BODY, bearers, hashes, in_turns, times

sys.path.insert(0, os.path.join(ROOT, "tests", "http"))

from postgresql import Postgresql  # noqa: E402

USERS = 10_000
NODES = 3
REVOCATIONS = 300
PROMOTIONS = 3
REFRESH = "/api/v1/auth/refresh"
REFRESH_BODY = '{"refresh_token": "TOKEN"}'
REFRESH_PATTERN = '"refresh_token":"([^"]+)"'
LOGOUT = "/api/v1/auth/logout"


class Nodes:
    """Three servers with one database; a context manager."""

    def __init__(self, key, url):
        self.url = url
        self.key = key
        self.root = tempfile.mkdtemp(prefix="authd-bench-nodes-")
        self.programs = []
        self.started = contextlib.ExitStack()

    def variables(self, node):
        return {"AUTHD_STORE_ENGINE": "postgresql", "AUTHD_STORE_URL": self.url,
                "AUTHD_CLUSTER_NODE": "node%d" % node, "AUTHD_SECRETS_MASTER_KEY_FILE": self.key}

    def __enter__(self):
        with contextlib.ExitStack() as started:
            started.callback(shutil.rmtree, self.root, ignore_errors=True)
            for node in range(NODES):
                self.programs.append(started.enter_context(authd(
                    "%s/%d" % (self.root, node), **self.variables(node))))
            for program in self.programs:
                until(lambda one=program: status_of(one, "GET", "/readyz") == 200)
            self.started = started.pop_all()
        return self

    def __exit__(self, *_):
        self.started.close()


def until(condition):
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("bench: a node does not get ready")
        time.sleep(0.01)


def asked(connection, method, path, token=None, body=None):
    """The status of a reply, on an open connection."""
    headers = {"Authorization": "Bearer " + token} if token else {}
    if body:
        headers.update(JSON)
    connection.request(method, path, body, headers)
    reply = connection.getresponse()
    reply.read()
    return reply.status


def status_of(program, method, path, token=None, body=None):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", program.port,
                                                       timeout=60)) as connection:
        return asked(connection, method, path, token, body)


def together(programs, scripts, connections, threads, seconds):
    """One load on each at the same time, as one: rates added, the latencies of the slowest."""
    loads = [load.Load(program, script, connections, threads, seconds)
             for program, script in zip(programs, scripts)]
    parts = [one.done() for one in loads]
    return Measured(sum(part.rate for part in parts),
                    statistics.median(part.p50_ms for part in parts),
                    max(part.p99_ms for part in parts),
                    sum(part.cpu_us * part.requests for part in parts) / max(
                        1, sum(part.requests for part in parts)),
                    sum(part.requests for part in parts),
                    "; ".join(part.error for part in parts if part.error))


def hosts(report, directory, plan):
    # The users of the rows in turn: each refresh token is of one row alone.
    shown = credentials(directory, 1000)
    key = directory + "/master.key"
    with Postgresql(flushes=True) as database:
        url = database.url()
        command(directory, "db", "move", "--to", "postgresql", AUTHD_STORE_URL=url)
        with authd(directory) as single, Nodes(key, url) as nodes:
            checks(report, single, nodes, shown, plan)
            logins(report, single, nodes, plan)
            refreshes(report, single, nodes, shown, plan)
            revocations(report, nodes, shown[600:600 + REVOCATIONS])
            beside = [program.rss_mb("RssAnon") for program in nodes.programs]
            report.value("cluster.memory", "memory of a node, without file pages",
                         "%.1f MB" % max(beside), "one host: %.1f MB" % single.rss_mb("RssAnon"))
    promotions(report, directory, plan)


def checks(report, single, nodes, shown, plan):
    script = bearers(shown[:500], "/auth/verify")
    one, measured = in_turns(
        plan.turns, plan.turn_seconds,
        lambda seconds: measure(single, script, 64, seconds=seconds),
        lambda seconds: measure(nodes.programs[0], script, 64, seconds=seconds))
    ratio = times(measured.rate, one.rate)
    report.load("cluster.verify.64", "/auth/verify on a node, Bearer", 64, measured,
                "%.2f of one host" % ratio, ">= 0.95", ratio >= 0.95)


def logins(report, single, nodes, plan):
    """Each node hashes on a thread for each core, so here three threads share a core and its
    caches: the limit is the time that one hash takes like this."""
    script = load.logins(LOGIN, LOGIN_BODY, USERS)
    alone = measure(single, script, 6 * NODES, 1, plan.long_seconds)
    before = [hashes(program) for program in nodes.programs]
    measured = together(nodes.programs, [script] * NODES, 6, 1, plan.long_seconds)
    after = [hashes(program) for program in nodes.programs]
    count, seconds = (sum(now[part] - then[part] for then, now in zip(before, after))
                      for part in (0, 1))
    limit = times(NODES * CORES * count, seconds)
    ratio = times(measured.rate, limit)
    report.load("cluster.login.18", "login, three nodes together", 6 * NODES, measured,
                "%.2f of what their hash threads can do; %.2f of one host with both cores for "
                "itself" % (ratio, times(measured.rate, alone.rate)), ">= 0.95", ratio >= 0.95)


def refreshing(shown):
    return load.refreshing(REFRESH, [one["refresh"] for one in shown], 2, REFRESH_BODY,
                           REFRESH_PATTERN, JSON)


def refreshes(report, single, nodes, shown, plan):
    single_rate = measure(single, refreshing(shown[:96]), 48, 2, plan.seconds)
    scripts = [refreshing(shown[100 * node:100 * node + 40]) for node in range(1, 1 + NODES)]
    measured = together(nodes.programs, scripts, 16, 2, plan.seconds)
    ratio = times(measured.rate, single_rate.rate)
    report.load("cluster.refresh.48", "refresh, three nodes together, each durable", 16 * NODES,
                measured, "%.2f of one host (%.0f/s)" % (ratio, single_rate.rate),
                ">= 0.5, p99 <= 30 ms", ratio >= 0.5 and measured.p99_ms <= 30)
    text = nodes.programs[1].call("GET", "/metrics")[1]
    counted = {name: float(value) for name, value in re.findall(
        r"^(authd_cluster_\w+)(?:\{[^}]*\})? (\S+)$", text, re.M)}
    report.value("cluster.conflicts", "writes of a node that ran again",
                 "%.0f" % counted.get("authd_cluster_conflicts_total", 0))


def revocations(report, nodes, shown):
    """From the reply to a sign-out on one node until the other two refuse the token."""
    def first_refusal(program, token):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", program.port)) as one:
            while asked(one, "GET", "/auth/verify", token) == 200:
                pass
            return time.monotonic()

    taken = []
    with concurrent.futures.ThreadPoolExecutor(NODES) as pool:
        for number, person in enumerate(shown):
            acting, *others = nodes.programs[number % NODES:] + nodes.programs[:number % NODES]
            refused = [pool.submit(first_refusal, one, person["access"]) for one in others]
            if status_of(acting, "POST", LOGOUT, person["access"], "{}") not in (200, 204):
                raise SystemExit("bench: a sign-out was refused")
            acknowledged = time.monotonic()
            taken += [max(0.0, one.result() - acknowledged) * 1000 for one in refused]
    taken.sort()
    p99 = taken[len(taken) * 99 // 100]
    report.timed("cluster.revocation", "signed out on one node, refused on the others",
                 statistics.median(taken), p99,
                 "worst %.1f ms of %d; the lease is 1 s" % (taken[-1], len(taken)), "worst <= 1 s",
                 taken[-1] <= 1000)


def promotions(report, directory, plan):
    """How long no write succeeds when the standby is promoted at once: what authd adds to the time
    in which somebody, or Patroni, decides to promote."""
    waited = []
    for _ in range(PROMOTIONS if plan.turns > 1 else 1):
        with Postgresql(name="primary", flushes=True) as primary, \
                Postgresql(of=primary, name="standby", flushes=True) as standby:
            primary.sql("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (standby)'")
            primary.sql("SELECT pg_reload_conf()")
            command(directory, "db", "move", "--to", "postgresql", AUTHD_STORE_URL=primary.url())
            with Nodes(directory + "/master.key", primary.url(standby)) as nodes:
                primary.kill()
                begun = time.monotonic()
                standby.promote()
                standby.sql("ALTER SYSTEM SET synchronous_standby_names = ''")
                standby.sql("SELECT pg_reload_conf()")
                promoted = time.monotonic()
                for number, program in enumerate(nodes.programs):
                    body = '{"username": "after%d", "email": "after%d@example.org", ' \
                           '"password": "correct horse battery"}' % (number, number)
                    until(lambda one=program, text=body: status_of(
                        one, "POST", "/api/v1/auth/signup", body=text) == 201)
                waited.append((time.monotonic() - promoted, promoted - begun))
    longest = max(waited)
    report.value("cluster.promotion", "without writes after a promotion", "%.1f s" % longest[0],
                 "until all three nodes write, beside %.1f s of the promotion itself" % longest[1],
                 "<= 5 s", longest[0] <= 5)
