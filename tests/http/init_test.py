"""`authd init`: the files for reverse proxies and applications, with other names in them.
examples_test.py runs the applications."""

import json
import os
import re
import tempfile
import unittest

from harness import command
from proxies_test import PROXIES


class Init(unittest.TestCase):
    FILES = {"caddy": "Caddyfile", "nginx": "nginx.conf", "haproxy": "haproxy.cfg",
             "haproxy-lua": "haproxy-authd.lua", "apache": "apache.conf",
             "apache-lua": "apache-authd.lua", "traefik": "traefik.yaml", "envoy": "envoy.yaml",
             "toml": "authd.toml"}
    OWN = ("--app-host", "shop.corp.test", "--auth-host", "login.corp.test", "--upstream",
           "10.0.0.5:8000", "--authd", "10.0.0.6:9000", "--certificate", "/tls/both.pem", "--key",
           "/tls/both.key")

    def test_prints_the_files_of_this_directory(self):
        self.assertEqual(sorted(self.FILES.values()), sorted(f.name for f in PROXIES.iterdir()))
        for kind, name in self.FILES.items():
            with self.subTest(kind):
                done = command("init", kind)
                self.assertEqual(done.out, (PROXIES / name).read_text())
                self.assertRegex(done.err,
                                 "(put this into|set these keys in the tables of) /etc/")
                self.assertEqual(json.loads(command("init", kind, "--json").out)["text"], done.out)

    def test_puts_other_names_in_their_places(self):
        for kind in self.FILES:
            with self.subTest(kind):
                text = command("init", kind, *self.OWN).out
                for old in ("example.org", ":3000", ": 3000", ":8080", ": 8080", "/etc/ssl/"):
                    self.assertNotIn(old, text)
        self.assertIn("address: 10.0.0.5, port_value: 8000",
                      command("init", "envoy", *self.OWN).out)
        # Where nothing is said of the certificate, its path has the domain.
        self.assertIn("/etc/ssl/corp.test/privkey.pem", command("init", "nginx", *self.OWN[:4]).out)
        # The rule is where authd is asked, and in no comment.
        for kind in ("caddy", "nginx", "haproxy-lua", "apache-lua", "traefik", "envoy"):
            text = command("init", kind, "--role", "staff,admin").out
            self.assertEqual(len(re.findall(r"redirect=(?:1|location)&role=staff,admin", text)), 1)

    def test_authd_listens_where_it_is_asked_and_says_so_when_that_is_everywhere(self):
        done = command("init", "toml", "--authd", "localhost:8080")
        self.assertIn('listen = ["localhost:8080"]', done.out)
        self.assertNotIn("trusted_proxies", done.err)
        done = command("init", "toml", "--authd", "authd:8080")
        self.assertIn('listen = [":8080"]', done.out)
        self.assertIn("on all addresses", done.err)
        self.assertIn("trusted_proxies", done.err)

    def test_the_settings_are_good(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "authd.toml")
            for flags in ((), self.OWN, ("--authd", "authd:8080"),
                          ("--app-host", "example.com", "--auth-host", "auth.example.com")):
                with open(path, "w", encoding="utf-8") as f:
                    f.write(command("init", "toml", *flags).out)
                self.assertEqual(command("config", "check", "--config", path).returncode, 0)

    def test_refuses_what_cannot_work(self):
        for flags, word in [
                (("--app-host", "app.example.com"), "one domain"),
                (("--app-host", "auth.example.org"), "host of its own"),
                (("--app-host", "app"), "--app-host"), (("--app-host", "a b.example.org"), "--app"),
                (("--auth-host", "auth.example.org; x"), "--auth-host"),
                (("--upstream", "127.0.0.1"), "--upstream"), (("--authd", "x{}:80"), "--authd"),
                (("--key", "key.pem"), "--key"), (("--certificate", "/a b"), "--certificate"),
                (("--role", "a&scope=x"), "--role")]:
            with self.subTest(flags):
                done = command("init", "nginx", *flags, check=False)
                self.assertEqual((done.returncode, done.out), (2, ""))
                self.assertIn(word, done.err)


