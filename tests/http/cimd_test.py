"""Clients whose id is the address of their metadata (OAuth Client ID Metadata Document): what the
document has to be, when it is fetched, and that nobody leads this server to addresses inside."""

import base64
import itertools
import json
import socket
import unittest
import urllib.parse

from documents import Documents, can_trust
from harness import ServerCase
from provider import Browser, Client, path_of, query_of

REDIRECT = "https://agent.example/callback"
INSIDE = "127.0.0.0/8"


def segment(client_id):
    return "~" + base64.urlsafe_b64encode(client_id.encode()).rstrip(b"=").decode()


@unittest.skipUnless(can_trust(), "only root gives a server other authorities")
class DocumentCase(ServerCase):
    FLAGS = ("--provider.cimd", "open", "--provider.outbound-networks", INSIDE)
    numbers = itertools.count()

    @classmethod
    def setUpClass(cls):
        cls.documents = Documents()
        cls.SERVER = cls.documents.trusting_server()
        super().setUpClass()
        cls.server.sign_up("ann")

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.documents.stop()

    def setUp(self):
        self.path = "/client-%d.json" % next(self.numbers)

    def browser(self, login="ann"):
        browser = Browser(self.server)
        browser.sign_in(login)
        return browser

    def client(self, **document):
        return Client(self.server, self.documents.publish(self.path, **document), "", REDIRECT)

    def page(self, client):
        """The refusal that a person sees."""
        reply = client.begin(self.browser())
        self.assertEqual(reply.status, 400, reply.headers.get("Location"))
        return reply.body.decode()


