"""The command line, the configuration, and what an operator sees: exit codes, logs, metrics,
systemd's protocols."""

import http.client
import json
import os
import re
import resource
import signal
import socket
import stat
import subprocess
import tempfile
import unittest

from harness import (BINARY, CHEAP, DEADLINE, PASSWORD, Server, ServerCase, clean_environment,
                     command, send, wait_until)


def all_commands(path=()):
    """Every command with its help, groups included."""
    told = command(*path, "--help").out
    yield path, told
    below = told.partition("\nExamples:\n")[0].split("\nCommands:\n")
    for name in re.findall(r"^  ([a-z-]+)(?: |$)", below[1], re.M) if len(below) > 1 else ():
        yield from all_commands((*path, name))


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.data = os.path.join(self.directory.name, "data")

    def run_command(self, *arguments, stdin=""):
        environment = {"AUTHD_PASSWORDS_ARGON2_MEMORY": "64KiB",
                       "AUTHD_PASSWORDS_ARGON2_PASSES": "1"}
        return command(*arguments, "--data-dir", self.data, stdin=stdin, check=False,
                       env=environment)

    def add(self, *arguments, password=PASSWORD):
        return self.run_command("user", "add", *arguments, stdin=password + "\n")

    def test_works_without_a_server_and_says_where(self):
        made = self.add("--username", "ann", "--email", "ann@example.org", "--admin", "--json")
        self.assertEqual(made.returncode, 0, made.err)
        self.assertIn("data directory: " + self.data, made.err)
        user = json.loads(made.out)
        self.assertEqual(user["roles"], ["user", "admin"])
        for who in ("ann", "ANN", "ann@example.org", str(user["id"])):
            self.assertEqual(json.loads(self.run_command("user", "show", who, "--json").out)["id"],
                             user["id"])
        self.assertEqual([u["username"]
                          for u in json.loads(self.run_command("user", "list", "--json").out)[
                              "users"]], ["ann"])
        self.assertIn("ann@example.org", self.run_command("user", "list").out)

    def test_keeps_secrets_private(self):
        self.add("--username", "ann")
        self.assertEqual(stat.S_IMODE(os.stat(self.data).st_mode), 0o700)
        for name in os.listdir(self.data):
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(self.data, name)).st_mode) & 0o077,
                             0, name)
        os.chmod(os.path.join(self.data, "master.key"), 0o644)
        refused = self.run_command("user", "list")
        self.assertEqual(refused.returncode, 5)
        self.assertIn("chmod 600", refused.err)

    def test_exit_codes_are_the_documented_ones(self):
        self.add("--username", "ann")
        for expected, arguments, stdin in [
            (0, ["version"], ""), (0, ["user", "show", "ann"], ""),
            (2, ["user", "add", "--username", "bad name"], PASSWORD),
            (2, ["user", "add", "--username", "b"], "short"),
            (2, ["user", "add"], PASSWORD), (2, ["role", "add", "a b"], ""),
            (2, ["client", "add", ""], ""),
            (2, ["user", "list", "--limit", "-1"], ""), (2, ["user", "list", "--limit=-1"], ""),
            (2, ["token", "issue", "ann", "--ttl", "25h"], ""),
            (2, ["token", "issue", "ann", "--scope", "a  b"], ""),
            (2, [], ""), (2, ["nonsense"], ""), (2, ["user"], ""), (2, ["user", "show"], ""),
            (2, ["user", "list", "--nonsense"], ""), (2, ["user", "passwd", "ann"], ""),
            (2, ["token", "issue", "ann", "--ttl", "soon"], ""),
            (3, ["user", "show", "nobody"], ""), (3, ["role", "grant", "ann", "nothing"], ""),
            (3, ["session", "revoke", "AAAAAAAAAAAAAAAAAAAAAA"], ""),
            (3, ["key", "retire", "nothing"], ""),
            (3, ["client", "delete", "nothing"], ""),
            (4, ["user", "add", "--username", "Ann"], PASSWORD), (4, ["role", "add", "admin"], ""),
        ]:
            with self.subTest(arguments=arguments):
                if arguments[:1] in ([], ["nonsense"]):
                    done = command(*arguments, check=False)
                else:
                    done = self.run_command(*arguments, stdin=stdin)
                self.assertEqual(done.returncode, expected, done.err)
                if expected:
                    self.assertEqual(done.out, "")
                    self.assertTrue(done.err.splitlines()[-1].startswith("authd: "), done.err)

    def test_says_that_the_store_is_unavailable(self):
        blocked = os.path.join(self.directory.name, "file")
        open(blocked, "w").close()
        done = command("user", "list", "--data-dir", blocked, check=False)
        self.assertEqual(done.returncode, 5, done.err)
        self.assertIn(blocked, done.err)
        os.mkdir(self.data, 0o700)
        with open(os.path.join(self.data, "data.mdb"), "wb") as f:
            f.write(b"this is no database" * 1000)
        done = self.run_command("user", "list")
        self.assertEqual(done.returncode, 5, done.err)
        self.assertIn(self.data, done.err)

    def test_refuses_another_master_key_and_makes_none_beside_data(self):
        self.add("--username", "ann")
        key = os.path.join(self.data, "master.key")
        os.rename(key, key + ".old")
        before = sorted(os.listdir(self.data))
        for arguments in (["user", "list"], ["user", "add", "--username", "bob"],
                          ["serve", "--listen", "127.0.0.1:0"]):
            done = self.run_command(*arguments, stdin=PASSWORD)
            self.assertEqual(done.returncode, 5, done.err)
            self.assertIn(key + " is missing", done.err)
            self.assertIn("secrets.master_key_file", done.err)
            self.assertEqual(sorted(set(os.listdir(self.data)) - {"server.lock"}), before)
        command("user", "add", "--username", "x", "--data-dir", self.data + "2", stdin=PASSWORD)
        os.rename(os.path.join(self.data + "2", "master.key"), key)
        done = self.run_command("user", "list")
        self.assertEqual(done.returncode, 5, done.err)
        self.assertIn("does not open this data", done.err)
        with open(key, "w") as f:
            f.write("garbage")
        done = self.run_command("user", "list")
        self.assertEqual(done.returncode, 5, done.err)
        self.assertIn("is no master key", done.err)

    def test_manages_roles_keys_clients_and_tokens(self):
        self.add("--username", "ann")
        self.assertEqual(self.run_command("role", "add", "editor", "--permission",
                                          "articles:write").returncode, 0)
        self.assertEqual(json.loads(self.run_command("role", "grant", "ann", "editor",
                                                     "--json").out)["changed"], True)
        self.assertEqual(json.loads(self.run_command("role", "grant", "ann", "editor",
                                                     "--json").out)["changed"], False)
        self.assertEqual([r["name"]
                          for r in json.loads(self.run_command("role", "list", "--json").out)[
                              "roles"]],
                         ["user", "admin", "editor"])
        before = json.loads(self.run_command("key", "list", "--json").out)["keys"]
        after = json.loads(self.run_command("key", "rotate", "--algorithm", "ES256",
                                            "--json").out)["keys"]
        self.assertEqual([k["state"] for k in after], ["retired", "active", "next"])
        self.assertEqual(after[1]["kid"], before[1]["kid"])
        token = self.run_command("token", "issue", "ann").out.strip()
        self.assertEqual(json.loads(self.run_command("token", "inspect", "--json",
                                                     stdin=token).out)["active"], True)
        self.run_command("token", "revoke", stdin=token)
        self.assertEqual(json.loads(self.run_command("token", "inspect", "--json",
                                                     stdin=token).out)["active"], False)
        client = json.loads(self.run_command("client", "add", "billing", "--json").out)
        listed = self.run_command("client", "list", "--json").out
        self.assertIn(client["client_id"], listed)
        self.assertNotIn(client["client_secret"], listed)
        self.assertEqual(self.run_command("db", "check").returncode, 0)
        sizes = json.loads(self.run_command("db", "stat", "--json").out)["tables"]
        self.assertEqual((sizes["users"]["rows"], sizes["roles"]["rows"], sizes["clients"]["rows"]),
                         (1, 3, 1))

    def test_has_help_for_every_command(self):
        self.assertGreater(len(list(all_commands())), 50)
        for path, told in all_commands():
            self.assertIn("Usage: authd " + " ".join(path), told)
            self.assertLessEqual(max(len(line) for line in told.splitlines()
                                     if not line.startswith("  authd")), 80, path)
            if "\nCommands:\n" not in told:
                self.assertEqual(len(told.split("Examples:\n")[1].splitlines()), 2, path)
        self.assertEqual(command("help", "user", "add").out, command("user", "add", "--help").out)
        brief, whole = command("health", "--help").out, command("health", "--help-all").out
        self.assertNotIn("--server.max-header", brief)
        self.assertRegex(whole, r"--server\.max-body TEXT +Longest request body\. "
                                r"\[default: 64KiB\]")


