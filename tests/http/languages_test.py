"""Languages: which one a page, a person and a mail have."""
import email
import email.policy
import json
import pathlib
import tempfile
import unittest

from harness import Server, ServerCase, wait_until
from smtp_server import SmtpServer

ME = "/api/v1/users/me"
GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.1"}
HOSTILE = ("xx", "de-DE", "../../etc/passwd", "<script>", "de\n", "d" * 36, "zh-TW", "\u0000", 7,
           ["de"])


class Mailing(unittest.TestCase):
    """A server whose mails a real SMTP server takes."""

    @classmethod
    def setUpClass(cls):
        cls.smtp = SmtpServer()
        cls.addClassCleanup(cls.smtp.__exit__)
        cls.environment = {"AUTHD_MAIL_URL": "smtp://127.0.0.1:%d" % cls.smtp.port,
                           "AUTHD_MAIL_STARTTLS": "optional",
                           "AUTHD_MAIL_FROM": "authd@example.org"}
        cls.server = Server(environment=cls.environment)
        cls.addClassCleanup(cls.server.__exit__, None)

    def sign_up(self, name, headers=None, **fields):
        body = {"username": name, "email": name + "@example.org", "password": "correct horse 1"}
        reply = self.server.post("/api/v1/auth/signup", {**body, **fields}, headers=headers)
        self.assertEqual(reply.status, 201, reply.body)
        return reply.json

    def mail_to(self, name, subject):
        def found():
            for envelope in list(self.smtp.received):
                message = email.message_from_bytes(envelope.content, policy=email.policy.default)
                if envelope.rcpt_tos == [name + "@example.org"] and message["Subject"] == subject:
                    return message
            return None
        message = wait_until(found, "the mail \"%s\" to %s" % (subject, name))
        text, html = message.iter_parts()
        return text.get_content(), html.get_content()

    def forgot(self, name, headers=None):
        self.assertEqual(self.server.post("/api/v1/auth/password/forgot",
                                          {"email": name + "@example.org"}, headers=headers).status,
                         200)

    def set_locale(self, name, locale):
        self.server.command("user", "set", name, "--locale", locale)

    def test_a_mail_has_the_language_of_the_sign_up(self):
        person = self.sign_up("anna", GERMAN)
        self.assertEqual(person["user"]["locale"], "de")
        text, html = self.mail_to("anna", "Bestätigen Sie Ihre Adresse für authd")
        self.assertIn("Guten Tag anna,", text)
        self.assertIn("läuft nach 24 Stunden ab", text)
        self.assertIn('<html lang="de" dir="ltr">', html)
        self.assertIn("Adresse bestätigen</a>", html)
        # Whoever asks for a new password speaks another language than the person.
        self.forgot("anna", {"Accept-Language": "en"})
        self.mail_to("anna", "Legen Sie ein neues Passwort für authd fest")

    def test_the_choice_on_the_pages_counts_before_the_header(self):
        person = self.sign_up("berta", {**GERMAN, "Cookie": "authd_ui=theme:dark_lang:en"})
        self.assertEqual(person["user"]["locale"], "en")
        self.mail_to("berta", "Confirm your address for authd")

    def test_without_a_language_the_request_counts_and_then_the_configuration(self):
        person = self.sign_up("carla", {"Accept-Language": "sv"})
        self.assertIsNone(person["user"]["locale"])
        self.mail_to("carla", "Confirm your address for authd")
        self.forgot("carla", GERMAN)
        self.mail_to("carla", "Legen Sie ein neues Passwort für authd fest")

    def test_a_person_changes_the_language(self):
        person = self.sign_up("dora")
        token = person["access_token"]
        self.assertIsNone(person["user"]["locale"])
        for locale, stored in (("de", "de"), ("PT-br", "pt-BR"), ("zh-hans", "zh-Hans"),
                               ("", None), ("de", "de"), (None, None), ("de", "de")):
            reply = self.server.request("PATCH", ME, {"locale": locale}, token=token)
            self.assertEqual((reply.status, reply.json.get("locale")), (200, stored))
        self.assertEqual(self.server.me(token).json["locale"], "de")
        self.forgot("dora")
        self.mail_to("dora", "Legen Sie ein neues Passwort für authd fest")

    def test_no_other_text_is_a_language(self):
        token = self.sign_up("emil", GERMAN)["access_token"]
        for hostile in HOSTILE:
            reply = self.server.request("PATCH", ME, {"locale": hostile}, token=token)
            self.assertEqual((reply.status, reply.json["field"]), (422, "locale"), hostile)
            body = {"username": "nobody", "password": "correct horse 1", "locale": hostile}
            self.assertEqual(self.server.post("/api/v1/auth/signup", body).status, 422, hostile)
        self.assertEqual(self.server.me(token).json["locale"], "de")
        done = self.server.command("user", "set", "emil", "--locale", "xx", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("locale is one of en, de, fr,", done.err)

    def test_a_header_of_any_kind_gets_an_answer(self):
        for header in ("de;q=0", "*", "de;q=1e400", "x" * 4000, "de," * 1000, ";;;,,,", "-",
                       "de;q=0.5;q=0.1"):
            reply = self.server.get("/signin", headers={"Accept-Language": header})
            self.assertEqual(reply.status, 200, header)
            self.assertIn(b"<html lang=", reply.body)

    def test_an_administrator_speaks_for_nobody_else(self):
        self.sign_up("frida", {"Accept-Language": "sv"})
        self.server.command("user", "add", "boss", "--admin", "--locale", "de",
                            stdin="correct horse 2\n")
        token = self.server.log_in("boss", "correct horse 2").json["access_token"]
        found = self.server.get("/api/v1/admin/users?q=frida", token=token).json["users"][0]
        base = "/api/v1/admin/users/%d" % found["id"]
        done = self.server.post(base + "/disable", {}, token=token, headers=GERMAN)
        self.assertLess(done.status, 300, done.body)
        self.mail_to("frida", "Your account at authd was disabled")
        reply = self.server.request("PATCH", base, {"locale": "de"}, token=token)
        self.assertEqual(reply.json["locale"], "de")

    def test_an_address_that_has_an_account_gets_the_words_of_its_owner(self):
        self.sign_up("gerda", GERMAN)
        with Server(environment={**self.environment,
                                 "AUTHD_SIGNUP_REQUIRE_VERIFIED_EMAIL": "true"}) as strict:
            for name, headers in (("hanna", GERMAN), ("hanna2", {"Accept-Language": "en"})):
                body = {"username": name, "email": "hanna@example.org",
                        "password": "correct horse 1"}
                self.assertEqual(strict.post("/api/v1/auth/signup", body, headers=headers).status,
                                 201)
            self.mail_to("hanna", "Sie haben schon ein Konto bei authd")

    def test_the_language_is_in_personal_data_and_survives_a_move(self):
        token = self.sign_up("ida", GERMAN)["access_token"]
        own = self.server.get(ME + "/export", token=token)
        self.assertEqual((own.status, own.json["user"]["locale"]), (200, "de"))
        with tempfile.TemporaryDirectory() as directory:
            file = pathlib.Path(directory, "users.jsonl")
            file.write_text(self.server.command("export").out, encoding="utf-8")
            table = pathlib.Path(directory, "users.csv")
            table.write_text("username,language\njan,de_AT.UTF-8\npaulo,pt\nlei,zh-TW\n",
                             encoding="utf-8")
            with Server() as other:
                other.command("import", str(file), "--allow-admin")
                other.command("import", str(table))
                found = {name: json.loads(other.command("user", "show", name, "--json").out)
                         for name in ("ida", "jan", "paulo", "lei")}
        self.assertEqual({name: user["locale"] for name, user in found.items()},
                         {"ida": "de", "jan": "de", "paulo": "pt-BR", "lei": None})


class Configured(ServerCase):
    FLAGS = ("--branding.language", "de")

    def test_the_configured_language_is_for_people_who_ask_for_none_that_there_is(self):
        for header, tag in ((None, b"de"), ("sv", b"de"), ("en", b"en"), ("sv, en;q=0.2", b"en")):
            headers = {"Accept-Language": header} if header else {}
            page = self.server.get("/signin", headers=headers)
            self.assertIn(b'<html lang="' + tag + b'" dir="ltr"', page.body)

    def test_a_page_without_scripts_refuses_in_its_language(self):
        # As a browser that does not tell the origin.
        page = self.server.post("/signin", form={"login": "nobody", "password": "wrong"}, headers={
            "Origin": "null", "Sec-Fetch-Site": "same-origin"})
        self.assertEqual(page.status, 401)
        texts = json.loads(self.server.get("/ui/de.json").body)
        self.assertIn(texts["error.invalid_credentials"].encode(), page.body)

    def test_discovery_names_the_languages(self):
        found = self.server.get("/.well-known/openid-configuration").json
        self.assertLessEqual({"en", "de"}, set(found["ui_locales_supported"]))
        self.assertIn("locale", found["claims_supported"])


if __name__ == "__main__":
    unittest.main()
