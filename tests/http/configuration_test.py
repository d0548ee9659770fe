"""The configuration: sources, errors, and what a reload takes."""

import json
import os
import signal
import tempfile
import unittest

from harness import Server, command, wait_until


class Configuration(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.file = os.path.join(self.directory.name, "authd.toml")

    def check(self, text, *flags, **env):
        with open(self.file, "w") as f:
            f.write(text)
        return command("config", "check", "--config", self.file, *flags, check=False, env=env)

    def test_errors_name_the_place_and_what_would_be_right(self):
        for text, expected in [
            ("[server]\nmax_bdy = 1\n", [":2: ", "max_bdy", "server.max_body"]),
            ("[sever]\nlisten = []\n", [":2: ", "sever.listen", "server.listen"]),
            ("[server]\nlisten = [\"nowhere\"]\n", [":2: ", "server.listen", "127.0.0.1:8080"]),
            ("[tokens]\n\naccess_ttl = \"15 minutes\"\n", [":3: ", "tokens.access_ttl", "15m"]),
            ("[tokens]\nalgorithm = \"none\"\n", [":2: ", "ES256"]),
            ("[passwords]\nmin_length = 0\n", [":2: ", "between 1 and 256"]),
            ("[rate_limit]\nlogin = \"often\"\n", [":2: ", "5/1m"]),
            ("[server]\ntrusted_proxies = [\"10.0.0.1/8\"]\n", [":2: ", "host bits"]),
            ("[server]\ntls_cert = \"x\"\n", ["server.tls_key"]),
            ("[server]\nforce_https = true\n", ["server.force_https"]),
            ("[mfa]\nemail_otp = \"sometimes\"\n", [":2: ", "required"]),
            ("[server\n", [":1: "]),
        ]:
            with self.subTest(text=text):
                done = self.check(text)
                self.assertEqual(done.returncode, 2, done.err)
                for part in expected:
                    self.assertIn(part, done.err)
        self.assertEqual(self.check("", AUTHD_NONSENSE="1").returncode, 2)
        self.assertIn("AUTHD_TOKENS_ACCESS_TTL", self.check("", AUTHD_TOKENS_ACCESS_TTL="x").err)
        self.assertEqual(command("config", "check", "--config", "/nonexistent",
                                 check=False).returncode, 2)

    def test_all_errors_are_told_at_once(self):
        done = self.check('[server]\nlisten = 8080\nmax_bdy = 1\n[log]\nlevel = "loud"\n',
                          "--server.workers", "0", "--json", AUTHD_SIGNUP_ENABLE="1")
        self.assertEqual(done.returncode, 2)
        errors = json.loads(done.out)["errors"]
        self.assertEqual(len(errors), 5, errors)
        for error, part in zip(errors, (":2: server.listen: takes text in quotes, or an array",
                                        "server.max_body", ":5: log.level", "AUTHD_SIGNUP_ENABLED",
                                        "--server.workers: ")):
            self.assertIn(part, error)
        done = self.check('tokens.access_ttl = "2h"\ntokens.refresh_ttl = "1h"\n'
                          '[passwords]\nmin_length = 20\nmax_length = 10\n')
        self.assertEqual(done.err.count("authd: "), 2, done.err)

    def test_every_file_that_it_names_is_opened(self):
        text = ('[server]\ndata_dir = "%s/data"\ntls_cert = "/nope.pem"\ntls_key = "/nope.pem"\n'
                '[branding]\nlogo_file = "/nope.svg"\n[secrets]\nmaster_key_file = "/nope/key"\n'
                '[mail]\nca_file = "%s"\nurl = "file:/nope/mails"\n'
                '[backup]\ndirectory = "/nope"\nkey_file = "/nope.key"\n'
                '[providers.sso]\nissuer = "https://sso.example.org"\nclient_id = "x"\n'
                'ca_file = "/nope.pem"\nlogo_file = "%s"\n[fetch]\nca_file = "%s"\n'
                % (self.directory.name, self.file, self.file, self.file))
        done = self.check(text)
        self.assertEqual(done.returncode, 2, done.err)
        for part in ("server.tls_cert (%s:3): cannot read /nope.pem: No such" % self.file,
                     "server.tls_key (%s:4): cannot read /nope.pem: No such" % self.file,
                     "branding.logo_file (",
                     "secrets.master_key_file (", "mail.ca_file (%s:10): " % self.file,
                     "has no certificate", "mail.url (", "backup.directory (", "backup.key_file (",
                     "providers.sso.ca_file (",
                     "providers.sso.logo_file (%s:19): %s is not a PNG, JPEG or GIF image"
                     % (self.file, self.file),
                     "fetch.ca_file (%s:21): %s has no certificate" % (self.file, self.file)):
            self.assertIn(part, done.err)
        self.assertEqual(self.check(text, "--without-files").returncode, 0)
        # The server refuses the same, but not what concerns backups alone.
        refused = command("serve", "--config", self.file, check=False)
        self.assertEqual(refused.returncode, 2, refused.err)
        self.assertIn("branding.logo_file (", refused.err)
        self.assertFalse(os.path.exists(self.directory.name + "/data"))
        with Server("--backup.directory", "/nope", "--backup.key-file", "/nope.key") as server:
            self.assertEqual(server.get("/livez").status, 200)
            self.assertIn("backup.directory (--backup.directory): /nope", server.log_text())
        self.assertEqual(self.check('mail.url = "smtp://u:pa ss@host"\n').returncode, 2)

    def test_files_are_opened_beside_wrong_values(self):
        """One round is enough: nobody mends a value to be told of a file."""
        done = self.check('[server]\nworkers = -1\ntls_cert = "%s"\ntls_key = "%s"\n'
                          '[branding]\nlogo_file = "/nope.svg"\n[log]\nlevel = "loud"\n'
                          '[passwords]\nmin_length = 20\nmax_length = 10\n'
                          % (self.file, self.file))
        self.assertEqual(done.returncode, 2)
        for part in (":2: server.workers: ", ":8: log.level: ",
                     "server.tls_cert (%s:3): %s has no certificate" % (self.file, self.file),
                     "server.tls_key (%s:4): %s has no private key" % (self.file, self.file),
                     "branding.logo_file (%s:6): " % self.file):
            self.assertIn(part, done.err)
        self.assertEqual(done.err.count("authd: "), 5, done.err)
        # Rules between keys wait for the keys, so that none judges a default.
        self.assertNotIn("max_length", done.err)
        # A key whose file is not named rightly is not opened.
        done = self.check('[server]\ntls_cert = 7\ntls_key = "/nope.key"\n')
        self.assertEqual(done.err.count("authd: "), 1, done.err)

    def test_later_sources_win_and_are_shown(self):
        with open(self.file, "w") as f:
            f.write('[passwords]\nmin_length = 10\nmin_score = 1\n[tokens]\naudience = "file"\n')
        done = command("config", "show", "--json", "--config", self.file, "--passwords.min-length",
                       "12",
                       env={"AUTHD_PASSWORDS_MIN_LENGTH": "11",
                            "AUTHD_TOKENS_AUDIENCE": "environment"})
        shown = json.loads(done.out)
        self.assertEqual(shown["passwords.min_length"],
                         {"value": 12, "origin": "--passwords.min-length"})
        self.assertEqual(shown["tokens.audience"],
                         {"value": "environment", "origin": "AUTHD_TOKENS_AUDIENCE"})
        self.assertEqual(shown["passwords.min_score"], {"value": 1, "origin": self.file + ":3"})
        self.assertEqual(shown["tokens.access_ttl"], {"value": "15m", "origin": "default"})

    def test_empty_flag_is_a_value(self):
        for flag in ("--tokens.audience", "--branding.name", "--server.listen", "--server.workers",
                     "--listen"):
            for arguments in ([flag, ""], [flag + "="]):
                done = command("config", "check", *arguments, check=False)
                self.assertEqual(done.returncode, 2, arguments)
                self.assertIn(flag.removeprefix("--") + ": ", done.err)
        with open(self.file, "w") as f:
            f.write('[server]\ntrusted_proxies = ["10.0.0.0/8"]\n')
        shown = json.loads(command("config", "show", "--json", "--config", self.file,
                                   "--server.trusted-proxies", "").out)
        self.assertEqual(shown["server.trusted_proxies"],
                         {"value": [], "origin": "--server.trusted-proxies"})

    def test_file_comes_from_the_environment_too(self):
        with open(self.file, "w") as f:
            f.write('[tokens]\naudience = "shop"\n')
        shown = json.loads(command("config", "show", "--json", env={"AUTHD_CONFIG": self.file}).out)
        self.assertEqual(shown["tokens.audience"]["value"], "shop")

    def test_is_reloaded_on_sighup_as_far_as_it_can_be(self):
        with open(self.file, "w") as f:
            f.write('[server]\nallowed_hosts = ["127.0.0.1"]\n')
        with Server("--config", self.file) as server:
            self.assertEqual(server.get("/nothing", headers={"Host": "other.example"}).status, 421)
            with open(self.file, "w") as f:
                f.write('[server]\nallowed_hosts = ["*"]\nworkers = 3\n')
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: server.get("/nothing", headers={"Host": "other.example"}).status
                       == 404, "the reload")
            wait_until(lambda: "server.workers" in server.log_text(), "the warning")
            with open(self.file, "w") as f:
                f.write('[server]\nallowed_hosts = ["not a host"]\n')
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: "not reloaded" in server.log_text(), "the refusal")
            self.assertEqual(server.get("/nothing", headers={"Host": "other.example"}).status, 404)


if __name__ == "__main__":
    unittest.main()