class Manual(unittest.TestCase):
    """The pages describe exactly what the program does."""

    def page(self, name):
        path = os.path.join(os.path.dirname(__file__), "..", "..", "man", name)
        with open(path) as f:
            return f.read().replace("\\-", "-")

    def test_has_every_key_with_its_default(self):
        page = self.page("authd.toml.5")
        shown = json.loads(command("config", "show", "--json").out)
        documented = dict(
            re.findall(r"^\.B ([a-z0-9_]+\.[a-z0-9_]+) .fR\(default: (.*?)\)(?: \(reload\))?$",
                       page, re.M))
        self.assertEqual(list(documented), list(shown))
        computed = {"server.data_dir", "server.public_url", "server.workers", "fetch.proxy",
                    "secrets.master_key_file", "tokens.issuer", "passkeys.rp_id",
                    "log.format", "cookies.domain", "pages.sign_in_url", "mail.hello_name"}
        for key, default in documented.items():
            value = shown[key]["value"]
            if isinstance(value, list):
                text = ", ".join(value)
            else:
                text = value if isinstance(value, str) else json.dumps(value)
            if key not in computed:
                self.assertEqual(default, text or "empty", key)

    def test_has_every_command_and_flag(self):
        page = self.page("authd.1")
        text = re.sub(r"\\f[A-Z]", "", page)
        examples = page.split(".SH EXAMPLES")[1]
        for path, told in all_commands():
            if "\nCommands:\n" not in told and path[:1] != ("completion",):
                self.assertIn("authd " + " ".join(path), text)
            for flag in command("__complete", *path, "--").out.split():
                if "." not in flag:
                    self.assertIn(flag, text, path)
            for example in told.split("Examples:\n")[1].splitlines() if "Examples:" in told else ():
                self.assertIn("\n" + example.strip() + "\n", examples, path)


