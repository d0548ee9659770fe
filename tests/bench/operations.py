"""The rows about authd: the cost of each request compared with the floor, under each load, by
number of users."""

import json
import os
import re
import socket
import time
import urllib.parse

import load
from load import measure
from machine import (AUTHD, CORES, PASSWORD, Program, FRONT, allow_descriptors, authd, command,
                     credentials, fill, forget_file)

JSON = {"Content-Type": "application/json"}
PASSKEYS = 10_000  # more than any machine signs in within a second
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LOGIN = "/api/v1/auth/login"
LOGIN_BODY = json.dumps({"login": "userUSER", "password": PASSWORD})
CONSTANT = load.in_turn([load.request("GET", "/")])


def bearers(shown, path):
    return load.in_turn([load.request("GET", path, {"Authorization": "Bearer " + one["access"]})
                         for one in shown])


def times(ours, theirs):
    """Our rate divided by theirs; 0 if theirs did nothing, which is reported as an error
    elsewhere."""
    return ours / theirs if theirs else 0


def floors(report, nginx, plan):
    with nginx() as program:
        report.load("floor.nginx.64", "constant reply, nginx", 64,
                    measure(program, CONSTANT, 64, seconds=plan.seconds))
    with Program([FRONT, "front", "PORT"]) as program:
        for connections in plan.connections:
            report.load("floor.front.%d" % connections, "constant reply, our front: the floor",
                        connections,
                        measure(program, CONSTANT, connections, seconds=plan.seconds))
    # A thread of httplib serves one connection, so there are as many threads as connections.
    with Program([FRONT, "httplib", "PORT"]) as program:
        measured = measure(program, CONSTANT, 64, seconds=plan.seconds)
    ratio = times(report.row("floor.front.64").rate, measured.rate)
    report.load("floor.httplib.64", "constant reply, cpp-httplib's own loop", 64, measured,
                "our front: %.2f x" % ratio,
                ">= 1.1", ratio >= 1.1)


