"""What the examples of /openapi.json need: for each operation, values from a running server for
those whose form alone an example can show (tokens, codes, ids)."""

import base64
import email
import email.policy
import hashlib
import hmac
import os
import re
import struct
import tempfile
import time
import urllib.parse

from authenticator import Authenticator
from harness import Server, wait_until
from openapi_provider import EXPECTED as PROVIDER_EXPECTED
from openapi_provider import ProviderWorld
from openid import Browser, HostileProvider, settings

PASSWORD = "correct horse 1"
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mM44OAAAAMEAUGnP7iAAAAAAElFTkSuQmCC")
# in the examples; on the running server each ann has her own address
EMAIL = "ann@example.org"

# The status of an example's reply, if it is not the first status in the document.
EXPECTED = {("begin_federation", "?redirect"): 302, ("oauthapp_google", ""): 302,
            ("finish_federation_by_form", "code"): 303,
            ("show_probe", ""): 404,  # only the doctor has a token
            ("begin_set_up_by_passkey", "names"): 401,  # the server is set up by then
            **PROVIDER_EXPECTED}

# Operations for administrators whose tag does not say so.
ADMINISTRATION = ("list_all_api_keys", "list_user_api_keys", "revoke_user_api_key")


def totp(secret, later=0):
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30 + later),
                      hashlib.sha1).digest()
    at = digest[-1] & 15
    return "%06d" % ((struct.unpack(">I", digest[at:at + 4])[0] & 0x7FFFFFFF) % 1000000)