class Configuration(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.file = os.path.join(self.directory.name, "authd.toml")

    def check(self, text, *flags, **env):
        with open(self.file, "w") as f:
            f.write(text)
        return command("config", "check", "--config", self.file, *flags, check=False, env=env)

    def test_errors_name_the_place_and_what_would_be_right(self):
        for text, expected in [
            ("[server]\nmax_bdy = 1\n", [":2: ", "max_bdy", "server.max_body"]),
            ("[sever]\nlisten = []\n", [":2: ", "sever.listen", "server.listen"]),
            ("[server]\nlisten = [\"nowhere\"]\n", [":2: ", "server.listen", "127.0.0.1:8080"]),
            ("[tokens]\n\naccess_ttl = \"15 minutes\"\n", [":3: ", "tokens.access_ttl", "15m"]),
            ("[tokens]\nalgorithm = \"none\"\n", [":2: ", "ES256"]),
            ("[passwords]\nmin_length = 0\n", [":2: ", "between 1 and 256"]),
            ("[rate_limit]\nlogin = \"often\"\n", [":2: ", "5/1m"]),
            ("[server]\ntrusted_proxies = [\"10.0.0.1/8\"]\n", [":2: ", "host bits"]),
            ("[server]\ntls_cert = \"x\"\n", ["server.tls_key"]),
            ("[server]\nforce_https = true\n", ["server.force_https"]),
            ("[mfa]\nemail_otp = \"sometimes\"\n", [":2: ", "required"]),
            ("[server\n", [":1: "]),
        ]:
            with self.subTest(text=text):
                done = self.check(text)
                self.assertEqual(done.returncode, 2, done.err)
                for part in expected:
                    self.assertIn(part, done.err)
        self.assertEqual(self.check("", AUTHD_NONSENSE="1").returncode, 2)
        self.assertIn("AUTHD_TOKENS_ACCESS_TTL", self.check("", AUTHD_TOKENS_ACCESS_TTL="x").err)
        self.assertEqual(command("config", "check", "--config", "/nonexistent",
                                 check=False).returncode, 2)

    def test_all_errors_are_told_at_once(self):
        done = self.check('[server]\nlisten = 8080\nmax_bdy = 1\n[log]\nlevel = "loud"\n',
                          "--server.workers", "0", "--json", AUTHD_SIGNUP_ENABLE="1")
        self.assertEqual(done.returncode, 2)
        errors = json.loads(done.out)["errors"]
        self.assertEqual(len(errors), 5, errors)
        for error, part in zip(errors, (":2: server.listen: takes text in quotes, or an array",
                                        "server.max_body", ":5: log.level", "AUTHD_SIGNUP_ENABLED",
                                        "--server.workers: ")):
            self.assertIn(part, error)
        done = self.check('tokens.access_ttl = "2h"\ntokens.refresh_ttl = "1h"\n'
                          '[passwords]\nmin_length = 20\nmax_length = 10\n')
        self.assertEqual(done.err.count("authd: "), 2, done.err)

    def test_every_file_that_it_names_is_opened(self):
        text = ('[server]\ndata_dir = "%s/data"\ntls_cert = "/nope.pem"\ntls_key = "/nope.pem"\n'
                '[branding]\nlogo_file = "/nope.svg"\n[secrets]\nmaster_key_file = "/nope/key"\n'
                '[mail]\nca_file = "%s"\nurl = "file:/nope/mails"\n'
                '[backup]\ndirectory = "/nope"\nkey_file = "/nope.key"\n'
                '[providers.sso]\nissuer = "https://sso.example.org"\nclient_id = "x"\n'
                'ca_file = "/nope.pem"\n' % (self.directory.name, self.file))
        done = self.check(text)
        self.assertEqual(done.returncode, 2, done.err)
        for part in ("server.tls_cert (%s:3): /nope.pem: No such file" % self.file,
                     "branding.logo_file (",
                     "secrets.master_key_file (", "mail.ca_file (%s:10): " % self.file,
                     "has no certificate", "mail.url (", "backup.directory (", "backup.key_file (",
                     "providers.sso.ca_file ("):
            self.assertIn(part, done.err)
        self.assertEqual(self.check(text, "--without-files").returncode, 0)
        # The server refuses the same, but not what concerns backups alone.
        refused = command("serve", "--config", self.file, check=False)
        self.assertEqual(refused.returncode, 2, refused.err)
        self.assertIn("branding.logo_file (", refused.err)
        self.assertFalse(os.path.exists(self.directory.name + "/data"))
        with Server("--backup.directory", "/nope", "--backup.key-file", "/nope.key") as server:
            self.assertEqual(server.get("/livez").status, 200)
            self.assertIn("backup.directory (--backup.directory): /nope", server.log_text())
        self.assertEqual(self.check('mail.url = "smtp://u:pa ss@host"\n').returncode, 2)

    def test_later_sources_win_and_are_shown(self):
        with open(self.file, "w") as f:
            f.write('[passwords]\nmin_length = 10\nmin_score = 1\n[tokens]\naudience = "file"\n')
        done = command("config", "show", "--json", "--config", self.file, "--passwords.min-length",
                       "12",
                       env={"AUTHD_PASSWORDS_MIN_LENGTH": "11",
                            "AUTHD_TOKENS_AUDIENCE": "environment"})
        shown = json.loads(done.out)
        self.assertEqual(shown["passwords.min_length"],
                         {"value": 12, "origin": "--passwords.min-length"})
        self.assertEqual(shown["tokens.audience"],
                         {"value": "environment", "origin": "AUTHD_TOKENS_AUDIENCE"})
        self.assertEqual(shown["passwords.min_score"], {"value": 1, "origin": self.file + ":3"})
        self.assertEqual(shown["tokens.access_ttl"], {"value": "15m", "origin": "default"})

    def test_empty_flag_is_a_value(self):
        for flag in ("--tokens.audience", "--branding.name", "--server.listen", "--server.workers",
                     "--listen"):
            for arguments in ([flag, ""], [flag + "="]):
                done = command("config", "check", *arguments, check=False)
                self.assertEqual(done.returncode, 2, arguments)
                self.assertIn(flag.removeprefix("--") + ": ", done.err)
        with open(self.file, "w") as f:
            f.write('[server]\ntrusted_proxies = ["10.0.0.0/8"]\n')
        shown = json.loads(command("config", "show", "--json", "--config", self.file,
                                   "--server.trusted-proxies", "").out)
        self.assertEqual(shown["server.trusted_proxies"],
                         {"value": [], "origin": "--server.trusted-proxies"})

    def test_file_comes_from_the_environment_too(self):
        with open(self.file, "w") as f:
            f.write('[tokens]\naudience = "shop"\n')
        shown = json.loads(command("config", "show", "--json", env={"AUTHD_CONFIG": self.file}).out)
        self.assertEqual(shown["tokens.audience"]["value"], "shop")

    def test_is_reloaded_on_sighup_as_far_as_it_can_be(self):
        with open(self.file, "w") as f:
            f.write('[server]\nallowed_hosts = ["127.0.0.1"]\n')
        with Server("--config", self.file) as server:
            self.assertEqual(server.get("/nothing", headers={"Host": "other.example"}).status, 421)
            with open(self.file, "w") as f:
                f.write('[server]\nallowed_hosts = ["*"]\nworkers = 3\n')
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: server.get("/nothing", headers={"Host": "other.example"}).status
                       == 404, "the reload")
            wait_until(lambda: "server.workers" in server.log_text(), "the warning")
            with open(self.file, "w") as f:
                f.write('[server]\nallowed_hosts = ["not a host"]\n')
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: "not reloaded" in server.log_text(), "the refusal")
            self.assertEqual(server.get("/nothing", headers={"Host": "other.example"}).status, 404)


