"""Crowds: a thousand connections of one kind at a time, from ten addresses, and what they cost the
server and the kernel."""

import contextlib
import socket
import ssl
import struct
import tempfile
import unittest

from attack import (DEADLINE, LAX, Server, connect, make_certificate, read_all, resident_kib,
                    statuses, wait_until)
from strangers_test import BIG, PATIENT, close_all, get, many_files, read_all_of_one

CROWD = 1000
MIB = 1024 * 1024
LOGIN = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
# The first bytes of a ClientHello of 512 bytes.
HALF_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


def socket_memory(port):
    """For each of the server's connections, what the kernel holds by its own count: payload and
    buffers, for received data and for data to send, and the limit of the former (sock_diag(7),
    INET_DIAG_SKMEMINFO)."""
    found = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 4) as diag:  # NETLINK_SOCK_DIAG
        diag.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * MIB)
        established = 1 << 1
        meminfo = 1 << (7 - 1)
        identity = struct.pack("!HH", port, 0) + bytes(44)
        body = struct.pack("=BBBBI", socket.AF_INET, socket.IPPROTO_TCP, meminfo, 0,
                           established) + identity
        # NLM_F_REQUEST | NLM_F_DUMP
        diag.send(struct.pack("=IHHII", 16 + len(body), 20, 0x301, 1, 0) + body)
        while True:
            data = diag.recv(MIB)
            while data:
                length, kind = struct.unpack_from("=IH", data)
                if kind == 3:  # NLMSG_DONE
                    return found
                assert kind != 2, "sock_diag refuses"
                message, data = data[16:length], data[(length + 3) & ~3:]
                if struct.unpack_from("!H", message, 4)[0] == port:
                    found.append(memory_of(message[72:]))


def memory_of(attributes):
    while attributes:
        length, kind = struct.unpack_from("=HH", attributes)
        if kind == 7:
            received, limit, sending, _, forward, queued, options = struct.unpack_from("=7I",
                                                                                       attributes,
                                                                                       4)
            return received + forward, max(sending, queued) + options, limit
        attributes = attributes[(length + 3) & ~3:]
    raise AssertionError("the kernel tells nothing of the memory")


def kernel_bytes(port):
    return sum(received + sent for received, sent, _ in socket_memory(port))


def crowd(server, first, narrow=False):
    """Connections from ten addresses. Each sends `first`, or as much of it as the server
    accepts."""
    held = []
    for i in range(CROWD):
        s = socket.socket()
        if narrow:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        s.bind(("127.0.0.%d" % (i % 10 + 2), 0))
        s.settimeout(DEADLINE)
        s.connect(("127.0.0.1", server.port))
        s.setblocking(False)
        with contextlib.suppress(OSError):
            for begin in range(0, len(first), 65536):
                s.send(first[begin:begin + 65536])
        held.append(s)
    return held


class Crowds(unittest.TestCase):
    # How much a crowd may cost: of the server's memory, and of the kernel's.
    def endure(self, server, first, own_mib, kernel_mib, narrow=False):
        before = resident_kib(server)
        held = crowd(server, first, narrow)
        # A client that comes after the crowd is served once the whole crowd has been handled.
        for _ in range(3):
            with connect(server, "127.0.0.99") as s:
                s.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                self.assertEqual(statuses(read_all(s)), [200])
        self.assertLess(resident_kib(server) - before, own_mib * 1024 * LAX)
        self.assertLess(kernel_bytes(server.port), kernel_mib * MIB)
        return held

    def check(self, first, own_mib, kernel_mib, narrow=False):
        with many_files(), Server(*PATIENT, "--server.header-timeout", "10m",
                                  "--server.body-timeout", "10m") as server:
            server.get(BIG)
            close_all(self.endure(server, first, own_mib, kernel_mib, narrow))
            wait_until(lambda: kernel_bytes(server.port) < MIB, "the end of the crowd")

    def test_that_says_nothing(self):
        self.check(b"", 8, 4)

    def test_with_heads_that_do_not_end(self):
        self.check(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 15 * 1024, 40, 8)

    def test_with_bodies_that_do_not_end(self):
        body = b"a" * (64 * 1024 - 40)
        self.check(LOGIN + b"Content-Length: %d\r\n\r\n" % (len(body) + 1) + body, 96, 150)

    def test_with_chunks_that_do_not_end(self):
        body = b"a" * (60 * 1024)
        self.check(LOGIN + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (len(body) + 1) + body, 96,
                   150)

    def test_that_waits_to_continue(self):
        self.check(LOGIN + b"Content-Length: 60000\r\nExpect: 100-continue\r\n\r\n", 8, 8)

    def test_that_reads_nothing(self):
        self.check(get(BIG), 96, 150, narrow=True)

    def test_that_asks_on_and_reads_nothing(self):
        self.check(get("/livez") * 30000, 96, 300, narrow=True)

    def test_of_large_bodies_without_a_session(self):
        self.check(b"PUT /api/v1/users/me/avatar HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
                   b"Content-Length: 5000000\r\n\r\n" + b"a" * 300000, 40, 300)


class Buffers(unittest.TestCase):
    def test_of_the_kernel_do_not_grow_with_an_upload(self):
        """Receive buffers would double with each piece that is read quickly, and stay that large
        for requests that nobody reads."""
        with Server() as server, connect(server) as s:
            token = server.sign_up("ann").json["access_token"].encode()
            body = b"a" * 5000000
            for _ in range(3):
                s.sendall(
                    b"PUT /api/v1/users/me/avatar HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                    + token +
                    b"\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n" % len(body)
                    + body)
                self.assertEqual(statuses(read_all_of_one(s)), [422])
                self.assertLessEqual(max(limit for _, _, limit in socket_memory(server.port)),
                                     256 * 1024)


class TlsCrowds(unittest.TestCase):
    @contextlib.contextmanager
    def served(self):
        with tempfile.TemporaryDirectory() as directory:
            cert, key = make_certificate(directory, "localhost")
            with many_files(), Server("--server.tls-cert", cert, "--server.tls-key", key,
                                      *PATIENT) as server:
                yield server, ssl.create_default_context(cafile=cert)

    def is_served(self, server, context):
        with connect(server,
                     "127.0.0.99") as plain, context.wrap_socket(plain,
                                                                 server_hostname="localhost") as s:
            s.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.assertEqual(statuses(read_all(s)), [200])

    def test_of_half_handshakes(self):
        with self.served() as (server, context):
            before = resident_kib(server)
            held = crowd(server, HALF_HELLO)
            self.is_served(server, context)
            self.assertLess(resident_kib(server) - before, 48 * 1024 * LAX)
            self.assertLess(kernel_bytes(server.port), 8 * MIB)
            close_all(held)

    def test_that_reads_nothing(self):
        with self.served() as (server, context):
            before = resident_kib(server)
            held = []
            # Each needs a handshake, which costs the test more than the server.
            for i in range(CROWD // 2):
                plain = connect(server, "127.0.0.%d" % (i % 10 + 2))
                s = context.wrap_socket(plain, server_hostname="localhost")
                s.sendall(get(BIG))
                held.append(s)
            self.is_served(server, context)
            self.assertLess(resident_kib(server) - before, 96 * 1024 * LAX)
            self.assertLess(kernel_bytes(server.port), 150 * MIB)
            close_all(held)


if __name__ == "__main__":
    unittest.main()