class World(ProviderWorld):
    """A server with an administrator and, before each example, ann, who has just signed up."""

    password = PASSWORD

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="authd-test-")
        self.mails = os.path.join(self.folder.name, "mails")  # a symlink, so it can dangle
        os.mkdir(self.mails + ".d")
        self.lead_mails_to(self.mails + ".d")
        self.provider = HostileProvider()
        # Each example has another ann, and the one before was deleted.
        self.server = Server("--mail.url", "file:" + self.mails,
                             "--signup.username-retention", "0s",
                             "--provider.registration", "open",
                             "--server.trusted-proxies", "127.0.0.1",
                             environment={**settings("example", self.provider.issuer, "me",
                                                     "secret"),
                                          **settings("google", self.provider.issuer, "me",
                                                     "secret")})
        self.setup_token = re.search(r"token=([A-Za-z0-9_-]{43})", wait_until(
            lambda: "token=" in self.server.log_text() and self.server.log_text(),
            "the link of the first administrator"))[1]
        self.has_root = False
        self.used = set()
        self.count = 0

    def __enter__(self):
        return self

    def __exit__(self, *failed):
        self.provider.stop()
        self.server.__exit__(*failed)
        self.folder.cleanup()

    def call(self, method, path, body=None, token=None, status=None):
        reply = self.server.request(method, "/api/v1/" + path, body, token=token)
        assert reply.status in ([status] if status
                                else [200, 201, 204]), (path, reply.status, reply.body)
        return reply.json if reply.body else None

    def begin(self):
        """Starts over; the example of set_up creates the administrator, so it has to come first."""
        if not self.has_root:
            return
        for user in self.call("GET", "admin/users", token=self.root)["users"]:
            if user["username"] != "root":
                self.call("DELETE", "admin/users/%d" % user["id"], token=self.root)
        self.lead_mails_to(self.mails + ".d")
        self.count += 1
        self.email = "ann.%d@example.org" % self.count

    def prepare(self, operation, example):
        """The real values by field and parameter name, and "headers", "query" and "signed in"."""
        prepared = getattr(self, operation, None)
        if operation == "set_up":
            return {"token": self.setup_token}
        if not self.has_root:
            self.server.command("user", "add", "--username", "root", "--admin",
                                stdin=PASSWORD + "\n")
            self.root = self.server.log_in("root", PASSWORD).json["access_token"]
            self.has_root = True
            self.begin()
        if operation != "sign_up":
            self.ann = self.call("POST", "auth/signup",
                                 {"username": "ann", "email": self.email, "password": PASSWORD})
        return (prepared(example) if prepared else None) or {}

    def lead_mails_to(self, place):
        """Atomically: the server would create a directory that is missing for a moment."""
        os.symlink(place, self.mails + ".next")
        os.rename(self.mails + ".next", self.mails)

    def alive(self, value):
        return self.email if value == EMAIL else value

    def expected(self, operation, example):
        self.used.add((operation["operationId"], example))
        told = EXPECTED.get((operation["operationId"], example))
        return told or int(next(s for s in operation["responses"] if s < "300"))

    def assert_all_were_used(self):
        assert set(EXPECTED) <= self.used

    def token(self, operation):
        if operation["operationId"] in ADMINISTRATION:
            return self.root
        return self.root if operation["tags"][0].startswith("Administration") else self.ann[
            "access_token"]

    def mail(self, subject, to=None):
        def look():
            for name in os.listdir(self.mails):
                if not name.endswith(".eml"):
                    continue
                with open(os.path.join(self.mails, name), "rb") as f:
                    mail = email.message_from_bytes(f.read(), policy=email.policy.default)
                if mail["To"] == (to or self.email) and subject in mail["Subject"].lower():
                    return mail.get_body(("plain",)).get_content()
            return None
        return wait_until(look, "a mail about " + subject)

    def link(self, subject):
        return re.search(r"token=([A-Za-z0-9_-]{43})\b", self.mail(subject))[1]

    def second_factor(self, tokens):
        secret = self.call("POST", "users/me/mfa/totp", token=tokens["access_token"])["secret"]
        self.call("POST", "users/me/mfa/totp/confirm", {"code": totp(secret)},
                  tokens["access_token"])
        return secret

    # By operationId.

    def log_in(self, example):
        if "second factor" in example:
            tom = self.call("POST", "auth/signup", {"username": "tom", "password": PASSWORD})
            return {"mfa_code": totp(self.second_factor(tom), 1)}
        return {}

    def answer_mfa(self, _):
        secret = self.second_factor(self.ann)
        waits = self.call("POST", "auth/login", {"login": "ann", "password": PASSWORD})
        return {"mfa_token": waits["mfa_token"], "code": totp(secret, 1)}

    def answer_steps(self, _):
        self.call("PATCH", "admin/users/%d" % self.ann["user"]["id"],
                  {"must_change_password": True}, self.root)
        waits = self.call("POST", "auth/login", {"login": "ann", "password": PASSWORD})
        return {"step_token": waits["step_token"]}

    def refresh(self, _):
        return {"refresh_token": self.ann["refresh_token"]}

    def log_out(self, example):
        return {"refresh_token": self.ann["refresh_token"], "signed in": not example}

    def reset_password(self, _):
        self.call("POST", "auth/password/forgot", {"email": self.email})
        return {"token": self.link("new password")}

    def verify_email(self, _):
        return {"token": self.link("confirm")}

    show_email_link = verify_email

    def stop_email_change(self, _):
        self.call("POST", "auth/email/change", {"new_email": "ann@example.net"},
                  self.ann["access_token"])
        return {"token": self.link("was requested")}

    def verify_code(self, _):
        self.call("POST", "auth/otp/send", {"email": self.email})
        return {"code": re.search(r"\b\d{6}\b", self.mail("code"))[0]}

    def verify_magic_link(self, _):
        binding = self.call("POST", "auth/magic-link", {"email": self.email})["binding"]
        return {"binding": binding, "token": self.link("login link")}

    def authenticator(self):
        return Authenticator(self.server.get("/.well-known/webauthn").json["origins"][0])

    def passkey(self):
        """One of ann's: the authenticator, and what the server shows of it."""
        key = self.authenticator()
        made = self.call("POST", "users/me/passkeys",
                         {"name": "Phone", "response": self.add_my_passkey("", key)["response"]},
                         self.ann["access_token"])
        return key, made

    def add_my_passkey(self, _, key=None):
        options = self.call("POST", "users/me/passkeys/options", token=self.ann["access_token"])
        return {"response": (key or self.authenticator()).create(options)}

    def log_in_by_passkey(self, _):
        key, _ = self.passkey()
        return {"response": key.get(self.call("POST", "auth/passkey/options"))}

    def enroll_token(self):
        link = self.call("POST", "admin/users/%d/enroll-link" % self.ann["user"]["id"], {},
                         self.root, status=201)
        return link["token"]

    def begin_enrolment(self, _):
        return {"token": self.enroll_token()}

    def enroll(self, _):
        token = self.enroll_token()
        options = self.call("POST", "auth/passkey/enroll/options", {"token": token})
        return {"token": token, "response": self.authenticator().create(options)}

    def recover_by_code(self, _):
        names = {"username": "kim"}
        options = self.call("POST", "auth/signup/passkey/options", names)
        made = self.call("POST", "auth/signup",
                         {**names, "passkey": self.authenticator().create(options)})
        return {"code": made["recovery_codes"][0]}

    def begin_passkey_factor(self, _):
        self.second_factor(self.ann)
        self.passkey()
        waits = self.call("POST", "auth/login", {"login": "ann", "password": PASSWORD})
        return {"mfa_token": waits["mfa_token"]}

    def begin_passkey_proof(self, _):
        self.passkey()

    def rename_my_passkey(self, _):
        return {"passkey": self.passkey()[1]["id"]}

    remove_my_passkey = rename_my_passkey

    def remove_user_passkey(self, _):
        return {**self.rename_my_passkey(_), **self.of_ann(_)}

    def confirm_totp(self, _):
        return {"code": totp(self.call("POST", "users/me/mfa/totp",
                                       token=self.ann["access_token"])["secret"])}

    def remove_totp(self, _):
        self.second_factor(self.ann)

    renew_recovery_codes = remove_totp

    def begin_federation(self, example):
        return {"signed in": bool(example)}

    def finish_federation(self, _, token=None):
        browser = Browser(self.server)
        target = self.provider.come_back(browser.start("example", token))
        cookies = "; ".join("%s=%s" % pair for pair in browser.cookies.items())
        query = dict(pair.split("=") for pair in target.split("?")[1].split("&"))
        return {"headers": {"Cookie": cookies}, "query": query}

    def unlink_identity(self, _):
        token = self.ann["access_token"]
        browser = Browser(self.server)
        linked = browser.get(self.provider.come_back(browser.start("example", token)))
        assert "linked" in linked.json, linked.body

    def unlink_user_identity(self, _):
        self.unlink_identity(_)
        return self.of_ann(_)

    def end_user_grant(self, _):
        return {"grant": self.end_my_grant(_)["id"], **self.of_ann(_)}

    def end_my_session(self, _):
        sessions = self.call("GET", "users/me/sessions", token=self.ann["access_token"])["sessions"]
        return {"id": sessions[0]["id"]}

    end_any_session = end_my_session

    def forget_my_device(self, _):
        devices = self.call("GET", "users/me/devices", token=self.ann["access_token"])["devices"]
        return {"device": devices[0]["id"]}

    def forget_user_device(self, _):
        return {**self.forget_my_device(_), **self.of_ann(_)}

    def of_ann(self, _):
        return {"id": self.ann["user"]["id"]}

    list_user_api_keys = list_user_passkeys = show_user = change_user = remove_user = of_ann
    list_user_devices = forget_user_devices = of_ann
    make_enroll_link = show_user_access = list_user_identities = list_user_grants = of_ann
    disable_user = enable_user = log_user_out = of_ann
    unlock_user = send_reset = reset_user_mfa = list_user_sessions = grant_user_role = of_ann

    def revoke_user_role(self, _):
        self.call("PUT", "admin/users/%d/roles/admin" % self.ann["user"]["id"], token=self.root)
        return self.of_ann(_)

    def remove_client(self, _):
        return {"id": self.client()[0]}

    put_client = remove_client

    def put_resource(self, _):
        return self.change_resource(_)

    def invitation(self):
        return self.call("POST", "admin/invitations", {}, self.root)

    def add_invitation(self, example):
        if example == "for one person":
            return {"email": "invited." + self.email, "roles": ["user"]}
        return {}

    def add_invitations(self, _):
        return {"emails": ["first." + self.email, "second." + self.email], "roles": ["user"]}

    def show_invitation(self, _):
        return {"token": self.invitation()["url"].partition("token=")[2]}

    def revoke_invitation(self, _):
        return {"id": self.invitation()["id"]}

    def retry_mail(self, _):
        """A mail that waits, since it cannot be stored anywhere."""
        self.lead_mails_to(self.mails + ".nowhere")
        self.call("POST", "auth/password/forgot", {"email": self.email})
        # Not a sign-up mail: many of those may still be on their way to the previous place.
        mails = self.call("GET", "admin/mail?limit=500", token=self.root)["mails"]
        return {"id": next(mail["id"] for mail in mails if mail["to"] == self.email and mail["kind"]
                           == "reset_password")}

    purge_mail = retry_mail

    def put_my_avatar(self, _):
        return {"image": PIXEL}

    def get_my_avatar(self, _):
        self.call("PUT", "users/me/avatar", {"image": PIXEL}, self.ann["access_token"])

    remove_user_avatar = of_ann

    def put_client_logo(self, _):
        return {"id": self.client()[0], "image": PIXEL}

    def show_client_logo(self, _):
        """Of a client that has one."""
        client = self.client()[0]
        self.call("PUT", "admin/clients/%s/logo" % client, {"image": PIXEL}, self.root)
        return {"id": client}

    remove_client_logo = show_client_logo

    def get_avatar(self, _):
        self.get_my_avatar(_)
        return self.of_ann(_)

    def revoke_my_api_key(self, _):
        made = self.call("POST", "users/me/api-keys", {"name": "one", "scopes": ["verify"]},
                         self.ann["access_token"])
        return {"key": made["id"]}

    def revoke_my_api_keys(self, _):
        self.revoke_my_api_key(_)

    def revoke_user_api_key(self, _):
        return {**self.revoke_my_api_key(_), **self.of_ann(_)}

    def facade_validate(self, _):
        return {"token": self.ann["access_token"]}

    def compat_log_out(self, example):
        return {"token": self.ann["access_token"], "signed in": not example}

    def oauthapp_refresh(self, _):
        return {"bearer": self.ann["refresh_token"]}

    def oauthapp_verify_code(self, _):
        self.server.post("/login", {"username": "ann", "password": PASSWORD})
        self.server.post("/send-otp", {"email": self.email})
        return {"otp_code": re.search(r"\b\d{6}\b", self.mail("code"))[0]}

    def oauthapp_google_callback(self, _):
        start = self.server.get("/auth/google")
        back = self.provider.come_back(start.headers["Location"])
        return {"headers": {"Cookie": start.headers["Set-Cookie"].split(";")[0]},
                "query": dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))}

    def oauthapp_confirm(self, _):
        self.server.post("/signup",
                         {"username": "olga", "email": "olga@example.org", "password": PASSWORD})
        return {"token": re.search(r"/confirm/([A-Za-z0-9_-]{43})\b",
                                   self.mail("confirm", "olga@example.org"))[1]}

    def oauthapp_reset(self, _):
        return {"token": self.reset_password(_)["token"]}

    def oauthapp_confirm_mfa(self, _):
        return {"mfa_code": self.confirm_totp(_)["code"]}

    def introspect(self, _):
        return {"token": self.ann["access_token"]}

    def revoke(self, _):
        return {"token": self.ann["refresh_token"]}