class Observed(ServerCase):
    def test_log_has_no_secret_and_every_request(self):
        marker = "unguessable-marker-7"
        tokens = self.server.sign_up("logged", password=marker).json
        self.server.log_in("logged", marker + "x")
        self.server.refresh(tokens["refresh_token"])
        self.assertEqual(self.server.get("/api/v1/users/me?secret=" + marker,
                                         token=tokens["access_token"]).status, 422)
        reply = self.server.get("/api/v1/users/me", token=tokens["access_token"])
        injected = self.server.get("/%0a%7B%22injected%22%3A1%7D")
        self.server.logged(request_id=injected.headers["X-Request-ID"])
        log = self.server.log_text()
        for secret in (marker, tokens["access_token"], tokens["refresh_token"],
                       tokens["access_token"].split(".")[2]):
            self.assertNotIn(secret, log)
        line = self.server.logged(request_id=reply.headers["X-Request-ID"])
        self.assertEqual((line["method"], line["route"], line["status"]),
                         ("GET", "/api/v1/users/me", 200))
        self.assertNotIn('\n{"injected"', log)
        self.assertTrue(all("injected" not in l for l in self.server.log_lines()))


class Directory(unittest.TestCase):
    def test_that_is_open_to_others_is_named_once_and_swept_of_what_a_killed_process_left(self):
        with tempfile.TemporaryDirectory(prefix="authd-open-") as folder:
            data = os.path.join(folder, "data")
            os.mkdir(data)
            os.chmod(data, 0o755)
            with Server(data_dir=data):
                pass
            left = os.path.join(data, "master.key.authd-Ab12Cd")
            copy = os.path.join(data, "master.key.backup")
            for name in (left, copy):
                with open(name, "w", encoding="ascii") as f:
                    f.write("a key\n")
            with Server(data_dir=data) as server:
                lines = [line for line in server.log_lines()
                         if "others may look" in line.get("msg", "") + line.get("message", "")]
                self.assertEqual(len(lines), 1)
                self.assertFalse(os.path.exists(left))
                self.assertTrue(os.path.exists(copy))


