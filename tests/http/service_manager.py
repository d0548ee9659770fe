"""systemd's side of sd_notify(3), for a server under test."""

import socket

from harness import DEADLINE


class Manager:
    """systemd's side: a socket that receives notifications."""

    def __init__(self, name):
        self.name = name
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name[1:] if name.startswith("@") else name)

    def close(self):
        self.socket.close()

    def next(self, timeout=DEADLINE):
        """The next message as a dictionary; None if none comes in time."""
        self.socket.settimeout(timeout)
        try:
            text = self.socket.recv(4096).decode()
        except (TimeoutError, BlockingIOError):
            return None
        return dict(line.split("=", 1) for line in text.splitlines())

    def wait_for(self, field):
        """The next message that has the field."""
        while True:
            message = self.next()
            if message is None:
                raise AssertionError("systemd waited in vain for " + field)
            if field in message:
                return message

    def drain(self):
        while self.next(timeout=0):
            pass
