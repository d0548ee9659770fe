"""What the examples of the provider's operations need (openapi_world.py)."""

import base64
import hashlib
import time
import urllib.parse

from harness import basic, wait_until
from session_cookie_test import cookie_of

REDIRECT = "https://wiki.example.org/callback"
VERIFIER = "v" * 43
API = "https://api.example.org"

# The status of an example's reply, as in openapi_world.EXPECTED.
EXPECTED = {("authorize", ""): 303, ("authorize", "?response_type"): 303,
            ("authorize_by_form", "request"): 303, ("go_on_authorizing", ""): 303,
            ("log_out_by_application", ""): 303,
            ("log_out_by_application_form", "request"): 303, ("sign_in_by_form", "ann"): 303,
            ("answer_code_by_form", "code"): 303,
            ("answer_steps_by_form", "a new password"): 303, ("consent_by_form", "allow"): 303}


class ProviderWorld:
    """Methods by operationId, for a world with `root`, `ann` and `server`."""

    program = None  # the client of the next request; None: a new one

    def client(self):
        if self.program:
            given, self.program = self.program, None
            return given
        made = self.made_client()
        return made["client_id"], made["client_secret"]

    def made_client(self, **members):
        return self.call("POST", "admin/clients", {"name": "asks", **members}, self.root)

    def application(self, **members):
        return self.made_client(redirect_uris=[REDIRECT], **members)

    def origin(self):
        return {"Origin": self.server.get("/.well-known/openid-configuration").json["issuer"]}

    def browser(self):
        """The headers of a browser in which ann is signed in, and its CSRF token."""
        reply = self.server.post("/api/v1/auth/login", {"login": self.email, "password":
                                                        self.password},
                                 headers={"X-Authd-Session": "cookie"})
        return ({"Cookie": "authd_session=" + cookie_of(reply).value}, reply.json["csrf_token"])

    def parameters(self, client, **more):
        challenge = hashlib.sha256(VERIFIER.encode()).digest()
        return {"client_id": client["client_id"], "response_type": "code",
                "redirect_uri": REDIRECT, "scope": "openid email",
                "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
                "code_challenge_method": "S256", **more}

    def asked(self, headers=None, **members):
        """Where the browser is sent by an application's request."""
        query = urllib.parse.urlencode(self.parameters(self.application(**members)))
        reply = self.server.get("/oauth2/authorize?" + query, headers=headers)
        return urllib.parse.parse_qs(urllib.parse.urlsplit(reply.headers["Location"]).query)

    def carried(self):
        return self.asked()["return_to"][0].rsplit("/", 1)[1]

    def exchanged(self, **members):
        """A client, and the tokens that it has for ann."""
        made = self.application(consent="skip", **members)
        query = urllib.parse.urlencode(self.parameters(made, scope="openid email offline_access"))
        reply = self.server.get("/oauth2/authorize?" + query, headers=self.browser()[0])
        answer = urllib.parse.parse_qs(urllib.parse.urlsplit(reply.headers["Location"]).query)
        tokens = self.server.post("/oauth2/token", form={
            "grant_type": "authorization_code", "code": answer["code"][0],
            "redirect_uri": REDIRECT, "code_verifier": VERIFIER},
            headers=basic(made["client_id"], made["client_secret"]))
        assert tokens.status == 200, tokens.body
        return made, tokens.json

    def authorize(self, _):
        return {"client_id": self.application()["client_id"]}

    def go_on_authorizing(self, _):
        return {"request": self.carried()}

    show_request = answer_request = go_on_authorizing

    def sign_in_by_form(self, _):
        return {"login": self.email, "password": self.password, "headers": self.origin()}

    def answer_code_by_form(self, _):
        return {**self.answer_mfa(_), "headers": self.origin()}

    def answer_steps_by_form(self, _):
        return {**self.answer_steps(_), "headers": self.origin()}

    def consent_by_form(self, _):
        cookie, csrf = self.browser()
        return {"request": self.asked(cookie)["request"][0], "csrf_token": csrf,
                "headers": {**cookie, **self.origin()}}

    def device(self):
        """A client for devices, and the codes of a device that asks for ann."""
        made = self.made_client(grant_types=["device_code", "refresh_token"])
        codes = self.server.post("/oauth2/device_authorization", form={"scope": "openid profile"},
                                 headers=basic(made["client_id"], made["client_secret"]))
        assert codes.status == 200, codes.body
        return made, codes.json

    def push_request(self, _):
        made = self.application()
        self.program = (made["client_id"], made["client_secret"])

    def authorize_device(self, _):
        made, _ = self.device()
        self.program = (made["client_id"], made["client_secret"])

    def show_device(self, _):
        return {"user_code": self.device()[1]["user_code"]}

    answer_device = show_device

    def device_by_form(self, _):
        cookie, csrf = self.browser()
        return {"user_code": self.device()[1]["user_code"], "csrf_token": csrf,
                "headers": {**cookie, **self.origin()}}

    def end_my_grant(self, _):
        self.exchanged()
        grants = self.call("GET", "users/me/grants", token=self.ann["access_token"])["grants"]
        return {"id": grants[0]["id"]}

    def withdraw_my_consent(self, _):
        made, _ = self.exchanged()
        return {"client": made["client_id"]}

    def issue_tokens(self, example):
        if example == "refresh":
            made, tokens = self.exchanged()
            self.program = (made["client_id"], made["client_secret"])
            return {"refresh_token": tokens["refresh_token"]}
        if example == "device":
            made, codes = self.device()
            self.program = (made["client_id"], made["client_secret"])
            self.call("POST", "oauth/device/answer",
                      {"user_code": codes["user_code"], "decision": "allow"},
                      self.ann["access_token"], status=204)
            return {"device_code": codes["device_code"]}
        if example == "exchange":
            return self.exchange()
        made = self.application(consent="skip")
        self.program = (made["client_id"], made["client_secret"])
        query = urllib.parse.urlencode(self.parameters(made))
        reply = self.server.get("/oauth2/authorize?" + query, headers=self.browser()[0])
        answer = urllib.parse.parse_qs(urllib.parse.urlsplit(reply.headers["Location"]).query)
        return {"code": answer["code"][0], "code_verifier": VERIFIER}

    def exchange(self):
        """What a gateway sends that has got the token of a program."""
        orders, stock = self.resource(), self.resource()
        job = self.made_client(grant_types=["client_credentials"], resources=[orders])
        tokens = self.server.post("/oauth2/token", form={
            "grant_type": "client_credentials", "resource": orders},
            headers=basic(job["client_id"], job["client_secret"]))
        assert tokens.status == 200, tokens.body
        gateway = self.made_client(grant_types=["token_exchange"], audiences=[orders],
                                   resources=[stock])
        self.program = (gateway["client_id"], gateway["client_secret"])
        return {"subject_token": tokens.json["access_token"], "resource": stock}

    def show_userinfo(self, _):
        return {"bearer": self.exchanged()[1]["access_token"]}

    def show_userinfo_by_form(self, example):
        token = self.exchanged()[1]["access_token"]
        return {"access_token": token, "bearer": None if example else token}

    def show_registration(self, _):
        """Of a client that registered itself."""
        reply = self.server.post("/oauth2/register", {"redirect_uris": [REDIRECT]})
        assert reply.status == 201, reply.body
        made = reply.json
        return {"client": made["client_id"], "client_id": made["client_id"],
                "bearer": made["registration_access_token"]}

    change_registration = delete_registration = show_registration

    def show_client(self, _):
        return {"id": self.application()["client_id"]}

    change_client = show_client

    def preview_client(self, _):
        return {**self.show_client(_), "user": str(self.ann["user"]["id"])}

    list_client_logouts = show_client
    show_client_activity = show_client

    def retry_client_logout(self, _):
        """Of a client where nobody answers."""
        made, _ = self.exchanged(backchannel_logout_uri="http://127.0.0.1:9/")
        self.call("POST", "admin/users/%d/logout" % self.ann["user"]["id"], token=self.root)
        path = "admin/clients/%s/logouts" % made["client_id"]
        waiting = wait_until(lambda: self.call("GET", path, token=self.root)["logouts"],
                             "a sign-out that an application is told of")
        return {"id": made["client_id"], "logout": waiting[0]["id"]}

    def add_client_secret(self, _):
        return {"id": self.application()["client_id"]}

    def revoke_client_secret(self, _):
        made = self.application()
        self.call("POST", "admin/clients/%s/secrets" % made["client_id"], {}, self.root)
        return {"id": made["client_id"], "secret": made["secrets"][0]["id"]}

    def resource(self):
        """A new one: examples before may have left theirs."""
        name = API + "/%d" % time.monotonic_ns()
        self.call("POST", "admin/resources", {"identifier": name, "name": "Orders"}, self.root)
        return name

    def change_resource(self, _):
        return {"identifier": self.resource()}

    remove_resource = change_resource

    def revoke_registration_token(self, _):
        made = self.call("POST", "admin/registration-tokens", {"name": "build"}, self.root)
        return {"id": made["id"]}

    def replica_settings(self, _):
        """As a client that may copy this server, which came by https."""
        made = self.call("POST", "admin/clients", {"name": "Sidecar", "replica": True}, self.root)
        return {"client": (made["client_id"], made["client_secret"]),
                "headers": {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}}

    replica_records = replica_settings
    replica_activity = replica_settings

    def replica_changes(self, _):
        live = self.replica_settings(_)
        page = self.server.get("/api/v1/replica/records", headers={
            **live["headers"], **basic(*live["client"])}).body
        return {**live, "after": "%d-%s" % (int.from_bytes(page[13:21], "big"), page[21:37].hex())}

    def webhook(self):
        """A new one, at an address where nobody answers."""
        made = self.call("POST", "admin/webhooks", {"url": "https://events.example/"}, self.root)
        return {"id": made["id"]}

    def show_webhook(self, _):
        return self.webhook()

    change_webhook = show_webhook
    remove_webhook = show_webhook
    rotate_webhook = show_webhook
    test_webhook = show_webhook
    list_webhook_deliveries = show_webhook
    retry_webhook = show_webhook
    replay_webhook = show_webhook
