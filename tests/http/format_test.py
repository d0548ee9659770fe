"""docs/format.md against the source and a real server: every table and field is in the page, its
examples follow from its text, and the page alone is enough to read a backup of a server that was
used."""

import base64
import ctypes
import ctypes.util
import hashlib
import hmac
import json
import os
import pathlib
import re
import struct
import tempfile
import unittest
import zlib

from harness import PASSWORD, Server, command

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/format.md").read_text(encoding="utf-8")
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SERVER_KEY = bytes(range(32))
MASTER_KEY = bytes(range(0x40, 0x60))


def sections():
    """By table: (prefix, row type, {number: (field, type)}, key and value of the example)."""
    found = {}
    for name, text in re.findall(r"^### `(\w+)`\n(.*?)(?=^##)", PAGE, re.M | re.S):
        prefix, code, row = re.search(r"Prefix `(.)` \((..)\)\. Key: .*Row: `(\w+)`", text).groups()
        assert "%02x" % ord(prefix) == code, name
        fields = {int(n): (field, kind.split(",")[0]) for n, field, kind in
                  re.findall(r"^\| (\d+) \| `(\w+)` \| ([^|]*) \|", text, re.M)}
        example = re.search(r"```text\nkey {3}(.*?)\nvalue (.*?)```", text, re.S)
        found[name] = (prefix, row, fields,
                       *[bytes.fromhex("".join(part.split())) for part in example.groups()])
    return found


TABLES = sections()


def block(heading, count=1):
    """The text blocks below a heading."""
    text = re.search(r"^#+ %s\n(.*?)(?=^#|\Z)" % heading, PAGE, re.M | re.S)[1]
    blocks = re.findall(r"```text\n(.*?)```", text, re.S)
    assert len(blocks) >= count, heading
    return blocks


def named(name):
    """The example after this word."""
    return re.search(r"^%s (\S+)$" % name, PAGE, re.M)[1]


def take_varint(data, at):
    number = shift = 0
    while True:
        number |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return number, at
        shift += 7


def value_of(kind, payload):
    if kind in ("number", "flag", "time"):
        number, end = take_varint(payload, 0)
        assert end == len(payload)
        return number
    if kind == "text":
        return payload.decode("utf-8")
    if kind == "bytes":
        return payload
    items, at = [], 0
    while at < len(payload):
        size, at = take_varint(payload, at)
        if kind == "list of texts":
            items.append(payload[at:at + size])
            at += size
        else:
            items.append(size)
    return items


def read_row(fields, data):
    """A row, decoded with its table in the page: {field: value}."""
    assert data[0] == 1
    row, at, last = {}, 1, 0
    while at < len(data):
        number, at = take_varint(data, at)
        size, at = take_varint(data, at)
        assert number > last, data.hex()
        field, kind = fields[number]
        row[field] = value_of(kind, data[at:at + size])
        last, at = number, at + size
    return row


def without_field(data, number):
    """The row without the field."""
    at = 1
    while at < len(data):
        start = at
        field, at = take_varint(data, at)
        size, at = take_varint(data, at)
        at += size
        if field == number:
            return data[:start] + data[at:]
    raise AssertionError("there is no such field")


def mac(key, purpose, data):
    return hmac.new(hmac.new(key, purpose.encode(), hashlib.sha256).digest(), data,
                    hashlib.sha256).digest()


def text_of(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def bytes_of(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def refresh_token(key, session, generation):
    claim = session + struct.pack(">Q", generation)
    return text_of(claim
                   + hmac.new(key, b"authd refresh token v1:" + claim, hashlib.sha256).digest())


def base62(text):
    number = 0
    for digit in text:
        number = number * 62 + DIGITS.index(digit)
    return number


def libsodium():
    library = ctypes.CDLL(ctypes.util.find_library("sodium"))
    assert library.sodium_init() >= 0
    return library


def opened(master_key, sealed, context):
    sodium = libsodium()
    assert sealed[:5] == b"\x01" + hmac.new(master_key, b"authd master key id",
                                            hashlib.sha256).digest()[:4]
    plain = ctypes.create_string_buffer(len(sealed) - 29 - 16)
    code = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, None, None, sealed[29:], ctypes.c_ulonglong(len(sealed) - 29), context,
        ctypes.c_ulonglong(len(context)),
        sealed[5:29], master_key)
    assert code == 0, context
    return plain.raw


def stream_of(data):
    """The contents of an unencrypted backup."""
    assert data[:10] == b"AUTHDBAK\x01\x00" and data[10:18] == bytes(8)
    header, salt = data[:58], data[18:34]
    key = hashlib.blake2b(salt, key=hashlib.blake2b(b"").digest(), digest_size=32).digest()
    sodium = libsodium()
    state = ctypes.create_string_buffer(sodium.crypto_secretstream_xchacha20poly1305_statebytes())
    assert sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, header[34:], key) == 0
    plain, at, tag = b"", 58, ctypes.c_ubyte(0)
    while at < len(data):
        piece = data[at:at + 65536 + 17]
        out = ctypes.create_string_buffer(len(piece) - 17)
        code = sodium.crypto_secretstream_xchacha20poly1305_pull(
            state, out, None, ctypes.byref(tag), piece, ctypes.c_ulonglong(len(piece)), header,
            ctypes.c_ulonglong(58))
        assert code == 0
        plain += out.raw
        at += len(piece)
    assert tag.value == 3  # FINAL
    return plain


