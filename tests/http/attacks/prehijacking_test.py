"""Accounts prepared with the address of a victim."""

import json
import re
import tempfile
import unittest

from attack import PASSWORD, PUBLIC_URL, AttackCase, AttackServer, at_once, step_now, totp
from openid import Browser, HostileProvider, settings


class TakenBack(AttackCase):
    """Accounts created with somebody else's address (pre-hijacking): whatever the owner of the
    mailbox clicks, everybody who was there before loses access with the next proof that only the
    owner can give."""

    @classmethod
    def setUpClass(cls):
        cls.provider = HostileProvider()
        cls.addClassCleanup(cls.provider.stop)
        cls.mails = tempfile.TemporaryDirectory(prefix="authd-mail-")
        cls.addClassCleanup(cls.mails.cleanup)
        environment = {**settings("google", cls.provider.issuer, "me", "secret"),
                       **settings("careless", cls.provider.issuer, "me", "secret")}
        cls.server = AttackServer("--mail.url", "file:" + cls.mails.name, limits=cls.LIMITS,
                                  environment=environment)

    def setUp(self):
        super().setUp()
        self.provider.reset()

    def press(self, token, session=None, **more):
        """The button on the page of a link."""
        return self.server.post("/api/v1/auth/email/verify", {"token": token, **more},
                                token=session)

    def by_provider(self, provider, subject, address, is_verified=True, session=None):
        self.provider.claims = {"sub": subject, "email": address, "email_verified": is_verified}
        browser = Browser(self.server)
        return browser.get(self.provider.come_back(browser.start(provider, session)))

    def squat(self, name, path="/api/v1/auth/signup"):
        """The attacker's tokens for an account with the victim's address; the victim presses the
        button."""
        address = name + "@example.org"
        reply = self.server.post(path, {"username": name, "email": address, "password": PASSWORD})
        self.assertIn(reply.status, (200, 201), reply.body)
        text = self.mail(address, "confirm")
        token = re.search(r"(?:token=|/confirm/)([A-Za-z0-9_-]{43})\b", text)[1]
        if path == "/signup":
            self.assertEqual(self.server.get("/confirm/" + token).status, 200)
        evil = self.server.log_in(address).json
        self.assertTrue(self.press(token).json["user"]["email_verified"])
        # That ends nobody's login.
        self.assertEqual(self.server.me(evil["access_token"]).json["email_verified"], True)
        return evil

    def arm(self, name, evil):
        """Adds every way in that the attacker can; returns their credentials."""
        token = evil["access_token"]
        key = self.server.post("/api/v1/users/me/api-keys",
                               {"name": "k", "scopes": ["verify", "profile:read"]},
                               token=token).json["api_key"]
        linked = self.by_provider("careless", "evil-" + name, name + "@evil.example", session=token)
        self.assertIn("linked", linked.json, linked.body)
        secret = self.server.post("/api/v1/users/me/mfa/totp", token=token).json["secret"]
        confirmed = self.server.post("/api/v1/users/me/mfa/totp/confirm",
                                     {"code": totp(secret, step_now())}, token=token)
        self.assertEqual(confirmed.status, 200, confirmed.body)
        self.server.post("/api/v1/auth/email/change", {"new_email": name + "@evil.example"},
                         token=token)
        return {"key": key, "change": self.token_in(self.mail(name + "@evil.example", "confirm"))}

    def owner_proves(self, how, name):
        """The next proof of the mailbox, from elsewhere; returns the owner's access token."""
        address = name + "@example.org"
        post = lambda path, **body: self.server.post("/api/v1/auth/" + path, body)
        if how == "reset":
            post("password/forgot", email=address)
            token = self.token_in(self.mail(address, "new password"))
            self.assertEqual(post("password/reset", token=token,
                                  new_password="the owner's battery").status, 200)
            done = self.server.log_in(address, "the owner's battery")
        elif how == "code":
            post("otp/send", email=address)
            done = post("otp/verify", email=address,
                        code=re.search(r"\b(\d{6})\b", self.mail(address, "code"))[1])
        elif how == "link":
            binding = post("magic-link", email=address).json["binding"]
            done = post("magic-link/verify", token=self.token_in(self.mail(address, "login link")),
                        binding=binding)
        else:
            done = self.by_provider("google", "owner-" + name, address)
        self.assertIn("access_token", done.json, (how, done.body))
        self.assertFalse(done.json["user"]["mfa_enabled"])
        return done.json["access_token"]

    def is_out(self, name, evil, armed=None):
        self.assertEqual(self.server.me(evil["access_token"]).status, 401)
        self.assertEqual(self.server.refresh(evil["refresh_token"]).status, 401)
        for login in (name, name + "@example.org"):
            self.assertEqual(self.server.log_in(login).status, 401)
        if armed:
            self.assertEqual(self.server.get("/auth/verify",
                                             headers={"X-API-Key": armed["key"]}).status, 401)
            self.refused(self.press(armed["change"], evil["access_token"]), 401, "invalid_code")
            back = self.by_provider("careless", "evil-" + name, name + "@evil.example")
            self.assertNotEqual(back.json["user"]["id"], evil["user"]["id"])

    def test_squatter_whose_victim_confirms_the_address(self):
        """The victim presses the button in the mail, and later signs in in their own way. The
        squatter, who has added every possible way in meanwhile, keeps none, whichever API was used
        for the sign-up."""
        apis = ("/api/v1/auth/signup", "/users", "/user", "/signup")
        for how, path in zip(("reset", "code", "link", "provider"), apis):
            with self.subTest(how):
                name = "%s-%s" % (self.name[-40:], how)
                evil = self.squat(name, path)
                armed = self.arm(name, evil)
                token = self.owner_proves(how, name)
                self.is_out(name, evil, armed)
                self.assertEqual(self.server.me(token).json["id"], evil["user"]["id"])
                identities = self.server.get("/api/v1/users/me/identities",
                                             token=token).json["identities"]
                self.assertEqual([i["provider"] for i in identities],
                                 ["google"] if how == "provider" else [])
                # From now on the owner is known, and a proof removes nothing.
                self.server.post("/api/v1/auth/password/forgot", {"email": name + "@example.org"})
                self.mail(name + "@example.org", "new password")
                self.assertEqual(self.server.me(token).status, 200)

    def test_squatter_with_as_many_ways_in_as_there_can_be(self):
        """However much has accumulated on an account, its owner's magic link ends it all in one
        transaction."""
        evil = self.member()
        armed = self.arm(self.name, evil)
        keys = [armed["key"]]
        for _ in range(49):
            made = self.server.post("/api/v1/users/me/api-keys",
                                    {"name": "k", "scopes": ["verify"]}, token=evil["access_token"])
            self.assertEqual(made.status, 201, made.body)
            keys.append(made.json["api_key"])
        issued = [self.server.command("token", "issue", self.name, "--ttl", "1h")
                  for _ in range(100)]  # as many as there can be
        self.assertEqual({one.returncode for one in issued}, {0})
        token = self.owner_proves("link", self.name)
        self.is_out(self.name, evil, armed)
        for key in keys:
            self.assertEqual(self.server.get("/auth/verify", headers={"X-API-Key": key}).status,
                             401)
        self.assertEqual(self.server.me(token).json["id"], evil["user"]["id"])
        self.assertEqual(self.server.command("db", "check").returncode, 0)

    def test_squatter_whose_victim_comes_by_a_provider(self):
        """The provider has verified the address, so there is no trap to confirm first: the account
        belongs to its owner."""
        evil = self.member()
        token = self.owner_proves("provider", self.name)
        self.is_out(self.name, evil)
        self.assertEqual(self.server.me(token).json["email_verified"], True)
        log = json.loads(self.server.command("audit", "list", "--action", "credentials_voided",
                                             "--json").out)["entries"]
        self.assertIn("email proved", json.dumps(log))

    def test_squatter_by_a_provider_that_verifies_nothing(self):
        """The squatter's own identity at a provider, with the victim's address; then the button;
        then the victim's provider."""
        for is_pressed in (False, True):
            with self.subTest(is_pressed):
                name = "%s-%d" % (self.name, is_pressed)
                address = name + "@example.org"
                evil = self.by_provider("careless", "evil-" + name, address, is_verified=False).json
                if is_pressed:
                    self.assertEqual(
                        self.press(self.token_in(self.mail(address, "confirm"))).status, 200)
                # The same provider is no obstacle either, once it has verified the address.
                owner = self.by_provider("careless", "owner-" + name, address)
                self.assertEqual(owner.json["user"]["id"], evil["user"]["id"], owner.body)
                self.assertEqual(self.server.me(evil["access_token"]).status, 401)
                self.assertEqual(self.server.refresh(evil["refresh_token"]).status, 401)
                self.refused(self.by_provider("careless", "evil-" + name, address,
                                              is_verified=False), 409, "account_exists")

    def test_provider_that_verifies_nothing_takes_no_account(self):
        """Nor does its answer distinguish verified accounts from others."""
        self.member()
        proved = self.name + "-p"
        member = self.member(proved)
        self.press(self.token_in(self.mail(proved + "@example.org", "confirm")),
                   member["access_token"])
        said = [
            self.refused(self.by_provider("careless", "evil-" + self.name, name + "@example.org",
                                          is_verified=False), 409, "account_exists")
            for name in (self.name, proved)]
        self.assertEqual(said[0]["message"], said[1]["message"])
        self.assertNotIn("by the mail", said[0]["message"])

    def test_owner_who_confirmed_with_the_password_or_a_session(self):
        """Whoever has the password and reads the mailbox owns the account, and loses nothing by
        later proofs."""
        for how in ("password", "session"):
            with self.subTest(how):
                name = "%s-%s" % (self.name, how)
                mine = self.member(name)
                token = self.token_in(self.mail(name + "@example.org", "confirm"))
                self.refused(self.press(token, password="a stranger's battery"), 403,
                             "wrong_password")
                if how == "password":
                    done = self.press(token, password=PASSWORD)
                else:
                    done = self.press(token, mine["access_token"])
                self.assertEqual(done.status, 200, done.body)
                self.owner_proves("link", name)
                self.assertEqual(self.server.me(mine["access_token"]).status, 200)
                self.assertEqual(self.server.log_in(name).status, 200)

    def test_password_guessed_by_the_link(self):
        """The link of one's own sign-up does not bypass the limits on guesses."""
        self.member()
        token = self.token_in(self.mail(self.address, "confirm"))
        self.held_back([lambda i=i: self.press(token, password="guess number %d" % i)
                        for i in range(12)], free=5)

    def test_two_confirmations_at_once(self):
        """One click in the account's session, others from anywhere with another link: the owner of
        the account is already settled."""
        mine = self.member()
        first = self.token_in(self.mail(self.address, "confirm"))
        second = self.mailed_token("email/resend", "confirm")
        replies = at_once([lambda: self.press(first, mine["access_token"])]
                          + [lambda: self.press(second)] * 6)
        self.assertEqual(replies[0].status, 200)
        self.exactly_one_wins(replies[1:])
        self.owner_proves("link", self.name)
        self.assertEqual(self.server.me(mine["access_token"]).status, 200)
        self.assertEqual(self.server.command("db", "check").returncode, 0)

    def test_link_that_a_scanner_of_mails_follows(self):
        """A scanner of links confirms no address, whatever its Accept header says."""
        self.server.post("/signup",
                         {"username": self.name, "email": self.address, "password": PASSWORD})
        token = re.search(r"/confirm/([A-Za-z0-9_-]{43})\b", self.mail(self.address, "confirm"))[1]
        path = "/confirm/" + token
        self.assertEqual(self.server.request("HEAD", path).status, 200)
        for headers in ({"Accept": "text/html"}, {"Accept": "TEXT/HTML;q=0.9, */*"},
                        {"Accept": "*/*", "Sec-Fetch-Mode": "navigate"}):
            self.assertEqual(self.server.get(path, headers=headers).status, 303)
            self.refused(self.server.log_in(self.name), 401, "invalid_credentials")
        page = self.server.get("/verify-email?token=" + token, headers={"Accept": "*/*"})
        self.assertEqual(page.status, 200)
        self.refused(self.server.log_in(self.name), 401, "invalid_credentials")
        # A program activates the account, as that API promises, once; the address stays
        # unconfirmed, and the link is good for its reader.
        for i, accept in enumerate(("*/*", "application/json", "image/avif,image/webp,*/*;q=0.8",
                                    "")):
            reply = self.server.get(path, headers={"Accept": accept, "User-Agent": "SafeLinks/1.0"})
            self.assertEqual(reply.status, 400 if i else 200, reply.body)
        evil = self.server.log_in(self.name).json
        self.assertFalse(evil["user"]["email_verified"])
        self.assertEqual(self.server.post("/api/v1/auth/email/link", {"token": token}).json["kind"],
                         "confirm")
        self.owner_proves("reset", self.name)
        self.is_out(self.name, evil)

    def test_confirmation_of_another_api_turned_into_one_by_get(self):
        self.member()
        own = self.token_in(self.mail(self.address, "confirm"))
        self.assertEqual(self.server.post("/resend-confirmation", {"email": self.address}).status,
                         200)
        text = self.mail(self.address, "confirm")
        self.assertIn("/verify-email?token=", text)
        self.assertNotIn("/confirm/", text)
        for token in (own, self.token_in(text)):
            self.assertEqual(self.server.get("/confirm/" + token).status, 400)
        self.assertFalse(self.server.log_in(self.name).json["user"]["email_verified"])
        self.assertEqual(self.press(own, password=PASSWORD).status, 200)

    def test_scanner_where_a_confirmed_email_is_required(self):
        with AttackServer("--mail.url", "file:" + self.mails.name, "--public-url", PUBLIC_URL,
                          "--signup.require-verified-email", "true") as server:
            server.post("/signup",
                        {"username": self.name, "email": self.address, "password": PASSWORD})
            path = re.search(r"/confirm/[A-Za-z0-9_-]{43}\b", self.mail(self.address, "confirm"))[0]
            self.assertEqual(server.get(path).status, 403)
            self.assertEqual(server.log_in(self.name).status, 403)


if __name__ == "__main__":
    unittest.main()
