"""authd doctor against a real server with planted faults, through a proxy that makes the mistakes
of real proxies."""

import http.client
import http.server
import json
import os
import pathlib
import re
import ssl
import subprocess
import tempfile
import threading
import unittest

from harness import DEADLINE, Server, clean_environment, command, reserve_port, wait_until
from openid import HostileProvider, settings
from smtp_server import PASSWORD as MAIL_PASSWORD
from smtp_server import USER, Certificates, SmtpServer

HOPS = ("connection", "transfer-encoding", "content-length", "date", "server")


class Proxy:
    """Passes requests on to a loopback port, changed according to `drops`, `adds` and `host`; over
    https if there is a certificate."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            proxy = self.server.proxy
            if self.path.startswith(proxy.hides):
                return self.send_error(404)
            headers = {k: v for k, v in self.headers.items() if k.lower() not in proxy.drops}
            headers.update(proxy.adds)
            if proxy.appends_address:
                before = self.headers.get("X-Forwarded-For")
                headers["X-Forwarded-For"] = (before + ", " if before
                                              else "") + self.client_address[0]
            connection = http.client.HTTPConnection("127.0.0.1", proxy.to, timeout=DEADLINE)
            try:
                connection.request("GET", self.path, headers=headers)
                reply = connection.getresponse()
                body = reply.read()
            finally:
                connection.close()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                if name.lower() not in HOPS:
                    self.send_header(name, proxy.changes(name, value))
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        def log_message(self, *_):
            pass

    def __init__(self, certificate=None):
        self.drops, self.adds, self.appends_address = set(), {}, True
        self.hides = ()  # beginnings of paths
        self.changes = lambda name, value: value
        self.to = None
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        self.server.proxy = self
        self.port = self.server.server_port
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def certificate(folder, days, names="DNS:localhost"):
    cert, key = os.path.join(folder,
                             "cert-%s.pem" % days), os.path.join(folder, "key-%s.pem" % days)
    subprocess.run(["openssl", "req", "-x509", "-days", str(days), "-subj", "/CN=localhost",
                    "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-addext", "subjectAltName=" + names,
                    "-keyout", key, "-out", cert],
                   check=True, capture_output=True)
    os.chmod(key, 0o600)
    return cert, key


class DoctorCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="authd-doctor-")
        self.addCleanup(self.folder.cleanup)

    def serve(self, *flags, port=None, environment=None):
        port = port or reserve_port()
        self.flags, self.environment = ["--listen", "127.0.0.1:%d" % port,
                                        *flags], environment or {}
        server = Server(*self.flags, listen=None, limits=True, environment=environment)
        self.addCleanup(server.__exit__, None)
        self.data_dir = server.data_dir
        return server

    def doctor(self, *arguments, **kwargs):
        """What it finds. Asks again if there was no answer within its few seconds: the machine may
        have stalled."""
        return wait_until(lambda: self.ask_doctor(*arguments, **kwargs),
                          "findings of a doctor who is answered in time")

    def ask_doctor(self, *arguments, flags=None, data_dir=None):
        done = command("doctor", "--json", "--data-dir", data_dir or self.data_dir,
                       *(self.flags if flags is None else flags),
                       *arguments, check=False, env=self.environment)
        self.assertIn(done.returncode, (0, 1), done.err)
        said = json.loads(done.out)
        self.assertEqual(done.returncode, 0 if said["ok"] else 1)
        self.assertEqual(said["ok"], not [f for f in said["findings"] if f["severity"] == "fail"])
        for finding in said["findings"]:
            self.assertEqual(bool(finding["advice"]), finding["severity"] in ("warn", "fail"),
                             finding)
        self.said = done.out + done.err
        return None if any("timed out" in finding["text"] for finding in said["findings"]) else said

    def found(self, said, check, severity, text=""):
        """The check's finding with this severity whose text contains `text`."""
        for finding in said["findings"]:
            if (finding["check"], finding["severity"]) == (check,
                                                           severity) and text in finding["text"]:
                return finding
        self.fail("no %s of %s with %r in %s"
                  % (severity, check, text, json.dumps(said["findings"], indent=1)))

    def nothing_bad(self, said, check):
        bad = [f for f in said["findings"] if f["check"] == check
               and f["severity"] in ("warn", "fail")]
        self.assertEqual(bad, [])