def records_of(plain):
    size, at = take_varint(plain, 0)
    info, at, records = plain[at:at + size], at + size, []
    while True:
        size, at = take_varint(plain, at)
        if size == 0:
            assert take_varint(plain, at) == (len(records), len(plain))
            return info, records
        key, at = plain[at:at + size], at + size
        size, at = take_varint(plain, at)
        records.append((key, plain[at:at + size]))
        at += size


class Page(unittest.TestCase):
    def test_has_every_table(self):
        with tempfile.TemporaryDirectory() as directory:
            command("role", "add", "editors", "--data-dir", directory)
            tables = json.loads(command("db", "stat", "--json", "--data-dir",
                                        directory).out)["tables"]
        self.assertEqual(set(TABLES), set(tables))

    def test_has_every_field(self):
        rows = {}
        for file in (ROOT / "src/tables/rows").glob("*rows.h"):
            for name, body in re.findall(r"^struct (\w+) \{(.*?)^\};",
                                         file.read_text(encoding="utf-8"), re.M | re.S):
                numbers = dict(re.findall(r"constexpr uint64_t (k\w+) = (\d+);", body))
                rows[name] = {int(numbers.get(n, n)): field for n, field in
                              re.findall(r'visit(?:\.secret)?\((\w+), "(\w+)"', body)}
        for name, (_, row, fields, _, _) in TABLES.items():
            with self.subTest(name):
                self.assertEqual({number: field for number, (field, _) in fields.items()},
                                 rows[row])

    def test_has_an_example_of_every_row(self):
        for name, (prefix, _, fields, key, value) in TABLES.items():
            with self.subTest(name):
                self.assertEqual(key[:1], prefix.encode())
                self.assertEqual(bool(read_row(fields, value)), bool(fields))

    def test_examples_follow_from_what_it_says(self):
        session = read_row(*TABLES["sessions"][2::2])["id"]
        self.assertEqual(named("refresh"), refresh_token(SERVER_KEY, session, 1))
        self.assertEqual(named("session_cookie"),
                         text_of(session + mac(SERVER_KEY, "session cookie", session)))
        self.assertEqual(named("csrf_token"), text_of(mac(SERVER_KEY, "csrf token", session)))
        key = named("api_key")
        self.assertEqual(base62(key[-6:]), zlib.crc32(key[:-6].encode()))
        self.assertEqual(read_row(*TABLES["api_keys"][2::2])["hash"],
                         hashlib.sha256(key.encode()).digest())
        device = bytes_of(named("device"))
        self.assertEqual(device[32:], mac(SERVER_KEY, "device", device[:32]))
        code = hashlib.sha256(b"ann@example.org\nnetwork 192.0.2.7").digest()
        self.assertEqual(TABLES["login_codes"][3][1:], code)
        self.assertEqual(block("Master key file")[0].strip(),
                         "authd-master-key-v1:" + text_of(MASTER_KEY))
        box = bytes.fromhex("".join(block("Sealed value")[0].split()))
        self.assertEqual(opened(MASTER_KEY, box, b"totp/1"), b"12345678901234567890")

    def test_the_chain_of_the_examples_holds(self):
        first, second = [text.rsplit(None, 1) for text in block("Audit chain", 2)[:2]]
        entry, tag = bytes.fromhex("".join(first[0].split())), bytes.fromhex(first[1])
        self.assertEqual(tag, mac(SERVER_KEY, "audit", entry))
        self.assertEqual(without_field(TABLES["audit"][4], 12), entry)
        self.assertEqual(bytes.fromhex(second[1]),
                         mac(SERVER_KEY, "audit", tag + bytes.fromhex("".join(second[0].split()))))
        head = TABLES["audit_head"][4]
        self.assertEqual(read_row(TABLES["audit_head"][2], head)["mac"],
                         mac(SERVER_KEY, "audit head", without_field(head, 5)))
        chains = TABLES["audit_chains"][4]
        self.assertEqual(read_row(TABLES["audit_chains"][2], chains)["mac"],
                         mac(SERVER_KEY, "audit chains", without_field(chains, 3)))