class StalledLog(unittest.TestCase):
    def test_stops_nobody(self):
        with tempfile.TemporaryDirectory() as directory:
            process = subprocess.Popen(
                [BINARY, "serve", "--listen", "127.0.0.1:0", "--data-dir", directory + "/data",
                 "--log.format", "json",
                 "--rate-limit.enabled", "false"], stderr=subprocess.PIPE, env=clean_environment())
            self.addCleanup(process.stderr.close)
            self.addCleanup(process.kill)
            started = next(l for l in map(json.loads, process.stderr) if l["message"]
                           == "authd serves")
            # From here on nobody reads: the pipe holds 64 KiB, a few hundred lines.
            connection = http.client.HTTPConnection(started["listen"], timeout=DEADLINE)
            for _ in range(2000):
                self.assertEqual(send(connection, "GET", "/nothing").status, 404)
            connection.close()
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(DEADLINE), 0)


class Stop(unittest.TestCase):
    def test_a_silent_client_does_not_hold_it_up(self):
        limits = [part for name in ("drain", "header", "body", "write", "idle")
                  for part in ("--server.%s-timeout" % name, "10m")]
        with Server(*limits) as server:
            begun = ["GET /hea", "GET /health HTTP/1.1\r\nHost: x\r\nX-Half: ",
                     "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: "
                     "application/json\r\nContent-Length: 90\r\n\r\n{"]
            for text in begun:
                s = socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE)
                self.addCleanup(s.close)
                s.sendall(text.encode())
            wait_until(lambda: "authd_http_connections %d\n" % (len(begun) + 1)
                       in server.get("/metrics").body.decode(), "them to be there")
            self.assertEqual(server.stop(), 0)  # within the deadline of every wait, not in minutes


