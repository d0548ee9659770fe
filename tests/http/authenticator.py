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


class Authenticator:
    """One credential with a key for ES256. `flags` are what it claims of the person and itself."""

    def __init__(self, origin, rp_id=None, flags=USER_PRESENT | USER_VERIFIED, discoverable=True):
        self.folder = tempfile.TemporaryDirectory(prefix="authd-test-")
        self.key = os.path.join(self.folder.name, "key.pem")
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out",
                        self.key], check=True, capture_output=True)
        point = subprocess.run(["openssl", "ec", "-in", self.key, "-pubout", "-outform", "DER"],
                               check=True, capture_output=True).stdout[-64:]
        self.public_key = cbor({1: 2, 3: -7, -1: 1, -2: point[:32], -3: point[32:]})
        self.origin = origin
        self.rp_id = rp_id or origin.split("://")[1].split(":")[0]
        self.flags = flags
        self.discoverable = discoverable
        self.id = os.urandom(32)
        self.handle = None  # of the user, told at the registration
        self.count = 0
        self.aaguid = bytes(16)

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
        attestation = cbor({"fmt": "none", "attStmt": {}, "authData": data})
        return {"id": encode(self.id), "rawId": encode(self.id), "type": "public-key",
                "authenticatorAttachment": "platform",
                "clientExtensionResults": {"credProps": {"rk": self.discoverable}},
                "response": {"clientDataJSON": encode(self.client_data("webauthn.create", options)),
                             "attestationObject": encode(attestation),
                             "transports": ["internal"]}}

    def get(self, options, flags=None, **client_data):
        """The answer to navigator.credentials.get(), in its JSON form."""
        self.count += 1
        client = self.client_data("webauthn.get", options, **client_data)
        data = self.authenticator_data(self.flags if flags is None else flags)
        signature = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", self.key], check=True, capture_output=True,
            input=data + hashlib.sha256(client).digest()).stdout
        return {"id": encode(self.id), "rawId": encode(self.id), "type": "public-key",
                "clientExtensionResults": {},
                "response": {"clientDataJSON": encode(client), "authenticatorData": encode(data),
                             "signature": encode(signature), "userHandle": self.handle}}
