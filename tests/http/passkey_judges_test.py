"""Passkeys before verifiers that other people wrote: what authd takes, @simplewebauthn/server and
Debian's fido2-tools take as well. (They are laxer, so they are no judges of what it refuses.)"""

import base64
import hashlib
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from authenticator import Authenticator, cbor, decode
from harness import DEADLINE
from npm import npm_folder
from passkey_people import ORIGIN, WithPasskeys

HERE = pathlib.Path(__file__).resolve().parent
RP_ID = "id.example.org"
TYPES = {"ES256": "es256", "EdDSA": "eddsa", "RS256": "rs256"}  # of fido2-tools


def blob(data):
    return base64.b64encode(data).decode()


class Judges(WithPasskeys):
    def ceremonies(self, key):
        """What authd asked, and the answers that it took: a registration and a login."""
        asked = self.options()
        made = key.create(asked)
        added = self.server.post("/api/v1/users/me/passkeys",
                                 {"name": key.algorithm, "response": made}, token=self.token)
        self.assertEqual(added.status, 201, added.body)
        question = self.question()
        answer = key.get(question)
        self.assertEqual(self.verify(answer).status, 200)
        return (asked, made), (question, answer)

    def test_simplewebauthn_takes_what_authd_takes(self):
        told = []
        for algorithm in TYPES:
            for attests in (False, True):
                key = Authenticator(ORIGIN, algorithm=algorithm, attests=attests)
                registration, login = self.ceremonies(key)
                common = {"origin": ORIGIN, "rp_id": RP_ID,
                          "key": base64.urlsafe_b64encode(key.public_key).decode().rstrip("=")}
                for kind, (question, answer) in (("registration", registration),
                                                 ("login", login)):
                    told.append({"kind": kind, "question": question, "answer": answer, **common})
        done = subprocess.run(["node", HERE / "passkey_judges.mjs",
                               npm_folder("@simplewebauthn/server")],
                              input=json.dumps(told), capture_output=True, text=True,
                              timeout=4 * DEADLINE, check=False)
        self.assertEqual(done.stdout.split("\n")[:-1], ["ok"] * len(told), done.stderr)

    def test_fido2_tools_take_what_authd_takes(self):
        for algorithm, kind in TYPES.items():
            with self.subTest(algorithm=algorithm):
                key = Authenticator(ORIGIN, algorithm=algorithm, attests=True)
                (_, made), (_, answer) = self.ceremonies(key)
                self.judge_login(key, answer, kind)
                self.judge_registration(key, made, kind)

    def fido2(self, program, *arguments, lines):
        done = subprocess.run([program, "-V", *arguments], input="\n".join(lines) + "\n",
                              capture_output=True, text=True, timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def judge_login(self, key, answer, kind):
        response = answer["response"]
        client = hashlib.sha256(decode(response["clientDataJSON"])).digest()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "key.pem")
            with open(path, "wb") as out:
                out.write(key.public_pem())
            self.fido2("fido2-assert", path, kind, lines=[
                blob(client), RP_ID, blob(cbor(decode(response["authenticatorData"]))),
                blob(decode(response["signature"]))])

    def judge_registration(self, key, made, kind):
        response = made["response"]
        client = hashlib.sha256(decode(response["clientDataJSON"])).digest()
        self.fido2("fido2-cred", kind, lines=[
            blob(client), RP_ID, "packed", blob(cbor(key.registered)), blob(key.id),
            blob(key.attestation)])


if __name__ == "__main__":
    unittest.main()