def in_turns(turns, seconds, *loads):
    """Runs several loads in short turns, so that all meet the same neighbours. Returns the turn
    with the median ratio of the last load to the one before it, which one lucky or unlucky moment
    does not change. Errors of every turn are kept."""
    taken = [[one(seconds) for one in loads] for _ in range(turns)]
    taken.sort(key=lambda turn: times(turn[-1].rate, turn[-2].rate))
    middle = taken[len(taken) // 2]
    middle[-1].error = "; ".join(filter(None,
                                        (measured.error for turn in taken for measured in turn)))
    return middle


def checks(report, server, shown, plan):
    """Token, cookie and key, beside floors measured in the same turns: our front's constant reply
    to a bare request of 40 bytes, and to the same request as in the row, with a token of 600 bytes.
    The goal refers to the second floor."""
    made = command(server.directory, "client", "add", "bench")
    client = {"client_id": made["client_id"], "client_secret": made["client_secret"]}

    def bearer(one):
        return "GET", {"Authorization": "Bearer " + one["access"]}, None

    def cookie(one):
        return "GET", {"Cookie": one["cookie"]}, None

    def api_key(one):
        return "GET", {"X-API-Key": one["api_key"]}, None

    def form(one):
        return "POST", FORM, urllib.parse.urlencode({"token": one["access"], **client})

    rows = [("verify.bearer.%d" % n, "/auth/verify, Bearer", n, "/auth/verify", bearer)
            for n in plan.connections]
    rows += [("verify.cookie.64", "/auth/verify, cookie", 64, "/auth/verify", cookie),
             ("verify.key.64", "/auth/verify, API key", 64, "/auth/verify", api_key),
             ("me.64", "users/me", 64, "/api/v1/users/me", bearer),
             ("introspect.64", "/oauth2/introspect", 64, "/oauth2/introspect", form)]
    with Program([FRONT, "front", "PORT"]) as front:
        for key, what, connections, path, made_of in rows:
            def run(program, at, seconds, n=connections, parts=made_of):
                requests = [load.request(method, at, headers, body) for method, headers,
                            body in map(parts, shown)]
                return measure(program, load.in_turn(requests), n, seconds=seconds)

            bare, same, measured = in_turns(plan.turns, plan.turn_seconds,
                                            lambda seconds, n=connections: measure(
                                                front, CONSTANT, n, seconds=seconds),
                                            lambda seconds: run(front, "/", seconds),
                                            lambda seconds, at=path: run(server, at, seconds))
            of_same = times(measured.rate, same.rate)
            goal = (">= 0.80", of_same >= 0.8) if key == "verify.bearer.64" else ("", None)
            report.load(key, what, connections, measured,
                        "%.2f of the floor by the same request, %.2f by a bare one" % (
                            of_same, times(measured.rate, bare.rate)), *goal)


def passkeys(report, directory, users, plan):
    """A login by a passkey: an ES256 signature is verified, a session starts, and the commit is
    durable. Each request is another user's. More than 50 logins at a time from one address would
    have to wait (src/auth/core/limits/attempts.h)."""
    bodies = fill(directory, "passkeys", min(users, PASSKEYS * (plan.seconds + 1))).splitlines()
    with authd(directory) as server:
        script = load.spending("/api/v1/auth/passkey/verify", bodies, 2, "TOKEN", JSON)
        measured = measure(server, script, 48, 2, plan.seconds)
        report.load("passkey.48", "login by passkey, durable", 48, measured, "", ">= 5000/s",
                    measured.rate >= 5000)


def refreshes(report, server, shown, plan):
    singles = [float(fill(server.directory, "commits", plan.commits)) for _ in range(2)]
    # More sessions than connections: wrk also builds a request for an attempt that it never sends.
    script = load.refreshing("/api/v1/auth/refresh", [one["refresh"] for one in shown[:128]], 2,
                             json.dumps({"refresh_token": "TOKEN"}), '"refresh_token":"([^"]+)"',
                             JSON)
    measured = measure(server, script, 64, 2, plan.seconds)
    singles.append(float(fill(server.directory, "commits", plan.commits)))
    single = sorted(singles)[1]
    report.value("commits", "durable commits, one writer", "%s/s" % format(round(single), ","))
    ratio = times(measured.rate, single)
    report.load("refresh.64", "refresh, each durable", 64, measured,
                "%.2f x single commits" % ratio, ">= 3", ratio >= 3)


def hashes(server):
    text = server.call("GET", "/metrics")[1]
    def value(name):
        return float(re.search(r"^%s (\S+)" % name, text, re.M).group(1))
    return value("authd_password_hashes_total"), value("authd_password_hash_seconds_total")


def logins(report, server, shown, users, plan):
    script = load.logins(LOGIN, LOGIN_BODY, users)
    before = hashes(server)
    measured = measure(server, script, 16, 1, plan.long_seconds)
    after = hashes(server)
    taken = times(after[1] - before[1], after[0] - before[0])
    # Concurrent hashes share the memory bandwidth: the limit is the time of one under that load.
    limit = times(CORES, taken)
    report.load("login.16", "login", 16, measured,
                "%.2f of cores / hash time (%.1f ms)" % (times(measured.rate, limit), taken * 1000),
                ">= 0.95", measured.rate >= 0.95 * limit)
    storm = load.Load(server, script, 32, 1, plan.long_seconds + 2)
    time.sleep(1)  # The storm must be under way when the measurement begins.
    check = measure(server, bearers(shown, "/auth/verify"), 8, 1, plan.long_seconds)
    beside = storm.done()
    check.error = "; ".join(filter(None, [check.error, beside.error]))
    check.cpu_us = 0  # The logins' usage is included.
    report.load("storm.8", "/auth/verify in a storm of logins", 8, check,
                "beside %.0f logins/s" % beside.rate, "p99 <= 5 ms", check.p99_ms <= 5)
    body = json.dumps({"username": "USER", "email": "USER@example.org", "password": PASSWORD})
    measured = measure(server, load.signups("/api/v1/auth/signup", body, "bench%d" % os.getpid()),
                       16, 1, plan.long_seconds)
    report.load("signup.16", "sign-up", 16, measured)


def connect(program, count):
    """Open connections, each after one answered request, so that each holds what a client's
    connection holds."""
    held = []
    for _ in range(count):
        s = socket.create_connection(("127.0.0.1", program.port), 10)
        s.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        held.append(s)
    for s in held:
        if not s.recv(4096).startswith(b"HTTP/1.1 200"):
            raise SystemExit("bench: an idle connection was not served")
    return held


def idle_connections(report, directory, shown, plan):
    count = 10_000
    if not allow_descriptors(count + 200):
        report.value("idle.connections", "10,000 idle connections", "not measured",
                     "the machine allows fewer descriptors")
        return
    with authd(directory, "--server.max-connections", str(count + 1000)) as server:
        held = connect(server, count)
        time.sleep(0.5)
        rss, cpu, begin = server.rss_mb(), server.cpu_seconds(), time.monotonic()
        time.sleep(plan.long_seconds)
        share = (server.cpu_seconds() - cpu) / (time.monotonic() - begin) * 100
        report.value("idle.rss", "RSS with idle connections", "%.1f MB" % rss, "", "<= 60 MB",
                     rss <= 60, count)
        report.value("idle.cpu", "CPU with idle connections", "%.1f %%" % share, "of one core",
                     "<= 1 %", share <= 1, count)
        measured = measure(server, bearers(shown, "/auth/verify"), 64, seconds=plan.seconds)
        report.load("verify.bearer.10000", "/auth/verify, Bearer, 64 of 10,000 not idle",
                    count + 64, measured)
        for s in held:
            s.close()


def slow_clients(report, server, shown, plan):
    """Half-sent requests and silent connections beside a light load: nobody waits for them."""
    script = bearers(shown, "/auth/verify")
    quiet = min((measure(server, script, 16, seconds=plan.seconds) for _ in range(2)),
                key=lambda m: m.p99_ms)
    held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(2500)]
    for s in held[::5]:
        s.sendall(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
    loud = min((measure(server, script, 16, seconds=plan.seconds) for _ in range(2)),
               key=lambda m: m.p99_ms)
    for s in held:
        s.close()
    ratio = loud.p99_ms / max(quiet.p99_ms, 0.001)
    report.load("slow.16", "/auth/verify beside 2,000 idle and 500 half-sent", 16, loud,
                "p99 %.2f x without them" % ratio, "< 2", ratio < 2)


def by_tls(report, directory, shown, certificate, plan):
    with authd(directory, "--server.tls-cert", certificate[0], "--server.tls-key", certificate[1],
               scheme="https") as server:
        livez = load.in_turn([load.request("GET", "/livez")])
        floor = measure(server, livez, 64, seconds=plan.seconds)
        report.load("floor.tls.64", "/livez by TLS", 64, floor)
        measured = measure(server, bearers(shown, "/auth/verify"), 64, seconds=plan.seconds)
        report.load("verify.tls.64", "/auth/verify, Bearer, by TLS", 64, measured,
                    "%.2f of /livez" % times(measured.rate, floor.rate))
        closing = load.in_turn([load.request("GET", "/livez", {"Connection": "close"})])
        report.load("tls.handshakes.16", "/livez by TLS, a handshake each", 16,
                    measure(server, closing, 16, seconds=plan.seconds))


def sizes(report, directory, counts, plan):
    """Start, memory, login and check by number of users; returns the directories by count."""
    made, tall = {}, max(counts)
    for users in counts:
        made[users] = "%s/users-%d" % (directory, users)
        os.mkdir(made[users], 0o700)
        fill(made[users], "users", 0)  # creates the database
        empty = used(made[users])
        begin = time.monotonic()
        fill(made[users], "users", users)
        taken = time.monotonic() - begin
        if users == tall:
            full = used(made[users])
            report.value("disk.user", "a user on the disk", "%.0f bytes" % ((full - empty) / users),
                         "%s of them, filled in %.0f s" % (format(users, ","), taken))
            fill(made[users], "sessions", plan.sessions)
            report.value("disk.session", "a session on the disk",
                         "%.0f bytes" % ((used(made[users]) - full) / plan.sessions),
                         "%s of them" % format(plan.sessions, ","))
        starts = []
        forget_file(AUTHD)
        for _ in range(3):
            with authd(made[users]) as server:
                time.sleep(0.3)  # By then the jobs and thread pools have started.
                starts.append((server.start_ms, server.rss_mb(), server.rss_mb("RssAnon")))
        start, rss, own = (min(column) for column in zip(*starts))
        report.value("start.%d" % users, "start with %s users" % format(users, ","),
                     "%.0f ms" % start, "", "<= 100 ms", start <= 100)
        report.value("rss.%d" % users, "idle RSS with %s users, after a boot" % format(users, ","),
                     "%.1f MB" % rss,
                     "%.1f MB of its own, the rest pages of files" % own, "<= 15 MB", rss <= 15)
    return made


def upgrade(report, directory, users):
    """The first start on the data of authd 0.1.0: the snapshot, and each user changed."""
    fill(directory, "old_users", users)
    with authd(directory, patience=600) as server:
        first = server.start_ms
        size = command(directory, "db", "stat")["used_bytes"]
    with authd(directory) as server:
        report.value("upgrade.%d" % users, "upgrade from 0.1.0 with %s users" % format(users, ","),
                     "%.1f s" % (first / 1000), "then %.0f ms to start, %.0f MB used" % (
                         server.start_ms, size / 1e6))


def searches(report, stores):
    """The search for people, in the process: each question reads one short row of everybody. The
    goal is for 100,000; a million shows how it grows."""
    for users, directory in sorted(stores.items()):
        if users < 100_000 and len(stores) > 1:
            continue
        for line in fill(directory, "searches", 100 if users <= 100_000 else 20).splitlines():
            one = json.loads(line)
            is_goal = users == 100_000
            report.timed("search.%d.%s" % (users, one["what"]),
                         "search with %s users: %s" % (format(users, ","), one["what"]),
                         one["p50_ms"], one["p99_ms"], "%s found" % format(one["total"], ","),
                         "<= 10 ms" if is_goal else "", one["p50_ms"] <= 10 if is_goal else None)


def writes(report, directory, plan):
    """Durable commits: with what the search reads, beside without, in turns."""
    for line in fill(directory, "writes", plan.commits).splitlines():
        made = json.loads(line)
        report.value("write.%s" % made["what"], made["what"] + ", durable, which a search finds",
                     "%.0f us" % made["with_us"], "%.2f of one that it does not" % made["ratio"],
                     "<= 1.05", made["ratio"] <= 1.05)


def used(directory):
    return command(directory, "db", "stat")["used_bytes"]


def by_users(report, directories, plan):
    """The cost of a check and a login with few users and with many, in turns; in CPU time, which
    neighbours disturb less."""
    few, many = min(directories), max(directories)
    tokens = {users: credentials(directories[users], 500) for users in (few, many)}
    with authd(directories[few]) as small, authd(directories[many]) as large:
        servers = {few: small, many: large}
        for key, what, script in [("verify", "/auth/verify",
                                   lambda n: bearers(tokens[n], "/auth/verify")),
                                  ("login", "login", lambda n: load.logins(LOGIN, LOGIN_BODY, n))]:
            cost = {}
            for users in (few, many):
                runs = [measure(servers[users], script(users), 16, 1 if key == "login" else 2,
                                plan.seconds) for _ in range(plan.rounds)]
                cost[users] = min(runs, key=lambda m: (bool(m.error), m.cpu_us))
            ratio = times(cost[many].cpu_us, cost[few].cpu_us)
            report.load("%s.users.%d" % (key, few), "%s with %s users" % (what, format(few, ",")),
                        16, cost[few])
            report.load("%s.users.%d" % (key, many), "%s with %s users" % (what, format(many, ",")),
                        16, cost[many],
                        "%.2f x the cost with %s" % (ratio, format(few, ",")), "<= 1.2",
                        ratio <= 1.2)


def others(report, peer, ours, plan):
    """Glewlwyd on the same operations. Goal: our check is ten times as fast. Its introspection and
    its refresh are those of an application's tokens."""
    tokens = peer.tokens()
    bearer = {"Authorization": "Bearer " + tokens["access_token"]}
    cookie = {"Cookie": peer.log_in("user1", PASSWORD)}
    measured = measure(peer, load.in_turn([load.request("GET", "/api/glwd/profile/", bearer)]), 64,
                       seconds=plan.seconds)
    ratio = times(ours("verify.bearer.64"), measured.rate)
    report.load("peer.profile.64", "Glewlwyd: token check, the profile by it", 64, measured,
                "authd: %.0f x" % ratio, ">= 10", ratio >= 10)
    measured = measure(peer, load.in_turn([load.request("GET", "/api/profile_list", cookie)]), 64,
                       seconds=plan.seconds)
    report.load("peer.session.64", "Glewlwyd: session check, profile_list", 64, measured,
                "authd: %.0f x" % times(ours("verify.cookie.64"), measured.rate))
    form = load.in_turn([load.request("POST", "/api/glwd/introspect", {**FORM, **bearer},
                                      "token=" + tokens["access_token"])])
    measured = measure(peer, form, 64, seconds=plan.seconds)
    report.load("peer.introspect.64", "Glewlwyd: introspection", 64, measured,
                "authd: %.0f x" % times(ours("provider.introspect.64"), measured.rate))
    again = "grant_type=refresh_token&refresh_token=" + tokens["refresh_token"]
    script = load.in_turn(
        [load.request("POST", "/api/glwd/token/", {**FORM, "Authorization": peer.client}, again)])
    measured = measure(peer, script, 16, seconds=plan.seconds)
    report.load("peer.refresh.16", "Glewlwyd: refresh, not rotated", 16, measured,
                "authd: %.0f x" % times(ours("provider.refresh.64"), measured.rate))
    own = load.in_turn([load.request("POST", "/api/glwd/token/",
                                     {**FORM, "Authorization": peer.client},
                                     "grant_type=client_credentials&scope=bench")])
    measured = measure(peer, own, 64, seconds=plan.seconds)
    report.load("peer.client.64", "Glewlwyd: client_credentials", 64, measured,
                "authd: %.0f x" % times(ours("provider.client.64"), measured.rate))
    body = json.dumps({"username": "user1", "password": PASSWORD})
    measured = measure(peer, load.in_turn([load.request("POST", "/api/auth/", JSON, body)]), 16,
                       seconds=plan.seconds)
    report.load("peer.login.16", "Glewlwyd: login, PBKDF2", 16, measured)
    report.value("peer.rss", "Glewlwyd: RSS with 1 user", "%.1f MB" % peer.rss_mb())
