"""The OpenID Connect provider before mod_auth_openidc in a real Apache: an application that signs
people in and out, and an API that asks about access tokens."""

import http.client
import http.cookies
import os
import socket
import subprocess
import tempfile
import unittest
import urllib.parse

from harness import DEADLINE, Reply, Server, ServerCase, clean_environment, reserve_port
from harness import stop_process, wait_until
from provider import Browser, RelyingParty, path_of, query_of

API = "https://api.example.org"
MODULES = ("mpm_event", "authn_core", "authz_core", "authz_user", "alias", "cgid",
           "auth_openidc")
# Prints what Apache tells an application about the person.
PAGE = """#!/bin/sh
printf 'Content-Type: text/plain\\n\\n'
env
"""
CONFIGURATION = """
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/pid
ErrorLog /dev/stderr
LogLevel warn auth_openidc:info
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
ScriptSock {folder}/cgid
ScriptAlias / {folder}/page/

OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {app.id}
OIDCClientSecret {app.secret}
OIDCProviderTokenEndpointAuth {method}
OIDCIDTokenSignedResponseAlg {algorithm}
OIDCRedirectURI {address}/in/callback
OIDCCryptoPassphrase of-the-test
OIDCPKCEMethod S256
OIDCScope "openid profile email offline_access"
OIDCRemoteUserClaim preferred_username
OIDCPassRefreshToken On
<Location /in/>
  AuthType openid-connect
  Require valid-user
</Location>
<Location /in/lee>
  AuthType openid-connect
  Require claim family_name:Lee
</Location>
<Location /in/nobody>
  AuthType openid-connect
  Require claim family_name:Nobody
</Location>

OIDCOAuthServerMetadataURL {issuer}/.well-known/oauth-authorization-server
OIDCOAuthClientID {keeper.id}
OIDCOAuthClientSecret {keeper.secret}
OIDCOAuthIntrospectionEndpointAuth {method}
OIDCOAuthRemoteUserClaim sub
# Each call asks again.
OIDCOAuthTokenIntrospectionInterval -1
<Location /api/>
  AuthType oauth20
  Require claim "scope~(^| )orders:read( |$)"
</Location>
"""


class Apache:
    def __init__(self, port, **settings):
        self.port = port
        self.folder = tempfile.TemporaryDirectory(prefix="authd-apache-")
        os.chmod(self.folder.name, 0o755)
        text = "".join("LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n" % (name, name)
                       for name in MODULES)
        if os.geteuid() == 0:
            text += "User www-data\nGroup www-data\n"
        text += CONFIGURATION.format(folder=self.folder.name, port=port, **settings)
        self.put("main.conf", text)
        self.put("page", PAGE, 0o755)
        self.log = open(self.path("log"), "w+b")
        self.process = subprocess.Popen(
            ["apache2", "-D", "FOREGROUND", "-f", self.path("main.conf")],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd=self.folder.name,
            env=clean_environment(PATH=os.environ["PATH"] + ":/usr/sbin"))
        try:
            wait_until(self.is_up, "Apache to start")
        except AssertionError:
            self.stop()
            raise

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def put(self, name, text, mode=0o644):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(self.path(name), mode)

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError("it ended: " + self.log_text())
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def log_text(self):
        return os.pread(self.log.fileno(), 1 << 20, 0).decode("utf-8", "replace")

    def stop(self):
        stop_process(self.process)
        self.log.close()
        self.folder.cleanup()


