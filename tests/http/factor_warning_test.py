"""Whoever has the password of an account and goes on failing at the second factor is reported to
the owner, once, at a confirmed address."""

import unittest

from account_names_test import WithMail
from devices_test import MFA, Browser, Case
from harness import PASSWORD

SUBJECT = "Someone may know your password"


class Told(WithMail, Case):
    def warnings(self, name):
        return [m.get_body(("plain",)).get_content() for m in self.mails_to(name + "@example.org")
                if SUBJECT in m["Subject"]]

    def fail(self, name, times):
        """The right password, then wrong codes; the refusals."""
        browser = Browser(self.server, keeps_session=False)
        token = browser.log_in(name).json["mfa_token"]
        for _ in range(times):
            self.refused(browser.post(MFA, {"mfa_token": token, "code": "000000"}), 401,
                         "invalid_code", "mfa_code")

    def reset_mail(self, name):
        """The outbox is delivered in order, so what was due before this one is there as well."""
        asked = self.server.post("/api/v1/auth/password/forgot", {"login": name})
        self.assertIn(asked.status, (200, 202, 204), asked.body)
        self.told(name + "@example.org", "asked for a new password")

    def test_the_owner_hears_of_it_once(self):
        self.with_app("ann")
        self.server.command("user", "edit", "ann", "--email-verified", "true")
        self.fail("ann", 2)
        self.fail("ann", 1)
        text = " ".join(self.told("ann@example.org", "failed at the second factor").split())
        self.assertIn("127.0.0.1", text)
        self.assertIn("set a new one at once", text)
        self.assertNotIn(PASSWORD, text)
        self.fail("ann", 1)
        self.reset_mail("ann")
        self.assertEqual(len(self.warnings("ann")), 1)

    def test_an_address_that_nobody_has_confirmed_gets_no_mail(self):
        self.with_app("bob")
        self.fail("bob", 4)
        self.reset_mail("bob")
        self.assertEqual(self.warnings("bob"), [])

    def test_wrong_passwords_cause_no_such_mail(self):
        self.with_app("cleo")
        self.server.command("user", "edit", "cleo", "--email-verified", "true")
        browser = Browser(self.server, keeps_session=False)
        for _ in range(4):
            self.refused(browser.log_in("cleo", "wrong password", mfa_code="000000"), 401)
        self.reset_mail("cleo")
        self.assertEqual(self.warnings("cleo"), [])


if __name__ == "__main__":
    unittest.main()