class Watched(ServerCase):
    """Who may read the metrics."""

    def test_a_proxy_that_is_not_trusted_is_not_local(self):
        self.assertEqual(self.server.get("/metrics").status, 200)
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
            reply = self.server.get("/metrics", headers={header: "for=127.0.0.1"})
            self.refused(reply, 403, "not_allowed")

    def test_behind_a_trusted_proxy_the_address_of_the_client_counts(self):
        with Server("--server.trusted-proxies", "127.0.0.0/8") as server:
            for address, status in (("192.168.7.7", 200), ("203.0.113.9", 403),
                                    ("fd00::7", 200), ("2001:db8::7", 403)):
                reply = server.get("/metrics", headers={"X-Forwarded-For": address})
                self.assertEqual(reply.status, status, address)

    def test_the_networks_are_those_of_the_configuration(self):
        with Server("--metrics.allowed-networks", "203.0.113.0/24",
                    "--server.trusted-proxies", "127.0.0.0/8") as server:
            self.assertEqual(server.get("/metrics").status, 403)
            reply = server.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
            self.assertEqual(reply.status, 200)


class Counted(ServerCase):
    def test_metrics_count_what_happened(self):
        self.server.sign_up("counted")
        self.server.log_in("counted")
        self.server.log_in("counted", "wrong password")
        for i in range(50):
            self.server.get("/nothing/%d" % i)
        # Earlier connections are closed a moment after their clients are done.
        swept = r'authd_job_runs_total\{name="sweep_expired"\} [1-9]'
        is_quiet = lambda text: "authd_http_connections 1\n" in text and re.search(swept, text)
        quiet = lambda text: text if is_quiet(text) else None
        text = wait_until(lambda: quiet(self.server.get("/metrics").body.decode()),
                          "the other connections to close, and the first sweep")
        for pattern in [
            r'authd_http_requests_total\{method="POST",route="/api/v1/auth/login",status="200"\} '
            r'1\n',
            r'authd_http_requests_total\{method="",route="",status="404"\} 5\d\n',
            r'authd_http_request_duration_seconds_bucket\{method="POST",'
            r'route="/api/v1/auth/login",le="\+Inf"\} 2\n',
            r'authd_logins_total\{outcome="ok"\} 1\n',
            r'authd_logins_total\{outcome="refused"\} 1\n',
            r"authd_signups_total 1\n", r"authd_store_commits_total [1-9]",
            r"authd_store_batch_size_count [1-9]",
            r"authd_password_lane_queued 0\n",
        ]:
            self.assertTrue(re.search(pattern, text), pattern)
        # paths are not labels: a client could create endless series
        self.assertNotIn("/nothing", text)
        names = re.findall(r"^# TYPE (\S+)", text, re.M)
        self.assertEqual(len(names), len(set(names)))


class Health(ServerCase):
    def test_is_told_three_ways(self):
        self.assertEqual(self.server.get("/livez").body, b"ok\n")
        self.assertEqual(self.server.get("/readyz").body, b"ok\n")
        health = self.server.get("/health").json
        self.assertEqual((health["status"], health["database"]), ("ok", "connected"))
        self.assertEqual(self.server.command("health", "--listen",
                                             self.server.addresses[0]).out.strip(), "ready")

    def test_second_server_on_the_directory_is_refused(self):
        done = subprocess.run([BINARY, "serve", "--listen", "127.0.0.1:0", "--data-dir",
                               self.server.data_dir],
                              capture_output=True, text=True, timeout=DEADLINE,
                              env=clean_environment())
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("process %d" % self.server.process.pid, done.stderr)
        self.assertEqual(self.server.get("/health").status, 200)