class Visitor:
    """A browser at Apache and at authd, each with its cookies."""

    def __init__(self, case, login=None):
        self.case = case
        self.authd = Browser(case.server)
        self.cookies = {}
        self.login = login
        self.asked = []  # the pages of authd that were shown

    def get(self, path, **headers):
        """One request to Apache, as the navigation of a browser: other requests get a 401."""
        connection = http.client.HTTPConnection("127.0.0.1", self.case.apache.port,
                                                timeout=DEADLINE)
        cookies = "; ".join("%s=%s" % pair for pair in self.cookies.items())
        try:
            connection.request("GET", path, headers={
                "Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document",
                **({"Cookie": cookies} if cookies else {}), **headers})
            response = connection.getresponse()
            reply = Reply(response.status, response.headers, response.read())
        finally:
            connection.close()
        for line in reply.headers.get_all("Set-Cookie") or []:
            for name, morsel in http.cookies.SimpleCookie(line).items():
                self.cookies[name] = morsel.value
                if not morsel.value or "1970" in morsel["expires"]:
                    del self.cookies[name]
        return reply

    def visit(self, path):
        """Goes where the redirects lead, and does what a person does on the pages of authd."""
        reply = self.get(path)
        for _ in range(20):
            if reply.status not in (302, 303):
                return reply
            address = reply.headers["Location"]
            if address.startswith(self.case.address):
                reply = self.get(address[len(self.case.address):])
                continue
            self.case.assertTrue(address.startswith(self.case.issuer), address)
            page = path_of(reply)
            if page.startswith("/signin?"):
                self.asked.append("signin")
                self.authd.sign_in(self.login)
                page = query_of(page)["return_to"]
            elif page.startswith("/consent?"):
                self.asked.append("consent")
                answer = self.authd.post("/api/v1/oauth/requests/" + query_of(page)["request"],
                                         {"decision": "allow"})
                page = answer.json["redirect_to"]
            reply = self.authd.get(page)
        raise AssertionError("the redirects do not end")

    def environment(self, path):
        """What the application at this path is told; the person has to get there."""
        reply = self.visit(path)
        self.case.assertEqual(reply.status, 200, self.case.apache.log_text()[-3000:])
        return dict(line.split("=", 1) for line in reply.body.decode().splitlines()
                    if "=" in line)


class ApacheCase(ServerCase):
    METHOD = "client_secret_basic"
    ALGORITHM = "RS256"

    @classmethod
    def setUpClass(cls):
        port, app_port = reserve_port(), reserve_port()
        cls.issuer = "http://127.0.0.1:%d" % port
        cls.address = "http://127.0.0.1:%d" % app_port
        cls.server = Server("--server.public-url", cls.issuer, listen="127.0.0.1:%d" % port)
        cls.addClassCleanup(cls.server.__exit__, None)
        cls.server.sign_up("ann", email="ann@example.org", first_name="Ann", last_name="Lee")
        cls.server.command("resource", "add", API, "Orders", "--scope", "orders:read", "--scope",
                           "orders:write")
        cls.app = RelyingParty(
            cls.server, "Apache", "--auth-method", cls.METHOD, "--set",
            "id_token_signed_response_alg=" + cls.ALGORITHM,
            "--post-logout-redirect-uri", cls.address + "/bye",
            redirect=cls.address + "/in/callback")
        cls.keeper = RelyingParty(cls.server, "Keeper", "--auth-method", cls.METHOD, "--set",
                                  "audiences=" + API, redirect=None)
        cls.apache = Apache(app_port, issuer=cls.issuer, address=cls.address, app=cls.app,
                            keeper=cls.keeper, method=cls.METHOD, algorithm=cls.ALGORITHM)
        cls.addClassCleanup(cls.apache.stop)

    @classmethod
    def tearDownClass(cls):
        pass  # the clean-ups do it


