"""An authenticator in software (Web Authentication Level 3): what a browser and a security key do
together, for tests that speak HTTP. It tells the truth unless a test changes a part."""

import base64
import hashlib
import json
import os
import subprocess
import tempfile

USER_PRESENT, USER_VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 1, 4, 8, 16, 64


def encode(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def head(major, number):
    """The first bytes of a CBOR item (RFC 8949 section 3)."""
    if number < 24:
        return bytes([major << 5 | number])
    if number < 256:
        return bytes([major << 5 | 24, number])
    return bytes([major << 5 | 25]) + number.to_bytes(2, "big")


def cbor(value):
    """In the canonical form of CTAP2: members stand as their keys are sorted by the caller."""
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())


# The options of `openssl genpkey`.
KEYS = {"ES256": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "EdDSA": ["ED25519"],
        "RS256": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]}
IDS = {"ES256": -7, "EdDSA": -8, "RS256": -257}  # of COSE


def openssl(*arguments, stdin=b""):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True,
                          input=stdin).stdout


class Authenticator:
    """One credential with a key. `flags` are what it claims of the person and itself; with
    `attests` it signs its registration itself (Web Authentication Level 3, section 8.2)."""

    def __init__(self, origin, rp_id=None, flags=USER_PRESENT | USER_VERIFIED, discoverable=True,
                 algorithm="ES256", attests=False):
        self.folder = tempfile.TemporaryDirectory(prefix="authd-test-")
        self.key = os.path.join(self.folder.name, "key.pem")
        self.algorithm = algorithm
        self.attests = attests
        openssl("genpkey", "-algorithm", *KEYS[algorithm], "-out", self.key)
        self.public_key = self.cose_key()
        self.origin = origin
        self.rp_id = rp_id or origin.split("://")[1].split(":")[0]
        self.flags = flags
        self.discoverable = discoverable
        self.id = os.urandom(32)
        self.handle = None  # of the user, told at the registration
        self.count = 0
        self.aaguid = bytes(16)
        self.registered = self.attestation = None  # what was attested, and the signature

    def public_pem(self):
        return openssl("pkey", "-in", self.key, "-pubout")

    def cose_key(self):
        der = openssl("pkey", "-in", self.key, "-pubout", "-outform", "DER")
        if self.algorithm == "ES256":
            return cbor({1: 2, 3: -7, -1: 1, -2: der[-64:-32], -3: der[-32:]})
        if self.algorithm == "EdDSA":
            return cbor({1: 1, 3: -8, -1: 6, -2: der[-32:]})
        modulus = openssl("rsa", "-in", self.key, "-noout", "-modulus").decode().split("=")[1]
        return cbor({1: 3, 3: -257, -1: bytes.fromhex(modulus), -2: b"\x01\x00\x01"})

    def sign(self, data):
        if self.algorithm != "EdDSA":
            return openssl("dgst", "-sha256", "-sign", self.key, stdin=data)
        path = os.path.join(self.folder.name, "data")
        with open(path, "wb") as out:
            out.write(data)
        return openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.key, "-in", path)

    def client_data(self, kind, options, **more):
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": self.origin,
                           "crossOrigin": False, **more}).encode()

    def authenticator_data(self, flags, attested=b""):
        return (hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) +
                self.count.to_bytes(4, "big") + attested)

    def create(self, options):
        """The answer to navigator.credentials.create(), in its JSON form."""
        self.handle = options["user"]["id"]
        attested = self.aaguid + len(self.id).to_bytes(2, "big") + self.id + self.public_key
        data = self.authenticator_data(self.flags | ATTESTED, attested)
        client = self.client_data("webauthn.create", options)
        statement = {}
        if self.attests:
            signature = self.sign(data + hashlib.sha256(client).digest())
            self.registered, self.attestation = data, signature
            statement = {"alg": IDS[self.algorithm], "sig": signature}
        attestation = cbor({"fmt": "packed" if self.attests else "none", "attStmt": statement,
                            "authData": data})
        return {"id": encode(self.id), "rawId": encode(self.id), "type": "public-key",
                "authenticatorAttachment": "platform",
                "clientExtensionResults": {"credProps": {"rk": self.discoverable}},
                "response": {"clientDataJSON": encode(client),
                             "attestationObject": encode(attestation),
                             "transports": ["internal"]}}

    def get(self, options, flags=None, **client_data):
        """The answer to navigator.credentials.get(), in its JSON form."""
        self.count += 1
        client = self.client_data("webauthn.get", options, **client_data)
        data = self.authenticator_data(self.flags if flags is None else flags)
        signature = self.sign(data + hashlib.sha256(client).digest())
        return {"id": encode(self.id), "rawId": encode(self.id), "type": "public-key",
                "clientExtensionResults": {},
                "response": {"clientDataJSON": encode(client), "authenticatorData": encode(data),
                             "signature": encode(signature), "userHandle": self.handle}}
