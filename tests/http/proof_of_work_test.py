"""signup.proof_of_work: what strangers can cause needs work when there is much of it."""

import concurrent.futures
import hashlib
import unittest

from harness import PASSWORD, Server, ServerCase

WORK = "/api/v1/auth/work"
SIGN_UP = "/api/v1/auth/signup"
REFUSED = "proof_of_work_required"


def solve(challenge, bits, skip=0):
    number = skip
    while True:
        digest = hashlib.sha256(("%s.%d" % (challenge, number)).encode()).digest()
        if int.from_bytes(digest, "big") >> (256 - bits) == 0:
            return number
        number += 1


class WithWork(ServerCase):
    SETTING = ""

    MANY = {"AUTHD_RATE_LIMIT_" + name: "100000/1m"
            for name in ("LOGIN", "SIGNUP", "MAIL", "DEFAULT")}

    @classmethod
    def SERVER(cls):
        return Server(limits=True,
                      environment={"AUTHD_SIGNUP_PROOF_OF_WORK": cls.SETTING, **cls.MANY})

    @classmethod
    def setUpClass(cls):
        cls.server = cls.SERVER()

    def proof(self):
        asked = self.server.get(WORK).json
        self.assertTrue(asked["needed"])
        return "%s.%d" % (asked["challenge"], solve(asked["challenge"], asked["bits"]))

    def sign_up(self, name, proof=None):
        headers = {} if proof is None else {"X-Authd-Work": proof}
        return self.server.post(SIGN_UP, {"username": name, "password": PASSWORD}, headers=headers)


class Always(WithWork):
    SETTING = "always"

    def test_a_proof_counts_once(self):
        self.refused(self.sign_up("ann"), 403, REFUSED)
        proof = self.proof()
        self.assertEqual(self.sign_up("ann", proof).status, 201)
        self.refused(self.sign_up("bob", proof), 403, REFUSED)
        # Nor does another number for its challenge.
        challenge, _, number = proof.partition(".")
        other = solve(challenge, 16, int(number) + 1)
        self.refused(self.sign_up("bob", "%s.%d" % (challenge, other)), 403, REFUSED)

    def test_of_many_at_once_one_counts(self):
        proof = self.proof()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda n: self.sign_up("many%d" % n, proof), range(8)))
        self.assertEqual(sorted(reply.status for reply in replies), [201] + [403] * 7)

    def test_what_is_no_proof(self):
        challenge = self.server.get(WORK).json["challenge"]
        wrong = next(n for n in range(100)
                     if hashlib.sha256(("%s.%d" % (challenge, n)).encode()).digest()[0])
        other = ("B" if challenge[0] == "A" else "A") + challenge[1:]
        for proof in ("", ".", challenge, challenge + ".", "%s.%d" % (challenge, wrong),
                      "%s.%d" % (other, solve(other, 16)), challenge + ".x",
                      challenge + "." + "1" * 21, "." + "1" * 20, "A" * 4000):
            with self.subTest(proof[-20:]):
                self.refused(self.sign_up("nobody", proof), 403, REFUSED)

    def test_mails_need_one(self):
        for path, body in (("password/forgot", {"login": "ann"}),
                           ("email/resend", {"email": "ann@example.org"}),
                           ("otp/send", {"email": "ann@example.org"}),
                           ("magic-link", {"email": "ann@example.org"})):
            with self.subTest(path):
                path = "/api/v1/auth/" + path
                self.refused(self.server.post(path, body), 403, REFUSED)
                headers = {"X-Authd-Work": self.proof()}
                reply = self.server.post(path, body, headers=headers)
                self.assertLess(reply.status, 300, reply.body)

    def test_the_replaced_apis_need_one(self):
        for path, body in (("/users", {"email": "a@example.org", "password": PASSWORD}),
                           ("/user", {"username": "zoe", "password": PASSWORD}),
                           ("/forgot-password", {"email": "a@example.org"})):
            with self.subTest(path):
                reply = self.server.post(path, body)
                self.assertEqual(reply.status, 403, reply.body)
                self.assertIn("proof of work", reply.body.decode())
                reply = self.server.post(path, body, headers={"X-Authd-Work": self.proof()})
                self.assertLess(reply.status, 300, reply.body)


class Automatic(WithWork):
    SETTING = "auto"

    def test_a_crowd_has_to_work(self):
        self.assertEqual(self.server.get(WORK).json, {"needed": False})
        path = "/api/v1/auth/otp/send"
        sent = [self.server.post(path, {"email": "p%d@example.org" % n}) for n in range(20)]
        self.assertEqual([reply.status for reply in sent if reply.status >= 300], [])
        self.refused(self.server.post(path, {"email": "q@example.org"}), 403, REFUSED)
        self.refused(self.sign_up("ann"), 403, REFUSED)
        self.assertEqual(self.server.get(WORK).json["bits"], 16)
        self.assertEqual(self.sign_up("ann", self.proof()).status, 201)
        # Signing in is not touched.
        self.assertEqual(self.server.log_in("ann").status, 200)


class WithoutLimits(WithWork):
    """Whoever switches limits off wants none."""

    @classmethod
    def SERVER(cls):
        return Server(environment={"AUTHD_SIGNUP_PROOF_OF_WORK": "auto"})

    def test_nobody_has_to(self):
        for n in range(25):
            self.assertLess(self.server.post("/api/v1/auth/otp/send",
                                             {"email": "p%d@example.org" % n}).status, 300)
        self.assertEqual(self.server.get(WORK).json, {"needed": False})


class Off(WithWork):
    SETTING = "off"

    def test_nobody_has_to(self):
        for n in range(25):
            self.server.post("/api/v1/auth/otp/send", {"email": "p%d@example.org" % n})
        self.assertEqual(self.sign_up("ann").status, 201)
        self.assertEqual(self.server.get(WORK).json, {"needed": False})


if __name__ == "__main__":
    unittest.main()
