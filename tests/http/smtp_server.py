"""Real SMTP servers (aiosmtpd) on free loopback ports, each with its own behaviour, and
certificates for them."""

import asyncio
import base64
import logging
import os
import ssl
import subprocess
import sys
import threading

sys.path.append("/usr/lib/python3/dist-packages")  # Debian's packages, whichever python3 this is

from aiosmtpd.smtp import SMTP, AuthResult  # noqa: E402

logging.disable()  # its messages about intended failures

USER, PASSWORD = "mailer", "s3cret/with:odd@signs"


class Certificates:
    """An authority in a directory, and the certificates that it signed."""

    def __init__(self, directory):
        self.directory = directory
        self.ca = self._path("ca.pem")
        self._openssl("req", "-x509", "-days", "2", "-subj", "/CN=Test CA", "-newkey", "ec",
                      "-pkeyopt",
                      "ec_paramgen_curve:P-256", "-nodes", "-keyout", self._path("ca.key"), "-out",
                      self.ca)

    def signed(self, names):
        """A context with a certificate of the authority for "IP:127.0.0.1", "DNS:localhost" and the
        like."""
        cert, key = self._path("server.pem"), self._path("server.key")
        self._openssl("req", "-x509", "-days", "2", "-subj", "/CN=server", "-newkey", "ec",
                      "-pkeyopt",
                      "ec_paramgen_curve:P-256", "-nodes", "-addext", "subjectAltName=" + names,
                      "-addext",
                      "basicConstraints=critical,CA:FALSE", "-CA", self.ca, "-CAkey",
                      self._path("ca.key"),
                      "-keyout", key, "-out", cert)
        return self._context(cert, key)

    def stranger(self):
        """A context with a certificate that no authority has signed."""
        cert, key = self._path("stranger.pem"), self._path("stranger.key")
        self._openssl("req", "-x509", "-days", "2", "-subj", "/CN=stranger", "-newkey", "ec",
                      "-pkeyopt",
                      "ec_paramgen_curve:P-256", "-nodes", "-addext", "subjectAltName=IP:127.0.0.1",
                      "-keyout", key,
                      "-out", cert)
        return self._context(cert, key)

    def _path(self, name):
        return os.path.join(self.directory, name)

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    @staticmethod
    def _context(cert, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        return context


class Protocol(SMTP):
    """Breaks the connection, which a handler cannot do."""

    async def smtp_DATA(self, arg):
        if self.event_handler.dies_in_data:
            await self.push("354 go on")
            await self._reader.readline()
            self.event_handler.deaths += 1
            self.transport.abort()
            return
        await super().smtp_DATA(arg)

    async def smtp_QUIT(self, arg):
        if self.event_handler.hangs_in_quit:
            await asyncio.sleep(3600)
        await super().smtp_QUIT(arg)


class SmtpServer:
    """A running server; a context manager. `answers` maps RCPT and DATA to a reply that replaces
    acceptance."""

    def __init__(self, starttls=None, smtps=None, auth=False, utf8=True,
                 mechanisms=("PLAIN", "LOGIN"), demands=True):
        self.received = []  # envelopes, with .secure and .user
        self.logins = []
        self.senders = 0  # MAIL commands
        self.deaths = 0
        self.hanging = 0
        self.answers = {}
        self.hangs_in_data = self.hangs_in_quit = self.dies_in_data = False
        options = {"enable_SMTPUTF8": utf8, "hostname": "mx.test", "timeout": 3600}
        if starttls:
            options.update(tls_context=starttls, require_starttls=True)
        if auth:
            others = {"PLAIN", "LOGIN", "XOAUTH2"} - set(mechanisms)
            options.update(authenticator=self._authenticate, auth_required=demands,
                           auth_require_tls=bool(starttls), auth_exclude_mechanism=others)
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(self._loop.create_server(
            lambda: Protocol(self, loop=self._loop, **options), "127.0.0.1", 0, ssl=smtps))
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def _authenticate(self, _server, _session, _envelope, mechanism, data):
        self.logins.append((mechanism, data.login.decode(), data.password.decode()))
        is_right = (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
        return AuthResult(success=is_right, handled=False)  # False: the server itself answers 535

    async def auth_XOAUTH2(self, _server, args):
        user, token = base64.b64decode(args[1]).decode().split("\1")[:2]
        self.logins.append(("XOAUTH2", user.removeprefix("user="),
                            token.removeprefix("auth=Bearer ")))
        return AuthResult(success=True, auth_data=user)

    async def handle_MAIL(self, _server, session, envelope, address, options):
        self.senders += 1
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, _server, session, envelope, address, options):
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):
        if self.hangs_in_data:
            self.hanging += 1
            await asyncio.sleep(3600)
        if "DATA" in self.answers:
            return self.answers["DATA"]
        envelope.secure = session.ssl is not None
        envelope.hello = session.host_name
        self.received.append(envelope)
        return "250 2.0.0 taken as 42"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()
