"""The examples of examples/ in their real frameworks, exactly as `authd init FRAMEWORK` prints
them: behind a real proxy that asks a real authd, and with its access tokens; and what gets in and
what does not."""

import base64
import functools
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import unittest

from dpop_test import Key
from harness import DEADLINE, Server, clean_environment, command, reserve_port, stop_process
from harness import wait_until
from npm import npm_folder
from proxies_test import HOST, PROXIES, Proxy, certificate

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
JWT_FOR_GO = "/usr/share/gocode/src/github.com/golang-jwt/jwt"
PYTHON = "/usr/bin/python3"  # the one that Debian's packages are for
ISSUER = "https://auth.example.org"
API = "https://api.example.org"
# Which proxy each one stands behind: both are tried.
BEHIND = {"express": "nginx", "fastify": "caddy", "nextjs": "nginx", "flask": "caddy",
          "fastapi": "nginx", "django": "caddy", "go": "nginx", "php": "caddy"}
FILES = {"express": "{}.mjs", "fastify": "{}.mjs", "nextjs": "app/{}/route.js", "flask": "{}.py",
         "fastapi": "{}.py", "django": "{}.py", "go": "{}.go", "php": "{}.php"}
SETTINGS = {"nextjs": ".env.local"}  # the others: .env
FORGED = "11111111-2222-4333-8444-555555555555"


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def with_header(token, header, secret=None):
    """The claims of a token under another header; signed with HMAC, or not at all."""
    text = encoded(json.dumps(header).encode()) + "." + token.split(".")[1]
    signed = hmac.new(secret, text.encode(), hashlib.sha256).digest() if secret else b""
    return text + "." + encoded(signed)


def printed(framework, *flags):
    """What `authd init` prints: {place: text}."""
    files = json.loads(command("init", framework, "--json", *flags).out)["files"]
    return {file["place"]: file["text"] for file in files}


class FromInit(Proxy):
    """A proxy with the file that `authd init` has printed."""

    def __init__(self, kind, text):
        self.text = text
        super().__init__(kind, 0, 0)

    def snippet(self, name, *changes):
        text = self.text
        for old, new in [*self.addresses[-2:], *changes]:
            text = text.replace(old, new)
        return self.put(name, text)


def link_packages(folder, *packages):
    """For an application in this folder."""
    os.symlink(os.path.join(npm_folder(*packages), "node_modules"),
               os.path.join(folder, "node_modules"))


def run(*words, folder, **environment):
    done = subprocess.run(words, cwd=folder, env=clean_environment(**environment),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=8 * DEADLINE, check=False)
    assert done.returncode == 0, done.stdout.decode("utf-8", "replace")


@functools.cache
def next_application():
    """Both ways, in one application: `next build` is what takes time."""
    folder = tempfile.TemporaryDirectory(prefix="authd-next-")
    link_packages(folder.name, "next", "react", "react-dom", "jose")
    for way in ("proxy", "bearer"):
        for place, text in printed("nextjs", "--way", way).items():
            if place.startswith("app/"):
                path = pathlib.Path(folder.name, place)
                path.parent.mkdir(parents=True)
                path.write_text(text, encoding="utf-8")
    run("node", "node_modules/next/dist/bin/next", "build", folder=folder.name,
        NEXT_TELEMETRY_DISABLED="1", NODE_ENV="production")
    return folder