class Application(ApacheCase):
    def test_a_protected_page_leads_through_the_sign_in_and_knows_the_person(self):
        ann = Visitor(self, "ann")
        told = ann.environment("/in/page?a=b")
        self.assertEqual(ann.asked, ["signin", "consent"])
        self.assertEqual(told["REQUEST_URI"], "/in/page?a=b")
        self.assertEqual(told["REMOTE_USER"], "ann")
        self.assertEqual(told["AUTH_TYPE"], "openid-connect")
        self.assertEqual(told["OIDC_CLAIM_iss"], self.issuer)
        self.assertEqual(told["OIDC_CLAIM_sub"],
                         self.server.log_in("ann").json["user"]["subject"])
        self.assertEqual(told["OIDC_CLAIM_aud"], self.app.id)
        self.assertEqual(told["OIDC_CLAIM_name"], "Ann Lee")
        self.assertEqual(told["OIDC_CLAIM_email"], "ann@example.org")
        self.assertTrue(told["OIDC_access_token"])
        self.assertTrue(told["OIDC_refresh_token"])
        # From then on Apache remembers the person, and for others authd does.
        self.assertEqual(ann.environment("/in/other")["REMOTE_USER"], "ann")
        ann.cookies.clear()
        self.assertEqual(ann.environment("/in/other")["REMOTE_USER"], "ann")
        self.assertEqual(ann.asked, ["signin", "consent"])

    def test_claims_decide_who_may_enter(self):
        ann = Visitor(self, "ann")
        self.assertEqual(ann.environment("/in/lee")["REMOTE_USER"], "ann")
        self.assertEqual(ann.visit("/in/nobody").status, 401)

    def test_signing_out_there_ends_the_session_here(self):
        ann = Visitor(self, "ann")
        token = ann.environment("/in/page")["OIDC_access_token"]
        after = urllib.parse.quote(self.address + "/bye", safe="")
        reply = ann.visit("/in/callback?logout=" + after)
        self.assertEqual(reply.status, 200)
        self.assertIn(b"REQUEST_URI=/bye", reply.body)
        self.assertEqual(ann.authd.get("/api/v1/users/me").status, 401)
        asked = len(ann.asked)
        ann.environment("/in/page")
        self.assertEqual(ann.asked[asked:], ["signin"])
        self.assertTrue(token)

    def test_tokens_are_refreshed_in_the_background(self):
        ann = Visitor(self, "ann")
        before = ann.environment("/in/page")
        reply = ann.visit("/in/callback?" + urllib.parse.urlencode({
            "refresh": self.address + "/in/page", "access_token": before["OIDC_access_token"]}))
        self.assertEqual(reply.status, 200)
        after = ann.environment("/in/page")
        self.assertNotEqual(after["OIDC_access_token"], before["OIDC_access_token"])
        self.assertNotEqual(after["OIDC_refresh_token"], before["OIDC_refresh_token"])

    def test_a_person_who_refuses_does_not_get_in(self):
        self.server.sign_up("ben")
        ben = Visitor(self, "ben")
        ben.authd.sign_in("ben")
        reply = ben.authd.get(path_of(ben.get("/in/page")))
        reply = self.app.allow(ben.authd, reply, "deny")
        answer = reply.headers["Location"]
        self.assertEqual(query_of(answer)["error"], "access_denied")
        # Which error it was is not shown: 2.4.12 takes every answer with an "iss" and no code for
        # the start of a sign-in, but RFC 9207 wants it in errors as well.
        self.assertNotIn(b"REMOTE_USER", ben.get(answer[len(self.address):]).body)
        self.assertEqual(ben.get("/in/page").status, 302)


class ApplicationWithES256(Application):
    METHOD = "client_secret_post"
    ALGORITHM = "ES256"


class Api(ApacheCase):
    def call(self, token):
        headers = {"Authorization": "Bearer " + token} if token else {}
        return Visitor(self).get("/api/orders", **headers)

    def token(self, scope):
        job = RelyingParty(self.server, "Job", "--grant", "client_credentials", "--resource", API,
                           redirect=None)
        issued = job.token({"grant_type": "client_credentials", "resource": API, "scope": scope})
        self.assertEqual(issued.status, 200, issued.body)
        return job, issued.json["access_token"]

    def opens_to(self, token, user):
        reply = self.call(token)
        self.assertEqual(reply.status, 200, self.apache.log_text()[-3000:])
        self.assertIn("REMOTE_USER=" + user, reply.body.decode().splitlines())

    def test_introspection_opens_an_api_to_people_until_they_sign_out(self):
        app = RelyingParty(self.server, "Shop", "--consent", "skip", "--resource", API, "--scope",
                           "openid", "--scope", "orders:read")
        browser = Browser(self.server)
        browser.sign_in("ann")
        token = app.tokens(browser, scope="openid orders:read", resource=API)["access_token"]
        self.opens_to(token, self.server.log_in("ann").json["user"]["subject"])
        self.assertEqual(browser.post("/api/v1/auth/logout").status, 200)
        self.assertEqual(self.call(token).status, 401)

    def test_introspection_opens_an_api_to_programs_until_the_token_is_revoked(self):
        job, token = self.token("orders:read")
        self.opens_to(token, job.id)
        ended = self.server.post("/oauth2/revoke", form={
            "token": token, "client_id": job.id, "client_secret": job.secret})
        self.assertEqual((ended.status, ended.json), (200, {}))
        self.assertEqual(self.call(token).status, 401)

    def test_an_api_stays_closed_to_other_scopes_and_other_tokens(self):
        self.assertIn(self.call(self.token("orders:write")[1]).status, (401, 403))
        for wrong in (None, "nothing", self.server.log_in("ann").json["access_token"]):
            self.assertEqual(self.call(wrong).status, 401)


if __name__ == "__main__":
    unittest.main()
