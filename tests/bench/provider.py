"""The rows about the provider: what applications ask of it, what it costs to have many grants, and
the same requests to the npm package oidc-provider."""

import base64
import json
import os
import re
import statistics
import subprocess
import urllib.parse

import load
import peers
from load import Measured, measure
from machine import CORES, FRONT, Program, authd, command, credentials, fill
from operations import FORM, bearers, in_turns, times

# As fill/main.cpp has them.
CLIENT_SECRET = "bench secret of 32 characters ..."
CALLBACK = "https://bench.example/callback"
API = "https://api.bench.example"

# More than any machine exchanges in a second; those of RS256 are limited by their signatures.
ES256_CODES = 15_000
RS256_CODES = 5_000
PEER_CODES = 4_000

CODE_BODY = "grant_type=authorization_code&redirect_uri=%s&code=TOKEN" % urllib.parse.quote(
    CALLBACK, safe="")
REFRESH_BODY = "grant_type=refresh_token&refresh_token=TOKEN"
REFRESH_PATTERN = '"refresh_token":"([^"]+)"'
SHOWN = 128  # grants; more than connections: wrk also builds requests that it never sends


def basic_of(client):
    pair = "%s:%s" % tuple(urllib.parse.quote(part, safe="") for part in (client, CLIENT_SECRET))
    return {**FORM, "Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def exchanged(server, path, code):
    body = CODE_BODY.replace("TOKEN", code)
    return json.loads(server.call("POST", path, body, basic_of("bench_es256"))[1])


def bearer(one):
    return "GET", {"Authorization": "Bearer " + one["access_token"]}, None


def question_of(client):
    def question(one):
        return "POST", basic_of(client), urllib.parse.urlencode({"token": one["access_token"]})
    return question


def asking(shown, path, made_of):
    return load.in_turn([load.request(method, path, headers, body)
                         for method, headers, body in map(made_of, shown)])


def spend(program, path, client, codes, count, seconds):
    """Exchanges some of the codes, which are gone then."""
    some, codes[client] = codes[client][:count], codes[client][count:]
    script = load.spending(path, some, 2, CODE_BODY, basic_of(client))
    return measure(program, script, 64, 2, seconds)


def refreshed(program, path, shown, seconds):
    script = load.refreshing(path, [one["refresh_token"] for one in shown], 2, REFRESH_BODY,
                             REFRESH_PATTERN, basic_of("bench_es256"))
    return measure(program, script, 64, 2, seconds)


def rsa_limit(seconds):
    """RSA-2048 signatures per second on all cores, with the library that authd is made with."""
    text = subprocess.run(["openssl", "speed", "-seconds", str(seconds), "-multi", str(CORES),
                           "-mr", "rsa2048"], check=True, capture_output=True, text=True).stdout
    return Measured(float(re.findall(r"^\+F2:\d+:2048:([\d.]+):", text, re.M)[-1]))


def applications(report, directory, plan):
    """What applications do: codes, refreshes, userinfo, introspection, tokens of their own. A code
    is spent by its exchange, so there are enough for the fastest machine."""
    counts = {"bench_es256": ES256_CODES * (plan.seconds + 1) + SHOWN,
              "bench_rs256": RS256_CODES * (plan.turn_seconds + 1) * plan.turns}
    codes = {client: [] for client in counts}
    for line in fill(directory, "codes", max(counts.values())).splitlines():
        made = json.loads(line)
        codes[made["client"]].append(made["code"])
    with authd(directory, "--provider.code-ttl", "10m") as server:
        shown = [exchanged(server, "/oauth2/token", codes["bench_es256"].pop())
                 for _ in range(SHOWN)]
        exchanges(report, server, codes, plan)
        refreshes(report, server, directory, shown, plan)
        asked(report, server, shown, plan)
        own_tokens(report, server, directory, plan)


def exchanges(report, server, codes, plan):
    path = "/oauth2/token"
    by_es256 = spend(server, path, "bench_es256", codes, ES256_CODES * (plan.seconds + 1),
                     plan.seconds)
    report.load("provider.code.es256.64", "code exchange, ID token by ES256, durable", 64, by_es256,
                "", ">= 4000/s", by_es256.rate >= 4000)
    limit, measured = in_turns(
        plan.turns, plan.turn_seconds, rsa_limit,
        lambda seconds: spend(server, path, "bench_rs256", codes, RS256_CODES * (seconds + 1),
                              seconds))
    # Requests, commits and the load itself share the cores with the signatures: beside them there
    # is room for so many.
    room = 1 / (1 / by_es256.rate + 1 / limit.rate)
    ratio = times(measured.rate, room)
    report.value("rsa.limit", "RSA-2048 signatures, openssl speed", "%s/s" % format(
        round(limit.rate), ","))
    report.load("provider.code.rs256.64", "code exchange, ID token by RS256, durable", 64, measured,
                "%.2f of the exchange by ES256 with an RSA signature more, %.2f of the RSA limit"
                % (ratio, times(measured.rate, limit.rate)), ">= 0.80", ratio >= 0.8)


def refreshes(report, server, directory, shown, plan):
    singles = [float(fill(directory, "commits", plan.commits)) for _ in range(2)]
    measured = refreshed(server, "/oauth2/token", shown, plan.seconds)
    singles.append(float(fill(directory, "commits", plan.commits)))
    ratio = times(measured.rate, statistics.median(singles))
    report.load("provider.refresh.64", "refresh of a grant, each durable", 64, measured,
                "%.2f x single commits (%.0f/s)" % (ratio, statistics.median(singles)), ">= 3",
                ratio >= 3)


def asked(report, server, shown, plan):
    """Userinfo, and introspection by the API that the token is for, beside the floor by the same
    requests."""
    rows = (("userinfo", "/oauth2/userinfo", "/oauth2/userinfo", bearer),
            ("introspect", "introspection by the API of the token", "/oauth2/introspect",
             question_of("bench_api")))
    with Program([FRONT, "front", "PORT"]) as front:
        for key, what, path, made_of in rows:
            def run(program, at, seconds, parts=made_of):
                return measure(program, asking(shown, at, parts), 64, seconds=seconds)

            same, measured = in_turns(plan.turns, plan.turn_seconds,
                                      lambda seconds: run(front, "/", seconds),
                                      lambda seconds, at=path: run(server, at, seconds))
            ratio = times(measured.rate, same.rate)
            report.load("provider.%s.64" % key, what, 64, measured,
                        "%.2f of the floor by the same request" % ratio, ">= 0.80", ratio >= 0.8)
    answer = json.loads(server.call("POST", "/oauth2/introspect", question_of("bench_api")(
        shown[0])[2], basic_of("bench_api"))[1])
    if answer.get("active") is not True:
        raise SystemExit("bench: the API learns nothing of the token: %s" % answer)


def own_tokens(report, server, directory, plan):
    job = command(directory, "client", "add", "job", "--grant", "client_credentials",
                  "--resource", API)
    body = urllib.parse.urlencode({"grant_type": "client_credentials", "resource": API,
                                   "client_id": job["client_id"],
                                   "client_secret": job["client_secret"]})
    measured = measure(server, load.in_turn([load.request("POST", "/oauth2/token", FORM, body)]),
                       64, seconds=plan.seconds)
    report.load("provider.client.64", "client_credentials", 64, measured, "", ">= 10000/s",
                measured.rate >= 10_000)


# More checks than any machine makes in a second. RSA keys sign slowly.
PROOFS = {"es256": 40_000, "rs256": 20_000}
OPENSSL = {"es256": "ecdsap256", "rs256": "rsa2048"}  # as `openssl speed` names them
# What the proxy says of the original request, and what bench_fill's proofs are for.
ORIGINAL = {"X-Forwarded-Method": "GET", "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "api.bench.example", "X-Forwarded-Uri": "/orders"}


def verify_limit(algorithm, seconds):
    """Signatures verified per second on all cores, with the library that authd is made with."""
    text = subprocess.run(["openssl", "speed", "-seconds", str(seconds), "-multi", str(CORES),
                           "-mr", OPENSSL[algorithm]], check=True, capture_output=True,
                          text=True).stdout
    return Measured(float(re.findall(r"^\+F\d:[\d:]+:[\d.]+:([\d.]+)$", text, re.M)[-1]))


def bound_tokens(report, directory, plan):
    """Checks of tokens that are bound to a key (DPoP), beside those of bearer tokens by a request
    of the same size. Each request brings a proof of its own, whose signature has to be verified."""
    path = "/auth/verify?aud=" + API
    file = directory + "/proofs"
    with authd(directory, "--server.trusted-proxies", "127.0.0.0/8") as server:
        for algorithm, count in PROOFS.items():
            def run(scheme, seconds, kind=algorithm + "_proofs", most=count):
                count = most * (max(seconds, load.SHORTEST) + 1)
                is_bound = scheme == "DPoP"
                bound, unbound, *proofs = fill(directory, kind,
                                               count if is_bound else 1).splitlines()
                # Nobody looks at those of a bearer token.
                with open(file, "w") as out:
                    out.write("\n".join(proofs if is_bound else proofs * count))
                token = bound if is_bound else unbound
                script = load.proving(path, file, 2, {**ORIGINAL,
                                                      "Authorization": scheme + " " + token})
                return measure(server, script, 64, 2, seconds)

            limit, alone, proved = in_turns(
                plan.turns, plan.turn_seconds,
                lambda seconds, kind=algorithm: verify_limit(kind, seconds),
                lambda seconds: run("Bearer", seconds), lambda seconds: run("DPoP", seconds))
            ratio = times(proved.rate, alone.rate)
            # The signature shares the cores with everything else: beside it there is so much room.
            room = 1 / (1 / alone.rate + 1 / limit.rate) if alone.rate else 0
            name = algorithm.upper()
            report.load("verify.dpop.%s.bearer" % algorithm,
                        "/auth/verify, the same request with a bearer token", 64, alone)
            report.load("verify.dpop.%s.64" % algorithm, "/auth/verify, DPoP with " + name, 64,
                        proved, "%.2f of the checks of a bearer token, %.2f of these with a "
                        "signature more" % (ratio, times(proved.rate, room)), ">= 0.60",
                        ratio >= 0.6)


def by_grants(report, directory, plan):
    """The cost of a check in a database with many grants and in one without any, with the same
    users, in turns; in CPU time, which neighbours disturb less."""
    few, many = 0, min(100_000, plan.sessions)
    users = min(1000, max(plan.users))
    homes, tokens = {}, {}
    for grants in (few, many):
        homes[grants] = "%s/%d" % (directory, grants)
        os.mkdir(homes[grants], 0o700)
        fill(homes[grants], "users", users)
        tokens[grants] = credentials(homes[grants], min(500, users))
        if grants:
            fill(homes[grants], "grants", grants)
    runs = {few: [], many: []}
    with authd(homes[few]) as empty, authd(homes[many]) as full:
        for _ in range(max(plan.turns, plan.rounds)):
            for grants, server in ((few, empty), (many, full)):
                runs[grants].append(measure(server, bearers(tokens[grants], "/auth/verify"), 16, 2,
                                            plan.seconds))
    cost = {grants: min(some, key=lambda m: (bool(m.error), m.cpu_us))
            for grants, some in runs.items()}
    ratio = times(cost[many].cpu_us, cost[few].cpu_us)
    report.load("verify.grants.0", "/auth/verify without grants", 16, cost[few])
    report.load("verify.grants.%d" % many, "/auth/verify with %s grants" % format(many, ","), 16,
                cost[many], "%.2f x the cost without" % ratio, "<= 1.05", ratio <= 1.05)


def other(report, directory, ours, plan):
    """The same requests to oidc-provider, which keeps everything in memory and signs access tokens
    with nothing: they are references."""
    count = PEER_CODES * (plan.seconds + 1) + SHOWN
    with peers.OidcProvider(directory, CLIENT_SECRET, count) as peer:
        codes = {client.lower(): made for client, made in peer.codes.items()}
        shown = [exchanged(peer, "/token", codes["bench_es256"].pop()) for _ in range(SHOWN)]

        def row(key, what, measured):
            report.load("peer.oidc.%s" % key, "oidc-provider: " + what, 64, measured,
                        "authd: %.1f x" % times(ours("provider." + key), measured.rate))

        for algorithm in ("es256", "rs256"):
            row("code.%s.64" % algorithm, "code exchange, " + algorithm.upper(),
                spend(peer, "/token", "bench_" + algorithm, codes, count, plan.seconds))
        row("refresh.64", "refresh", refreshed(peer, "/token", shown, plan.seconds))
        # The refreshes have ended no access token.
        row("userinfo.64", "userinfo",
            measure(peer, asking(shown, "/me", bearer), 64, seconds=plan.seconds))
        row("introspect.64", "introspection",
            measure(peer, asking(shown, "/token/introspection", question_of("bench_es256")), 64,
                    seconds=plan.seconds))
        own = load.request("POST", "/token", basic_of("job"), "grant_type=client_credentials")
        row("client.64", "client_credentials",
            measure(peer, load.in_turn([own]), 64, seconds=plan.seconds))
        report.value("peer.oidc.rss", "oidc-provider: RSS after that", "%.1f MB" % peer.rss_mb())