class Application:
    """One that runs, with the files that were printed."""

    def __init__(self, framework, way, files, port):
        self.port = port
        self.path = "/"
        file = FILES[framework].format(way)
        settings = files[SETTINGS.get(framework, ".env")]
        environment = dict(re.findall(r"(?m)^([A-Z_]+)=(.*)$", settings))
        if framework == "nextjs":
            self.folder, self.path = next_application(), "/" + way
        else:
            self.folder = tempfile.TemporaryDirectory(prefix="authd-example-")
            pathlib.Path(self.folder.name, file).write_text(files[file], encoding="utf-8")
        self.owns_folder = framework != "nextjs"
        words = getattr(self, framework)(way, file, str(port))
        self.log = open(os.path.join(self.folder.name, "log-" + way), "w+b")
        self.process = subprocess.Popen(words, cwd=self.folder.name, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log,
                                        env=clean_environment(**environment))

    def express(self, _way, file, _port):
        link_packages(self.folder.name, "express", "fastify", "jose")
        return ["node", file]

    fastify = express

    def nextjs(self, _way, _file, port):
        return ["node", "node_modules/next/dist/bin/next", "start", "-H", "127.0.0.1", "-p", port]

    def flask(self, way, _file, port):
        return [PYTHON, "-m", "flask", "--app", way, "run", "--port", port]

    def fastapi(self, way, _file, port):
        return [PYTHON, "-m", "uvicorn", way + ":app", "--port", port]

    def django(self, _way, file, port):
        return [PYTHON, file, "runserver", "--noreload", port]

    def go(self, _way, file, _port):
        if JWT_FOR_GO.split("/src/")[1] in pathlib.Path(self.folder.name, file).read_text():
            package = JWT_FOR_GO.split("/src/")[1] + "/v4"
            run("go", "mod", "init", "example", folder=self.folder.name)
            run("go", "mod", "edit", "-require", package + "@v4.4.3", "-replace",
                package + "=" + JWT_FOR_GO, folder=self.folder.name)
        run("go", "build", "-o", "application", file, folder=self.folder.name, GOPROXY="off",
            GOFLAGS="-mod=mod")
        return ["./application"]

    def php(self, _way, file, port):
        return ["php", "-S", "127.0.0.1:" + port, file]

    def log_text(self):
        self.log.seek(0)
        return self.log.read().decode("utf-8", "replace")

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError("it ended: " + self.log_text())
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def ask(self, connection=None, **headers):
        """(status, body) of a request; straight to the application without a connection."""
        connection = connection or http.client.HTTPConnection("127.0.0.1", self.port,
                                                              timeout=DEADLINE)
        names = {name.replace("__", "-"): value for name, value in headers.items()}
        try:
            connection.request("GET", self.path, headers={"Host": HOST, **names})
            reply = connection.getresponse()
            text = reply.read().decode()
        finally:
            connection.close()
        return reply.status, text

    def stop(self):
        stop_process(self.process)
        self.log.close()
        if self.owns_folder:
            self.folder.cleanup()


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--config", str(PROXIES / "authd.toml"))
        cls.addClassCleanup(cls.server.__exit__, None)
        signed_up = cls.server.sign_up("ann").json
        cls.token, cls.refresh = signed_up["access_token"], signed_up["refresh_token"]
        cls.user = {"subject": signed_up["user"]["subject"], "roles": ["user"]}
        cls.foreign = cls.foreign_tokens()

    @classmethod
    def issue(cls, *flags, **settings):
        return cls.server.command("token", "issue", "ann", *flags, env=settings).out.strip()

    @classmethod
    def foreign_tokens(cls):
        """Tokens that count nowhere, or elsewhere; all but the last ones have good signatures."""
        key = next(key for key in cls.server.get("/.well-known/jwks.json").json["keys"]
                   if key["alg"] == "ES256")
        cls.server.command("resource", "add", API, "API")
        made = json.loads(cls.server.command("client", "add", "Job", "--grant",
                                             "client_credentials", "--resource", API,
                                             "--json").out)
        secrets = "%s:%s" % (made["client_id"], made["client_secret"])
        basic = "Basic " + base64.b64encode(secrets.encode()).decode()
        other_api = cls.server.post(
            "/oauth2/token", form={"grant_type": "client_credentials", "resource": API},
            headers={"Authorization": basic})
        with tempfile.TemporaryDirectory(prefix="authd-test-") as folder:
            proof = Key(folder).proof("POST", ISSUER + "/oauth2/token")
        bound = cls.server.post(
            "/oauth2/token", form={"grant_type": "client_credentials", "resource": API},
            headers={"Authorization": basic, "DPoP": proof})
        assert bound.json["token_type"] == "DPoP", bound.body
        cls.of_api, cls.bound = other_api.json["access_token"], bound.json["access_token"]
        with Server("--config", str(PROXIES / "authd.toml")) as other:
            same_names = other.sign_up("ann").json["access_token"]
        parts = cls.token.split(".")
        point = b"\4" + b"".join(base64.urlsafe_b64decode(key[part] + "=") for part in "xy")
        return {
            "expired": cls.issue("--ttl", "1s"),
            "another issuer": cls.issue(AUTHD_TOKENS_ISSUER="https://evil.example"),
            "another audience": cls.issue(AUTHD_TOKENS_AUDIENCE="elsewhere"),
            "of another API": cls.of_api,
            "of another API, bound to a key": cls.bound,
            "another server with these names": same_names,
            "a refresh token": cls.refresh,
            "no signature": with_header(cls.token, {"alg": "none", "typ": "at+jwt"}),
            "no signature, with the key": with_header(
                cls.token, {"alg": "none", "typ": "at+jwt", "kid": key["kid"]}),
            "the public key as a secret": with_header(
                cls.token, {"alg": "HS256", "typ": "at+jwt", "kid": key["kid"]}, point),
            "a key that is not known": with_header(
                cls.token, {"alg": "ES256", "typ": "at+jwt", "kid": "x"}, point),
            "changed": ".".join([parts[0], parts[1], parts[2][::-1]]),
            "other claims": ".".join([parts[0], encoded(base64.urlsafe_b64decode(
                parts[1] + "=" * (-len(parts[1]) % 4)).replace(b'"user"', b'"admin"')), parts[2]]),
            "no token": "x",
        }

    def start(self, framework, way, **changes):
        """(an application, what was printed for it)."""
        port = reserve_port()
        chain = certificate().chain
        files = printed(framework, "--way", way, "--proxy", BEHIND[framework], "--upstream",
                        "127.0.0.1:%d" % port, "--authd", "127.0.0.1:%d" % self.server.port,
                        "--certificate", chain, "--key", chain + ".key")
        settings = SETTINGS.get(framework, ".env")
        for name, value in changes.items():
            files[settings] = re.sub("(?m)^%s=.*$" % name, "%s=%s" % (name, value),
                                     files[settings])
        if framework == "nextjs":
            pathlib.Path(next_application().name, settings).write_text(files[settings],
                                                                       encoding="utf-8")
        application = Application(framework, way, files, port)
        self.addCleanup(application.stop)
        return application, files

    def is_behind_a_proxy(self, framework):
        application, files = self.start(framework, "proxy")
        kind = BEHIND[framework]
        text = next(text for place, text in files.items() if place.startswith("/etc/"))
        secret = re.search("(?m)^PROXY_SECRET=([0-9a-f]{64})$",
                           files[SETTINGS.get(framework, ".env")])[1]
        self.assertEqual(text.count(secret), 1)
        proxy = FromInit(kind, text)
        self.addCleanup(proxy.stop)
        wait_until(application.is_up, framework + " to start")

        def through(**headers):
            connection = http.client.HTTPConnection(HOST)
            connection.sock = proxy.connect()
            return application.ask(connection, **headers)

        by_token = {"Authorization": "Bearer " + self.token}
        self.assertEqual(through()[0], 401)
        status, body = through(**by_token)
        self.assertEqual((status, json.loads(body)), (200, {**self.user, "name": "ann"}))
        # What a client says about itself, or about the proxy, does not count.
        self.assertIn(through(X__Auth__Subject=FORGED)[0], (401, 403))
        self.assertEqual(through(X__Proxy__Secret=secret)[0], 401)
        for headers in ({"X__Auth__Subject": FORGED}, {"X_Auth_Subject": FORGED},
                        {"X__Proxy__Secret": "x"}):
            status, body = through(**by_token, **headers)
            self.assertNotIn(FORGED, body)
            self.assertIn(status, (200, 403))

        forged = {"X__Auth__Subject": FORGED, "X__Auth__User": "ann", "X__Auth__Roles": "admin"}
        for claimed in (None, "", "x", secret[:-1], secret + "0", secret.upper(), "PROXY_SECRET",
                        "\xe4"):
            headers = {} if claimed is None else {"X__Proxy__Secret": claimed}
            self.assertEqual(application.ask(**forged, **headers)[0], 403, claimed)
        self.assertEqual(application.ask(**by_token)[0], 403)
        # Where the proxy does not ask authd.
        self.assertEqual(application.ask(X__Proxy__Secret=secret)[0], 401)
        self.assertEqual(application.ask(X__Proxy__Secret=secret, X__Auth__Subject="")[0], 401)
        application.process.terminate()

        # A secret that was forgotten is none that anybody has.
        for value in ("", "PROXY_SECRET"):
            careless, _ = self.start(framework, "proxy", PROXY_SECRET=value)
            try:
                wait_until(careless.is_up, framework + " to start or to refuse")
            except AssertionError:
                self.assertIn("PROXY_SECRET", careless.log_text())
                continue
            self.assertEqual(careless.ask(**forged, X__Proxy__Secret=value)[0], 500)
            careless.process.terminate()
            careless.process.wait(timeout=DEADLINE)

    def takes_tokens(self, framework):
        changes = {}
        if framework == "php":
            made = json.loads(self.server.command("client", "add", "app", "--set",
                                                  "audiences=authd," + API, "--json").out)
            changes = {"CLIENT_ID": made["client_id"], "CLIENT_SECRET": made["client_secret"]}
        application, _ = self.start(framework, "bearer", **changes)
        wait_until(application.is_up, framework + " to start")

        def with_token(token, kind="Bearer"):
            return application.ask(Authorization=kind + " " + token)

        status, body = with_token(self.token)
        self.assertEqual((status, json.loads(body)), (200, self.user))
        self.assertEqual(application.ask()[0], 401)
        self.assertEqual(application.ask(X__Auth__Subject=FORGED)[0], 401)
        self.assertEqual(with_token(self.token, "Basic")[0], 401)
        wait_until(lambda: with_token(self.foreign["expired"])[0] == 401, "the token to expire")
        for what, token in self.foreign.items():
            self.assertEqual(with_token(token)[0], 401, what)
        if framework == "php":
            brief = self.issue()
            self.assertEqual(with_token(brief)[0], 200)
            self.server.post("/api/v1/auth/logout", token=brief)
            self.assertEqual(with_token(brief)[0], 401)
        self.assertEqual(with_token(self.token)[0], 200)
        application.process.terminate()
        application.process.wait(timeout=DEADLINE)

        # All is right about it, but who has it has not the key.
        of_api, _ = self.start(framework, "bearer", AUDIENCE=API, **changes)
        wait_until(of_api.is_up, framework + " to start")
        for token, status in ((self.of_api, 200), (self.bound, 401), (self.of_api, 200)):
            self.assertEqual(of_api.ask(Authorization="Bearer " + token)[0], status, status)