class Frameworks(unittest.TestCase):
    NAMES = ("express", "fastify", "nextjs", "flask", "fastapi", "django", "go", "php")
    CONFIGURED = {"AUTHD_SERVER_PUBLIC_URL": "https://login.corp.test",
                  "AUTHD_TOKENS_AUDIENCE": "corp"}

    def files(self, name, *flags, env=None):
        done = command("init", name, "--json", *flags, env=env)
        return {file["place"]: file["text"] for file in json.loads(done.out)["files"]}

    def test_have_their_folders(self):
        folders = [path.name for path in (PROXIES.parents[1] / "examples").iterdir()
                   if path.is_dir()]
        self.assertEqual(sorted(folders), sorted(self.NAMES))

    def test_get_other_names_in_their_places(self):
        for name in self.NAMES:
            for flags in ((), ("--proxy", "caddy"), ("--way", "bearer")):
                with self.subTest(name, flags=flags):
                    for place, text in self.files(name, *flags, *Init.OWN).items():
                        # A program has a port for the case that there is no setting.
                        code = re.sub(r'"3000"', "", text)
                        for old in ("example.org", "3000", ":8080", "/etc/ssl/"):
                            self.assertNotIn(old, code, place)

    def test_print_each_file_below_its_name(self):
        done = command("init", "php")
        self.assertEqual(re.findall("(?m)^==> (.*) <==$", done.out),
                         ["/etc/nginx/conf.d/app.conf", ".env", "proxy.php"])
        self.assertIn("authd init toml", done.err)
        done = command("init", "php", "--way", "bearer")
        self.assertEqual(re.findall("(?m)^==> (.*) <==$", done.out), [".env", "bearer.php"])
        self.assertIn("authd client add", done.err)

    def test_share_a_secret_with_the_proxy_that_is_new_each_time(self):
        secrets = set()
        for kind, word in (("nginx", "proxy_set_header"), ("caddy", "request_header")):
            for flags in ((), ("--role", "staff")):
                files = self.files("flask", "--proxy", kind, *flags)
                secret = re.search("(?m)^PROXY_SECRET=([0-9a-f]{64})$", files[".env"])[1]
                proxy = next(text for place, text in files.items() if place.startswith("/"))
                self.assertRegex(proxy, r'(?m)^\s*%s X-Proxy-Secret "%s";?$' % (word, secret))
                self.assertEqual("&role=staff\n" in proxy.replace(";", ""), bool(flags))
                secrets.add(secret)
        self.assertEqual(len(secrets), 4)

    def test_take_the_names_of_the_configuration(self):
        settings = self.files("go", "--way", "bearer", env=self.CONFIGURED)[".env"]
        self.assertIn("ISSUER=https://login.corp.test\nAUDIENCE=corp\n", settings)
        proxy = self.files("go", env=self.CONFIGURED)["/etc/nginx/conf.d/app.conf"]
        self.assertIn("server_name login.corp.test app.corp.test;", proxy)
        settings = self.files("go", "--way", "bearer", "--auth-host", "id.corp.test", "--app-host",
                              "shop.corp.test", env=self.CONFIGURED)[".env"]
        self.assertIn("ISSUER=https://id.corp.test\n", settings)
        issuer = {**self.CONFIGURED, "AUTHD_TOKENS_ISSUER": "https://issuer.corp.test"}
        self.assertIn("ISSUER=https://issuer.corp.test\n",
                      self.files("go", "--way", "bearer", env=issuer)[".env"])
        done = command("init", "go", "--way", "bearer",
                       env={**self.CONFIGURED, "AUTHD_TOKENS_ALGORITHM": "EdDSA"})
        self.assertIn("tokens.algorithm is EdDSA", done.err)

    def test_get_keys_over_no_network_in_plain_text(self):
        for authd, server in (("localhost:8080", "http://localhost:8080"),
                              ("[::1]:8080", "http://[::1]:8080"),
                              ("10.0.0.6:9000", "https://auth.example.org")):
            settings = self.files("flask", "--way", "bearer", "--authd", authd)[".env"]
            self.assertIn("AUTH_SERVER=%s\n" % server, settings)

    def test_are_refused_what_cannot_work(self):
        for flags, word in [(("--way", "cookie"), "--way"), (("--proxy", "envoy"), "--proxy"),
                            (("--app-host", "app.example.com"), "one domain"),
                            (("--upstream", "x"), "--upstream"), (("--role", "a b"), "--role")]:
            with self.subTest(flags):
                done = command("init", "flask", *flags, check=False)
                self.assertEqual((done.returncode, done.out), (2, ""))
                self.assertIn(word, done.err)


if __name__ == "__main__":
    unittest.main()
