"""Mail with real SMTP servers that behave in different ways: what is delivered, what waits, and
what is never sent."""

import email
import email.policy
import json
import os
import re
import stat
import tempfile
import unittest
import urllib.parse

import pictures
from harness import Server, command, wait_until
from smtp_server import PASSWORD, USER, Certificates, SmtpServer

ANN = "ann@example.org"
JPEG = b"\xff\xd8\xff\xe0 and the rest, which authd does not look at"


def parsed(content):
    return email.message_from_bytes(content, policy=email.policy.default)


def url_of(smtp, scheme="smtp", login=False, host="127.0.0.1"):
    user = "%s:%s@" % (USER, urllib.parse.quote(PASSWORD, safe="")) if login else ""
    return "%s://%s%s:%d" % (scheme, user, host, smtp.port)


class MailCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keys = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.keys.cleanup)
        cls.certificates = Certificates(cls.keys.name)
        cls.tls = cls.certificates.signed("IP:127.0.0.1,IP:0.0.0.0")

    def settings(self, url, **more):
        environment = {"AUTHD_MAIL_URL": url, "AUTHD_MAIL_FROM": "Example <authd@example.org>",
                       "AUTHD_MAIL_CA_FILE": self.certificates.ca, "AUTHD_MAIL_TIMEOUT": "30s",
                       "AUTHD_BRANDING_NAME": "Example & Söhne"}
        environment.update({"AUTHD_MAIL_" + key.upper(): value for key, value in more.items()})
        return environment

    def smtp(self, **behaviour):
        server = SmtpServer(**behaviour)
        self.addCleanup(server.__exit__)
        return server

    def serve(self, url, **more):
        self.environment = self.settings(url, **more)
        self.server = Server(environment=self.environment)
        self.addCleanup(self.end, self.server)

    def end(self, server):
        log = server.log_text()
        server.__exit__(None)
        self.assertNotIn(PASSWORD, log)
        self.assertNotIn(urllib.parse.quote(PASSWORD, safe=""), log)

    def mail(self, *arguments, check=True):
        return self.server.command("mail", *arguments, check=check, env=self.environment)

    def queue(self, to=ANN):
        return json.loads(self.mail("test", to, "--queue", "--json").out)["queued"]

    def outbox(self, *flags):
        return json.loads(self.mail("list", "--json", *flags).out)["mails"]

    def wait_for_attempt(self):
        """The one mail in the outbox, after an attempt to send it has failed."""
        return wait_until(lambda: next((m for m in self.outbox() if m["attempts"]), None),
                          "an attempt")

    def wait_for_mail(self, smtp):
        wait_until(lambda: smtp.received, "the mail")
        wait_until(lambda: not self.outbox(), "the outbox to be empty")
        self.assertEqual(len(smtp.received), 1)
        return smtp.received[0]

    def metric(self, name):
        for line in self.server.get("/metrics").body.decode().splitlines():
            if line.startswith(name + " "):
                return float(line.rsplit(" ", 1)[1])
        raise AssertionError("no metric " + name)

    def send_now(self, url, to=ANN, check=False, **more):
        return command("mail", "test", to, check=check, env=self.settings(url, **more))


