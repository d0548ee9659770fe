"""The OpenID Connect provider before client libraries that other people wrote, and keep conformant:
openid-client, oauth4webapi, express-openid-connect, passport-openidconnect and simple-oauth2."""

import json
import os
import pathlib
import subprocess
import unittest

from harness import DEADLINE, PASSWORD, Server, ServerCase, reserve_port
from npm import npm_folder

HERE = pathlib.Path(__file__).resolve().parent
REDIRECT = "https://app.example/callback"
AFTER = "https://app.example/bye"
API = "https://api.example.org"
PACKAGES = ("openid-client", "oauth4webapi", "express", "express-openid-connect",
            "express-session", "passport", "passport-openidconnect", "simple-oauth2")
ALGORITHMS = ("RS256", "ES256", "EdDSA")
METHODS = ("client_secret_basic", "client_secret_post", "none")


class Judged(ServerCase):
    @classmethod
    def setUpClass(cls):
        cls.packages = npm_folder(*PACKAGES)
        port = reserve_port()
        # Applications and provider are one host, which needs no name to be looked up.
        cls.issuer = "http://127.0.0.1:%d" % port
        cls.server = Server("--server.public-url", cls.issuer, listen="127.0.0.1:%d" % port)
        cls.server.sign_up("ann", email="ann@example.org", first_name="Ann", last_name="Lee")
        cls.subject = cls.server.log_in("ann").json["user"]["subject"]
        cls.server.command("resource", "add", API, "Orders", "--scope", "orders:read")

    def client(self, method="client_secret_basic", algorithm=None, redirect=REDIRECT, more=()):
        """A client as the judges take it. It keeps to its method, so that no other one passes."""
        flags = ["--public"] if method == "none" else ["--auth-method", method]
        if redirect:
            flags += ["--redirect-uri", redirect]
        if algorithm:
            flags += ["--set", "id_token_signed_response_alg=" + algorithm]
        made = json.loads(self.server.command("client", "add", "Judge", *flags, *more,
                                              "--json").out)
        return {"id": made["client_id"], "secret": made.get("client_secret"), "method": method,
                "metadata": {"id_token_signed_response_alg": algorithm} if algorithm else {}}

    def program(self, method="client_secret_basic"):
        return self.client(method, redirect=None,
                           more=("--grant", "client_credentials", "--resource", API,
                                 "--scope", "orders:read"))

    def judge(self, flow, client, **more):
        world = {"packages": self.packages, "issuer": self.issuer, "login": "ann",
                 "password": PASSWORD, "subject": self.subject, "redirect": REDIRECT,
                 "after": AFTER, "resource": API, "client": client, **more}
        done = subprocess.run(["node", HERE / "provider_judges.mjs", flow],
                              env={**os.environ, "WORLD": json.dumps(world)},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=4 * DEADLINE, check=False)
        self.assertEqual(done.returncode, 0, done.stdout.decode("utf-8", "replace"))


class Libraries(Judged):
    def test_openid_client_verifies_id_tokens_of_every_algorithm(self):
        for algorithm in (None, *ALGORITHMS):
            with self.subTest(algorithm):
                self.judge("openid_client_signs_in", self.client(algorithm=algorithm))

    def test_openid_client_signs_in_with_every_way_to_authenticate(self):
        for method in METHODS:
            with self.subTest(method):
                self.judge("openid_client_signs_in", self.client(method))

    def test_openid_client_refreshes_introspects_and_revokes(self):
        for method, algorithm in zip(METHODS, ALGORITHMS):
            with self.subTest(method):
                self.judge("openid_client_refreshes_introspects_and_revokes",
                           self.client(method, algorithm))

    def test_openid_client_signs_in_a_device(self):
        for method in METHODS:
            with self.subTest(method):
                self.judge("openid_client_signs_in_a_device",
                           self.client(method, redirect=None,
                                       more=("--grant", "device_code", "--grant",
                                             "refresh_token")))

    def test_openid_client_is_satisfied_that_people_are_asked_again(self):
        self.judge("openid_client_asks_again_by_max_age_and_prompt", self.client())

    def test_openid_client_signs_people_out(self):
        self.judge("openid_client_signs_out",
                   self.client(more=("--post-logout-redirect-uri", AFTER)))

    def test_openid_client_gets_tokens_of_its_own_for_a_resource(self):
        for method in METHODS[:2]:
            with self.subTest(method):
                self.judge("openid_client_gets_tokens_of_its_own", self.program(method))

    def test_oauth4webapi_checks_every_step_for_a_client_with_a_resource(self):
        self.judge("oauth4webapi_signs_in_step_by_step",
                   self.client(more=("--resource", API, "--scope",
                                     "openid", "--scope", "profile", "--scope", "email", "--scope",
                                     "offline_access", "--scope", "orders:read")))

    def test_oauth4webapi_reads_userinfo_and_its_refusal(self):
        self.judge("oauth4webapi_asks_userinfo", self.client())

    def test_oauth4webapi_finds_access_tokens_as_RFC_9068_has_them(self):
        self.judge("oauth4webapi_checks_an_access_token_of_a_program",
                   self.program("client_secret_post"))

    def test_simple_oauth2_gets_refreshes_and_revokes(self):
        for method, name in (("client_secret_basic", "header"), ("client_secret_post", "body")):
            with self.subTest(method):
                self.judge("simple_oauth2_gets_refreshes_and_revokes",
                           self.client(method, more=("--pkce", "optional")),
                           program=self.program(method), authorizationMethod=name)


class Applications(Judged):
    def test_express_openid_connect_signs_people_in_by_form_post_and_out(self):
        for algorithm, method in zip(ALGORITHMS[:2], METHODS):
            with self.subTest(algorithm):
                app = "http://127.0.0.1:%d" % reserve_port()
                client = self.client(method, algorithm, redirect=app + "/callback",
                                     more=("--post-logout-redirect-uri", app))
                self.judge("express_openid_connect_signs_in_by_form_post_and_out", client, app=app)

    def test_passport_openidconnect_knows_the_person_from_userinfo_or_the_id_token(self):
        for more, options in (((), {"skipUserProfile": False}),
                              (("--set", "id_token_claims=true"), {"skipUserProfile": True})):
            with self.subTest(options):
                app = "http://127.0.0.1:%d" % reserve_port()
                client = self.client("client_secret_post", redirect=app + "/callback",
                                     more=("--pkce", "optional", *more))
                self.judge("passport_openidconnect_signs_in", client, app=app, options=options)


if __name__ == "__main__":
    unittest.main()
