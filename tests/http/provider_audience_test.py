"""A credential opens only what it is for: every kind of credential is sent to every route of the
reviewed route table (tests/unit/api/routes.txt)."""

import json
import pathlib
import random
import re
import unittest

from conformance import ISSUER
from harness import PASSWORD, Server, ServerCase, basic
from provider import Browser, RelyingParty, claims_of

TABLE = pathlib.Path(__file__).resolve().parent.parent / "unit" / "api" / "routes.txt"
API = "https://orders.example"
PLACEHOLDERS = {":id": "0", ":provider": "nobody", ":name": "nobody", ":rules": "-", "*": "x"}

# Routes without a guard that read a token themselves, and tell who sent it.
OWN_ACCESS = {"/api/v1/auth/session", "/api/v1/auth/logout", "/auth/verify", "/logout",
              "/auth/ext_authz/:rules/*"}
BY_KEY = {"/auth/verify", "/auth/ext_authz/:rules/*"}
OWN_REFRESH = {"/refresh", "/logout"}  # oauthapp takes it as a Bearer token
USERINFO = "/oauth2/userinfo"

# Members of bodies that carry a credential of authd's own.
IN_BODIES = [("/api/v1/auth/refresh", "refresh_token"), ("/api/v1/auth/logout", "refresh_token"),
             ("/api/v1/auth/mfa", "mfa_token"), ("/api/v1/auth/email/verify", "token"),
             ("/api/v1/auth/email/link", "token"), ("/api/v1/auth/email/stop", "token"),
             ("/api/v1/auth/magic-link/verify", "token"), ("/validate_token", "token"),
             ("/logout", "token")]


class Route:
    def __init__(self, line, columns):
        cells = [line[start:end].strip() for start, end in zip(columns, columns[1:] + [None])]
        self.method, self.pattern, self.guard = cells[:3]
        self.key = cells[5].split()[0]
        self.path = re.sub(r":\w+|\*", lambda found: PLACEHOLDERS.get(found[0], "x" * 8),
                           self.pattern)

    def __repr__(self):
        return "%s %s" % (self.method, self.pattern)

    @property
    def is_for_people(self):
        return self.guard in ("account", "admin")

    @property
    def is_for_clients(self):
        return self.guard in ("client", "any client")


def read_table():
    routes, columns = [], None
    for line in TABLE.read_text(encoding="ascii").splitlines():
        if line.startswith("METHOD"):
            columns = [found.start() for found in re.finditer(r"\S+", line)]
        elif columns and re.match(r"(GET|POST|PUT|PATCH|DELETE|OPTIONS) +/", line):
            routes.append(Route(line, columns))
    return routes


ROUTES = read_table()
FOR_PEOPLE = [route for route in ROUTES if route.is_for_people]


def bearer(value):
    return {"Authorization": "Bearer " + value}


def opens(name, route):
    """Whether a credential of this name is one for the route, as a Bearer token."""
    if name == "own access token":
        return route.is_for_people or route.pattern in OWN_ACCESS
    if name == "API key":
        return (route.is_for_people and route.key != "-") or route.pattern in BY_KEY
    if name == "own refresh token":
        return route.pattern in OWN_REFRESH
    if name == "client access token":
        return route.pattern == USERINFO
    return False


class Crowded(Server):
    """Each request comes from an address of its own, since failures are counted by address."""

    def request(self, method, path, body=None, token=None, headers=None, form=None):
        address = "%d.%d.%d.%d" % tuple(random.randint(11, 99) for _ in range(4))
        return super().request(method, path, body, token,
                               {"X-Forwarded-For": address, **(headers or {})}, form)