class Delivered(MailCase):
    def test_by_starttls_and_login(self):
        smtp = self.smtp(starttls=self.tls, auth=True)
        self.serve(url_of(smtp, login=True))
        mail_id = self.queue()
        envelope = self.wait_for_mail(smtp)
        self.assertTrue(envelope.secure)
        self.assertEqual(smtp.logins, [("PLAIN", USER, PASSWORD)])
        self.assertEqual((envelope.mail_from, envelope.rcpt_tos), ("authd@example.org", [ANN]))
        message = parsed(envelope.content)
        self.assertFalse(message.defects)
        self.assertEqual(message["Subject"], "Test mail from Example & Söhne")
        self.assertEqual(message["From"], "Example <authd@example.org>")
        self.assertEqual(message["To"], ANN)
        self.assertEqual(message["Message-ID"], "<%s@example.org>" % mail_id)
        self.assertEqual(message["Auto-Submitted"], "auto-generated")
        self.assertEqual(message.get_content_type(), "multipart/alternative")
        text, html = message.iter_parts()
        self.assertEqual((text.get_content_type(), html.get_content_type()),
                         ("text/plain", "text/html"))
        self.assertIn("Example & Söhne can send email", text.get_content())
        self.assertIn("Example &amp; Söhne can send email", html.get_content())
        self.assertEqual(self.metric("authd_mails_sent_total"), 1)

    def test_by_smtps(self):
        smtp = self.smtp(smtps=self.tls, auth=True)
        done = self.send_now(url_of(smtp, "smtps", login=True), check=True)
        self.assertIn("250 2.0.0 taken as 42", done.out)
        self.assertTrue(smtp.received)
        self.assertEqual(smtp.logins[0][1:], (USER, PASSWORD))

    def test_to_an_internationalised_address(self):
        smtp = self.smtp(starttls=self.tls)
        self.send_now(url_of(smtp), "änn@exämple.org", check=True)
        # The domain is known in ASCII to every server.
        self.assertEqual(smtp.received[0].rcpt_tos, ["änn@xn--exmple-cua.org"])
        self.assertIn("SMTPUTF8", smtp.received[0].mail_options)
        self.assertIn("To: änn@xn--exmple-cua.org", smtp.received[0].content.decode())

    def test_to_an_internationalised_domain_by_any_server(self):
        smtp = self.smtp(starttls=self.tls, utf8=False)
        self.send_now(url_of(smtp), "ann@exämple.org", check=True,
                      **{"from": '"Acme, Inc." <authd@bücher.example>'})
        envelope = smtp.received[0]
        self.assertEqual((envelope.mail_from, envelope.rcpt_tos),
                         ("authd@xn--bcher-kva.example", ["ann@xn--exmple-cua.org"]))
        self.assertNotIn("SMTPUTF8", envelope.mail_options)
        message = parsed(envelope.content)
        self.assertEqual(message["From"].addresses[0].display_name, "Acme, Inc.")
        self.assertEqual(message["To"], "ann@xn--exmple-cua.org")

    def test_with_a_name_that_relays_accept(self):
        smtp = self.smtp(starttls=self.tls)
        environment = self.settings(url_of(smtp))
        for more, name in (({"AUTHD_SERVER_PUBLIC_URL": "https://auth.example.org"},
                            "auth.example.org"),
                           ({"AUTHD_SERVER_PUBLIC_URL": "https://auth.example.org",
                             "AUTHD_MAIL_HELLO_NAME": "mx7.example.net"}, "mx7.example.net")):
            command("mail", "test", ANN, env={**environment, **more})
            self.assertEqual(smtp.received[-1].hello, name)

    def test_by_xoauth2_with_a_token_that_is_renewed(self):
        smtp = self.smtp(starttls=self.tls, auth=True, mechanisms=["XOAUTH2"])
        path = os.path.join(self.keys.name, "token")
        url = url_of(smtp).replace("://", "://%s@" % USER)
        for token in ("first", "second"):
            with open(path, "w", encoding="ascii") as file:
                file.write(token + "\n")
            self.send_now(url, check=True, oauth_token_file=path)
            self.assertEqual(smtp.logins[-1], ("XOAUTH2", USER, token))
        os.remove(path)
        done = self.send_now(url, oauth_token_file=path)
        self.assertEqual((done.returncode, len(smtp.received)), (5, 2))
        self.assertIn("mail.oauth_token_file", done.err)

    def test_never_without_the_login_that_is_configured(self):
        for mechanisms in (["XOAUTH2"], []):
            smtp = self.smtp(starttls=self.tls, auth=True, mechanisms=mechanisms, demands=False)
            done = self.send_now(url_of(smtp, login=True))
            self.assertEqual((done.returncode, smtp.received), (5, []))
            self.assertIn("offers no login with PLAIN or LOGIN", done.err)

    def test_once_when_the_server_hangs_in_its_farewell(self):
        smtp = self.smtp(starttls=self.tls)
        smtp.hangs_in_quit = True
        self.serve(url_of(smtp))
        self.queue()
        self.wait_for_mail(smtp)
        self.assertEqual(self.metric("authd_mails_sent_total"), 1)

    def test_in_the_clear_where_that_is_allowed(self):
        smtp = self.smtp()
        self.send_now(url_of(smtp), starttls="optional", check=True)
        self.assertFalse(smtp.received[0].secure)

    def test_with_a_password_in_the_clear_to_this_machine_alone(self):
        smtp = self.smtp(auth=True)
        self.send_now(url_of(smtp, login=True), starttls="optional", check=True)
        self.assertEqual(len(smtp.logins), 1)
        refused = self.send_now(url_of(smtp, login=True, host="0.0.0.0"), starttls="optional")
        self.assertEqual(refused.returncode, 5)
        self.assertEqual((len(smtp.logins), len(smtp.received)), (1, 1))

    def test_with_tls_where_it_is_optional_and_offered(self):
        smtp = self.smtp(starttls=self.tls)
        self.send_now(url_of(smtp), starttls="optional", check=True)
        self.assertTrue(smtp.received[0].secure)


