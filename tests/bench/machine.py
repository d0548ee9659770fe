"""The programs to measure: started on their own ports, watched through /proc, and ended."""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.join(ROOT, "build", "release")
AUTHD = os.path.join(ROOT, "build", "authd")
FRONT = os.path.join(BUILD, "tests", "bench", "bench_front")
FILL = os.path.join(BUILD, "tests", "bench", "bench_fill")
PASSWORD = "correct horse battery"
CORES = len(os.sched_getaffinity(0))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def allow_descriptors(count):
    """Allows this many connections at once; False if the machine does not permit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count <= hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= count


class Program:
    """A server in the foreground; PORT in its command is replaced by its port. A context
    manager."""

    def __init__(self, command, scheme="http", log=subprocess.DEVNULL, patience=60, **variables):
        self.port = free_port()
        self.url = "%s://127.0.0.1:%d" % (scheme, self.port)
        self._prepare()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AUTHD_")}
        environment |= variables
        begin = time.monotonic()
        self.process = subprocess.Popen([part.replace("PORT", str(self.port)) for part in command],
                                        env=environment,
                                        stdout=log, stderr=log)
        self._wait(begin + patience)
        # from exec to the first accepted connection
        self.start_ms = (time.monotonic() - begin) * 1000

    def _prepare(self):
        """Runs before the start, when the port is known."""

    def _wait(self, end):
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise SystemExit("bench: %s ended by itself with %d"
                                 % (self.process.args[0], self.process.returncode))
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.002)
        raise SystemExit("bench: %s does not listen" % self.process.args[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _processes(self):
        """Its process id and those of its children (nginx has workers)."""
        found = [self.process.pid]
        with open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)) as f:
            return found + [int(pid) for pid in f.read().split()]

    def rss_mb(self, kind="VmRSS"):
        """Resident memory; "RssAnon": without file pages, which the system reclaims when needed."""
        total = 0
        for pid in self._processes():
            with open("/proc/%d/status" % pid) as f:
                total += int(re.search(kind + r":\s+(\d+)", f.read()).group(1))
        return total / 1024

    def cpu_seconds(self):
        ticks = 0
        for pid in self._processes():
            with open("/proc/%d/stat" % pid) as f:
                fields = f.read().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def call(self, method, path, body=None, headers=None):
        """(headers, body) of a reply, which must be 2xx; a dict is sent as JSON, a str as a
        form."""
        headers = dict(headers or {})
        if isinstance(body, dict):
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        elif body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        request = urllib.request.Request(self.url + path, body.encode() if body is not None
                                         else None, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return reply.headers, reply.read().decode()
        except urllib.error.HTTPError as error:
            raise SystemExit("bench: %s %s gives %d: %s"
                             % (method, path, error.code, error.read().decode()[:300])) from error


def forget_file(path):
    """Drops the file from the page cache, as after a boot: how a file was read decides how much of
    it one page fault loads, and a file that was just written is loaded whole."""
    with open(path, "rb") as f:
        os.fsync(f.fileno())
        os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def serve(directory, *flags, executable=AUTHD):
    """The command. Limits that would stop a load from one address are off. bench_fill's tokens have
    the default issuer."""
    return [executable, "serve", "--listen", "127.0.0.1:PORT", "--data-dir", directory,
            "--log-level", "warn",
            "--server.public-url", "http://localhost:8080", "--rate-limit.enabled", "false",
            "--server.max-connections-per-address", "0", *flags]


def authd(directory, *flags, scheme="http", patience=60, **variables):
    """The release on the directory."""
    return Program(serve(directory, *flags), scheme, patience=patience, **variables)


def command(directory, *words, **variables):
    """The output of an authd command with --json."""
    done = subprocess.run([AUTHD, *words, "--json", "--data-dir", directory], capture_output=True,
                          text=True, env=os.environ | variables)
    if done.returncode != 0:
        raise SystemExit("bench: authd %s: %s" % (" ".join(words), done.stderr))
    return json.loads(done.stdout)


def fill(directory, what, count):
    """The output of bench_fill (tests/bench/fill)."""
    done = subprocess.run([FILL, directory, what, str(count)], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit("bench: bench_fill %s: %s" % (what, done.stderr))
    return done.stdout


def credentials(directory, count):
    """The credentials of this many users, as fill/main.cpp creates them."""
    return [json.loads(line) for line in fill(directory, "credentials", count).splitlines()]