class AudienceCase(ServerCase):
    """The person is an administrator, so that nothing is refused for want of a role."""

    FLAGS = ("--server.public-url", ISSUER, "--server.trusted-proxies", "127.0.0.0/8")
    SERVER = Crowded

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.command("user", "add", "--username", "root", "--email", "root@example.org",
                           "--admin", stdin=PASSWORD + "\n")
        cls.server.command("resource", "add", API, "Orders", "--scope", "orders:read")
        cls.app = RelyingParty(cls.server, "App", "--consent", "skip", "--resource", API)
        cls.other = RelyingParty(cls.server, "Other")
        cls.job = RelyingParty(cls.server, "Job", "--grant", "client_credentials",
                               "--resource", API, redirect=None)

    def setUp(self):
        own = self.server.log_in("root").json
        key = self.server.post("/api/v1/users/me/api-keys", {
            "name": "all", "scopes": ["verify", "profile:read", "admin:read", "admin"]},
            token=own["access_token"])
        self.assertEqual(key.status, 201, key.body)
        self.browser = Browser(self.server)
        self.browser.sign_in("root")
        scope = "openid profile email groups offline_access"
        tokens = self.app.tokens(self.browser, scope=scope)
        code = self.app.answer(self.browser, scope="openid orders:read", resource=API)["code"]
        for_api = self.app.exchange(code, resource=API).json
        asked = self.other.begin(self.browser)
        self.credentials = {
            "own access token": own["access_token"],
            "own refresh token": own["refresh_token"],
            "session cookie": self.browser.session,
            "API key": key.json["api_key"],
            "client access token": tokens["access_token"],
            "access token for a resource": for_api["access_token"],
            "client credentials token": self.job.token({
                "grant_type": "client_credentials", "resource": API}).json["access_token"],
            "ID token": tokens["id_token"],
            "grant refresh token": tokens["refresh_token"],
            "authorization code": self.app.answer(self.browser)["code"],
            "client secret": self.app.secret,
            "carried request": asked.headers["Location"].split("request=")[1],
            "CSRF token": self.browser.csrf,
        }
        self.code_verifier = self.app.verifier

    def send(self, route, headers):
        body, form = None, None
        if route.is_for_clients or route.pattern == USERINFO:
            form = {"token": "x", "grant_type": "refresh_token"}
        elif route.method in ("POST", "PUT", "PATCH"):
            body = {}
        if route.method == "GET":
            form = None
        return self.server.request(route.method, route.path, body, headers=headers, form=form)

    def assert_refused(self, reply, route):
        if route.pattern == "/api/v1/auth/session" and reply.status == 200:
            self.assertEqual(reply.json, {"authenticated": False})
        else:
            self.assertIn(reply.status, (401, 403), reply.body)
        self.assertNotIn(b"root@example.org", reply.body)
        self.assertNotIn("X-Auth-User", reply.headers)
        self.assertNotIn("Remote-User", reply.headers)

    def assert_nothing_has_ended(self):
        """What was refused did not end anything either."""
        found = self.credentials
        self.assertEqual(self.server.me(found["own access token"]).status, 200)
        self.assertEqual(self.server.me(found["API key"]).status, 200)
        self.assertEqual(self.browser.get("/api/v1/users/me").status, 200)
        self.assertEqual(self.server.get(USERINFO, token=found["client access token"]).status, 200)
        code = self.app.exchange(found["authorization code"], code_verifier=self.code_verifier)
        self.assertEqual(code.status, 200, code.body)
        for name in ("access token for a resource", "client credentials token"):
            client = self.job if name.startswith("client") else self.app
            reply = self.server.post("/oauth2/introspect", form={"token": found[name]},
                                     headers=basic(client.id, client.secret))
            self.assertIs(reply.json["active"], True, name)
        self.assertEqual(self.app.refresh(found["grant refresh token"]).status, 200)
        self.assertEqual(self.server.refresh(found["own refresh token"]).status, 200)