class Installation(DoctorCase):
    def test_a_sound_one_has_no_failure(self):
        server = self.serve()
        said = self.doctor()
        self.assertEqual(said["server"], server.process.pid)
        self.assertTrue(said["ok"], said)
        for check in ("files", "data", "clock", "keys", "mail", "providers", "certificate",
                      "public_url", "discovery", "clients"):
            self.nothing_bad(said, check)
        self.found(said, "public_url", "ok", "127.0.0.1")
        self.found(said, "data", "ok", "runs this command's version")
        # The probe is gone, and did not count as a sign-in.
        self.assertEqual(server.command("db", "check").returncode, 0)

    def test_without_a_server_only_what_lies_there_is_looked_at(self):
        server = self.serve()
        server.stop()
        said = self.doctor()
        self.assertIsNone(said["server"])
        self.assertTrue(said["ok"])
        self.found(said, "data", "skipped", "no server runs")
        self.found(said, "public_url", "skipped")
        self.assertIn("no server runs", self.said)

    def test_the_text_says_what_to_do(self):
        server = self.serve()
        os.chmod(os.path.join(server.data_dir, "master.key"), 0o644)
        done = command("doctor", "--data-dir", server.data_dir, *self.flags, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.out,
                         r"(?m)^fail +files +others can read the master key .*\n +-> chmod 600 ")
        self.assertRegex(done.out, r"(?m)^\d+ fail, \d+ warn, \d+ ok, \d+ skipped$")
        self.assertIn("what to do", done.err)

    def test_rights_that_are_too_wide(self):
        server = self.serve()
        os.chmod(os.path.join(server.data_dir, "master.key"), 0o644)
        os.chmod(os.path.join(server.data_dir, "data.mdb"), 0o640)
        os.chmod(server.data_dir, 0o755)
        said = self.doctor()
        self.assertFalse(said["ok"])
        for text in ("master.key", "data.mdb", "the data directory"):
            self.found(said, "files", "fail", text)

    def test_secrets_of_clients_that_others_can_read(self):
        secret = "0123456789abcdef" * 2
        table = '[clients.grafana]\nredirect_uris = ["https://g.example/cb"]\n'

        def write(name, text, mode):
            path = os.path.join(self.folder.name, name)
            with open(path, "w", encoding="ascii") as f:
                f.write(text)
            os.chmod(path, mode)
            return path

        def look():
            return self.doctor("--only", "files")
        config = write("authd.toml", table + 'secret = "%s"\n' % secret, 0o644)
        self.serve("--config", config)
        finding = self.found(look(), "files", "fail", config + ", which has passwords in it")
        self.assertIn("chmod 640", finding["advice"])
        self.assertNotIn(secret, self.said)
        os.chmod(config, 0o640)
        self.nothing_bad(look(), "files")
        by_file = write("grafana", secret + "\n", 0o644)
        write("authd.toml", table + 'secret_file = "%s"\n' % by_file, 0o644)
        self.found(look(), "files", "fail", by_file + ", the secret of the client grafana")
        os.chmod(by_file, 0o640)
        self.nothing_bad(look(), "files")
        # A secret of the environment is not in the file.
        write("authd.toml", table, 0o644)
        self.environment = {"AUTHD_CLIENTS_GRAFANA_SECRET": secret}
        self.nothing_bad(look(), "files")

    def test_a_master_key_of_other_data(self):
        server = self.serve()
        other = os.path.join(self.folder.name, "other.key")
        with open(os.path.join(server.data_dir, "master.key"), encoding="ascii") as f:
            line = f.read()
        with open(other, "w", encoding="ascii") as f:
            f.write(line[:25] + ("B" if line[25] == "A" else "A") + line[26:])
        os.chmod(other, 0o600)
        said = self.doctor("--secrets.master-key-file", other)
        self.found(said, "data", "fail", "does not open this data")

    def test_a_configuration_that_does_not_load_is_the_finding(self):
        self.serve()
        said = self.doctor("--tokens.access-ttl", "never")
        self.assertEqual([f["check"] for f in said["findings"]], ["configuration"])
        self.found(said, "configuration", "fail", "tokens.access-ttl")

    def test_no_database(self):
        self.environment = {}
        said = self.doctor(flags=[], data_dir=self.folder.name)
        self.found(said, "files", "fail", "no database")
        self.assertEqual(os.listdir(self.folder.name), [])

    def test_checks_can_be_chosen(self):
        self.serve()
        said = self.doctor("--only", "clock", "--only", "keys", "--skip", "keys")
        self.assertEqual({f["check"] for f in said["findings"]}, {"clock"})
        done = command("doctor", "--data-dir", self.data_dir, "--only", "nose", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("public_url", done.err)

    def test_a_disk_that_is_nearly_full(self):
        server = self.serve()
        server.stop()
        script = (
            "mount -t tmpfs -o size=40m none %s && cp -a %s/. %s && exec %s doctor --json "
            "--data-dir %s --only resources"
            % (self.folder.name, server.data_dir, self.folder.name,
               os.path.abspath(os.environ.get(
                      "TEST_BINARY", "build/authd")), self.folder.name))
        inside = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
        done = subprocess.run([*inside, "sh", "-c", script], capture_output=True, timeout=DEADLINE,
                              env=clean_environment(), check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.found(json.loads(done.stdout), "resources", "fail", "soon nothing can be written")


class TheMailServer(DoctorCase):
    def check(self, url, *flags, arguments=()):
        self.serve()
        return self.doctor("--only", "mail", "--mail.url", url, *flags, *arguments)

    def test_is_greeted_and_sent_no_mail(self):
        certificates = Certificates(self.folder.name)
        with SmtpServer(starttls=certificates.signed("IP:127.0.0.1"), auth=True) as mx:
            secret = MAIL_PASSWORD.replace("/", "%2F").replace(":", "%3A").replace("@", "%40")
            url = "smtp://%s:%s@127.0.0.1:%d" % (USER, secret, mx.port)
            said = self.check(url, "--mail.ca-file", certificates.ca)
            self.found(said, "mail", "ok", "lets authd send")
            self.assertEqual([login[1:] for login in mx.logins], [(USER, MAIL_PASSWORD)])
            self.assertEqual((mx.senders, mx.received), (0, []))
            self.assertNotIn(MAIL_PASSWORD, self.said)
            self.doctor("--only", "mail", "--mail.url", url, "--mail.ca-file", certificates.ca,
                        "--mail", "ann@example.org")
            self.assertEqual([e.rcpt_tos for e in mx.received], [["ann@example.org"]])

    def test_that_refuses_the_password(self):
        certificates = Certificates(self.folder.name)
        with SmtpServer(starttls=certificates.signed("IP:127.0.0.1"), auth=True) as mx:
            said = self.check("smtp://%s:wr0ngwr0ng@127.0.0.1:%d" % (USER, mx.port),
                              "--mail.ca-file", certificates.ca)
            finding = self.found(said, "mail", "fail", "535")
            self.assertIn("password", finding["advice"])
            self.assertNotIn("wr0ngwr0ng", self.said)

    def test_whose_certificate_nobody_vouches_for(self):
        certificates = Certificates(self.folder.name)
        with SmtpServer(starttls=certificates.stranger()) as mx:
            finding = self.found(self.check("smtp://127.0.0.1:%d" % mx.port), "mail", "fail",
                                 "ertificate")
            self.assertIn("mail.ca_file", finding["advice"])
            self.assertEqual(mx.senders, 0)

    def test_that_is_not_there(self):
        finding = self.found(self.check("smtp://127.0.0.1:%d" % reserve_port()), "mail", "fail",
                             "onnect")
        self.assertIn("firewall", finding["advice"])

    def test_without_tls(self):
        with SmtpServer() as mx:
            self.found(self.check("smtp://127.0.0.1:%d" % mx.port), "mail", "fail")
            self.assertEqual(mx.senders, 0)


class Providers(DoctorCase):
    def test_of_another_issuer(self):
        provider = HostileProvider()
        self.addCleanup(provider.stop)
        self.serve(environment=settings("corp", provider.issuer, "me", "s3cr3ts3cr3t"))
        self.nothing_bad(self.doctor("--only", "providers"), "providers")
        provider.discovery = {"issuer": "https://other.example.org"}
        finding = self.found(self.doctor("--only", "providers"), "providers", "fail",
                             "https://other.example.org")
        self.assertIn("providers.corp.issuer", finding["advice"])
        self.assertNotIn("s3cr3ts3cr3t", self.said)


class OwnCertificate(DoctorCase):
    def test_that_ends_in_five_days(self):
        for days, severity in ((5, "warn"), (1, "fail"), (60, "ok")):
            cert, key = certificate(self.folder.name, days)
            self.serve("--server.tls-cert", cert, "--server.tls-key", key, "--public-url",
                       "https://localhost")
            said = self.doctor("--only", "certificate")
            self.found(said, "certificate", severity, "ends in")

    def test_of_another_name_or_key(self):
        cert, key = certificate(self.folder.name, 60)
        _, other = certificate(self.folder.name, 61)
        self.serve("--server.tls-cert", cert, "--server.tls-key", key, "--public-url",
                   "https://auth.example.org")
        self.found(self.doctor("--only", "certificate"), "certificate", "fail",
                   "not for auth.example.org")
        said = self.doctor("--only", "certificate",
                           flags=["--server.tls-cert", cert, "--server.tls-key", other])
        self.found(said, "certificate", "fail", "key values mismatch")


class BehindAProxy(DoctorCase):
    def start(self, *flags, certificate=None, trusted=True):
        self.proxy = Proxy(certificate)
        self.addCleanup(self.proxy.stop)
        url = "https://localhost:%d" if certificate else "http://127.0.0.1:%d"
        trust = ["--server.trusted-proxies", "127.0.0.1"] if trusted else []
        self.server = self.serve("--public-url", url % self.proxy.port, *trust, *flags)
        self.proxy.to = self.server.port

    def look(self):
        return self.doctor("--only", "public_url")

    def test_that_does_it_right(self):
        self.start()
        said = self.look()
        self.assertEqual([f["severity"] for f in said["findings"]], ["ok"], said)

    def test_discovery_as_applications_fetch_it(self):
        self.start()
        self.found(self.doctor("--only", "discovery"), "discovery", "ok", "applications find")
        self.proxy.hides = ("/oauth2/", "/.well-known/jwks.json")
        finding = self.found(self.doctor("--only", "discovery"), "discovery", "fail",
                             "jwks.json answers with status 404")
        self.assertIn("let the proxy pass", finding["advice"])
        self.proxy.hides = ("/.well-known/",)
        self.found(self.doctor("--only", "discovery"), "discovery", "fail",
                   "openid-configuration answers with status 404")

    def test_discovery_of_another_issuer(self):
        self.start()
        other = ["--tokens.issuer", "http://localhost:%d" % self.proxy.port]
        said = self.doctor("--only", "discovery", flags=self.flags + other)
        finding = self.found(said, "discovery", "fail", "is not of this server")
        self.assertIn("letter by letter", finding["advice"])

    def test_discovery_of_another_server_with_the_same_issuer(self):
        self.start()
        with Server("--public-url", "http://127.0.0.1:%d" % self.proxy.port) as other:
            self.proxy.to = other.port
            finding = self.found(self.doctor("--only", "discovery"), "discovery", "fail",
                                 "another server answers at")
        self.assertIn("--data-dir", finding["advice"])

    def test_discovery_that_leads_elsewhere(self):
        self.start()
        url = "http://127.0.0.1:%d" % self.proxy.port
        self.flags[self.flags.index("--public-url") + 1] = "http://localhost:%d" % self.proxy.port
        finding = self.found(self.doctor("--only", "discovery", "--tokens.issuer", url),
                             "discovery", "fail", "leads to %s/.well-known/jwks.json" % url)
        self.assertIn("server.public_url", finding["advice"])

    def test_discovery_that_nobody_answers(self):
        self.start()
        self.flags[self.flags.index("--public-url") + 1] = "http://127.0.0.1:%d" % reserve_port()
        finding = self.found(self.doctor("--only", "discovery"), "discovery", "fail",
                             "does not answer")
        self.assertIn("--skip discovery", finding["advice"])

    def test_headers_that_get_lost(self):
        self.start()
        for name in ("Authorization", "Cookie", "X-CSRF-Token", "X-API-Key"):
            self.proxy.drops = {name.lower()}
            finding = self.found(self.look(), "public_url", "fail", "the header %s is lost" % name)
            self.assertIn("pass it on", finding["advice"])

    def test_that_is_not_trusted(self):
        self.start(trusted=False)
        finding = self.found(self.look(), "public_url", "fail", "all clients have its address")
        self.assertEqual(finding["advice"], 'add "127.0.0.1" to server.trusted_proxies')

    def test_that_does_not_say_who_the_client_is(self):
        self.start()
        self.proxy.appends_address = False
        self.proxy.drops = {"x-forwarded-for", "forwarded"}
        finding = self.found(self.look(), "public_url", "fail", "does not say who the client is")
        self.assertIn("X-Forwarded-For", finding["advice"])

    def test_that_says_it_in_the_other_header(self):
        self.start()
        self.proxy.appends_address = False
        self.proxy.drops = {"x-forwarded-for"}
        self.proxy.adds = {"Forwarded": "for=198.51.100.7"}
        finding = self.found(self.look(), "public_url", "fail", "does not say who the client is")
        self.assertIn("server.proxy_headers", finding["advice"])

    def test_that_passes_on_what_clients_claim(self):
        self.start()
        self.proxy.appends_address = False
        self.proxy.adds = {"X-Forwarded-Proto": "http"}
        self.proxy.changes = lambda name, value: value
        self.proxy.drops = set()
        self.found(self.look(), "public_url", "fail", "does not say who the client is")
        # Adds its own header if the client sends none, and leaves the client's unchanged.
        original = Proxy.Handler.do_GET

        def lax(handler):
            if "X-Forwarded-For" not in handler.headers:
                handler.headers["X-Forwarded-For"] = "198.51.100.7"
            original(handler)

        self.proxy.server.RequestHandlerClass = type("Lax", (Proxy.Handler,), {"do_GET": lax})
        self.found(self.look(), "public_url", "fail", "a client can choose its address")

    def test_that_changes_the_host(self):
        self.start()
        self.proxy.adds = {"Host": "backend:8080"}
        self.found(self.look(), "public_url", "fail", "the host backend:8080 instead of")

    def test_that_changes_cookies(self):
        self.start()
        self.proxy.changes = lambda name, value: (
            value.replace("Path=/", "Path=/auth") if name == "Set-Cookie" else value)
        self.found(self.look(), "public_url", "fail", "a cookie of the server arrives changed")

    def test_that_leads_elsewhere(self):
        self.start()
        with Server() as other:
            self.proxy.to = other.port
            self.found(self.look(), "public_url", "fail",
                       "does not lead to this server (status 404)")

    def test_that_is_down(self):
        self.start()
        self.flags[self.flags.index("--public-url") + 1] = "http://127.0.0.1:%d" % reserve_port()
        said = self.look()
        finding = self.found(said, "public_url", "fail", "does not answer")
        self.assertIn("--skip public_url", finding["advice"])

    def test_by_https_that_does_not_say_so(self):
        self.start(certificate=certificate(self.folder.name, 5))
        said = self.look()
        self.found(said, "public_url", "warn", "does not trust the certificate")
        self.found(said, "public_url", "warn", "ends in")
        finding = self.found(said, "public_url", "fail", "the server sees http")
        self.assertIn("X-Forwarded-Proto", finding["advice"])
        self.proxy.adds = {"X-Forwarded-Proto": "https"}
        self.assertTrue(self.look()["ok"])

    def test_a_circle_of_redirects(self):
        self.start("--server.force-https", "true", certificate=certificate(self.folder.name, 60))
        self.found(self.look(), "public_url", "fail", "redirects to itself endlessly")

    def test_a_certificate_for_another_name(self):
        self.start(certificate=certificate(self.folder.name, 60, "DNS:other.example.org"))
        self.proxy.adds = {"X-Forwarded-Proto": "https"}
        self.found(self.look(), "public_url", "fail",
                   "is for DNS:other.example.org, and not for localhost")


class TheProbe(DoctorCase):
    def test_tells_nothing_to_whoever_has_no_token(self):
        server = self.serve()
        nothing = server.get("/api/v1/nothing")
        for token in ("x", "A" * 43, "a" * 2000):
            reply = server.get("/api/v1/doctor/" + token)
            self.assertEqual(reply.status, 404)
            self.assertNotIn("Set-Cookie", reply.headers)
            self.assertEqual({k: v for k, v in reply.json.items() if k != "request_id"},
                             {k: v for k, v in nothing.json.items() if k != "request_id"})

    def test_its_token_is_in_no_log(self):
        server = self.serve()
        self.doctor("--only", "public_url")
        line = server.logged(route="/api/v1/doctor/:token", status=200)
        self.assertEqual(line["path"], "/api/v1/doctor/:token")


class TheTranscript(unittest.TestCase):
    def test_in_the_docs_is_of_this_release(self):
        text = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "doctor.md").read_text(
            encoding="utf-8")
        transcript = re.search(r"^## authd doctor\n.*?```text\n(.*?)```", text, re.M | re.S)[1]
        checks = set(re.findall(r"(?m)^(?:ok|warn|fail|skipped) +([a-z_]+) ", transcript))
        known = set(command("doctor", "--data-dir", "/nonexistent", "--only", "x",
                            check=False).err.split("there are: ")[1]
                    .strip().split(", "))
        self.assertLessEqual(checks, known)
        self.assertEqual(len(re.findall(r"(?m)^fail ", transcript)), 3)


if __name__ == "__main__":
    unittest.main()