class RealServer(unittest.TestCase):
    def test_a_backup_is_read_by_the_page_alone(self):
        with Server() as server, tempfile.TemporaryDirectory() as directory:
            tokens = server.sign_up("ann", email="ann@example.org").json
            browser = server.post("/api/v1/auth/login", {"login": "ann", "password": PASSWORD},
                                  headers={"X-Authd-Session": "cookie"})
            server.log_in("ann", "wrong")
            key = json.loads(server.command("apikey", "add", "ann", "--name", "ci", "--scope",
                                            "verify", "--json").out)
            server.command("client", "add", "billing")
            file = os.path.join(directory, "authd.backup")
            server.command("backup", file)
            master_key = bytes_of(pathlib.Path(server.data_dir,
                                               "master.key").read_text().strip().rpartition(":")[2])
            data = pathlib.Path(file).read_bytes()
        info, records = records_of(stream_of(data))
        self.assertIn(b"\x03\x08" + hmac.new(master_key, b"authd master key id",
                                             hashlib.sha256).hexdigest()[:8].encode(), info)
        by_prefix = {prefix: (name, fields) for name, (prefix, _, fields, _, _) in TABLES.items()}
        rows = {}
        for full, value in records:
            name, fields = by_prefix[chr(full[0])]
            rows.setdefault(name, {})[full[1:]] = (read_row(fields, value), value)
        self.assertGreater(len(rows), 15)
        secret = opened(master_key, rows["server_secrets"][b"refresh"][0]["sealed"],
                        b"server_secret/refresh")
        self.check_audit(rows, secret)
        self.check_sessions(rows, secret, tokens["refresh_token"], browser)
        self.assertIn(hashlib.sha256(key["api_key"].encode()).digest(),
                      [row["hash"] for row, _ in rows["api_keys"].values()])

    def check_audit(self, rows, secret):
        ends, newest, checkpoints = {}, 0, 0
        for key, (row, value) in sorted(rows["audit"].items()):
            self.assertEqual(int.from_bytes(key, "big"), row["number"])
            self.assertGreater(row["number"], newest)
            self.assertLess(abs(row["number"] // 1024 - row["at"]), 1000)
            first, last, previous = ends.get(row["chain"], (row["number"], row["number"] - 1, b""))
            self.assertEqual(row["sequence"], last + 1)
            self.assertEqual(row["mac"], mac(secret, "audit", previous + without_field(value, 12)))
            for head in row.get("heads", []):
                number, sequence, tag, chain = head[:8], head[8:16], head[16:48], head[48:].decode()
                self.assertLessEqual(int.from_bytes(number, "big"), newest)
                self.assertEqual((int.from_bytes(sequence, "big"), tag), ends[chain][1:])
            checkpoints += "heads" in row
            newest = row["number"]
            ends[row["chain"]] = (first, row["sequence"], row["mac"])
        self.assertEqual(set(ends), {"server", "cli"})
        self.assertGreater(checkpoints, 0)
        for chain, (first, last, tag) in ends.items():
            head, value = rows["audit_head"][b"chain/" + chain.encode()]
            self.assertEqual((head["first"], head["last"], head["last_mac"]), (first, last, tag))
            self.assertEqual(head["mac"], mac(secret, "audit head", without_field(value, 5)))
        chains, value = rows["audit_chains"][b"current"]
        self.assertEqual(set(chains["names"]), {name.encode() for name in ends})
        self.assertEqual(chains["mac"], mac(secret, "audit chains", without_field(value, 3)))

    def check_sessions(self, rows, secret, refresh, browser):
        by_generation = {row.get("generation", 0): row["id"] for row,
                         _ in rows["sessions"].values()}
        self.assertEqual(refresh, refresh_token(secret, by_generation[1], 1))
        session = by_generation[0]
        cookies = dict(re.findall(r"(authd_\w+)=([^;]+)",
                                  ";".join(browser.headers.get_all("Set-Cookie"))))
        self.assertEqual(cookies["authd_session"],
                         text_of(session + mac(secret, "session cookie", session)))
        self.assertEqual(browser.json["csrf_token"], text_of(mac(secret, "csrf token", session)))
        device = bytes_of(cookies["authd_device"])
        self.assertEqual(device[32:], mac(secret, "device", device[:32]))


if __name__ == "__main__":
    unittest.main()
