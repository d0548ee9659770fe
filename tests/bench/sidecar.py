"""The rows about a replica beside an application: how long a check takes by a unix socket, how late
a sign-out arrives, what it holds in memory, and what many of them cost their main server."""

import base64
import contextlib
import re
import selectors
import shutil
import signal
import socket
import tempfile
import threading
import time

from machine import AUTHD, Program, command, credentials, serve

SESSIONS = 100_000
CHECKS = 20_000
REVOCATIONS = 200
FOLLOWERS = 1_000
CLIENT = "sidecar"


class Line:
    """One connection to a unix socket, without a client library around it."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        end = time.monotonic() + 10
        while True:  # It listens there a moment later than by TCP.
            try:
                return self.socket.connect(path)
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def ask(self, request):
        self.socket.sendall(request)
        data = b""
        while True:
            data += self.socket.recv(65536)
            head, end, body = data.partition(b"\r\n\r\n")
            if not end:
                continue
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            if len(body) >= (int(length[1]) if length else 0):
                return int(data[9:12]), body

    def close(self):
        self.socket.close()


def request(method, path, *headers, body=b""):
    lines = ["%s %s HTTP/1.1" % (method, path), "Host: localhost", *headers]
    if body:
        lines.append("Content-Length: %d" % len(body))
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def bearer(token):
    return "Authorization: Bearer " + token


def quantiles(times_ns):
    ordered = sorted(times_ns)
    return [ordered[min(int(len(ordered) * q), len(ordered) - 1)] / 1e3 for q in (0.5, 0.99, 1)]


class World:
    def __init__(self, directory):
        self.directory = directory
        self.folder = tempfile.mkdtemp(prefix="authd-bench-sidecar-")
        self.socket = self.folder + "/main.sock"
        self.here = self.folder + "/replica.sock"
        self.secret_file = self.folder + "/secret"
        made = command(directory, "client", "add", CLIENT, "--id", CLIENT, "--set", "replica=true",
                       "--json")
        self.secret = made["client_secret"]
        with open(self.secret_file, "w") as file:
            file.write(self.secret)

    def main(self):
        flags = serve(self.directory)
        flags[flags.index("127.0.0.1:PORT")] = "127.0.0.1:PORT,unix:" + self.socket
        return Program(flags)

    def replica(self):
        return Program([AUTHD, "serve", "--data-dir", self.folder + "/replica", "--listen",
                        "127.0.0.1:PORT,unix:" + self.here, "--log-level", "warn", "--replica-of",
                        "unix:" + self.socket, "--replica.client-id", CLIENT,
                        "--replica.client-secret-file", self.secret_file, "--replica.lease", "1m"])

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def beside(report, directory):
    world = World(directory)
    with contextlib.closing(world):
        shown = credentials(directory, 1000)
        with world.main() as main, world.replica() as replica:
            report.value("sidecar.start", "a replica copies %d sessions" % SESSIONS,
                         "%.1f s" % (replica.start_ms / 1000))
            checks(report, world, shown)
            revocations(report, world, main, shown[:REVOCATIONS])
            own = replica.rss_mb("RssAnon")
            report.value("sidecar.memory", "memory of a replica, without file pages",
                         "%.1f MB" % own, "%d sessions" % SESSIONS, "<= 15 MB", own <= 15)
            away(report, world, main, shown[-1]["access"])
        with world.main() as main:
            followers(report, world, main, shown)


def checks(report, world, shown):
    line = Line(world.here)
    requests = [request("GET", "/auth/verify", bearer(one["access"]))
                for one in shown[300:800]]
    times = []
    for number in range(CHECKS):
        asked = requests[number % len(requests)]
        begin = time.perf_counter_ns()
        status, _ = line.ask(asked)
        times.append(time.perf_counter_ns() - begin)
        if status != 200:
            raise SystemExit("bench: a replica answers %d" % status)
    p50, p99, _ = quantiles(times)
    report.value("sidecar.verify", "a check by a replica, over a unix socket", "%.0f us" % p50,
                 "p99 %.0f us, one at a time, with a client in Python" % p99, "<= 60 us", p50 <= 60)
    line.close()


def revocations(report, world, main, shown):
    there, here = Line(world.socket), Line(world.here)
    times = []
    for one in shown:
        token = bearer(one["access"])
        if here.ask(request("GET", "/auth/verify", token))[0] != 200:
            raise SystemExit("bench: a session is not known")
        status, _ = there.ask(request("POST", "/api/v1/auth/logout", token))
        begin = time.perf_counter_ns()
        if status >= 300:
            raise SystemExit("bench: a sign-out gives %d" % status)
        while here.ask(request("GET", "/auth/verify", token))[0] == 200:
            pass
        times.append(time.perf_counter_ns() - begin)
    p50, p99, worst = (value / 1e3 for value in quantiles(times))
    report.value("sidecar.revocation", "signed out, refused by a replica", "%.0f ms" % p50,
                 "p99 %.0f ms, worst %.0f ms of %d" % (p99, worst, len(times)))


def away(report, world, main, token):
    """Checks without a pause while the main server restarts."""
    main.process.send_signal(signal.SIGTERM)
    line = Line(world.here)
    asked, refused = 0, 0
    while main.process.poll() is None:
        refused += line.ask(request("GET", "/auth/verify", bearer(token)))[0] != 200
        asked += 1
    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        starter = threading.Thread(target=lambda: stack.enter_context(world.main()))
        starter.start()
        while starter.is_alive() or time.monotonic() < begin + 2:
            refused += line.ask(request("GET", "/auth/verify", bearer(token)))[0] != 200
            asked += 1
        starter.join()
    report.value("sidecar.restart", "refused while the main server restarts", "%d" % refused,
                 "of %d checks" % asked, "0", refused == 0)
    line.close()


def followers(report, world, main, shown):
    """Many replicas that follow one server, which commits all the time. They are one process here,
    so the processor time is that of the main server alone."""
    pair = base64.b64encode(("%s:%s" % (CLIENT, world.secret)).encode()).decode()
    basic = "Authorization: Basic " + pair
    first = Line(world.socket)
    _, page = first.ask(request("GET", "/api/v1/replica/records", basic))
    place = place_of(page)
    watch = selectors.DefaultSelector()
    answers, busy = 0, 0
    lines = [Line(world.socket) for _ in range(FOLLOWERS)]

    def follow(line, after):
        line.socket.sendall(request(
            "GET", "/api/v1/replica/changes?after=%s&wait=25s" % after, basic))

    for line in lines:
        line.data, line.place = b"", place
        watch.register(line.socket, selectors.EVENT_READ, line)
        follow(line, place)
    is_over = threading.Event()
    committed = []
    threads = [threading.Thread(target=commit, args=(world, shown[500 + n::4], is_over, committed))
               for n in range(4)]
    for thread in threads:
        thread.start()
    seconds = 5
    begin, cpu = time.monotonic(), main.cpu_seconds()
    while time.monotonic() < begin + seconds:
        for key, _ in watch.select(0.1):
            line = key.data
            line.data += line.socket.recv(65536)
            head, end, body = line.data.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            if not end or len(body) < int(length[1]):
                continue
            line.data = b""
            if b" 503 " in head[:20]:  # Too many at once: it comes again.
                busy += 1
            else:
                answers += 1
                line.place = place_of(body)
            follow(line, line.place)
    used = (main.cpu_seconds() - cpu) / (time.monotonic() - begin)
    rate = len(committed) / (time.monotonic() - begin)
    is_over.set()
    for thread in threads:
        thread.join()
    for line in lines:
        line.close()
    report.value("sidecar.followers", "%d replicas on one main server" % FOLLOWERS,
                 "%.2f cores" % used,
                 "%.0f commits/s, %.0f answers/s, %.0f sent away" % (
                     rate, answers / seconds, busy / seconds), "<= 1 core",
                 used <= 1)


def commit(world, shown, is_over, committed):
    """About 25 sign-outs a second, each of which is a commit that every replica hears of."""
    line = Line(world.socket)
    for one in shown:
        if is_over.wait(0.04):
            break
        line.ask(request("POST", "/api/v1/auth/logout", bearer(one["access"])))
        committed.append(1)
    line.close()


def place_of(page):
    begin = page.index(b"\n") + 1
    return "%d-%s" % (int.from_bytes(page[begin:begin + 8], "big"),
                      page[begin + 8:begin + 24].hex())
