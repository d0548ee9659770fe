#!/usr/bin/env python3
"""Writes the table of docs/capacity.md from build/bench/results.json: run BENCH=long make bench,
then this."""

import json
import os
import sys
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BEGIN = "<!-- tests/bench/publish.py: begin -->"
END = "<!-- tests/bench/publish.py: end -->"

# (operator's question, row): first of requests, then of values.
REQUESTS = [
    ("a token checked (`/auth/verify`)", "verify.bearer.64"),
    ("a session cookie checked", "verify.cookie.64"),
    ("an API key checked", "verify.key.64"),
    ("a token checked, over TLS", "verify.tls.64"),
    ("a token introspected", "introspect.64"),
    ("a token refreshed, durable", "refresh.64"),
    ("a code of the provider exchanged, ID token by ES256, durable", "provider.code.es256.64"),
    ("a code of the provider exchanged, ID token by RS256, durable", "provider.code.rs256.64"),
    ("a grant of the provider refreshed, durable", "provider.refresh.64"),
    ("userinfo", "provider.userinfo.64"),
    ("a token of an application introspected by an API", "provider.introspect.64"),
    ("client_credentials", "provider.client.64"),
    ("a login (Argon2id, 19 MiB)", "login.16"),
    ("a sign-up", "signup.16"),
]
VALUES = [
    ("memory, idle, with 100,000 users", "rss.100000"),
    ("memory with 10,000 idle connections", "idle.rss"),
    ("start with 100,000 users", "start.100000"),
    ("start with 1,000,000 users", "start.1000000"),
    ("disk for a user", "disk.user"),
    ("disk for a session", "disk.session"),
]


def rounded(rate):
    """Two digits: the third depends on the machine's neighbours."""
    digits = len(str(int(rate))) - 2
    return format(int(round(rate, -max(digits, 0))), ",")


def cpu(us):
    return "%.0f µs" % us if us < 10_000 else "%.0f ms" % (us / 1000)


def table(results):
    rows = {row["key"]: row for row in results["rows"]}
    lines = ["Measured on %s (%s), with the load on the same machine:" % (
        results["machine"], time.strftime("%Y-%m", time.gmtime(results["begin"]))), "",
             "| what | capacity | CPU time of one |", "|---|---|---|"]
    for what, key in REQUESTS:
        if key in rows:
            lines.append("| %s | %s a second | %s |"
                         % (what, rounded(rows[key]["rate"]), cpu(rows[key]["cpu_us"])))
    for what, key in VALUES:
        if key in rows:
            lines.append("| %s | %s | |" % (what, rows[key]["value"]))
    return "\n".join(lines)


def replaced(text, results):
    begin, end = text.find(BEGIN), text.find(END)
    if begin < 0 or end < begin:
        raise SystemExit("publish: docs/capacity.md has no place for the table: " + BEGIN)
    return text[:begin] + BEGIN + "\n" + table(results) + "\n" + text[end:]


def main():
    with open(os.path.join(ROOT, "build", "bench", "results.json")) as f:
        results = json.load(f)
    if any(row["error"] for row in results["rows"]):
        raise SystemExit("publish: that run had errors")
    path = os.path.join(ROOT, "docs", "capacity.md")
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(replaced(text, results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
