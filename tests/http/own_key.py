"""A P-256 key of a test's own, of a client or of an attacker; openssl signs."""

import base64
import json
import os
import subprocess


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class OwnKey:
    def __init__(self, folder, name="own"):
        self.path = os.path.join(folder, name + ".pem")
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out",
                        self.path], check=True,
                       capture_output=True)
        der = subprocess.run(["openssl", "ec", "-in", self.path, "-pubout", "-outform", "DER"],
                             check=True,
                             capture_output=True).stdout
        self.x, self.y = der[-64:-32], der[-32:]

    def jwk(self, **more):
        return {"kty": "EC", "crv": "P-256", "x": b64(self.x), "y": b64(self.y), "alg": "ES256",
                "use": "sig", **more}

    def sign(self, header, payload):
        text = b64(json.dumps(header).encode()) + "." + b64(json.dumps(payload).encode())
        der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.path],
                             input=text.encode(), check=True,
                             capture_output=True).stdout
        r_end = 4 + der[3]
        r, s = der[4:r_end].lstrip(b"\0"), der[r_end + 2:].lstrip(b"\0")
        return text + "." + b64(r.rjust(32, b"\0") + s.rjust(32, b"\0"))
