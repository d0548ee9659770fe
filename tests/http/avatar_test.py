"""Avatars: what is accepted, what is refused, what is served, and what hostile images cost."""

import base64
import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest
import zlib

import openid
from harness import BINARY, CHEAP, DEADLINE, Server, ServerCase, send, wait_until
from pictures import chunk, form, gif, png, segment, size_of

ME = "/api/v1/users/me/avatar"
MIB = 1 << 20


class AvatarCase(ServerCase):
    count = 0

    def setUp(self):
        AvatarCase.count += 1
        reply = self.server.sign_up("person%d" % AvatarCase.count)
        self.assertEqual(reply.status, 201, reply.body)
        self.token = reply.json["access_token"]
        self.id = reply.json["user"]["id"]

    def put(self, body, kind="image/png", token=None, headers=None):
        return self.server.request("PUT", ME, body, token=token or self.token,
                                   headers={"Content-Type": kind, **(headers or {})})

    def get(self, path=ME, token=None, **headers):
        return self.server.get(path, token=token or self.token, headers=headers)


class Avatars(AvatarCase):
    def test_is_taken_in_each_form_and_kind(self):
        image = png(600, 300)
        body, headers = form(("comment", None, b"hi"), ("picture", "x.exe", image))
        data = base64.b64encode(image).decode()
        for what, reply in [
            ("raw", self.put(image)),
            ("the type said does not count", self.put(image, "image/svg+xml")),
            ("gif", self.put(gif(600, 300), "image/gif")),
            ("form", self.put(body, headers["Content-Type"])),
            ("base64", self.put(json.dumps({"image": data}).encode(), "application/json")),
            ("lines",
             self.put(json.dumps({"image": base64.encodebytes(image).decode()}).encode(),
                      "application/json")),
            ("slashes",
             self.put(json.dumps({"image": data}).replace("/", "\\/").encode(),
                      "application/json")),
            ("data URI", self.put(json.dumps({"image": "data:image/gif;base64," + data}).encode(),
                                  "application/json; charset=utf-8")),
        ]:
            with self.subTest(what):
                self.assertEqual(reply.status, 200, reply.body)
                url = reply.json["avatar_url"]
                self.assertTrue(url.startswith("/api/v1/users/%d/avatar?v=" % self.id), url)
                served = self.get(url)
                self.assertEqual(served.status, 200)
                self.assertEqual(size_of(served.body)[0], (500, 250))
                self.assertEqual(served.headers["Content-Type"], "image/jpeg")
                self.assertEqual(served.headers["X-Content-Type-Options"], "nosniff")
                self.assertIn("private", served.headers["Cache-Control"])
                self.assertLess(len(served.body), 100 * 1024)
                self.assertEqual(self.server.me(self.token).json["avatar_url"], url)

    def test_a_jpeg_is_turned_and_loses_its_metadata(self):
        self.put(png(200, 100))
        jpeg = self.get().body
        exif = (b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"
                + b"GPS 52.5 N" + b"x" * 60000)
        self.assertEqual(self.put(jpeg[:2] + segment(0xE1, exif) + jpeg[2:]).status, 200)
        served = self.get().body
        size, markers = size_of(served)
        self.assertEqual(size, (100, 200))
        self.assertNotIn(0xE1, markers)
        self.assertNotIn(b"GPS", served)

    def test_is_served_with_an_etag(self):
        self.put(png(20, 20))
        first = self.get()
        etag = first.headers["ETag"]
        self.assertRegex(etag, '^"[0-9a-f]+"$')
        for known in (etag, "W/" + etag, '"x", ' + etag, "*"):
            reply = self.get(**{"If-None-Match": known})
            self.assertEqual((reply.status, reply.body), (304, b""), known)
            self.assertEqual(reply.headers["ETag"], etag)
            self.assertNotIn("Content-Length", reply.headers)
        self.assertEqual(self.get(**{"If-None-Match": '"x"'}).status, 200)
        # The same connection continues after a 304.
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=DEADLINE)
        for _ in range(2):
            reply = send(connection, "GET", ME, token=self.token, headers={"If-None-Match": etag})
            self.assertEqual(reply.status, 304)
        head = send(connection, "HEAD", ME, token=self.token)
        self.assertEqual((head.status, head.body, head.headers["Content-Length"]),
                         (200, b"", str(len(first.body))))
        connection.close()
        before = self.server.me(self.token).json["avatar_url"]
        self.put(png(21, 20))
        reply = self.get(**{"If-None-Match": etag})
        self.assertEqual(reply.status, 200)
        self.assertNotEqual(reply.headers["ETag"], etag)
        self.assertNotEqual(self.server.me(self.token).json["avatar_url"], before)

    def test_is_for_who_is_signed_in(self):
        self.put(png(20, 20))
        theirs = "/api/v1/users/%d/avatar" % self.id
        other = self.server.sign_up("stranger%d" % self.id).json
        self.assertEqual(self.get(theirs, token=other["access_token"]).body, self.get().body)
        for method, path in [("GET", ME), ("PUT", ME), ("DELETE", ME), ("GET", theirs)]:
            reply = self.server.request(method, path, png(9, 9) if method == "PUT" else None,
                                        headers={"Content-Type": "image/png"} if method == "PUT"
                                        else None)
            self.refused(reply, 401)
        self.refused(self.server.request("DELETE", theirs, token=other["access_token"]), 405)
        self.refused(self.server.request("PUT", theirs, png(9, 9), token=self.token), 405)
        # No user and no avatar look alike.
        none = self.refused(self.get("/api/v1/users/999999/avatar"), 404)
        bare = self.refused(self.get("/api/v1/users/%d/avatar" % other["user"]["id"]), 404)
        self.assertEqual(none["message"], bare["message"])
        self.refused(self.get("/api/v1/users/x/avatar"), 404, "not_found")

    def test_goes_when_it_is_deleted_and_with_the_user(self):
        for _ in range(2):
            self.put(png(20, 20))
            self.assertEqual(self.server.request("DELETE", ME, token=self.token).status, 204)
            self.assertIsNone(self.server.me(self.token).json["avatar_url"])
            self.refused(self.get(), 404)
            self.assertEqual(self.server.request("DELETE", ME, token=self.token).status, 204)
        self.put(png(20, 20))
        reader = self.server.sign_up("reader%d" % self.id).json["access_token"]
        theirs = "/api/v1/users/%d/avatar" % self.id
        self.assertEqual(self.get(theirs, token=reader).status, 200)
        self.assertEqual(self.server.request("DELETE", "/api/v1/users/me", token=self.token).status,
                         200)
        self.refused(self.get(theirs, token=reader), 404)
        self.server.command("db", "check")

    def test_leaves_by_export_and_comes_back_by_import(self):
        self.put(png(20, 20))
        url, jpeg = self.server.me(self.token).json["avatar_url"], self.get().body
        with tempfile.TemporaryDirectory() as directory:
            file = os.path.join(directory, "users.jsonl")
            self.server.command("export", "-o", file)
            with Server(data_dir=os.path.join(directory, "data")) as other:
                other.command("import", file, "--keep-ids", "--allow-admin", check=False)
                name = self.server.me(self.token).json["username"]
                token = other.log_in(name).json["access_token"]
                self.assertEqual(other.me(token).json["avatar_url"], url)
                self.assertEqual(other.get(ME, token=token).body, jpeg)
                other.command("db", "check")
                again = os.path.join(directory, "again.jsonl")
                other.command("export", "-o", again)
                lines = [[l for l in open(f) if '"%s"' % name in l] for f in (file, again)]
                self.assertEqual(lines[0], lines[1])
        for bad in ("no base64", base64.b64encode(b"<script>").decode(),
                    base64.b64encode(b"\xff\xd8\xff" + b"x" * 100000 + b"\xff\xd9").decode()):
            line = json.dumps({"type": "user", "username": "bad", "avatar": bad, "roles": ["user"]})
            done = self.server.command("import", "-", stdin=line, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("avatar", done.err)


class Refusals(AvatarCase):
    def test_what_is_no_good_image(self):
        whole = png(40, 30)
        bomb = png(30000, 30000, rows=b"\0" * 1000)
        self.assertLess(len(bomb), 200)
        text = chunk(b"iCCP", b"p\0\0" + zlib.compress(b"\0" * (50 * MIB), 9))
        for what, file, status in [
            ("empty", b"", 422),
            ("text", b"hello", 422),
            ("svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", 422),
            ("html", b"<html><script>alert(1)</script>", 422),
            ("webp", b"RIFF\x24\0\0\0WEBPVP8 ", 422),
            ("bmp", b"BM" + b"\0" * 100, 422),
            ("magic alone", b"\x89PNG\r\n\x1a\n", 422),
            ("cut", whole[:-30], 422),
            ("wrong sum", whole[:-14] + b"\0\0" + whole[-12:], 422),
            ("one pixel too wide", png(2001, 1), 422),
            ("bomb by its head", bomb, 422),
            ("more rows than there are", png(2000, 2000, rows=b"\0" * 10), 422),
            ("gif of 65535 x 65535", gif(65535, 65535, (0, 0, 1, 1)), 422),
            ("gif frame beyond its screen", gif(10, 10, (0, 0, 5000, 1)), 422),
            ("gif without a frame", b"GIF89a\x0a\0\x0a\0\0\0\0;", 422),
            ("jpeg that says it is large",
             b"\xff\xd8" + segment(0xC0, b"\x08\xff\xff\xff\xff\x01\x01\x11\0"), 422),
            ("one byte too long", whole + b"\0" * (5 * MIB + 1 - len(whole)), 413),
            ("far too long", b"\0" * (7 * MIB + 1), 413),
        ]:
            with self.subTest(what):
                self.refused(self.put(file), status, field=None if len(file) > 7 * MIB else "image")
                self.refused(self.get(), 404)
        # These are valid images that are large only in memory.
        for what, file in [("4 million pixels", png(2000, 2000)),
                           ("profile bomb", png(9, 9, extra=text)),
                           ("polyglot", whole + b"PK\x03\x04<script>alert(1)</script>"),
                           ("as long as may be", whole + b"\0" * (5 * MIB - len(whole)))]:
            with self.subTest(what):
                reply = self.put(file)
                self.assertEqual(reply.status, 200, reply.body)
                self.assertNotIn(b"script", self.get().body)
        self.assertEqual(self.server.get("/readyz").status, 200)

    def test_what_is_no_good_body(self):
        image = png(9, 9)
        data = base64.b64encode(image).decode()
        long = base64.b64encode(os.urandom(9000)).decode()
        js = "application/json"
        nested = b'{"image": ' + b"[" * MIB + b"]" * MIB + b"}"
        for what, body, kind, status in [
            ("no type", image, "", 415),
            ("another type", image, "text/plain", 415),
            ("a form of the other kind", b"image=" + data.encode(),
             "application/x-www-form-urlencoded", 415),
            ("no JSON", b"{", js, 400),
            ("JSON in Latin 1", b"{}", js + "; charset=latin1", 415),
            ("no field", b"{}", js, 422),
            ("null", b'{"image": null}', js, 422),
            ("a number", b'{"image": 7}', js, 422),
            ("no base64", b'{"image": "%%%"}', js, 422),
            ("no base64, long", json.dumps({"image": long + "*"}).encode(), js, 422),
            ("escapes, long", ('{"image": "%s\\u0041"}' % long).encode(), js, 422),
            ("data URI of text", b'{"image": "data:image/png,abc"}', js, 422),
            ("base64 of no image", json.dumps({"image": long}).encode(), js, 422),
            ("two long strings", json.dumps({"image": long, "b": long}).encode(), js, 400),
            ("the long string is a key", json.dumps({long: "image"}).encode(), js, 422),
            ("the long string is another field", json.dumps({"x": long}).encode(), js, 422),
            ("the long string does not end", b'{"image": "' + long.encode(), js, 400),
            ("the mark of the long string", b'{"image": "\\u0000file"}', js, 422),
            ("much JSON beside", b'{"image": [' + b"1," * 300000 + b"1]}", js, 413),
            ("deep JSON", nested, js, 413),
            ("form without boundary", b"", "multipart/form-data", 400),
            ("form with a bad boundary", b"", "multipart/form-data; boundary=" + "x" * 71, 400),
            ("form that does not end", form(("a", "a.png", image))[0][:-30],
             "multipart/form-data; boundary=xXx", 400),
            ("form of another boundary", form(("a", "a.png", image))[0],
             "multipart/form-data; boundary=yYy", 400),
            ("form without file", form(("a", None, image))[0], "multipart/form-data; boundary=xXx",
             422),
            ("form with two files", form(("a", "a", image), ("b", "b", image))[0],
             "multipart/form-data; boundary=xXx", 422),
            ("form of many parts", form(*[("a", None, b"")] * 100)[0],
             "multipart/form-data; boundary=xXx", 400),
        ]:
            with self.subTest(what):
                self.refused(self.put(body, kind), status)
        self.refused(self.get(), 404)

    def test_only_this_route_takes_large_bodies(self):
        large = json.dumps({"first_name": "x" * 100000}).encode()
        self.refused(self.server.request("PATCH", "/api/v1/users/me", large, token=self.token), 413)
        self.refused(self.server.request("POST", ME, large, token=self.token), 413)
        # And the server does so for signed-in users.
        for token in (None, "x"):
            reply = self.server.request("PUT", ME, png(300, 300) + b"\0" * 100000, token=token,
                                        headers={"Content-Type": "image/png"})
            self.refused(reply, 413)
        head = ("%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + self.token +
                "\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\nConnection: "
                "close\r\n\r\n")
        image = png(300, 300) + b"\0" * 100000
        body = b"".join(b"%x\r\n%s\r\n" % (len(p), p)
                        for p in [image[:70000], image[70000:]]) + b"0\r\n\r\n"
        self.assertIn(b" 200 ",
                      self.server.raw((head % ("PUT", ME)).encode() + body).split(b"\r\n")[0])
        self.assertIn(b" 413 ",
                      self.server.raw((head % ("PATCH", "/api/v1/users/me")).encode()
                                      + body).split(b"\r\n")[0])


class Bounds(AvatarCase):
    def test_many_uploads_at_once_are_bounded_and_the_rest_is_served(self):
        """Twenty uploads of 4 million pixels: some are told to retry, none fails otherwise, and
        other requests do not wait."""
        image = png(2000, 2000, pixel=b"\x10\x80\xff\x80")
        statuses, lock = [], threading.Lock()

        def upload():
            reply = self.put(image)
            with lock:
                statuses.append((reply.status, reply.headers["Retry-After"]))

        threads = [threading.Thread(target=upload) for _ in range(20)]
        for thread in threads:
            thread.start()
        most = 0
        while any(thread.is_alive() for thread in threads):
            self.assertEqual(self.server.me(self.token).status, 200)
            # at some moment between two polls
            most = max(most, len(self.workers() & self.workers()))
        self.assertLessEqual(most, 2)
        self.assertTrue(any(status != 503 for status, _ in statuses), statuses)
        for status, retry in statuses:
            # A slow machine is not the picture's fault.
            self.assertIn(status, (200, 503))
            self.assertEqual(retry is not None, status == 503)
        wait_until(lambda: not self.workers(), "the workers to be gone")
        wait_until(lambda: self.put(image).status == 200, "a picture to be taken")
        wait_until(lambda: self.serves_others_meanwhile(image),
                   "others to be served while two images are worked on")

    def serves_others_meanwhile(self, image):
        """Whether they were served while two workers stood still; on a slow machine the workers may
        have finished, or been given up, before."""
        threads = [threading.Thread(target=self.put, args=(image,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        stopped = set()
        while len(stopped) < 2 and all(thread.is_alive() for thread in threads):
            for worker in self.workers() - stopped:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGSTOP)
                    stopped.add(worker)
        for _ in range(3):
            self.assertEqual(self.server.me(self.token).status, 200)
        all_stand = len(stopped) == 2 and stopped == self.workers()
        for worker in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGCONT)
        for thread in threads:
            thread.join()
        return all_stand

    def workers(self):
        path = "/proc/%d/task" % self.server.process.pid
        found = set()
        for task in os.listdir(path):
            try:
                with open("%s/%s/children" % (path, task)) as children:
                    found.update(map(int, children.read().split()))
            except OSError:
                pass
        return found

    def test_large_bodies_that_do_not_come_are_bounded(self):
        """One client can hold at most half of the memory for large bodies; it becomes free
        again."""
        head = (
            "PUT %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: image/png\r\n"
            "Content-Length: %d\r\nExpect: 100-continue\r\n\r\n"
            % (ME, self.token, 6 * MIB)).encode()
        held = []
        try:
            for _ in range(5):
                connection = socket.create_connection(("127.0.0.1", self.server.port),
                                                      timeout=DEADLINE)
                held.append(connection)
                connection.sendall(head)
                # The server reserves the memory before it asks for the body.
                self.assertEqual(connection.recv(100).split(b"\r\n")[0], b"HTTP/1.1 100 Continue")
            self.assertEqual(self.put(b"x" * (3 * MIB)).status, 503)
            small = self.put(png(9, 9))
            self.assertEqual(small.status, 200, small.body)
        finally:
            for connection in held:
                connection.close()
        wait_until(lambda: self.put(b"x" * (3 * MIB)).status == 422, "the share to come back")


@unittest.skipUnless(os.geteuid() == 0, "chroot() is root's")
class Container(unittest.TestCase):
    """As in a container FROM scratch: nothing but the binary, run as the user nobody."""

    def serve(self, root):
        def enter():
            os.chroot(root)
            os.chdir("/")
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        log = open(os.path.join(root, "log"), "w+b")
        process = subprocess.Popen(
            ["/authd", "serve", "--data-dir", "/data", "--listen", "unix:/data/socket",
             "--log.format", "json",
             "--rate-limit.enabled", "false", *CHEAP], preexec_fn=enter, stderr=log,
            stdin=subprocess.DEVNULL,
            env=openid.settings("acme", "https://acme.example", "id", logo_file="/logo.png"))
        path = os.path.join(root, "data", "socket")

        def ask(method, target, body=None, **kwargs):
            connection = http.client.HTTPConnection("localhost")
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.connect(path)
            try:
                return send(connection, method, target, body, **kwargs)
            finally:
                connection.close()
        serves = lambda: b"authd serves" in os.pread(log.fileno(), os.fstat(log.fileno()).st_size,
                                                     0)
        wait_until(lambda: serves() or process.poll() is not None, "the server")
        return process, ask, log

    def upload(self, ask):
        user = ask("POST", "/api/v1/auth/signup",
                   {"username": "ann", "password": "correct horse battery"}).json
        return ask("PUT", ME, png(20, 20), token=user["access_token"],
                   headers={"Content-Type": "image/png"})

    def run_in(self, has_proc):
        with open(BINARY, "rb") as binary:
            if b"/lib64/ld-linux" in binary.read(4096):
                self.skipTest("the binary is not static")
        root = tempfile.mkdtemp(prefix="authd-root-")
        os.chmod(root, 0o755)
        os.mkdir(os.path.join(root, "data"))
        os.chown(os.path.join(root, "data"), 65534, 65534)
        shutil.copy(BINARY, os.path.join(root, "authd"))
        with open(os.path.join(root, "logo.png"), "wb") as logo:
            logo.write(png(20, 20))
        proc = os.path.join(root, "proc")
        os.mkdir(proc)
        try:
            if has_proc and subprocess.run(["mount", "-t", "proc", "proc", proc],
                                           capture_output=True).returncode:
                self.skipTest("this machine lets nobody mount /proc")
            process, ask, log = self.serve(root)
            try:
                reply = self.upload(ask)
            finally:
                process.terminate()
                process.wait(timeout=DEADLINE)
            log.seek(0)
            return reply, log.read().decode()
        finally:
            subprocess.run(["umount", proc], capture_output=True)
            shutil.rmtree(root)

    def test_works_where_proc_is(self):
        reply, log = self.run_in(True)
        self.assertEqual(reply.status, 200, log)
        self.assertNotIn("providers.acme.logo_file", log)

    def test_says_what_is_missing_where_it_is_not(self):
        reply, log = self.run_in(False)
        self.assertEqual(reply.status, 503, reply.body)
        self.assertIn("mount /proc", log)
        # The server starts nevertheless, without the decoration.
        self.assertIn("providers.acme.logo_file", log)


if __name__ == "__main__":
    unittest.main()