class DocumentTest(DocumentCase):
    def test_discovery_says_so(self):
        found = self.server.get("/.well-known/oauth-authorization-server").json
        self.assertTrue(found["client_id_metadata_document_supported"])
        self.assertIn("none", found["token_endpoint_auth_methods_supported"])

    def test_somebody_signs_in_to_an_application_that_nobody_registered(self):
        client = self.client()
        browser = self.browser()
        tokens = client.tokens(browser)
        self.assertEqual(client.refresh(tokens["refresh_token"]).status, 200)
        consents = browser.get("/api/v1/users/me/consents").json["consents"]
        self.assertIn(client.id, [one["client_id"] for one in consents])

    def test_the_person_is_asked_and_sees_both_hosts(self):
        client = self.client()
        browser = self.browser()
        reply = client.begin(browser)
        text = reply.headers["Location"].split("request=")[1].split("&")[0]
        shown = browser.get("/api/v1/oauth/requests/" + text).json
        self.assertTrue(shown["is_stranger"])
        self.assertEqual(shown["document_host"], self.documents.url("")[len("https://"):])
        self.assertEqual(shown["redirect_origin"], "https://agent.example")

    def test_there_is_no_row_before_somebody_allows_it(self):
        client = self.client()
        client.begin(self.browser())
        self.assertNotIn(client.id, self.server.command("client", "list").out)
        client.tokens(self.browser())
        self.assertIn(client.id, self.server.command("client", "list").out)

    def test_it_may_push_its_request_first(self):
        client = self.client()
        # The first time there is no row yet, and later there is.
        for is_asked in (True, False):
            pushed = self.server.post("/oauth2/par", form=client.parameters())
            self.assertEqual(pushed.status, 201, pushed.body)
            browser = self.browser()
            reply = browser.get("/oauth2/authorize?" + urllib.parse.urlencode(
                {"client_id": client.id, "request_uri": pushed.json["request_uri"]}))
            self.assertEqual(reply.status, 303, reply.body)
            self.assertEqual(path_of(reply).startswith("/consent?"), is_asked)
            if is_asked:
                reply = client.allow(browser, reply)
            code = query_of(reply.headers["Location"])["code"]
            tokens = client.exchange(code)
            self.assertEqual(tokens.status, 200, tokens.body)

    def test_only_a_pushed_request_makes_this_server_read_a_document(self):
        client = self.client()
        for path in ("token", "revoke", "device_authorization", "introspect"):
            with self.subTest(path):
                reply = self.server.post("/oauth2/" + path, form={
                    "client_id": client.id, "token": "x", "grant_type": "refresh_token",
                    "refresh_token": "x"})
                self.assertEqual(reply.status, 401, reply.body)
        self.assertNotIn(self.path, self.documents.asked)

    def test_the_document_is_kept(self):
        client = self.client(headers=[("Cache-Control", "max-age=60")])
        for _ in range(3):
            client.begin(self.browser())
        self.assertEqual(self.documents.asked.count(self.path), 1)

    def test_documents_that_are_not_in_order_are_told(self):
        for document, word in [
                ({"content_type": "text/plain"}, "text/plain"),
                ({"status": 404}, "404"),
                ({"status": 302, "headers": [("Location", "/elsewhere")]}, "302"),
                ({"client_id": "https://other.example/x"}, "client_id"),
                ({"redirect_uris": None}, "redirect_uris"),
                ({"redirect_uris": ["http://agent.example/"]}, "redirect_uris"),
                ({"token_endpoint_auth_method": "client_secret_basic"},
                 "token_endpoint_auth_method"),
                ({"client_secret": "x" * 40}, "client_secret"),
                ({"client_name": "x" * 6000}, "fetched"),
        ]:
            with self.subTest(document=document):
                self.path = "/client-%d.json" % next(self.numbers)
                self.assertIn(word, self.page(self.client(**document)))
        self.assertNotIn("/elsewhere", self.documents.asked)

    def test_a_failure_is_not_asked_for_again_at_once(self):
        client = self.client(status=500)
        for _ in range(3):
            self.page(client)
        self.assertEqual(self.documents.asked.count(self.path), 1)

    def test_an_address_that_the_document_does_not_have_is_refused(self):
        client = self.client()
        client.redirect = "https://agent.example/other"
        self.assertIn("not registered", self.page(client))

    def test_texts_that_are_no_id_are_not_fetched(self):
        before = len(self.documents.asked)
        base = self.documents.url("/client.json")
        for wrong in [base + "?x", base + "#x", base.replace("https", "http"),
                      base.replace("localhost", "a@localhost"), base.replace("/client", "/a/../b"),
                      base.replace("/client", "/%2e%2e/b"), self.documents.url("/"),
                      self.documents.url("/" + "x" * 200), base.replace("localhost", "LOCALHOST")]:
            with self.subTest(wrong):
                self.page(Client(self.server, wrong, "", REDIRECT))
        self.assertEqual(len(self.documents.asked), before)

    def test_an_administrator_blocks_and_deletes_it(self):
        client = self.client()
        tokens = client.tokens(self.browser())
        refused = self.server.command("client", "set", client.id, "name=Mine", check=False)
        self.assertIn("document", refused.err)
        self.server.command("client", "set", client.id, "disabled=true")
        self.page(client)
        self.assertEqual(client.refresh(tokens["refresh_token"]).status, 401)
        self.server.command("client", "set", client.id, "disabled=false")
        self.server.command("client", "delete", client.id, "--yes")
        self.assertNotIn(client.id, self.server.command("client", "list").out)

    def test_the_api_takes_its_id_in_a_path(self):
        client = self.client()
        browser = self.browser()
        client.tokens(browser)
        reply = browser.delete("/api/v1/users/me/consents/" + segment(client.id))
        self.assertEqual(reply.status, 204, reply.body)
        self.server.command("user", "add", "--username", "root", "--admin",
                            stdin="correct horse battery\n")
        root = self.server.log_in("root").json["access_token"]
        shown = self.server.get("/api/v1/admin/clients/" + segment(client.id), token=root)
        self.assertEqual(shown.json["origin"], "document")


class ListedHostsTest(DocumentCase):
    FLAGS = ("--provider.cimd", "listed", "--provider.cimd-hosts", "agent.example",
             "--provider.outbound-networks", INSIDE)

    def test_a_host_that_is_not_listed_is_not_asked(self):
        self.assertIn("not registered", self.page(self.client()))
        self.assertEqual(self.documents.asked, [])


class InsideTest(DocumentCase):
    FLAGS = ("--provider.cimd", "open")

    def test_addresses_inside_are_not_asked(self):
        self.page(self.client())
        self.assertEqual(self.documents.asked, [])


