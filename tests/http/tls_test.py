"""TLS in the front: versions, certificates, handshakes, and what its records carry."""

import http.client
import os
import re
import socket
import ssl
import subprocess
import tempfile
import time
import unittest
import warnings

from harness import DEADLINE, Server, command, make_certificate, send, wait_until


class Tls(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.cert, self.key = make_certificate(self.directory.name, "first")

    def context(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["http/1.1"])
        return context

    def ends(self, connection):
        """When the certificate that the server reports expires."""
        text = send(connection, "GET", "/metrics").body.decode()
        return float(re.search(r"^authd_tls_certificate_expiry_timestamp_seconds (\S+)$", text,
                               re.M)[1])

    def subject(self, server):
        with socket.create_connection(("127.0.0.1", server.port), DEADLINE) as raw:
            with self.context().wrap_socket(raw) as s:
                return s.getpeercert(binary_form=True)

    def test_serves_and_takes_a_new_certificate_on_sighup(self):
        import signal
        with Server("--server.tls-cert", self.cert, "--server.tls-key", self.key) as server:
            connection = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=DEADLINE,
                                                     context=self.context())
            self.assertEqual(send(connection, "GET", "/health").status, 200)
            self.assertEqual(connection.sock.selected_alpn_protocol(), "http/1.1")
            self.assertEqual(send(connection, "GET", "/health").status, 200)
            before = self.subject(server)
            ends = self.ends(connection)
            self.assertAlmostEqual(ends, time.time() + 2 * 86400, delta=600)
            other, other_key = make_certificate(self.directory.name, "second", days=40)
            # A broken pair changes nothing.
            os.replace(other, self.cert)
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: "not reloaded" in server.log_text(), "the refusal")
            self.assertEqual(self.subject(server), before)
            self.assertEqual(self.ends(connection), ends)
            os.replace(other_key, self.key)
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: self.subject(server) != before, "the new certificate")
            # the old connection continues
            self.assertEqual(send(connection, "GET", "/health").status, 200)
            self.assertAlmostEqual(self.ends(connection), time.time() + 40 * 86400, delta=600)
            connection.close()
            # Bytes that are not TLS get no answer, and do not affect other clients.
            self.assertNotIn(b"HTTP/1.1 200", server.raw(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"))
            self.assertEqual(server.command("health", "--listen", server.addresses[0],
                                            "--server.tls-cert", self.cert,
                                            "--server.tls-key", self.key).out.strip(), "ready")

    def test_is_switched_on_and_off_by_a_restart_and_sighup_says_so(self):
        import signal
        file = os.path.join(self.directory.name, "authd.toml")
        with_tls = '[server]\ntls_cert = "%s"\ntls_key = "%s"\n' % (self.cert, self.key)
        for before, after in (("", with_tls), (with_tls, "")):
            with open(file, "w") as f:
                f.write(before)
            with Server("--config", file) as server:
                with open(file, "w") as f:
                    f.write(after)
                server.process.send_signal(signal.SIGHUP)
                server.logged(message="reloaded")
                warning = next(l for l in server.log_lines() if "next start" in l["message"])
                self.assertEqual(warning["level"], "warn")
                self.assertIn("server.tls_cert, server.tls_key", warning["keys"])

    def test_key_that_is_encrypted_is_refused_and_nobody_is_asked(self):
        sealed = os.path.join(self.directory.name, "sealed.pem")
        subprocess.run(["openssl", "pkey", "-in", self.key, "-aes256", "-passout", "pass:secret",
                        "-out", sealed],
                       check=True, capture_output=True)
        for arguments in (["serve", "--listen", "127.0.0.1:0", "--data-dir",
                           self.directory.name + "/data"], ["config", "check"]):
            # setsid: without a terminal OpenSSL asks on standard input, which has the password.
            done = command(*arguments, "--server.tls-cert", self.cert, "--server.tls-key", sealed,
                           stdin="secret\n",
                           check=False, own_session=True)
            self.assertEqual(done.returncode, 2, done.err)
            self.assertIn("is encrypted", done.err)
            self.assertNotIn("pass phrase", done.err)

    def test_files_are_opened_by_config_check(self):
        check = ["config", "check", "--server.tls-cert", self.cert, "--server.tls-key"]
        self.assertEqual(command(*check, self.key).returncode, 0)
        _, other_key = make_certificate(self.directory.name, "other")
        for key in (other_key, "/nonexistent", "/dev/null"):
            done = command(*check, key, check=False)
            self.assertEqual(done.returncode, 2, done.err)
            self.assertIn(key, done.err)

    def test_redirects_plain_http(self):
        with Server("--server.tls-cert", self.cert, "--server.tls-key", self.key,
                    "--server.force-https", "true",
                    "--server.public-url", "https://auth.example.org", "--server.redirect-listen",
                    "127.0.0.1:0") as server:
            port = int(server.addresses[1].rsplit(":", 1)[1])
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
            reply = send(connection, "GET", "/a/b?c=d", headers={"Host": "evil.example"})
            self.assertEqual((reply.status, reply.headers["Location"]),
                             (308, "https://auth.example.org/a/b?c=d"))
            self.assertEqual(send(connection, "POST", "/api/v1/auth/login", {}).status, 403)
            connection.close()
            secure = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=DEADLINE,
                                                 context=self.context())
            self.assertIn("max-age=",
                          send(secure, "GET", "/health").headers["Strict-Transport-Security"])
            secure.close()

    def test_old_versions_are_refused(self):
        with Server("--server.tls-cert", self.cert, "--server.tls-key", self.key) as server:
            context = self.context()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
                context.maximum_version = ssl.TLSVersion.TLSv1_1
            with socket.create_connection(("127.0.0.1", server.port),
                                          DEADLINE) as raw, self.assertRaises(OSError):
                context.wrap_socket(raw)


if __name__ == "__main__":
    unittest.main()
