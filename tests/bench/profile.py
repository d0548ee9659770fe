#!/usr/bin/env python3
"""Shows where the instructions of a request go.

profile.py verify|me|introspect|userinfo|api|refresh|login|passkey|front [requests] counts with
callgrind, on the unstripped release, so a count is the same on a busy machine as on a quiet one. It
counts the server's instructions, without the kernel. It does not know the processor's SHA-256
instructions, which are ten times as fast as the code that it counts instead. PROFILE=FILE keeps
what callgrind wrote."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

import provider
from machine import BUILD, FRONT, PASSWORD, Program, command, credentials, fill, serve

USERS = 100_000
WARMING = 20
MOST_ANSWERS = 2000  # of passkeys

# (label, part of the function's name) for the report on each request: everything below the function
# counts.
STAGES = [
    ("the request's head read", "http::parse_head("),
    ("cpp-httplib, with all below", "httplib::Server::process_request("),
    ("the app, with all below", "http::App::handle("),
    ("SHA-256 of the token", "crypto::sha256"),
    ("the read transaction", "Environment::read("),
    ("point reads in it", "mdb_get"),
    ("the write, with its commit", "CommitGroup::run("),
    ("a signature made", "crypto::SigningKey::sign"),
    ("HMACs", "crypto::hmac_sha256"),
    ("a password hash", "crypto_pwhash"),
    ("the JSON of the reply", "api::tokens_reply("),
    ("JSON read", "JsonObject::parse("),
    ("memory taken and given back", "MEMORY"),
]
MEMORY = re.compile(
    r":(_int_free|_int_malloc|malloc|free|operator "
    r"(new|delete)\(.*|malloc_consolidate|unlink_chunk.*)( \[.*)?$")


class Client:
    """One connection that sends one request after the other."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))

    def ask(self, method, path, headers, body=""):
        lines = ["%s %s HTTP/1.1" % (method, path),
                 "Host: localhost"] + ["%s: %s" % pair for pair in headers.items()]
        if body:
            lines.append("Content-Length: %d" % len(body))
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        got = b""
        while b"\r\n\r\n" not in got:
            got += self.socket.recv(65536)
        head, rest = got.split(b"\r\n\r\n", 1)
        length = re.search(rb"Content-Length: (\d+)", head)
        while len(rest) < int(length.group(1) if length else 0):
            rest += self.socket.recv(65536)
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit("profile: " + head.decode() + rest.decode())
        return rest.decode()


def asker(what, client, shown, directory):
    """A function that sends one request of this kind."""
    bearer = {"Authorization": "Bearer " + shown["access"]}
    as_json = {"Content-Type": "application/json"}
    if what == "front":
        return lambda: client.ask("GET", "/", {})
    if what == "verify":
        return lambda: client.ask("GET", "/auth/verify", bearer)
    if what == "me":
        return lambda: client.ask("GET", "/api/v1/users/me", bearer)
    if what == "introspect":
        made = command(directory, "client", "add", "profile")
        form = urllib.parse.urlencode({"token": shown["access"], "client_id": made["client_id"],
                                       "client_secret": made["client_secret"]})
        return lambda: client.ask("POST", "/oauth2/introspect",
                                  {"Content-Type": "application/x-www-form-urlencoded"}, form)
    if what in ("userinfo", "api"):  # of a grant; introspection by the API that it is for
        code = next(made["code"] for made in map(json.loads,
                                                 fill(directory, "codes", 1).splitlines())
                    if made["client"] == "bench_es256")
        token = json.loads(client.ask("POST", "/oauth2/token", provider.basic_of("bench_es256"),
                                      provider.CODE_BODY.replace("TOKEN", code)))
        path = "/oauth2/userinfo" if what == "userinfo" else "/oauth2/introspect"
        made_of = provider.bearer if what == "userinfo" else provider.question_of("bench_api")
        method, headers, body = made_of(token)
        return lambda: client.ask(method, path, headers, body or "")
    if what == "passkey":
        answers = iter(fill(directory, "passkeys", WARMING + MOST_ANSWERS).splitlines())
        return lambda: client.ask("POST", "/api/v1/auth/passkey/verify", as_json, next(answers))
    if what == "login":
        return lambda: client.ask("POST", "/api/v1/auth/login", as_json,
                                  json.dumps({"login": shown["username"], "password": PASSWORD}))
    def refresh():
        shown["refresh"] = json.loads(client.ask("POST", "/api/v1/auth/refresh", as_json,
                                                 json.dumps({"refresh_token": shown["refresh"]})))[
                                                     "refresh_token"]
    return refresh