class Routes(AudienceCase):
    def test_the_table_is_read(self):
        self.assertGreater(len(ROUTES), 100)
        self.assertGreater(sum(route.is_for_people for route in ROUTES), 60)
        self.assertEqual({route.pattern for route in ROUTES if route.is_for_clients},
                         {"/oauth2/token", "/oauth2/introspect", "/oauth2/revoke", "/oauth2/par",
                          "/oauth2/device_authorization", "/api/v1/replica/changes",
                          "/api/v1/replica/records", "/api/v1/replica/settings",
                          "/api/v1/replica/activity"})
        self.assertEqual({route.guard for route in ROUTES},
                         {"none", "account", "admin", "client", "any client"})
        known = {route.pattern for route in ROUTES}
        self.assertLessEqual(OWN_ACCESS | BY_KEY | OWN_REFRESH | {USERINFO}, known)

    def test_the_right_credential_is_let_in(self):
        """Without this, the other tests would see refusals of anything."""
        for route in ROUTES:
            if route.method != "GET" or ":request" in route.pattern:
                continue
            for name, value in self.credentials.items():
                if not opens(name, route):
                    continue
                with self.subTest(route, credential=name):
                    reply = self.send(route, bearer(value))
                    self.assertIn(reply.status, (200, 204, 400, 404), reply.body)

    def assert_others_are_refused(self, routes, is_right, headers):
        """Sends every credential but the right ones to each of the routes."""
        for route in routes:
            for name, value in self.credentials.items():
                if is_right(name, route):
                    continue
                with self.subTest(route, credential=name):
                    self.assert_refused(self.send(route, headers(value)), route)
        self.assert_nothing_has_ended()

    def test_every_route_for_people_refuses_every_other_bearer_token(self):
        self.assert_others_are_refused(FOR_PEOPLE, opens, bearer)

    def test_every_route_for_people_refuses_every_other_cookie(self):
        self.assert_others_are_refused(
            FOR_PEOPLE, lambda name, _: name == "session cookie",
            lambda value: {"Cookie": "authd_session=" + value, "X-CSRF-Token": self.browser.csrf})

    def test_every_route_for_people_refuses_every_other_api_key(self):
        self.assert_others_are_refused(
            FOR_PEOPLE, lambda name, route: name == "API key" and route.key != "-",
            lambda value: {"X-API-Key": value})

    def test_routes_that_read_a_token_themselves_refuse_every_other(self):
        own = OWN_ACCESS | BY_KEY | OWN_REFRESH | {USERINFO}
        self.assert_others_are_refused([route for route in ROUTES if route.pattern in own], opens,
                                       bearer)

    def test_forward_auth_refuses_every_other_cookie_key_and_name(self):
        for route in ROUTES:
            if route.pattern not in BY_KEY:
                continue
            for name, value in self.credentials.items():
                ways = [{"Cookie": "authd_session=" + value}, {"X-API-Key": value},
                        basic(value, ""), basic(value, value)]
                if name == "session cookie":
                    del ways[0]
                if name == "API key":
                    del ways[1:]
                for headers in ways:
                    with self.subTest(route, credential=name, way=sorted(headers)):
                        self.assert_refused(self.send(route, headers), route)
        self.assert_nothing_has_ended()

    def test_everywhere_else_a_credential_changes_nothing(self):
        """Also of routes that are added to the table one day."""
        special = OWN_ACCESS | BY_KEY | OWN_REFRESH | {USERINFO}
        for route in ROUTES:
            if route.guard != "none" or route.pattern in special:
                continue
            bare = self.send(route, {})
            for name, value in self.credentials.items():
                with self.subTest(route, credential=name):
                    reply = self.send(route, bearer(value))
                    self.assertIn(reply.status, (bare.status, 401, 403), reply.body)
                    self.assertNotIn(b"root@example.org", reply.body)
        self.assert_nothing_has_ended()

    def test_no_bearer_token_is_a_client(self):
        for route in ROUTES:
            if not route.is_for_clients:
                continue
            for name, value in self.credentials.items():
                for headers in (bearer(value), basic(self.app.id, value),
                                basic(value, value), basic(value, "")):
                    if name == "client secret" and headers == basic(self.app.id, value):
                        continue
                    with self.subTest(route, credential=name, headers=headers):
                        reply = self.send(route, headers)
                        self.assertEqual((reply.status, reply.json["error"]),
                                         (401, "invalid_client"))
        self.assert_nothing_has_ended()


