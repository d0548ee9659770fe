"""Own words for pages and mails (branding.texts_dir), and authd branding preview."""
import base64
import email
import email.policy
import json
import os
import pathlib
import re
import signal
import tempfile
import unittest

import pictures
from harness import Server, command, wait_until


class OwnTexts(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.texts = self.directory / "texts"
        self.texts.mkdir()
        self.environment = {"AUTHD_BRANDING_TEXTS_DIR": str(self.texts),
                            "AUTHD_MAIL_URL": "file:" + str(self.directory / "mail")}

    def write(self, name="en.json", **texts):
        temporary = self.texts / "new"
        temporary.write_text(json.dumps(texts), encoding="utf-8")
        os.replace(temporary, self.texts / name)

    def served(self, server, tag="en"):
        return json.loads(server.get("/ui/%s.json" % tag).body)

    def mailed(self, subject):
        def found():
            for path in (self.directory / "mail").glob("*.eml"):
                message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                if message["Subject"] == subject:
                    return message
            return None
        return wait_until(found, "the mail " + subject)

    def test_pages_and_mails_speak_with_them_and_a_signal_reads_them_again(self):
        self.write(**{"signin.title": "<b>Come in</b>", "skip": "<b>Skip</b>",
                      "greeting.name": "Dear {name}, & all,",
                      "test.subject": "A trial of {product}"})
        with Server(environment=self.environment) as server:
            self.assertEqual(self.served(server)["signin.title"], "<b>Come in</b>")
            page = server.get("/signin").body
            self.assertIn(b"&lt;b&gt;Skip&lt;/b&gt;", page)
            self.assertNotIn(b"<b>", page)
            server.command("mail", "test", "ann@example.org", "--queue", env=self.environment)
            self.mailed("A trial of authd")
            before = server.get("/ui/en.json").headers["ETag"]
            self.write(**{"signin.title": "Again", "test.subject": "Another of {product}"})
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: self.served(server)["signin.title"] == "Again", "the reload")
            self.assertNotEqual(server.get("/ui/en.json").headers["ETag"], before)
            self.assertNotIn(b"&lt;b&gt;", server.get("/signin").body)
            server.command("mail", "test", "ann@example.org", "--queue", env=self.environment)
            self.mailed("Another of authd")
            # What is wrong changes nothing.
            self.write(**{"signin.titel": "Wrong"})
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: "not reloaded" in server.log_text(), "the refusal")
            self.assertIn("signin.titel", server.log_text())
            self.assertEqual(self.served(server)["signin.title"], "Again")
            self.assertEqual(self.served(server, "de"),
                             json.loads(pathlib.Path(__file__).parents[2].joinpath(
                                 "src/web/pages/de.json").read_text(encoding="utf-8")))

    def test_a_mistake_is_named_by_config_check_and_by_the_start(self):
        for texts, said in (({"signin.titel": "x"}, "there is no text"),
                            ({"consent.title": "Sign in"}, "lacks {name}"),
                            ({"signin.title": "x" * 2001}, "longer than 2000 bytes")):
            self.write(**texts)
            data = str(self.directory / "data")
            for arguments in (("config", "check"), ("serve", "--listen", "127.0.0.1:0",
                                                    "--data-dir", data)):
                done = command(*arguments, check=False, env=self.environment)
                self.assertNotEqual(done.returncode, 0, arguments)
                for part in (said, "branding.texts_dir", "en.json", next(iter(texts))):
                    self.assertIn(part, done.out + done.err, arguments)
        (self.texts / "en.json").unlink()
        self.assertEqual(command("config", "check", env=self.environment).returncode, 0)

    def test_previews_have_every_mail_and_the_texts_of_the_pages(self):
        self.write(**{"greeting.name": "Dear {name},"})
        output = self.directory / "looks"
        command("branding", "preview", "--output", str(output), env=self.environment)
        english = {path.name for path in (output / "en").iterdir()}
        german = {path.name for path in (output / "de").iterdir()}
        self.assertEqual(english, german)
        self.assertIn("pages.txt", english)
        mails = {name.removesuffix(".html") for name in english if name.endswith(".html")}
        self.assertGreater(len(mails), 15)
        for name in mails:
            text = (output / "en" / (name + ".txt")).read_text(encoding="utf-8")
            self.assertTrue(text.startswith("Subject: "), name)
            self.assertIn("\n\nDear Ann,\n\n", text)
            self.assertIn('<html lang="de"',
                          (output / "de" / (name + ".html")).read_text(encoding="utf-8"))
        self.assertIn("signin.title: ",
                      (output / "en" / "pages.txt").read_text(encoding="utf-8"))
        few = self.directory / "few"
        command("branding", "preview", "--lang", "de", "--mail", "login_code", "--output",
                str(few), env=self.environment)
        self.assertEqual(sorted(str(path.relative_to(few)) for path in few.rglob("*.*")),
                         ["de/login_code.html", "de/login_code.txt"])
        html = (few / "de" / "login_code.html").read_text(encoding="utf-8")
        self.assertNotIn("<img", html)
        # With a logo, a browser shows it without any other file.
        logo = self.directory / "logo.png"
        logo.write_bytes(pictures.png(8, 8))
        command("branding", "preview", "--lang", "de", "--output", str(few),
                env={**self.environment, "AUTHD_BRANDING_LOGO_FILE": str(logo)})
        for path in few.rglob("*.html"):
            self.assertEqual(re.findall('src="(.*?)"', path.read_text(encoding="utf-8")),
                             ["data:image/png;base64,"
                              + base64.b64encode(logo.read_bytes()).decode()], path)
        for wrong in (("--lang", "xx"), ("--mail", "spam")):
            done = command("branding", "preview", *wrong, "--output", str(few), check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("is one of", done.err)


if __name__ == "__main__":
    unittest.main()
