"""The endpoints of webhooks, as programs have them, good and bad ones."""

import collections
import json
import socket
import struct
import threading


class Endpoints:
    """Endpoints at one port, by path. What each answers is in `answers`: a status, (status,
    headers), or one of HANG, RESET, HUGE, TRICKLE; 204 if it is not there."""

    HANG, RESET, HUGE, TRICKLE = "hang", "reset", "huge", "trickle"

    def __init__(self):
        self.answers = {}
        self.got = collections.defaultdict(list)  # (headers, body) of each whole request, by path
        self.lock = threading.Lock()
        self.ends = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def url(self, path):
        return "http://127.0.0.1:%d%s" % (self.port, path)

    def messages(self, path):
        with self.lock:
            return list(self.got[path])

    def bodies(self, path):
        return [json.loads(body) for _, body in self.messages(path)]

    def ids(self, path):
        return [headers["webhook-id"] for headers, _ in self.messages(path)]

    def types(self, path):
        return [body["type"] for body in self.bodies(path)]

    def stop(self):
        self.ends.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        with connection:
            try:
                self.answer(connection, *self.read(connection))
            except (OSError, ValueError):
                pass  # the server died, or gave up

    @staticmethod
    def read(connection):
        data = b""
        while b"\r\n\r\n" not in data:
            data += Endpoints.some(connection)
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("ascii").split("\r\n")
        headers = {name.lower(): value for name, value in
                   (line.split(": ", 1) for line in lines[1:])}
        while len(body) < int(headers["content-length"]):
            body += Endpoints.some(connection)
        return lines[0].split(" ")[1], headers, body.decode("utf-8")

    @staticmethod
    def some(connection):
        data = connection.recv(65536)
        if not data:
            raise ValueError("not a whole request")
        return data

    def answer(self, connection, path, headers, body):
        with self.lock:
            self.got[path].append((headers, body))
            answer = self.answers.get(path, 204)
        if answer == self.HANG:
            self.ends.wait()
        elif answer == self.RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif answer == self.HUGE:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            while True:
                connection.sendall(b"a" * 65536)
        elif answer == self.TRICKLE:
            for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 100000:
                connection.sendall(bytes([byte]))
                if self.ends.wait(0.5):
                    return
        else:
            status, more = answer if isinstance(answer, tuple) else (answer, {})
            lines = ["HTTP/1.1 %d Whatever" % status, "Content-Length: 0", "Connection: close",
                     *("%s: %s" % one for one in more.items())]
            connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("ascii"))
