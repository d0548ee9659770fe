"""Request smuggling: a proxy in front and authd must never see different requests in the same
bytes.

The second request of each attack is for /smuggled. It must not be answered or logged: if the first
request is refused, nothing more is read from the connection."""

import json
import unittest

from attack import AttackCase, basic, connect, post_bytes, read_all, statuses

POST = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


class Smuggling(AttackCase):
    def refuses(self, data, status=400):
        answer = self.server.raw(data)
        self.assertEqual(statuses(answer), [status], (data[:200], answer[:300]))
        self.assertIn(b"\r\nConnection: close\r\n", answer)

    def tearDown(self):
        self.serves()
        self.assertNotIn("/smuggled", {line.get("path") for line in self.server.log_lines()})

    def test_cl_te(self):
        for length in (5, 6, 5 + len(SMUGGLED)):
            self.refuses(POST + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                         % length + SMUGGLED)

    def test_te_cl(self):
        chunk = b"%x\r\n" % len(SMUGGLED) + SMUGGLED + b"\r\n0\r\n\r\n"
        for length in (0, 3, 4):
            self.refuses(POST + b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n" % length
                         + chunk)

    def test_te_te_obfuscated(self):
        for line, status in [
            (b"Transfer-Encoding : chunked", 400), (b" Transfer-Encoding: chunked", 400),
            (b"\tTransfer-Encoding: chunked", 400),
            (b"Transfer-Encoding: xchunked", 501), (b"Transfer-Encoding: chunked, identity", 501),
            (b"Transfer-Encoding: identity, chunked", 501),
            (b"Transfer-Encoding: chunked;q=1", 501),
            (b'Transfer-Encoding: "chunked"', 501), (b"Transfer-Encoding:", 501),
            (b"Transfer-Encoding: chunked\x00", 400),
            (b"Transfer-Encoding: \x0cchunked", 400), (b"Transfer\x00-Encoding: chunked", 400),
            (b"Transfer-Encoding\x0b: chunked", 400), (b"X: y\nTransfer-Encoding: chunked", 400),
            (b"X: y\rTransfer-Encoding: chunked", 400),
            (b"Transfer-Encoding: chunked\r\nTransfer-encoding: x", 501),
            (b"Transfer-Encoding: chunked\r\ntransfer-ENCODING: chunked", 400),
            (b"Transfer-Encoding=chunked", 400),
        ]:
            with self.subTest(line=line):
                self.refuses(POST + line + b"\r\n\r\n0\r\n\r\n" + SMUGGLED, status)

    def test_two_lengths(self):
        for lines in (b"Content-Length: 0\r\nContent-Length: %d",
                      b"Content-Length: %d\r\nContent-length: 0",
                      b"Content-Length: 0, %d", b"Content-Length: 0\r\nX: y\r\ncontent-length: %d"):
            self.refuses(POST + lines % len(SMUGGLED) + b"\r\n\r\n" + SMUGGLED)

    def test_length_that_is_no_number(self):
        for text in (b"0x0", b"+0", b"-0", b"0 ", b" 0 0", b"0;", b"1e0", b"\xd9\xa0",
                     b"18446744073709551616", b"0\x0b", b"'0'"):
            if text == b"0 ":  # white space around a value is not part of it
                continue
            self.refuses(POST + b"Content-Length: " + text + b"\r\n\r\n" + SMUGGLED)

    def test_obs_fold(self):
        for fold in (b"Transfer-Encoding:\r\n chunked", b"X: y\r\n\tTransfer-Encoding: chunked",
                     b"Content-Length: 0\r\n 4"):
            data = POST + fold + b"\r\n\r\n" + SMUGGLED
            answer = statuses(self.server.raw(data))
            self.assertIn(answer, ([400], [501]))
        for fold in (b"X: y\r\n z", b"X:\r\n y", b" X: y"):
            self.refuses(POST + fold + b"\r\n\r\n" + SMUGGLED)

    def test_bare_line_feeds(self):
        for data in (POST.replace(b"\r\n", b"\n") + b"\n", POST + b"Content-Length: 0\n\r\n",
                     POST + b"Content-Length: 0\r\n\n",
                     POST + b"X: a\nContent-Length: 40\r\n\r\n",
                     b"GET /livez HTTP/1.1\nHost: x\r\n\r\n",
                     b"\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n"):
            self.refuses(data + SMUGGLED)

    def test_bare_carriage_returns(self):
        for data in (POST + b"X: a\rContent-Length: 40\r\n\r\n",
                     POST + b"Content-Length: 0\r\r\n\r\n",
                     b"GET /livez\r HTTP/1.1\r\nHost: x\r\n\r\n",
                     b"\rGET /livez HTTP/1.1\r\nHost: x\r\n\r\n"):
            self.refuses(data + SMUGGLED)

    def test_nul_bytes(self):
        for data in (POST + b"Content-Length\x00: 0\r\n\r\n",
                     POST + b"Content-Length: 0\x00\r\n\r\n",
                     b"GET\x00 /livez HTTP/1.1\r\nHost: x\r\n\r\n",
                     b"GET /livez\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
                     b"GET /livez HTTP/1.1\x00\r\nHost: x\r\n\r\n",
                     b"GET /livez HTTP/1.1\r\nHost: x\x00y\r\n\r\n",
                     b"\x00GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"):
            self.refuses(data + SMUGGLED)

    def test_chunk_extensions(self):
        """TERM.EXT and EXT.TERM of 2025: an extension whose end two parsers see at different
        places."""
        chunked = POST + b"Transfer-Encoding: chunked\r\n\r\n"
        for size_line in (b"2;\n", b"2;a\n\r\n", b"2;a\r", b"2;a\x00b\r\n", b"2;a=\"\n\"\r\n",
                          b"2 ;a\r\n", b"2\t\r\n", b"2\n"):
            with self.subTest(size_line=size_line):
                self.refuses(chunked + size_line + b"{}\r\n0\r\n\r\n" + SMUGGLED)

    def test_chunk_sizes_that_overflow(self):
        chunked = POST + b"Transfer-Encoding: chunked\r\n\r\n"
        for size, status in [(b"10000000000000000", 400),
                             (b"100000000000000000000000000000002", 400),
                             (b"ffffffffffffffff", 413),
                             (b"fffffffffffffffe", 413), (b"7fffffffffffffff", 413),
                             (b"100000002", 413), (b"-2", 400),
                             (b"+2", 400), (b"0x2", 400), (b"", 400), (b" 2", 400), (b"2g", 400),
                             (b"0" * 300 + b"2", 400)]:
            with self.subTest(size=size):
                self.refuses(chunked + size + b"\r\n{}\r\n0\r\n\r\n" + SMUGGLED, status)

    def test_chunk_data_without_its_end(self):
        chunked = POST + b"Transfer-Encoding: chunked\r\n\r\n"
        for data in (b"2\r\n{}0\r\n\r\n", b"2\r\n{}XX0\r\n\r\n", b"2\r\n{}\n0\r\n\r\n",
                     b"2\r\n{}\r0\r\n\r\n", b"1\r\n{}\r\n0\r\n\r\n"):
            self.refuses(chunked + data + SMUGGLED)

    def test_trailers_are_no_headers(self):
        """Trailer fields must not add credentials, a length or a coding to a finished request."""
        client = json.loads(self.server.command("client", "add", "app", "--json").out)
        credentials = basic(client["client_id"], client["client_secret"])["Authorization"].encode()
        head = (b"POST /oauth2/introspect HTTP/1.1\r\nHost: x\r\nContent-Type: "
                b"application/x-www-form-urlencoded\r\n")
        field = b"Authorization: " + credentials + b"\r\n"
        body = b"Transfer-Encoding: chunked\r\n\r\n7\r\ntoken=x\r\n0\r\n"
        end = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        self.assertEqual(statuses(self.server.raw(head + field + body + b"\r\n" + end)), [200, 200])
        for trailer in (field, b"Content-Length: 4\r\n", b"Transfer-Encoding: chunked\r\n",
                        field + b"Host: y\r\n"):
            self.assertEqual(statuses(self.server.raw(head + body + trailer + b"\r\n" + end)),
                             [401, 200])

    def test_cl_0(self):
        """A body where none is expected still belongs to its request."""
        for method in (b"GET", b"HEAD", b"DELETE", b"OPTIONS"):
            data = (method + b" /api/v1/users/me HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
                    % len(SMUGGLED) + SMUGGLED +
                    b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = statuses(self.server.raw(data))
            self.assertEqual((len(answer), answer[1]), (2, 200), method)

    def test_error_reply_leaves_no_body_behind(self):
        """A refusal (404, 405, 415, 401) that forgets the body would read it as the next
        request."""
        end = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        for head in (b"POST /nothing", b"POST /livez", b"PUT /api/v1/users/me",
                     b"POST /api/v1/auth/login"):
            data = head + b" HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(
                SMUGGLED) + SMUGGLED + end
            answer = statuses(self.server.raw(data))
            self.assertEqual((len(answer), answer[1]), (2, 200), head)
            self.assertIn(answer[0], (401, 404, 405, 415))

    def test_old_versions(self):
        self.refuses(POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                     + SMUGGLED)
        self.refuses(b"GET /livez\r\n\r\n" + SMUGGLED)  # HTTP/0.9
        # An HTTP/1.0 connection ends with the reply, even if the request asks to keep it.
        answer = self.server.raw(b"GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
                                 + SMUGGLED)
        self.assertEqual(statuses(answer), [200])

    def test_upgrade_to_http2(self):
        self.refuses(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SMUGGLED, 505)
        upgrade = (
            b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: "
            b"h2c\r\n"
            b"HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\nGET /livez HTTP/1.1\r\nHost: "
            b"x\r\nConnection: close\r\n\r\n")
        self.assertEqual(statuses(self.server.raw(upgrade)), [200, 200])

    def test_tabs_and_odd_spaces_in_the_request_line(self):
        for line in (b"GET\t/livez HTTP/1.1", b"GET /livez\tHTTP/1.1", b"GET /livez HTTP/1.1 ",
                     b" GET /livez HTTP/1.1",
                     b"GET /livez  HTTP/1.1", b"GET\xa0/livez HTTP/1.1", b"GET /livez HTTP/1.1\t",
                     b"GET /a b HTTP/1.1"):
            self.refuses(line + b"\r\nHost: x\r\n\r\n" + SMUGGLED)

    def test_expect_continue(self):
        """The announced body and the next request arrive together."""
        body = b'{"login":"x","password":"y"}'
        data = (post_bytes("/api/v1/auth/login", body, b"Expect: 100-continue\r\n") +
                b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertEqual([s for s in statuses(self.server.raw(data)) if s != 100], [401, 200])
        self.refuses(POST + b"Expect: 100-continue\r\nContent-Length: 999999\r\n\r\n" + SMUGGLED,
                     413)

    def test_replies_keep_to_their_requests(self):
        """Reply queue poisoning: on a shared connection, replies match requests in order."""
        first, second = self.member(self.name + "1"), self.member(self.name + "2")
        get = b"GET /api/v1/users/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n"
        data = b""
        for i in range(20):
            slow = post_bytes("/api/v1/auth/login",
                              b'{"login":"nobody%d","password":"wrong password"}' % i)
            data += get % first["access_token"].encode() + slow + get % second[
                "access_token"].encode()
        with connect(self.server) as s:
            s.sendall(data + b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = read_all(s)
        self.assertEqual(statuses(answer), [200, 401, 200] * 20 + [200])
        names = [part.split(b'"', 1)[0].decode() for part in answer.split(b'"username":"')[1:]]
        self.assertEqual(names, [self.name + "1", self.name + "2"] * 20)


if __name__ == "__main__":
    unittest.main()