# Where a stranger must not lead this server.
INNER = ["https://127.0.0.1:{port}/c", "https://localhost:{port}/c", "https://[::1]:{port}/c",
         "https://[::ffff:127.0.0.1]:{port}/c", "https://127.1:{port}/c",
         "https://2130706433:{port}/c", "https://0x7f000001:{port}/c", "https://0.0.0.0:{port}/c",
         "https://10.0.0.1/c", "https://169.254.169.254/c", "https://100.100.100.200/c",
         "https://192.168.0.1/c", "https://[64:ff9b::7f00:1]/c", "https://[2002:7f00:1::]/c",
         "https://[fd00:ec2::254]/c", "https://[fe80::1]/c"]


class StrangersAddressesTest(ServerCase):
    """Every address that a stranger can give this server, against the list."""

    FLAGS = ("--provider.cimd", "open", "--provider.registration", "token")

    def setUp(self):
        self.door = socket.create_server(("127.0.0.1", 0))
        self.door.setblocking(False)
        self.addCleanup(self.door.close)
        self.port = self.door.getsockname()[1]

    def assert_nobody_came(self):
        with self.assertRaises(BlockingIOError):
            self.door.accept()

    def registered(self, **metadata):
        added = self.server.command("client", "registration-token", "add", "x", "--json")
        return self.server.post("/oauth2/register", {
            "redirect_uris": [REDIRECT], "grant_types": ["authorization_code", "refresh_token"],
            **metadata}, token=json.loads(added.out)["token"])

    def test_documents(self):
        for address in INNER:
            with self.subTest(address):
                client = Client(self.server, address.format(port=self.port), "", REDIRECT)
                self.assertEqual(client.begin(Browser(self.server)).status, 400)
        self.assert_nobody_came()

    def test_key_sets(self):
        assertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        for address in INNER:
            with self.subTest(address):
                made = self.registered(token_endpoint_auth_method="private_key_jwt",
                                       jwks_uri=address.format(port=self.port))
                if made.status == 400:
                    continue
                head, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
                              for part in ({"alg": "ES256", "kid": "x"},
                                           {"iss": made.json["client_id"],
                                            "sub": made.json["client_id"]}))
                token = (head + b"." + body + b"." + b"A" * 86).decode()
                reply = self.server.post("/oauth2/token", form={
                    "grant_type": "authorization_code", "code": "x",
                    "client_assertion_type": assertion, "client_assertion": token})
                self.assertIn(reply.status, (400, 401, 503))
        self.assert_nobody_came()

    def test_sector_identifiers(self):
        for address in INNER:
            with self.subTest(address):
                reply = self.registered(subject_type="pairwise",
                                        sector_identifier_uri=address.format(port=self.port))
                self.assertIn(reply.status, (201, 400, 503))
        self.assert_nobody_came()

    def test_receivers_of_sign_outs(self):
        self.server.sign_up("zoe")
        for address in INNER[:4]:
            with self.subTest(address):
                made = self.registered(backchannel_logout_uri=address.format(port=self.port)).json
                browser = Browser(self.server)
                browser.sign_in("zoe")
                Client(self.server, made["client_id"], made["client_secret"],
                       REDIRECT).tokens(browser)
                browser.post("/api/v1/auth/logout")
                self.server.logged(message="application not told of a sign-out yet",
                                   client_id=made["client_id"])
        self.assert_nobody_came()


class OffTest(ServerCase):
    def test_an_address_is_no_client(self):
        reply = Client(self.server, "https://agent.example/c", "", REDIRECT).begin(
            Browser(self.server))
        self.assertEqual(reply.status, 400)
        self.assertIn(b"not registered", reply.body)


class OwnResourceTest(ServerCase):
    def test_the_own_api_names_its_server(self):
        found = self.server.get("/.well-known/oauth-protected-resource").json
        issuer = self.server.get("/.well-known/openid-configuration").json["issuer"]
        self.assertEqual(found["authorization_servers"], [issuer])
        self.assertEqual(found["bearer_methods_supported"], ["header"])

    def test_an_operator_prints_the_document_of_an_api(self):
        self.server.command("resource", "add", "https://api.example.org/mcp", "Tools", "--scope",
                            "tools:run")
        shown = self.server.command("resource", "show", "https://api.example.org/mcp",
                                    "--metadata")
        document = json.loads(shown.out)
        self.assertEqual(document["resource"], "https://api.example.org/mcp")
        self.assertEqual(document["scopes_supported"], ["tools:run"])
        self.assertIn("https://api.example.org/.well-known/oauth-protected-resource/mcp",
                      shown.err)


if __name__ == "__main__":
    unittest.main()