class FullDisk(unittest.TestCase):
    def test_is_not_ready_until_a_write_succeeds(self):
        with Server() as server:
            # The jobs write their first rows; the last of them is prune_audit.
            wait_until(
                lambda: "prune_audit" in json.loads(server.command("db", "stat", "--json").out)[
                    "jobs"], "the jobs")
            # For one process, a limit on file sizes is like a full disk.
            before = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE,
                                      (1, resource.RLIM_INFINITY))
            self.assertEqual(server.get("/readyz").status, 200)  # nobody has tried yet
            self.assertEqual(server.sign_up("ann").status, 503)
            reply = server.get("/readyz")
            self.assertEqual((reply.status, reply.body), (503, b"store cannot be written\n"))
            self.assertEqual(server.get("/livez").status, 200)
            health = lambda: server.command("health", "--listen", server.addresses[0],
                                            check=False).returncode
            wait_until(lambda: health() == 1, "health to say that the server is not ready")
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, before)
            # The server notices without a request: no proxy sends requests to a server that is not
            # ready.
            wait_until(lambda: server.get("/readyz").status == 200, "the recovery")
            self.assertEqual(server.sign_up("ann").status, 201)


class Ports(unittest.TestCase):
    def test_that_are_taken_are_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            with tempfile.TemporaryDirectory() as directory:
                done = subprocess.run([BINARY, "serve", "--listen", "127.0.0.1:%d" % port,
                                       "--data-dir", directory + "/d", *CHEAP],
                                      capture_output=True, text=True, timeout=DEADLINE,
                                      env=clean_environment())
        self.assertEqual(done.returncode, 5)
        self.assertIn("127.0.0.1:%d" % port, done.stderr)

    def test_health_says_when_nobody_is_there(self):
        self.assertEqual(command("health", "--listen", "127.0.0.1:1", check=False).returncode, 5)


class Systemd(unittest.TestCase):
    def test_is_told_ready_reloading_alive_and_stopping(self):
        with (tempfile.TemporaryDirectory() as directory,
              socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s):
            path = os.path.join(directory, "notify")
            s.bind(path)
            s.settimeout(DEADLINE)
            environment = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000",
                           "STATE_DIRECTORY": directory + "/state"}
            heard = []

            def hear(word):
                while not heard or word not in heard[-1]:
                    heard.append(s.recv(4096).decode())

            with Server(environment=environment) as server:
                hear("READY=1")
                hear("WATCHDOG=1")
                server.process.send_signal(signal.SIGHUP)
                hear("RELOADING=1")
                self.assertRegex(heard[-1], r"MONOTONIC_USEC=\d+")
                hear("READY=1")
                # Listen first: the kernel queues few messages, and the server does not wait long
                # for room.
                server.process.send_signal(signal.SIGTERM)
                hear("STOPPING=1")
                self.assertEqual(server.stop(), 0)

    def test_gives_state_directory_and_credential(self):
        with tempfile.TemporaryDirectory() as directory:
            state, credentials = directory + "/state", directory + "/credentials"
            os.mkdir(state, 0o700)
            os.mkdir(credentials, 0o700)
            subprocess.run([BINARY, "role", "add", "x", "--data-dir", directory + "/other"],
                           check=True, capture_output=True,
                           env=clean_environment())
            os.rename(directory + "/other/master.key", credentials + "/master.key")
            environment = clean_environment(STATE_DIRECTORY=state + ":/elsewhere",
                                            CREDENTIALS_DIRECTORY=credentials)
            shown = json.loads(subprocess.run([BINARY, "config", "show", "--json"], check=True,
                                              capture_output=True,
                                              env=environment).stdout)
            self.assertEqual(shown["server.data_dir"]["value"], state)
            self.assertEqual(shown["secrets.master_key_file"]["value"], credentials + "/master.key")
            subprocess.run([BINARY, "role", "add", "x"], check=True, capture_output=True,
                           env=environment)
            self.assertFalse(os.path.exists(state + "/master.key"))


if __name__ == "__main__":
    unittest.main()
