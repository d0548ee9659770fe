"""What an administrator sees of an application that does something wrong."""

import unittest

from provider import RelyingParty
from provider_test import ProviderCase


class Activity(ProviderCase):
    def setUp(self):
        self.server.command("user", "grant-role", "admin", "ann")
        self.admin = self.server.log_in("ann").json["access_token"]
        self.app = RelyingParty(self.server, "Wiki")

    def seen(self):
        reply = self.server.get("/api/v1/admin/clients/%s/activity" % self.app.id,
                                token=self.admin)
        self.assertEqual(reply.status, 200, reply.body)
        return reply.json

    def newest(self):
        return self.seen()["refusals"][0]

    def test_a_client_that_did_nothing_has_nothing(self):
        self.assertEqual(self.seen(), {"uses_pkce": None, "refusals": []})

    def test_a_sign_in_without_mistakes_shows_only_pkce(self):
        answer = self.app.answer(self.browser())
        self.assertEqual(self.app.exchange(answer["code"]).status, 200)
        self.assertEqual(self.seen(), {"uses_pkce": True, "refusals": []})

    def test_a_wrong_redirect_uri_is_shown_beside_the_right_one(self):
        sent = "https://app.example/Callback"
        reply = self.app.begin(self.browser(), redirect_uri=sent)
        self.assertEqual(reply.status, 400, reply.body)
        refusal = self.newest()
        self.assertEqual(refusal["path"], "/oauth2/authorize")
        self.assertIn(sent, refusal["message"])
        self.assertIn(self.app.redirect, refusal["message"])
        self.assertIn(refusal["request_id"], reply.headers["X-Request-Id"])

    def test_a_missing_challenge_a_wrong_secret_and_a_wrong_code_are_shown_newest_first(self):
        self.app.begin(self.browser(), code_challenge=None, code_challenge_method=None)
        form = {"grant_type": "authorization_code", "code": "x",
                "redirect_uri": self.app.redirect, "code_verifier": "v" * 43}
        self.assertEqual(self.app.token(form, secret="w" * 43).status, 401)
        self.assertEqual(self.app.token(form).status, 400)
        found = [(one["path"], one["error"]) for one in self.seen()["refusals"]]
        self.assertEqual(found, [("/oauth2/token", "invalid_grant"), ("", "invalid_client"),
                                 ("/oauth2/authorize", "invalid_request")])

    def test_it_is_for_administrators_and_of_clients_that_there_are(self):
        path = "/api/v1/admin/clients/%s/activity"
        self.assertEqual(self.server.get(path % self.app.id).status, 401)
        self.server.sign_up("ben")
        ben = self.server.log_in("ben").json["access_token"]
        self.assertEqual(self.server.get(path % self.app.id, token=ben).status, 403)
        self.assertEqual(self.server.get(path % "nobody", token=self.admin).status, 404)


if __name__ == "__main__":
    unittest.main()
