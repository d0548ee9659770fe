"""Models of Traefik and Envoy with packaging/proxies/traefik.yaml and envoy.yaml, since Debian has
neither: what they send to authd, and what they do with its answer, according to their sources
(Traefik's pkg/middlewares/auth/forward.go, Envoy's ext_authz_http_impl.cc and
conn_manager_utility.cc). An unknown setting in the files is an error."""

import http.client
import http.server
import pathlib
import re
import socket
import sys
import threading

sys.path.append("/usr/lib/python3/dist-packages")  # Debian's packages, whichever python3 this is

import yaml  # noqa: E402

from harness import DEADLINE  # noqa: E402

PROXIES = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "proxies"
HOP = {"connection", "proxy-connection", "keep-alive", "proxy-authenticate", "proxy-authorization",
       "te", "trailer", "trailers",
       "transfer-encoding", "upgrade"}
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


def canonical(name):
    """A header name as Go writes it: unchanged if it contains an invalid character (textproto)."""
    return "-".join(word[:1].upper() + word[1:].lower()
                    for word in name.split("-")) if TOKEN.fullmatch(name) else name


def without(headers, *names):
    return [(name, value) for name,
            value in headers if name.lower() not in [n.lower() for n in names]]


def only(settings, *known):
    assert set(settings) <= set(known), set(settings) - set(known)
    return settings


def get(port, method, path, headers, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders(body)
        reply = connection.getresponse()
        return reply.status, reply.getheaders(), reply.read()
    finally:
        connection.close()


class Model(http.server.ThreadingHTTPServer):
    """A proxy before the application; subclasses define what it asks authd."""

    daemon_threads = True

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
            named = [name.strip() for value in self.headers.get_all("Connection", [])
                     for name in value.split(",")]
            # neither of them has Host among the headers
            named = [name for name in named if name.lower() != "host"]
            headers = self.server.received(without(self.headers.items(), *HOP, *named))
            try:
                passed, reply = self.server.check(self.command, self.path, headers)
            except OSError:
                passed, reply = None, (self.server.CLOSED, [], b"")
            if passed is not None:
                reply = get(self.server.app_port, self.command, self.path, passed, body)
            status, headers, content = reply
            self.send_response(status)
            for name, value in without(headers, "Content-Length", *HOP):
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else content)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

        def log_message(self, *_):
            pass

    def __init__(self, authd_port, app_port, rule):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.port, self.authd_port, self.app_port, self.rule = self.server_address[
            1], authd_port, app_port, rule
        self.settings = yaml.safe_load((PROXIES / self.FILE).read_text())
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    def connect(self):
        """In the clear: what matters here comes behind TLS."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE)

    def stop(self):
        self.shutdown()
        self.server_close()


class OfAModel:
    """Put before a test class: makes proxies_test.Guarded start the MODEL."""

    @classmethod
    def proxy_of(cls, authd_port, app_port, rule):
        return cls.MODEL(authd_port, app_port, rule)


class Traefik(Model):
    FILE = "traefik.yaml"
    CLOSED = 500

    def received(self, headers):
        """What Connection names is gone before any middleware runs (from 2.11.9 and 3.1.3 on)."""
        assert self.settings["http"]["routers"]["app"]["middlewares"] == ["authd"]
        return [(canonical(name), value) for name, value in headers]

    def check(self, method, uri, headers):
        forward_auth = only(self.settings["http"]["middlewares"]["authd"],
                            "forwardAuth")["forwardAuth"]
        settings = only(forward_auth, "address", "trustForwardHeader", "authResponseHeaders")
        assert settings["trustForwardHeader"] is False
        host = dict(headers)["Host"]
        asked = without(headers, "Host", "Content-Length", "X-Forwarded-For", "X-Forwarded-Method",
                        "X-Forwarded-Proto",
                        "X-Forwarded-Host", "X-Forwarded-Uri")
        asked += [("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Method", method),
                  ("X-Forwarded-Proto", "https"),
                  ("X-Forwarded-Host", host), ("X-Forwarded-Uri", uri), ("Accept-Encoding", "gzip")]
        address, path = (settings["address"] + self.rule).split("/auth/", 1)
        reply = get(self.authd_port, "GET", "/auth/" + path,
                    [("Host", address.split("//")[1]), *asked])
        if not 200 <= reply[0] < 300:
            return None, reply
        names = settings["authResponseHeaders"]
        given = [(name, value) for name, value in reply[1] if canonical(name) in names]
        return without(headers, *names) + given, None


class Envoy(Model):
    FILE = "envoy.yaml"
    CLOSED = 503  # status_on_error, also for its 5xx

    @property
    def manager(self):
        secure = self.settings["static_resources"]["listeners"][1]["filter_chains"][0]
        assert "transport_socket" in secure
        return secure["filters"][0]["typed_config"]

    def filter(self):
        config = self.manager["http_filters"][0]["typed_config"]
        return only(config, "@type", "failure_mode_allow", "status_on_error", "allowed_headers",
                    "http_service")

    @staticmethod
    def names(matcher):
        """Patterns for whole names."""
        patterns = []
        for pattern in matcher["patterns"]:
            (kind, text), = pattern.items()
            assert kind in ("exact", "safe_regex"), kind
            patterns.append(re.escape(text) if kind == "exact" else only(text, "regex")["regex"])
        return re.compile("|".join(patterns))

    def received(self, headers):
        assert self.manager["common_http_protocol_options"] == {
            "headers_with_underscores_action": "DROP_HEADER"}
        assert self.manager["use_remote_address"] is True
        headers = [(name.lower(), value) for name, value in headers if "_" not in name]
        forwarded = [value for name, value in headers if name == "x-forwarded-for"] + ["127.0.0.1"]
        return without(headers, "x-forwarded-for", "x-forwarded-proto") + [
            ("x-forwarded-for", ",".join(forwarded)), ("x-forwarded-proto", "https")]

    def check(self, method, uri, headers):
        settings = self.filter()
        assert settings["failure_mode_allow"] is False
        assert settings["status_on_error"] == {"code": "ServiceUnavailable"}
        service = only(settings["http_service"], "server_uri", "path_prefix",
                       "authorization_response")
        allowed = self.names(settings["allowed_headers"])
        asked = [("content-length", "0")] + [
            pair for pair in headers if pair[0] in ("host", "authorization")
            or allowed.fullmatch(pair[0])]
        # Its own address, which is not the loopback address
        # (github.com/envoyproxy/envoy/issues/21519).
        asked = [(n, v + ",192.0.2.7" if n == "x-forwarded-for" else v) for n, v in asked]
        asked += [("x-envoy-internal", "true"), ("x-envoy-expected-rq-timeout-ms", "5000")]
        status, given, body = get(self.authd_port, method, service["path_prefix"] + self.rule + uri,
                                  asked)
        response = only(service["authorization_response"], "allowed_upstream_headers",
                        "allowed_client_headers")
        if status >= 500:
            return None, (self.CLOSED, [], b"")
        if status != 200:
            told = self.names(response["allowed_client_headers"])
            return None, (status,
                          [(name, value) for name,
                           value in given if name.lower() in ("location", "www-authenticate")
                           or told.fullmatch(name.lower())], body)
        names = self.names(response["allowed_upstream_headers"])
        given = [(name, value) for name, value in given if names.fullmatch(name.lower())]
        return without(headers, *[name for name, _ in given]) + given, None
