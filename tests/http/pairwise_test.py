"""Pairwise subjects and signed userinfo: two people at two applications, wherever they are seen."""

import http.server
import json
import os
import subprocess
import tempfile
import threading
import unittest
import urllib.parse

from conformance import is_signed_with, unb64
from harness import BINARY, Server, basic, clean_environment
from provider import Browser, Client, RelyingParty, claims_of, path_of
from provider_test import ISSUER, ProviderCase

UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
PAIRWISE = ("--set", "subject_type=pairwise")


class Documents:
    """A web server on this machine; what it has is in `files`, by path: a status and a body."""

    def __init__(self):
        self.files = {}
        self.asked = []
        handler = type("Handler", (DocumentHandler,), {"documents": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def url(self, path):
        return "http://127.0.0.1:%d%s" % (self.server.server_port, path)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class DocumentHandler(http.server.BaseHTTPRequestHandler):
    documents = None

    def do_GET(self):
        self.documents.asked.append(self.path)
        status, body = self.documents.files.get(self.path, (404, ""))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


class Subjects(ProviderCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.sign_up("bob", email="bob@example.org")
        cls.documents = Documents()
        cls.addClassCleanup(cls.documents.stop)

    def app(self, name, *flags, **more):
        return RelyingParty(self.server, name, "--consent", "skip", *flags,
                            redirect="https://%s.example/cb" % name.lower(), **more)

    def seen(self, app, login="ann"):
        """The only subject that the application sees, wherever it looks."""
        tokens = app.tokens(self.browser(login), scope="openid offline_access")
        access, introspect = tokens["access_token"], []
        for token in (access, tokens["refresh_token"]):
            introspect.append(self.server.post("/oauth2/introspect", form={"token": token},
                                               headers=basic(app.id, app.secret)).json["sub"])
        about = self.server.get("/oauth2/userinfo", token=access).json["sub"]
        again = app.refresh(tokens["refresh_token"]).json
        shown = json.loads(self.server.command("client", "preview", app.id, login, "--json").out)
        proxied = self.server.get("/auth/verify?client=" + app.id, token=access)
        [subject] = {claims_of(tokens["id_token"])["sub"], claims_of(access)["sub"], about,
                     *introspect, claims_of(again["id_token"])["sub"],
                     claims_of(again["access_token"])["sub"], shown["id_token"]["sub"],
                     shown["access_token"]["sub"], shown["userinfo"]["sub"],
                     proxied.headers["X-Auth-Subject"]}
        return subject

    def test_two_people_at_two_applications(self):
        wiki, chat = self.app("Wiki", *PAIRWISE), self.app("Chat", *PAIRWISE)
        plain = self.app("Plain")
        subjects = [self.seen(app, login) for app in (wiki, chat) for login in ("ann", "bob")]
        self.assertEqual(len({*subjects, self.subject}), 5)
        for subject in subjects:
            self.assertRegex(subject, UUID)
        self.assertEqual(self.seen(plain), self.subject)
        # The same sector, and another time.
        again = RelyingParty(self.server, "Other", "--consent", "skip", *PAIRWISE,
                             redirect="https://wiki.example:8443/else")
        self.assertEqual(self.seen(again), subjects[0])
        self.assertEqual(self.seen(wiki, "bob"), subjects[1])

    def test_introspection_tells_the_name_with_the_scope_profile_alone(self):
        for app in (self.app("Named", *PAIRWISE), self.app("Open")):
            for scope, name in (("openid offline_access", None),
                                ("openid profile offline_access", "ann")):
                tokens = app.tokens(self.browser(), scope=scope)
                for token in (tokens["access_token"], tokens["refresh_token"]):
                    told = self.server.post("/oauth2/introspect", form={"token": token},
                                            headers=basic(app.id, app.secret)).json
                    self.assertTrue(told["active"])
                    self.assertEqual(told.get("username"), name, told)

    def test_a_restart_and_new_keys_change_nothing(self):
        with tempfile.TemporaryDirectory(prefix="authd-pairwise-") as scratch:
            data = os.path.join(scratch, "data")
            subjects = set()
            flags = ("--server.public-url", ISSUER)
            with Server(*flags, data_dir=data) as server:
                server.sign_up("ann")
                app = RelyingParty(server, "Wiki", "--consent", "skip", *PAIRWISE)
                subjects.add(self.in_id_token(app, server))
                server.command("key", "rotate")
                server.command("key", "master", "rotate")
                subjects.add(self.in_id_token(app, server))
            with Server(*flags, data_dir=data) as server:
                app.server = server
                subjects.add(self.in_id_token(app, server))
                export = server.command("export").out
            self.assertEqual(len(subjects), 1)
            # And so it goes on where the export is imported.
            fresh = os.path.join(scratch, "fresh")
            subprocess.run([BINARY, "import", "-", "--format", "jsonl", "--data-dir", fresh],
                           input=export.encode(), check=True, capture_output=True,
                           env=clean_environment())
            with Server(*flags, data_dir=fresh) as server:
                moved = Client(server, app.id, app.secret, app.redirect)
                subjects.add(self.in_id_token(moved, server))
            self.assertEqual(len(subjects), 1)

    def in_id_token(self, app, server):
        browser = Browser(server)
        browser.sign_in("ann")
        return claims_of(app.tokens(browser)["id_token"])["sub"]

    def test_hints_and_the_claims_parameter_mean_the_person_of_the_client(self):
        wiki, chat = self.app("Wiki", *PAIRWISE), self.app("Chat", *PAIRWISE)
        browser = self.browser()
        hint = wiki.tokens(browser)["id_token"]
        mine = claims_of(hint)["sub"]
        theirs = claims_of(chat.tokens(browser)["id_token"])["sub"]
        self.assertIn("code", wiki.answer(browser, id_token_hint=hint, prompt="none"))
        other = wiki.answer(self.browser("bob"), id_token_hint=hint, prompt="none")
        self.assertEqual(other["error"], "login_required")
        for subject, member in ((mine, "code"), (theirs, "error"), (self.subject, "error")):
            wish = json.dumps({"id_token": {"sub": {"value": subject}}})
            self.assertIn(member, wiki.answer(browser, claims=wish, prompt="none"))
        # The same token signs the person out, without a question.
        away = browser.get("/oauth2/logout?" + urllib.parse.urlencode({"id_token_hint": hint}))
        self.assertEqual(path_of(away), "/signout")
        self.assertEqual(wiki.answer(browser, prompt="none")["error"], "login_required")

    def test_the_document_of_a_sector_lists_all_addresses(self):
        files, server = self.documents.files, self.server
        uris = ["https://one.example/cb", "https://two.example/cb"]
        flags = [flag for uri in uris for flag in ("--redirect-uri", uri)]

        def add(path, **more):
            sector = ["--set", "sector_identifier_uri=" + self.documents.url(path)] if path else []
            return server.command("client", "add", "Two", "--consent", "skip", *flags, *PAIRWISE,
                                  *sector, "--json", check=False, **more)

        self.assertIn("not all on one host", add(None).err)
        files["/good.json"] = (200, json.dumps(uris + ["https://three.example/cb"]))
        files["/short.json"] = (200, json.dumps(uris[:1]))
        files["/object.json"] = (200, json.dumps({"redirect_uris": uris}))
        files["/moved.json"] = (302, json.dumps(uris))
        files["/long.json"] = (200, json.dumps(uris + ["https://x.example/" + "x" * 70000]))
        for path, cause in (("/short.json", "does not list"), ("/object.json", "not a JSON array"),
                            ("/moved.json", "302"), ("/none.json", "404"),
                            ("/long.json", "cannot be fetched")):
            done = add(path)
            self.assertNotEqual(done.returncode, 0, path)
            self.assertIn(cause, done.err)
        made = json.loads(add("/good.json").out)
        one, two = (Client(server, made["client_id"], made["client_secret"], uri) for uri in uris)
        self.assertEqual(self.seen(one), self.seen(two))
        tested = self.server.command("client", "test", one.id, check=False)
        self.assertIn("lists all redirect addresses", tested.out)
        # An address that the document lacks does not come in later.
        refused = server.command("client", "set", one.id, "redirect_uris+=https://evil.example/cb",
                                 check=False)
        self.assertIn("does not list", refused.err)
        server.command("client", "set", one.id, "redirect_uris+=https://three.example/cb")

    def test_what_makes_people_somebody_new_is_said(self):
        app = self.app("Late")
        before = self.seen(app)
        done = self.server.command("client", "set", app.id, "subject_type=pairwise")
        self.assertIn("somebody new to the application", done.err)
        self.assertIn("late.example", done.err)
        after = self.seen(app)
        self.assertNotEqual(after, before)
        # An ID token from before still names the person.
        self.server.command("client", "set", app.id, "subject_type=public")
        self.assertEqual(self.seen(app), before)

    def test_metadata_of_clients_and_of_the_server(self):
        metadata = self.server.get("/.well-known/openid-configuration").json
        self.assertEqual(metadata["subject_types_supported"], ["public", "pairwise"])
        self.assertEqual(metadata["userinfo_signing_alg_values_supported"],
                         ["RS256", "ES256", "EdDSA"])
        self.assertNotIn("userinfo_encryption_alg_values_supported", metadata)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            def add(**more):
                file.seek(0)
                file.truncate()
                json.dump({"client_name": "M", "redirect_uris": ["https://m.example/cb"], **more},
                          file)
                file.flush()
                return self.server.command("client", "add", "--metadata", file.name, "--json",
                                           check=False)

            [made] = json.loads(add(subject_type="pairwise",
                                    userinfo_signed_response_alg="ES256").out)["clients"]
            self.assertEqual((made["subject_type"], made["userinfo_signed_response_alg"]),
                             ("pairwise", "ES256"))
            for member, value in (("subject_type", "private"),
                                  ("userinfo_signed_response_alg", "HS256"),
                                  ("userinfo_signed_response_alg", "none"),
                                  ("userinfo_encrypted_response_alg", "RSA-OAEP"),
                                  ("userinfo_encrypted_response_enc", "A128GCM"),
                                  ("sector_identifier_uri", "http://elsewhere.example/s.json")):
                done = add(**{member: value})
                self.assertNotEqual(done.returncode, 0, member)
                self.assertIn(member, done.err)


class SignedUserinfo(ProviderCase):
    def test_userinfo_is_a_token_that_the_client_can_verify(self):
        for algorithm in ("RS256", "ES256", "EdDSA"):
            app = RelyingParty(self.server, "Wiki", "--consent", "skip", "--set",
                               "userinfo_signed_response_alg=" + algorithm)
            tokens = app.tokens(self.browser())
            by_header = self.server.get("/oauth2/userinfo", token=tokens["access_token"])
            self.assertEqual(by_header.status, 200, by_header.body)
            self.assertEqual(by_header.headers["Content-Type"], "application/jwt")
            self.assertIn("no-store", by_header.headers["Cache-Control"])
            jwt = by_header.body.decode()
            header = json.loads(unb64(jwt.split(".")[0]))
            self.assertEqual(header["alg"], algorithm)
            keys = {key["kid"]: key
                    for key in self.server.get("/.well-known/jwks.json").json["keys"]}
            self.assertEqual(keys[header["kid"]]["alg"], algorithm)
            if algorithm == "RS256":
                self.assertTrue(is_signed_with(keys[header["kid"]], jwt))
            claims = claims_of(jwt)
            self.assertEqual((claims["iss"], claims["aud"], claims["sub"]),
                             (ISSUER, app.id, self.subject))
            self.assertEqual(claims["email"], "ann@example.org")
            by_form = self.server.post("/oauth2/userinfo",
                                       form={"access_token": tokens["access_token"]})
            self.assertEqual(claims_of(by_form.body.decode()), claims)
            # It is no ID token, and no access token.
            browser = self.browser("ann")
            hinted = app.answer(browser, id_token_hint=jwt, prompt="none")
            self.assertIn("code", hinted)
            away = browser.get("/oauth2/logout?" + urllib.parse.urlencode({"id_token_hint": jwt}))
            self.assertTrue(path_of(away).startswith("/signout?return_to="))
            self.assertEqual(self.server.get("/oauth2/userinfo", token=jwt).status, 401)
            # Errors are as ever.
            refused = self.server.get("/oauth2/userinfo", token="x")
            self.assertEqual((refused.status, refused.json["error"]), (401, "invalid_token"))


if __name__ == "__main__":
    unittest.main()