class Protocol(AudienceCase):
    def test_userinfo_takes_no_other_token_in_a_form(self):
        for name, value in self.credentials.items():
            if name == "client access token":
                continue
            with self.subTest(name):
                reply = self.server.post(USERINFO, form={"access_token": value})
                self.assertEqual(reply.status, 401, reply.body)
                self.assertIn('error="invalid_token"', reply.headers["WWW-Authenticate"])
        self.assert_nothing_has_ended()

    def test_introspection_tells_an_application_of_its_own_tokens_alone(self):
        mine = {"client access token", "access token for a resource", "grant refresh token"}
        for name, value in self.credentials.items():
            for hint in (None, "access_token", "refresh_token"):
                with self.subTest(name, hint=hint):
                    form = {"token": value, **({"token_type_hint": hint} if hint else {})}
                    reply = self.server.post("/oauth2/introspect", form=form,
                                             headers=basic(self.app.id, self.app.secret))
                    self.assertEqual(reply.status, 200, reply.body)
                    if name in mine:
                        self.assertIs(reply.json["active"], True)
                        self.assertEqual(reply.json["client_id"], self.app.id)
                    else:
                        self.assertEqual(reply.json, {"active": False})
        self.assert_nothing_has_ended()

    def active(self, client, names):
        """The client is told of these credentials, and of no others."""
        for name, value in self.credentials.items():
            with self.subTest(name, client=client.id):
                reply = self.server.post("/oauth2/introspect", form={"token": value},
                                         headers=basic(client.id, client.secret))
                self.assertEqual(reply.status, 200, reply.body)
                if name in names:
                    self.assertIs(reply.json["active"], True)
                else:
                    self.assertEqual(reply.json, {"active": False})

    def test_introspection_tells_a_resource_server_of_tokens_for_it_alone(self):
        self.active(RelyingParty(self.server, "Orders", "--set", "audiences=" + API,
                                 redirect=None),
                    {"access token for a resource", "client credentials token"})
        self.active(RelyingParty(self.server, "Stock", "--set",
                                 "audiences=https://stock.example", redirect=None), set())
        self.active(RelyingParty(self.server, "Own", redirect=None),
                    {"own access token", "own refresh token"})
        self.active(self.other, set())
        self.active(self.job, {"client credentials token"})
        self.assert_nothing_has_ended()

    def test_revocation_ends_nothing_of_others(self):
        for client in (self.other, self.job):
            for name, value in self.credentials.items():
                if client is self.job and name == "client credentials token":
                    continue
                with self.subTest(name):
                    reply = self.server.post("/oauth2/revoke", form={"token": value},
                                             headers=basic(client.id, client.secret))
                    self.assertIn(reply.status, (200, 400))
        self.assert_nothing_has_ended()

    def test_an_application_revokes_nothing_of_authd_s_own(self):
        mine = {"client access token", "access token for a resource", "grant refresh token"}
        for name, value in self.credentials.items():
            if name not in mine:
                self.server.post("/oauth2/revoke", form={"token": value},
                                 headers=basic(self.app.id, self.app.secret))
        self.assert_nothing_has_ended()

    def test_the_token_endpoint_takes_each_grant_for_itself(self):
        for name, value in self.credentials.items():
            if name != "grant refresh token":
                with self.subTest(name, grant="refresh_token"):
                    reply = self.app.refresh(value)
                    self.assertEqual((reply.status, reply.json["error"]), (400, "invalid_grant"))
            if name != "authorization code":
                with self.subTest(name, grant="authorization_code"):
                    reply = self.app.exchange(value)
                    self.assertEqual((reply.status, reply.json["error"]), (400, "invalid_grant"))
        self.assert_nothing_has_ended()

    def test_bodies_of_authd_s_own_take_no_foreign_credential(self):
        own = {"own access token", "own refresh token"}
        for path, member in IN_BODIES:
            for name, value in self.credentials.items():
                if name in own and path in ("/api/v1/auth/refresh", "/api/v1/auth/logout",
                                            "/validate_token", "/logout"):
                    continue
                with self.subTest(path, credential=name):
                    reply = self.server.post(path, {member: value})
                    if path == "/api/v1/auth/logout" and reply.status == 200:
                        continue  # it is over, whatever it was
                    self.assertIn(reply.status, (400, 401, 403, 404, 410, 422), reply.body)
        self.assert_nothing_has_ended()

    def test_claims_of_a_client_s_token_name_neither_authd_nor_its_scope(self):
        for name in ("client access token", "access token for a resource",
                     "client credentials token"):
            claims = claims_of(self.credentials[name])
            own = claims_of(self.credentials["own access token"])
            self.assertNotEqual(claims["aud"], own["aud"])
            self.assertNotIn("account", claims["scope"].split())
            self.assertIn(claims["client_id"], (self.app.id, self.job.id))
            self.assertNotIn("root", json.dumps(claims))


if __name__ == "__main__":
    unittest.main()
