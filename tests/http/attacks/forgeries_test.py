"""Forged, altered, misused and revived tokens. Only a token that authd signed for exactly this use
is accepted."""

import hashlib
import hmac
import json
import re
import subprocess
import tempfile
import unittest

from attack import AttackCase, Server, b64, claims_of, totp, step_now, unb64
from clocked import Clocked, needs_clocked
from own_key import OwnKey

ME = "/api/v1/users/me"
# The order of P-256's group (FIPS 186-4 D.1.2.3).
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def header_of(token):
    return json.loads(unb64(token.split(".")[0]))


def made(header, payload, signature=b""):
    """A compact JWS; the parts may be bytes or objects."""
    parts = [p if isinstance(p, bytes) else json.dumps(p).encode() for p in (header, payload)]
    return ".".join([b64(parts[0]), b64(parts[1]), b64(signature)])


def hs256(token_input, key):
    return hmac.new(key, token_input.encode(), hashlib.sha256).digest()


class Forged(AttackCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.own = OwnKey(cls.folder.name)
        cls.token = cls.server.sign_up("victim").json["access_token"]
        cls.header, cls.claims = header_of(cls.token), claims_of(cls.token)
        cls.signature = unb64(cls.token.split(".")[2])

    def refuses(self, *tokens):
        """None of them is accepted, even if the valid token is in every cache."""
        self.assertEqual(self.server.me(self.token).status, 200)
        for token in tokens:
            with self.subTest(token=token[:60]):
                self.refused(self.server.me(token), 401, "invalid_token")
                self.refused(self.server.get("/auth/verify", token=token), 401)
        self.assertEqual(self.server.me(self.token).status, 200)

    def test_alg_none(self):
        for alg in ("none", "None", "NONE", "nOnE", "", None, "none\u0000", " none"):
            header = {**self.header, "alg": alg}
            self.refuses(made(header, self.claims), made(header, self.claims, self.signature))
        without = {k: v for k, v in self.header.items() if k != "alg"}
        self.refuses(made(without, self.claims), made(without, self.claims, self.signature))

    def test_hs256_with_the_public_key(self):
        """RS/ES to HS confusion, with every text form of the public key."""
        jwks = self.server.get("/.well-known/jwks.json").body
        key = next(k for k in json.loads(jwks)["keys"] if k["kid"] == self.header["kid"])
        point = b"\x04" + unb64(key["x"]) + unb64(key["y"])
        der = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200") + point
        pem = subprocess.run(["openssl", "ec", "-pubin", "-inform", "DER"], input=der, check=True,
                             capture_output=True).stdout
        for alg in ("HS256", "HS384", "HS512"):
            text = made({**self.header, "alg": alg}, self.claims).rsplit(".", 1)[0]
            for secret in (pem, pem.strip(), der, point, point[1:], jwks, json.dumps(key).encode(),
                           unb64(key["x"]), b"",
                           key["kid"].encode()):
                self.refuses(text + "." + b64(hs256(text, secret)))

    def test_other_algorithm_of_the_same_key(self):
        for alg in ("ES384", "ES512", "ES256K", "RS256", "PS256", "EdDSA", "HS256", "es256",
                    "ES256 "):
            self.refuses(made({**self.header, "alg": alg}, self.claims, self.signature))

    def test_kid_traversal(self):
        """A kid that names a file, a query, or nothing: only our own keys are ever used."""
        for kid in ("../../../../dev/null", "/dev/null", "../master.key", "' OR '1'='1", "x\u0000",
                    "", "*", self.header["kid"] + "\u0000",
                    self.header["kid"].upper() + "x", "a" * 5000, "http://127.0.0.1/key", None, 7,
                    ["x"], {"x": 1}):
            header = {**self.header, "kid": kid}
            text = made(header, self.claims).rsplit(".", 1)[0]
            self.refuses(text + "." + b64(hs256(text, b"")),
                         made(header, self.claims, self.signature))

    def test_embedded_jwk(self):
        """A token correctly signed with a key that it contains (CVE-2018-0114)."""
        for kid in (self.header["kid"], "own"):
            base = {**self.header, "kid": kid}
            self.refuses(self.own.sign({**base, "jwk": self.own.jwk(kid=kid)}, self.claims),
                         self.own.sign({**base, "x5c": [b64(b"x")]}, self.claims),
                         self.own.sign(base, self.claims))

    def test_key_by_address(self):
        for name in ("jku", "x5u"):
            self.refuses(self.own.sign({**self.header, name: "http://127.0.0.1:1/jwks.json"},
                                       self.claims),
                         self.own.sign({**self.header, name: self.server.addresses[0]},
                                       self.claims))

    def test_psychic_signature(self):
        """r = s = 0 and similar values (CVE-2022-21449)."""
        n = ORDER.to_bytes(32, "big")
        zero, one, big = bytes(32), b"\x01".rjust(32, b"\0"), b"\xff" * 32
        for r, s in ((zero, zero), (zero, one), (one, zero), (n, n), (zero, n), (big, big),
                     (one, n)):
            self.refuses(made(self.header, self.claims, r + s))
        self.refuses(made(self.header, self.claims, bytes.fromhex("3006020100020100")),
                     made(self.header, {**self.claims, "roles": ["admin"]}, bytes(64)))

    def test_truncated_signature(self):
        head = self.token.rsplit(".", 1)[0]
        for cut in (0, 1, 16, 32, 48, 63):
            self.refuses(head + "." + b64(self.signature[:cut]))
        self.refuses(head + "." + b64(self.signature + b"\0"),
                     head + "." + b64(b"\0" + self.signature), head,
                     head + "." + b64(self.signature * 2), head + "..", head + ".=",
                     self.token + ".x")

    def test_signature_in_another_spelling(self):
        """The same bytes in another text form would be a different key in caches and lists of
        revoked tokens."""
        head, text = self.token.rsplit(".", 1)
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        # two bytes' worth of bits are left over, four of them unused
        self.assertEqual(len(text) % 4, 2)
        other = alphabet[alphabet.index(text[-1]) ^ 1]
        self.refuses(head + "." + text[:-1] + other, self.token + "==", self.token + "=",
                     head + ".\t" + text)
        standard = text.replace("-", "+").replace("_", "/")
        if standard != text:
            self.refuses(head + "." + standard)

    def test_critical_header(self):
        for crit in (["exp"], ["b64"], [], ["x"], "x", None):
            self.refuses(made({**self.header, "crit": crit}, self.claims, self.signature),
                         self.own.sign({**self.header, "crit": crit, "x": 1}, self.claims))
        self.refuses(made({**self.header, "b64": False}, self.claims, self.signature),
                     made({**self.header, "zip": "DEF"}, self.claims, self.signature))

    def test_altered_claims(self):
        later = self.claims["exp"] + 10**6
        for change in ({"exp": later}, {"exp": "never"}, {"exp": None}, {"nbf": 0}, {"iat": 0},
                       {"sub": "1"}, {"roles": ["admin"]},
                       {"scope": "account admin"}, {"aud": ["authd", "x"]}, {"iss": "x"},
                       {"sid": b64(bytes(16))}, {"jti": "x"},
                       {"client_id": "other"}, {"amr": ["mfa"]}, {"auth_time": later}):
            self.refuses(made(self.header, {**self.claims, **change}, self.signature))

    def test_header_with_the_same_name_twice(self):
        for text in ('{"alg":"none","alg":"ES256","kid":"%s","typ":"at+jwt"}',
                     '{"alg":"ES256","kid":"x","kid":"%s","typ":"at+jwt"}'):
            self.refuses(made((text % self.header["kid"]).encode(), self.claims, self.signature))

    def test_other_serializations(self):
        head, payload, signature = self.token.split(".")
        self.refuses(json.dumps({"protected": head, "payload": payload, "signature": signature},
                                separators=(",", ":")), ".".join([head] * 5),
                     head + "." + payload + "." + signature + "." + payload + "." + signature,
                     payload + "." + head + "." + signature,
                     "." + payload + "." + signature, head + ".." + signature, "a" * 8000,
                     "." * 2000, "null", "{}")

    def test_type_of_another_use(self):
        for typ in ("JWT", "id+jwt", "logout+jwt", "", None, "at+jwt ", "application/jwt",
                    "dpop+jwt"):
            self.refuses(made({**self.header, "typ": typ}, self.claims, self.signature))

    def test_token_in_another_place(self):
        get = lambda **headers: self.server.get(ME,
                                                headers={k.replace("_", "-"): v for k,
                                                         v in headers.items()}).status
        self.assertEqual(self.server.get(ME + "?access_token=" + self.token).status, 401)
        self.assertEqual(get(Cookie="access_token=%s; authorization=Bearer %s"
                             % (self.token, self.token)), 401)
        self.assertEqual(get(X_Authorization="Bearer " + self.token), 401)
        self.assertEqual(get(Proxy_Authorization="Bearer " + self.token), 401)
        self.assertEqual(get(Authorization="Token " + self.token), 401)
        self.assertEqual(get(Authorization=self.token), 401)
        self.assertIn(get(Authorization="Bearer " + self.token + ", Bearer x"), (400, 401))
        self.assertEqual(self.server.request("POST", ME, form={"access_token": self.token}).status,
                         405)
        twice = (b"GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Basic eDp5\r\nAuthorization: "
                 b"Bearer %s\r\nConnection: close\r\n\r\n")
        self.assertNotIn(b" 200 ", self.server.raw(twice % (ME.encode(), self.token.encode()))[:20])


class Ended(AttackCase):
    """Tokens that were valid once."""

    def test_audience_of_another_service(self):
        self.member()
        issue = lambda name: self.server.command("token", "issue", self.name,
                                                 env={"AUTHD_TOKENS_AUDIENCE": name}).out.strip()
        self.assertEqual(self.server.me(issue("authd")).status, 200)
        for audience in ("other", "authd2", "AUTHD", "auth"):
            self.refused(self.server.me(issue(audience)), 401, "invalid_token")

    def test_issuer_of_another_server(self):
        self.member()
        issue = lambda issuer: self.server.command("token", "issue", self.name,
                                                   env={"AUTHD_TOKENS_ISSUER": issuer}).out.strip()
        self.assertEqual(self.server.me(issue("http://auth.test")).status, 200)
        for issuer in ("http://evil.test", "http://auth.test/", "https://auth.test",
                       "http://AUTH.test", "http://auth.test.evil.test"):
            self.refused(self.server.me(issue(issuer)), 401, "invalid_token")

    def test_token_of_another_authd(self):
        """Same issuer, same user id, another key."""
        self.member()
        with Server("--public-url", "http://auth.test") as other:
            foreign = other.sign_up(self.name).json
            self.assertEqual(other.me(foreign["access_token"]).status, 200)
            self.refused(self.server.me(foreign["access_token"]), 401, "invalid_token")
            self.refused(self.server.refresh(foreign["refresh_token"]), 401, "invalid_token")

    @needs_clocked
    def test_expired(self):
        with Clocked() as server:
            token = server.sign_up(self.name).json["access_token"]
            self.assertEqual(server.me(token).status, 200)  # and is in the cache now
            server.jump_to(claims_of(token)["exp"] - claims_of(token)["iat"])
            self.refused(server.me(token), 401, "invalid_token")
            self.refused(server.get("/auth/verify", token=token), 401)

    def test_revoked_token_with_a_mirrored_signature(self):
        """(r, n-s) is as valid a signature as (r, s), which would bypass a list of revoked tokens
        by their text."""
        token = self.member()["access_token"]
        head, signature = token.rsplit(".", 1)
        raw = unb64(signature)
        mirrored = head + "." + b64(raw[:32]
                                    + (ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big"))
        self.server.command("token", "revoke", stdin=token)
        self.refused(self.server.me(token), 401)
        self.refused(self.server.me(mirrored), 401)

    def test_token_of_a_deleted_user_for_a_new_one_of_the_name(self):
        old = self.member()
        # Otherwise nobody else gets the name for a while.
        self.server.command("user", "delete", self.name,
                            env={"AUTHD_SIGNUP_USERNAME_RETENTION": "0s"})
        new = self.member()
        self.assertNotEqual(old["user"]["id"], new["user"]["id"])
        self.refused(self.server.me(old["access_token"]), 401)
        self.refused(self.server.refresh(old["refresh_token"]), 401)

    def test_roles_that_were_taken_away(self):
        """The token still says admin; the store does not."""
        token = self.admin(self.name)
        self.assertIn("admin", claims_of(token)["roles"])
        self.assertEqual(self.server.get("/api/v1/admin/users", token=token).status, 200)
        self.server.command("role", "revoke", self.name, "admin", "--force")
        self.refused(self.server.get("/api/v1/admin/users", token=token), 403, "forbidden")

    def test_refresh_token_stitched_of_two(self):
        """One MAC covers session and generation: no part can come from another token."""
        mine, hers = self.member(self.name + "1"), self.member(self.name + "2")
        a, b = unb64(mine["refresh_token"]), unb64(hers["refresh_token"])
        for stitched in (b[:16] + a[16:], a[:16] + b[16:], b[:24] + a[24:], a[:24] + b[24:],
                         b[:16] + a[16:24] + b[24:]):
            reply = self.server.refresh(b64(stitched))
            if stitched not in (a, b):
                self.refused(reply, 401, "invalid_token")
        self.assertEqual(self.server.refresh(hers["refresh_token"]).status, 200)

    def test_refresh_token_of_the_next_generation(self):
        """Incrementing the generation without the key gains nothing, and does not end the
        session."""
        tokens = self.member()
        raw = unb64(tokens["refresh_token"])
        for generation in (0, 2, 3, 2**64 - 1):
            forged = raw[:16] + generation.to_bytes(8, "big") + raw[24:]
            self.refused(self.server.refresh(b64(forged)), 401, "invalid_token")
        self.assertEqual(self.server.refresh(tokens["refresh_token"]).status, 200)


class Substituted(AttackCase):
    """A token for one purpose where another is required."""

    def setUp(self):
        super().setUp()
        self.tokens = self.member()
        self.access, self.refresh = self.tokens["access_token"], self.tokens["refresh_token"]

    def post(self, path, **body):
        return self.server.post("/api/v1/auth/" + path, body)

    def test_access_token_as_refresh_token(self):
        self.refused(self.server.refresh(self.access), 401, "invalid_token")
        self.post("logout", refresh_token=self.access)
        self.assertEqual(self.server.me(self.access).status, 200)

    def test_refresh_token_as_access_token(self):
        self.refused(self.server.me(self.refresh), 401, "invalid_token")
        self.refused(self.server.get("/auth/verify", token=self.refresh), 401)

    def test_session_id_as_refresh_token(self):
        sid = claims_of(self.access)["sid"]
        for text in (sid, b64(unb64(sid) + (1).to_bytes(8, "big")),
                     b64(unb64(sid) + (1).to_bytes(8, "big") + bytes(32))):
            self.refused(self.server.refresh(text), 401, "invalid_token")

    def test_reset_link_as_everything_else(self):
        token = self.mailed_token("password/forgot", "password")
        self.refused(self.post("email/verify", token=token), 401, "invalid_code")
        self.refused(self.post("magic-link/verify", token=token, binding=token), 401,
                     "invalid_code")
        self.refused(self.post("mfa", mfa_token=token, code="000000"), 401)
        self.refused(self.server.post("/api/v1/setup",
                                      {"token": token, "username": "evil",
                                       "password": "correct horse battery"}), 401)
        self.refused(self.server.refresh(token), 401)
        self.refused(self.server.me(token), 401)
        self.assertEqual(self.post("password/reset", token=token,
                                   new_password="another battery").status, 200)

    def test_confirmation_link_as_everything_else(self):
        token = self.token_in(self.mail(self.address, "confirm"))
        self.refused(self.post("password/reset", token=token, new_password="another battery"), 401,
                     "invalid_code")
        self.refused(self.post("magic-link/verify", token=token, binding=token), 401,
                     "invalid_code")
        self.assertEqual(self.server.log_in(self.name).status, 200)
        self.assertEqual(self.post("email/verify", token=token).status, 200)

    def test_magic_link_as_everything_else(self):
        reply = self.post("magic-link", email=self.address).json
        token = self.token_in(self.mail(self.address, "login link"))
        self.refused(self.post("password/reset", token=token, new_password="another battery"), 401,
                     "invalid_code")
        self.refused(self.post("email/verify", token=token), 401, "invalid_code")
        # The binding is the browser's half and not a token; nor is the token a binding.
        self.refused(self.post("magic-link/verify", token=reply["binding"], binding=token), 401,
                     "invalid_code")
        self.refused(self.post("magic-link/verify", token=token, binding=token), 401,
                     "invalid_code")
        self.refused(self.post("password/reset", token=reply["binding"],
                               new_password="another battery"), 401)
        self.assertEqual(self.post("magic-link/verify", token=token,
                                   binding=reply["binding"]).status, 200)

    def test_magic_link_in_the_browser_of_another_login(self):
        """The attacker's binding with the victim's link, and vice versa."""
        other = self.name + "2"
        self.member(other)
        mine = self.post("magic-link", email=self.address).json["binding"]
        hers = self.post("magic-link", email=other + "@example.org").json["binding"]
        token = self.token_in(self.mail(self.address, "login link"))
        self.refused(self.post("magic-link/verify", token=token, binding=hers), 401, "invalid_code")
        self.assertEqual(self.post("magic-link/verify", token=token,
                                   binding=mine).json["user"]["username"], self.name)

    def test_login_code_as_second_factor_and_back(self):
        """A mailed login code does not answer a challenge, and an app's code is not a login
        code."""
        name = self.name + "2"
        address = name + "@example.org"
        member, secret, _ = self.with_second_factor(name)
        confirm = {"token": self.token_in(self.mail(address, "confirm"))}
        self.assertEqual(self.server.post("/api/v1/auth/email/verify", confirm,
                                          token=member["access_token"]).status, 200)
        challenge = self.server.log_in(name).json["mfa_token"]
        self.post("otp/send", email=address)
        code = re.search(r"\b(\d{6})\b", self.mail(address, "code"))[1]
        if code != totp(secret, step_now()):
            self.refused(self.post("mfa", mfa_token=challenge, code=code), 401, "invalid_code")
        self.refused(self.post("otp/verify", email=address, code=totp(secret, step_now() + 1)), 401,
                     "invalid_code")
        # The code alone is not enough if there is a second factor.
        reply = self.post("otp/verify", email=address, code=code)
        self.assertIn("mfa_token", reply.json)
        self.assertNotIn("access_token", reply.json)

    def test_challenge_as_session(self):
        name = self.name + "2"
        _, secret, recovery = self.with_second_factor(name)
        challenge = self.server.log_in(name).json["mfa_token"]
        self.refused(self.server.me(challenge), 401, "invalid_token")
        self.refused(self.server.refresh(challenge), 401, "invalid_token")
        for path, body in (("password/reset",
                            {"token": challenge, "new_password": "another battery"}),
                           ("email/verify", {"token": challenge}),
                           ("magic-link/verify", {"token": challenge, "binding": challenge})):
            self.refused(self.server.post("/api/v1/auth/" + path, body), 401, "invalid_code")

    def test_challenge_of_somebody_else(self):
        """The attacker's challenge neither accepts the victim's recovery code nor tells that it is
        one."""
        self.with_second_factor(self.name + "2")
        _, _, hers = self.with_second_factor(self.name + "3")
        challenge = self.server.log_in(self.name + "2").json["mfa_token"]
        self.refused(self.post("mfa", mfa_token=challenge, code=hers[0]), 401, "invalid_code")
        self.refused(self.post("mfa", mfa_token="x" * 43, code=hers[0]), 401, "invalid_mfa_token")

    def test_challenge_of_before_a_new_password(self):
        name = self.name + "2"
        _, _, recovery = self.with_second_factor(name)
        challenge = self.server.log_in(name).json["mfa_token"]
        self.server.command("user", "passwd", name, stdin="brand new password\n")
        self.refused(self.post("mfa", mfa_token=challenge, code=recovery[0]), 401,
                     "invalid_mfa_token")

    def test_device_cookie_as_login(self):
        cookie = self.server.log_in(self.name).headers["Set-Cookie"].split(";")[0]
        self.assertEqual(self.server.get(ME, headers={"Cookie": cookie}).status, 401)
        value = cookie.split("=", 1)[1]
        self.refused(self.server.me(value), 401)
        self.refused(self.server.refresh(value), 401)

    def test_links_of_before_a_new_email(self):
        """A reset link sent to an address that no longer belongs to the account, after somebody
        else was logged out."""
        token = self.mailed_token("password/forgot", "password")
        self.assertEqual(self.server.request("PATCH", ME, {"email": "n" + self.address},
                                             token=self.access).status, 200)
        change = self.token_in(self.mail("n" + self.address, "confirm"))
        self.assertEqual(self.server.post("/api/v1/auth/email/verify", {"token": change},
                                          token=self.access).status, 200)
        self.refused(self.post("password/reset", token=token, new_password="another battery"), 401,
                     "invalid_code")


if __name__ == "__main__":
    unittest.main()
