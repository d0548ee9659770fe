"""Links in mails carry a token in their path. Whatever happens to the request, the token must not
appear in the log or a Location: it may still be unused."""

import http.client
import tempfile
import unittest

from attack import DEADLINE, Server, make_certificate, send

TOKEN = "t0KenOfALink_Zr1cVtq0mXo3kL5pQwYfg-8sUeHbNd"  # in the form of our links
PLACES = ("/confirm/%s", "/reset-password/%s", "/api/v1/doctor/%s", "/confirm/%s/",
          "/reset-password/%s/x", "//confirm//%s",
          "/auth/reset-password/%s", "/Confirm/%s", "/typo/%s", "/auth/ext_authz/x/reset/%s")
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")


class Links(unittest.TestCase):
    def ask(self, port, method, path, headers):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
        try:
            return send(connection, method, path, headers=headers)
        finally:
            connection.close()

    def look(self, server, port, headers):
        """The statuses of all requests. Checks that none of their tokens is in the log or in a
        reply's head."""
        seen = set()
        for place in PLACES:
            for method in METHODS:
                reply = self.ask(port, method, place % TOKEN, headers)
                self.assertNotIn(TOKEN, str(reply.headers), (method, place, reply.status))
                seen.add(reply.status)
        # The last request is logged last.
        self.ask(port, "GET", "/livez", {"X-Request-ID": "the-last-one"})
        server.logged(request_id="the-last-one")
        self.assertEqual([line for line in server.log_text().splitlines() if TOKEN[:24] in line],
                         [])
        return seen

    def test_tokens_of_links_in_the_log(self):
        with Server("--server.allowed-hosts", "127.0.0.1") as server:
            self.assertLessEqual({404, 405}, self.look(server, server.port, {}))
            self.assertTrue(any(l.get("path") == "/reset-password/:token" and l.get("status") == 405
                                for l in server.log_lines()))
            self.assertEqual(self.look(server, server.port, {"Host": "auth.internal"}), {421})

    def test_tokens_of_links_without_https(self):
        with Server("--server.force-https", "true", "--server.public-url",
                    "https://auth.example.org",
                    "--server.trusted-proxies", "192.0.2.1") as server:
            self.assertEqual(self.look(server, server.port, {}), {403})
            reply = self.ask(server.port, "GET", "/signin?x=y", {})
            self.assertEqual((reply.status, reply.headers["Location"]),
                             (308, "https://auth.example.org/signin?x=y"))

    def test_tokens_of_links_at_the_address_that_redirects(self):
        with tempfile.TemporaryDirectory() as directory:
            cert, key = make_certificate(directory, "localhost")
            with Server("--server.tls-cert", cert, "--server.tls-key", key, "--server.public-url",
                        "https://auth.example.org",
                        "--server.redirect-listen", "127.0.0.1:0") as server:
                port = int(server.addresses[1].rsplit(":", 1)[1])
                self.assertEqual(self.look(server, port, {}), {403})
                self.assertEqual(self.ask(port, "GET", "/signin", {}).status, 308)

    def test_tokens_of_links_of_an_api_that_is_switched_off(self):
        with Server("--compat.enabled", "fastapi") as server:
            self.look(server, server.port, {})


if __name__ == "__main__":
    unittest.main()
