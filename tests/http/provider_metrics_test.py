"""What /metrics says of the provider: answers of the token endpoint by grant type and outcome, and
refused authorization requests by reason."""

import re
import unittest

from harness import ServerCase, basic
from provider import Browser, RelyingParty

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


class ProviderMetricsTest(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.sign_up("ann")
        cls.app = RelyingParty(cls.server, "App")

    def series(self):
        text = self.server.get("/metrics").body.decode()
        found = re.findall(r"^(authd_token_requests_total|authd_authorization_refusals_total)"
                           r"\{(.*)\} (\d+)$", text, re.MULTILINE)
        return {name + "{" + labels + "}": int(value) for name, labels, value in found}

    def counted(self, act):
        """What has grown meanwhile, and by how much."""
        before = self.series()
        act()
        after = self.series()
        self.assertEqual(set(before), set(after), "a label that was not there before")
        return {name: after[name] - before[name] for name in after if after[name] != before[name]}

    @staticmethod
    def token(grant, outcome):
        return 'authd_token_requests_total{grant="%s",outcome="%s"}' % (grant, outcome)

    @staticmethod
    def refusal(reason):
        return 'authd_authorization_refusals_total{reason="%s"}' % reason

    def browser(self):
        browser = Browser(self.server)
        browser.sign_in("ann")
        return browser

    def test_what_is_issued_counts_by_grant_type(self):
        browser = self.browser()
        kept = {}

        def exchange():
            kept.update(self.app.tokens(browser, scope="openid offline_access"))
        self.assertEqual(self.counted(exchange), {self.token("authorization_code", "issued"): 1})
        self.assertEqual(self.counted(lambda: self.app.refresh(kept["refresh_token"])),
                         {self.token("refresh_token", "issued"): 1})

    def test_what_is_refused_counts_by_its_error(self):
        def send(form, secret=None):
            return lambda: self.server.post(
                "/oauth2/token", form=form, headers=basic(self.app.id, secret or self.app.secret))
        for form, secret, grant, outcome in [
                ({"grant_type": "authorization_code", "code": "x"}, None,
                 "authorization_code", "invalid_grant"),
                ({"grant_type": "authorization_code"}, None,
                 "authorization_code", "invalid_request"),
                ({"grant_type": "refresh_token", "refresh_token": "x"}, None,
                 "refresh_token", "invalid_grant"),
                ({"grant_type": "client_credentials"}, None,
                 "client_credentials", "unauthorized_client"),
                ({"grant_type": DEVICE, "device_code": "x"}, None,
                 "device_code", "unauthorized_client"),
                ({"grant_type": "password", "username": "ann"}, None,
                 "other", "unsupported_grant_type"),
                ({"grant_type": 'x"} 1\n'}, None, "other", "unsupported_grant_type"),
                # The guard refuses these before the endpoint sees them.
                ({"grant_type": "refresh_token", "refresh_token": "x"}, "wrong",
                 "refresh_token", "invalid_client")]:
            with self.subTest(form=form, secret=secret):
                self.assertEqual(self.counted(send(form, secret)), {self.token(grant, outcome): 1})

    def test_a_form_that_cannot_be_read_is_a_request_too(self):
        self.assertEqual(self.counted(lambda: self.server.post("/oauth2/token", {"a": "b"})),
                         {self.token("other", "invalid_request"): 1})

    def test_refused_authorizations_count_by_their_reason(self):
        stranger = Browser(self.server)
        person = self.browser()
        for browser, changes, reason in [
                (stranger, {"client_id": "nobody"}, "client_id"),
                (stranger, {"redirect_uri": "https://evil.example/"}, "redirect_uri"),
                (stranger, {"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "request_uri"),
                (stranger, {"response_type": "token"}, "unsupported_response_type"),
                (stranger, {"code_challenge": None, "code_challenge_method": None},
                 "invalid_request"),
                (stranger, {"scope": "nonsense"}, "invalid_scope"),
                (stranger, {"prompt": "none"}, "login_required"),
                (person, {"prompt": "none", "claims": '{"id_token":{"acr":{"essential":true,'
                                                      '"values":["mfa"]}}}'},
                 "unmet_authentication_requirements")]:
            with self.subTest(reason=reason):
                self.assertEqual(self.counted(lambda: self.app.begin(browser, **changes)),
                                 {self.refusal(reason): 1})
        self.assertEqual(self.counted(lambda: stranger.get("/oauth2/authorize/nonsense")),
                         {self.refusal("request_expired"): 1})

    def test_a_person_who_says_no_or_may_not_enter_is_a_refusal(self):
        app = RelyingParty(self.server, "Denied")
        browser = self.browser()
        self.assertEqual(
            self.counted(lambda: app.allow(browser, app.begin(browser), "deny")),
            {self.refusal("access_denied"): 1})
        closed = RelyingParty(self.server, "Closed", "--role", "admin")
        self.assertEqual(self.counted(lambda: closed.begin(browser)),
                         {self.refusal("access_denied"): 1})


if __name__ == "__main__":
    unittest.main()