def annotated(profile, *flags):
    """(instructions, function) for every function."""
    text = subprocess.run(["callgrind_annotate", "--threshold=100", *flags, profile], check=True,
                          capture_output=True, text=True).stdout
    found = re.findall(r"^ *([\d,]+) \([\d. ]+%\)\s+(.*)$", text, re.M)
    return [(int(count.replace(",", "")), name) for count, name in found]


def tell(what, requests, profile):
    inclusive, own = annotated(profile, "--inclusive=yes"), annotated(profile)
    total = next(count for count, name in own if name == "PROGRAM TOTALS")
    print("%s: %s instructions per request" % (what, format(total // requests, ",")))
    for label, part in STAGES:
        if part == "MEMORY":
            count = sum(count for count, name in own if MEMORY.search(name))
        else:
            count = max((count for count, name in inclusive if part in name
                         and "_Function_handler" not in name), default=0)
        if count:
            print("  %-32s %8s  %3.0f %%"
                  % (label, format(count // requests, ","), 100 * count / total))
    print("  the twelve dearest functions, without what they call:")
    for count, name in own[1:13]:
        print("  %8s  %s"
              % (format(count // requests, ","), re.sub(r"^\S*?:| \[.*", "", name)[:90]))


def make_keys(directory):
    """A new server makes its RSA keys in the background, which costs more than all that is
    counted."""
    with Program(serve(directory, executable=os.path.join(BUILD, "authd"))) as program:
        url = program.url + "/.well-known/jwks.json"
        while True:
            with urllib.request.urlopen(url) as reply:
                algorithms = [key["alg"] for key in json.load(reply)["keys"]]
            if algorithms.count("RS256") == 2:
                return
            time.sleep(0.1)


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in (
            "verify", "me", "introspect", "userinfo", "api", "refresh", "login", "passkey",
            "front"):
        print(__doc__, file=sys.stderr)
        return 2
    what, requests = sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 500
    subprocess.run(["ninja", "-C", BUILD, "authd", "bench_front", "bench_fill"], check=True,
                   stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory(dir=os.path.join(BUILD, "..")) as directory:
        fill(directory, "users", USERS)
        shown = credentials(directory, 1)[0]
        profile = directory + "/profile"
        # Valgrind has less address space than the store reserves by default.
        run = [FRONT, "front", "PORT"]
        if what != "front":
            make_keys(directory)
            run = serve(directory, "--store.max-size", "1GiB",
                        executable=os.path.join(BUILD, "authd"))
        with Program(["valgrind", "--tool=callgrind", "--instr-atstart=no",
                      "--callgrind-out-file=" + profile, *run]) as program:
            ask = asker(what, Client(program.port), shown, directory)
            for _ in range(WARMING):
                ask()
            control = ["callgrind_control", "-i"]
            subprocess.run([*control, "on", str(program.process.pid)], check=True,
                           capture_output=True)
            for _ in range(requests):
                ask()
            subprocess.run([*control, "off", str(program.process.pid)], check=True,
                           capture_output=True)
        tell(what, requests, profile)
        if "PROFILE" in os.environ:
            shutil.copy(profile, os.environ["PROFILE"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