def add_tests():
    for framework in BEHIND:
        acts = {"is_behind_a_proxy": [Examples.is_behind_a_proxy],
                "takes_tokens": [Examples.takes_tokens]}
        if framework == "nextjs":  # both in one part of the tests, which builds it once
            acts = {"is_behind_a_proxy_and_takes_tokens": sum(acts.values(), [])}
        for name, steps in acts.items():
            def test(self, framework=framework, steps=steps):
                for step in steps:
                    step(self, framework)

            setattr(Examples, "test_%s_%s" % (framework, name), test)


add_tests()


class Files(unittest.TestCase):
    def test_have_sixty_lines_of_code_at_most(self):
        for framework, file in FILES.items():
            for way in ("proxy", "bearer"):
                text = (EXAMPLES / framework / file.format(way)).read_text(encoding="utf-8")
                code = [line for line in text.splitlines()
                        if line.strip() and not re.match(r"\s*(//|#)", line)]
                self.assertLessEqual(len(code), 60, "%s, %s" % (framework, way))

    def test_are_what_init_prints(self):
        for framework, file in FILES.items():
            for way in ("proxy", "bearer"):
                files = printed(framework, "--way", way)
                path = EXAMPLES / framework / file.format(way)
                self.assertEqual(files[file.format(way)], path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main()