class Logo(MailCase):
    """branding.logo_file in the mails."""

    def setUp(self):
        self.received = self.smtp(starttls=self.tls)
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.file = os.path.join(directory.name, "logo")

    def settings(self, url, **more):
        return {**super().settings(url, **more), "AUTHD_BRANDING_LOGO_FILE": self.file,
                "AUTHD_BRANDING_ACCENT": "#0b6e4f"}

    def write(self, content):
        with open(self.file, "wb") as file:
            file.write(content)

    def sent(self):
        """What `authd mail test` sent last: the mail and its text and HTML."""
        self.send_now(url_of(self.received), check=True)
        message = parsed(self.received.received[-1].content)
        for part in message.walk():
            self.assertFalse(part.defects)
        return (message, message.get_body(("plain",)).get_content(),
                message.get_body(("html",)).get_content())

    def assert_shows(self, message, html, content, kind):
        alternative, related = message.iter_parts()
        self.assertEqual((alternative.get_content_type(), related.get_content_type()),
                         ("text/plain", "multipart/related"))
        page, picture = related.iter_parts()
        self.assertEqual(page.get_content(), html)
        self.assertEqual((picture.get_content_type(), picture.get_content_disposition()),
                         (kind, "inline"))
        self.assertEqual(picture.get_content(), content)
        # The picture is in the mail, so nobody learns who reads it.
        self.assertEqual(re.findall(r'src="([^"]*)"', html),
                         ["cid:" + picture["Content-ID"].strip("<>")])

    def test_a_picture_is_in_the_mail_beside_the_html(self):
        content = pictures.png(40, 20)
        self.write(content)
        message, text, html = self.sent()
        self.assertEqual(message.get_content_type(), "multipart/alternative")
        self.assert_shows(message, html, content, "image/png")
        self.write(JPEG)
        message, with_jpeg, html = self.sent()
        self.assert_shows(message, html, JPEG, "image/jpeg")
        self.write(b'<svg xmlns="http://www.w3.org/2000/svg"></svg>')
        self.assertEqual({text, with_jpeg, self.sent()[1]}, {text})

    def test_the_server_sends_it_as_the_command_does(self):
        content = pictures.png(30, 30)
        self.write(content)
        self.serve(url_of(self.received))
        self.queue()
        message = parsed(self.wait_for_mail(self.received).content)
        self.assert_shows(message, message.get_body(("html",)).get_content(), content, "image/png")

    def test_a_letter_is_there_for_a_file_that_mail_programs_leave_out_or_that_is_large(self):
        large = pictures.png(4, 4) + b"x" * 65536
        for content in (b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', large):
            self.write(content)
            message, _, html = self.sent()
            self.assertEqual([part.get_content_type() for part in message.iter_parts()],
                             ["text/plain", "text/html"])
            self.assertNotIn("<img", html)
            self.assertIn("background:#0b6e4f;color:#ffffff\">E</span>", html)
            self.assertLess(len(self.received.received[-1].content), 8192)


class PutOff(MailCase):
    def waits(self, *reasons):
        row = self.wait_for_attempt()
        for reason in reasons:
            self.assertIn(reason, row["last_error"])
        self.assertFalse(row["dead"])
        self.assertGreater(row["due_at"], row["created_at"])
        wait_until(lambda: self.metric("authd_mail_attempts_failed_total") >= 1, "the metric")
        return row

    def test_until_a_deferring_server_accepts(self):
        smtp = self.smtp(starttls=self.tls)
        smtp.answers["RCPT"] = "451 4.7.1 greylisted, come again"
        self.serve(url_of(smtp))
        self.queue()
        row = self.waits("451 4.7.1 greylisted")
        self.assertEqual(smtp.received, [])
        wait_until(lambda: self.metric('authd_mail_outbox{state="waiting"}') == 1, "the metric")
        smtp.answers.clear()
        self.mail("retry", row["id"])
        self.wait_for_mail(smtp)

    def test_when_the_server_hangs(self):
        smtp = self.smtp(starttls=self.tls)
        smtp.hangs_in_data = True
        self.serve(url_of(smtp), timeout="1s")
        self.queue()
        self.assertRegex(self.waits()["last_error"], "timed out|timeout")

    def test_when_the_server_dies_in_the_middle(self):
        smtp = self.smtp(starttls=self.tls)
        smtp.dies_in_data = True
        self.serve(url_of(smtp))
        self.queue()
        self.waits()
        self.assertEqual(smtp.deaths, 1)
        smtp.dies_in_data = False
        self.mail("retry", "--all")
        self.wait_for_mail(smtp)

    def test_when_nobody_listens(self):
        smtp = self.smtp()
        smtp.__exit__()
        self._cleanups.pop()
        self.serve(url_of(smtp))
        self.queue()
        self.waits("127.0.0.1:%d" % smtp.port)

    def test_when_the_password_is_wrong(self):
        smtp = self.smtp(starttls=self.tls, auth=True)
        self.serve("smtp://mailer:wrong@127.0.0.1:%d" % smtp.port)
        self.queue()
        row = self.waits("535")
        self.assertNotIn("wrong", row["last_error"])

    def test_and_not_lost_when_authd_is_killed(self):
        smtp = self.smtp(starttls=self.tls)
        smtp.hangs_in_data = True
        environment = self.settings(url_of(smtp))
        with tempfile.TemporaryDirectory() as directory:
            data = os.path.join(directory, "data")
            first = Server(data_dir=data, environment=environment)
            first.command("mail", "test", ANN, "--queue", env=environment)
            wait_until(lambda: smtp.hanging, "the transfer")
            first.kill()
            smtp.hangs_in_data = False
            with Server(data_dir=data, environment=environment):
                wait_until(lambda: smtp.received, "the mail after the restart")

    def test_and_left_as_it_was_when_authd_ends(self):
        smtp = self.smtp(starttls=self.tls)
        smtp.hangs_in_data = True
        environment = self.settings(url_of(smtp), timeout="10m")
        with tempfile.TemporaryDirectory() as directory:
            data = os.path.join(directory, "data")
            with Server("--server.drain-timeout", "10m", data_dir=data,
                        environment=environment) as server:
                server.command("mail", "test", ANN, "--queue", env=environment)
                wait_until(lambda: smtp.hanging, "the transfer")
                self.assertEqual(server.get("/livez").status, 200)
                self.assertEqual(server.stop(), 0)  # which has less time than that
                row, = json.loads(server.command("mail", "list", "--json",
                                                 env=environment).out)["mails"]
                self.assertEqual((row["attempts"], row["last_error"]), (0, None))


class NeverSent(MailCase):
    def stays(self, smtp, url, **more):
        done = self.send_now(url, **more)
        self.assertEqual(done.returncode, 5, done.err)
        self.assertEqual(done.out, "")
        self.assertEqual((smtp.received, smtp.logins, smtp.senders), ([], [], 0))
        return done.err

    def test_to_a_server_that_nobody_vouches_for(self):
        smtp = self.smtp(starttls=self.certificates.stranger(), auth=True)
        self.assertIn("certificate", self.stays(smtp, url_of(smtp, login=True)))
        self.stays(smtp, url_of(smtp, login=True), starttls="optional")
        smtps = self.smtp(smtps=self.certificates.stranger(), auth=True)
        self.stays(smtps, url_of(smtps, "smtps", login=True))

    def test_to_a_server_of_another_name(self):
        tls = self.certificates.signed("DNS:other.example.org")
        smtp = self.smtp(starttls=tls, auth=True)
        self.stays(smtp, url_of(smtp, login=True))
        smtps = self.smtp(smtps=tls)
        self.stays(smtps, url_of(smtps, "smtps"))

    def test_by_an_authority_that_was_not_named(self):
        smtp = self.smtp(starttls=self.tls)
        self.stays(smtp, url_of(smtp), ca_file="")

    def test_without_starttls_where_it_is_required(self):
        smtp = self.smtp(auth=True)
        self.assertIn("STARTTLS", self.stays(smtp, url_of(smtp, login=True)))
        self.serve(url_of(smtp, login=True))
        self.queue()
        self.assertFalse(self.wait_for_attempt()["dead"])
        self.assertEqual((smtp.received, smtp.logins, smtp.senders), ([], [], 0))

    def test_to_an_internationalised_address_that_is_not_taken(self):
        smtp = self.smtp(starttls=self.tls, utf8=False)
        self.serve(url_of(smtp))
        self.queue("änn@exämple.org")
        row = wait_until(lambda: self.outbox("--dead"), "the dead letter")[0]
        self.assertIn("SMTPUTF8", row["last_error"])
        self.assertEqual(smtp.senders, 0)


class Refused(MailCase):
    def test_for_good_until_it_is_retried_or_purged(self):
        for step in ("RCPT", "DATA"):
            with self.subTest(step=step):
                smtp = self.smtp(starttls=self.tls)
                smtp.answers[step] = "550 5.1.1 no such user"
                self.serve(url_of(smtp))
                mail_id = self.queue()
                row, = wait_until(lambda: self.outbox("--dead"), "the dead letter")
                self.assertEqual((row["id"], row["attempts"], row["due_at"]), (mail_id, 1, None))
                self.assertIn("550 5.1.1 no such user", row["last_error"])
                self.assertIn("given up", self.mail("list").out)
                wait_until(lambda: self.metric("authd_mails_dead_total") == 1, "the metric")
                wait_until(lambda: self.metric('authd_mail_outbox{state="dead"}') == 1,
                           "the metric")
                smtp.answers.clear()
                self.assertEqual(json.loads(self.mail("retry", mail_id, "--json").out),
                                 {"retried": 1})
                self.wait_for_mail(smtp)
                smtp.answers[step] = "554 5.7.1 spam"
                self.queue()
                wait_until(lambda: self.outbox("--dead"), "the second dead letter")
                self.assertEqual(json.loads(self.mail("purge", "--dead", "--json").out),
                                 {"purged": 1})
                self.assertEqual(self.outbox(), [])

    def test_the_command_reports_what_the_server_said(self):
        smtp = self.smtp(starttls=self.tls)
        smtp.answers["RCPT"] = "550 5.1.1 no such user"
        done = self.send_now(url_of(smtp))
        self.assertEqual(done.returncode, 1)
        self.assertIn("550 5.1.1 no such user", done.err)


class WithoutServer(MailCase):
    def test_files_are_private_and_whole(self):
        with tempfile.TemporaryDirectory() as directory:
            mails = os.path.join(directory, "mails")
            self.serve("file:" + mails)
            mail_id = self.queue()
            wait_until(lambda: not self.outbox(), "the outbox to be empty")
            self.assertEqual(os.listdir(mails), [mail_id + ".eml"])
            path = os.path.join(mails, mail_id + ".eml")
            self.assertEqual(stat.S_IMODE(os.stat(mails).st_mode), 0o700)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            with open(path, "rb") as f:
                self.assertEqual(parsed(f.read())["To"], ANN)

    def test_a_sign_up_mails_its_link(self):
        with tempfile.TemporaryDirectory() as mails:
            self.environment = self.settings("file:" + mails)
            with Server("--signup.require-verified-email", "true",
                        environment=self.environment) as server:
                self.assertIn(server.sign_up("ann", email=ANN, first_name="<b>Ann</b>").status,
                              (200, 201, 202))
                name = wait_until(lambda: [n for n in os.listdir(mails) if n.endswith(".eml")],
                                  "the mail")[0]
                with open(os.path.join(mails, name), "rb") as f:
                    text, html = (part.get_content() for part in parsed(f.read()).iter_parts())
                link, token = re.search(
                    r"(http://[^/\s]+/verify-email\?token=([A-Za-z0-9_-]{43}))\s", text).groups()
                self.assertIn('href="%s"' % link, html)
                self.assertNotIn("<b>", html)
                self.assertNotIn(token, server.log_text())

    def test_the_log_shows_mails(self):
        self.serve("log:")
        mail_id = self.queue()
        line = wait_until(
            lambda: next((entry for entry in self.server.log_lines() if entry["message"] == "mail"),
                         None),
            "the log line")
        self.assertEqual((line["id"], line["kind"], line["to"], line["level"]),
                         (mail_id, "test", ANN, "info"))


class CommandLine(MailCase):
    def test_exit_codes(self):
        self.serve("log:")
        unknown = "00" * 16
        for expected, arguments in [
            (0, ["list"]), (0, ["retry", "--all"]), (0, ["purge", "--dead"]), (2, []),
            (2, ["retry"]), (2, ["purge"]),
            (2, ["retry", unknown, "--all"]), (2, ["purge", unknown, "--dead"]),
            (3, ["retry", unknown]),
            (3, ["purge", unknown]), (3, ["retry", "nonsense"]), (3, ["purge", "00"]),
            (2, ["test"]),
            (2, ["test", "nonsense"]), (2, ["test", "ann@example.org\r\nBcc: eve@example.org"]),
            (2, ["test", "a b@example.org", "--queue"]),
        ]:
            with self.subTest(arguments=arguments):
                done = self.mail(*arguments, check=False)
                self.assertEqual(done.returncode, expected, done.err)
        self.assertEqual(self.outbox(), [])

    def test_a_mail_that_waits_can_be_purged(self):
        smtp = self.smtp(starttls=self.tls)
        smtp.answers["RCPT"] = "451 not now"
        self.serve(url_of(smtp))
        mail_id = self.queue()
        self.wait_for_attempt()
        self.assertIn("451 not now", self.mail("list").out)
        self.assertEqual(self.outbox("--dead"), [])
        self.mail("purge", mail_id)
        self.assertEqual(self.outbox(), [])


if __name__ == "__main__":
    unittest.main()
