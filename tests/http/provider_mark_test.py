"""Logos of the providers that people sign in with: from the configuration to the page."""

import json
import os
import re
import tempfile
import unittest

import openid
from harness import Server, command
from pictures import png, size_of


def boot_of(page):
    """What the server wrote into the page."""
    return json.loads(re.search(rb'id="boot">(.*?)</script>', page.body, re.S).group(1))


class ProviderMark(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="authd-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def file(self, data, name="logo.png"):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as out:
            out.write(data)
        return path

    def settings(self, logo_file):
        found = openid.settings("acme", "https://acme.example", "id", label="Acme",
                                logo_file=logo_file)
        found.update(openid.settings("brief", "https://brief.example", "id", label="Brief"))
        return found

    def test_it_is_on_the_page_and_at_an_address_for_ever(self):
        environment = self.settings(self.file(png(900, 600)))
        with Server(environment=environment) as server:
            listed = boot_of(server.get("/signin", headers={"Accept": "text/html"}))["providers"]
            self.assertEqual([one["label"] for one in listed], ["Acme", "Brief"])
            self.assertEqual(listed[1]["logo"], "")
            address = listed[0]["logo"]
            self.assertRegex(address, r"^/ui/providers/acme/logo\?v=[0-9a-f]{16}$")
            picture = server.get(address)
            self.assertEqual((picture.status, picture.headers["Content-Type"]),
                             (200, "image/jpeg"))
            # Encoded by authd itself, without what the file had beside the picture.
            self.assertEqual(size_of(picture.body)[0], (500, 333))
            self.assertIn("immutable", picture.headers["Cache-Control"])
            self.assertEqual(picture.headers["X-Content-Type-Options"], "nosniff")
            self.assertIn("default-src 'none'", picture.headers["Content-Security-Policy"])
            again = server.get(address, headers={"If-None-Match": picture.headers["ETag"]})
            self.assertEqual((again.status, again.body), (304, b""))
            old = server.get(address.split("?")[0])
            self.assertEqual((old.status, old.headers["Cache-Control"]), (200, "no-cache"))
            for name, status in (("brief", 404), ("nobody", 404), ("..", 404),
                                 ("%2e%2e%2fetc", 400)):
                reply = server.get("/ui/providers/%s/logo" % name)
                self.assertEqual(reply.status, status, name)

    def test_it_is_shown_only_with_the_button(self):
        environment = {**self.settings(self.file(png(30, 30))),
                       "AUTHD_LOGIN_METHODS": "password"}
        with Server(environment=environment) as server:
            page = server.get("/signin", headers={"Accept": "text/html"})
            self.assertEqual(boot_of(page)["providers"], [])
            self.assertEqual(server.get("/ui/providers/acme/logo").status, 404)

    def test_another_file_counts_from_the_next_start_on(self):
        data = os.path.join(self.folder, "data")
        environment = self.settings(self.file(png(30, 30)))
        with Server(environment=environment, data_dir=data) as server:
            first = boot_of(server.get("/signin", headers={"Accept": "text/html"}))["providers"]
            self.file(png(30, 30, pixel=b"\0\0\xff"))
        with Server(environment=environment, data_dir=data) as server:
            second = boot_of(server.get("/signin", headers={"Accept": "text/html"}))["providers"]
            self.assertNotEqual(first[0]["logo"], second[0]["logo"])
            # The former address shows what there is now, and is not kept.
            old = server.get(first[0]["logo"])
            self.assertEqual((old.status, old.headers["Cache-Control"]), (200, "no-cache"))

    def test_a_file_that_is_no_picture_is_refused_with_its_place(self):
        broken = png(30, 30)[:60]
        for name, data, said in (("text.png", b"no picture", "not a PNG, JPEG or GIF"),
                                 ("page.png", b"<svg xmlns=\"x\"/>", "not a PNG, JPEG or GIF"),
                                 ("none.png", None, "No such file")):
            path = os.path.join(self.folder, name)
            if data is not None:
                self.file(data, name)
            config = self.file(('[providers.acme]\nissuer = "https://acme.example"\n'
                                'client_id = "id"\nlogo_file = "%s"\n' % path).encode(),
                               "authd.toml")
            done = command("config", "check", "--config", config, check=False)
            self.assertEqual(done.returncode, 2, done.err)
            self.assertIn("providers.acme.logo_file (%s:4): " % config, done.err)
            self.assertIn(said, done.err)
        # What only looks like one is found when the server decodes it.
        config = self.file(('[providers.acme]\nissuer = "https://acme.example"\n'
                            'client_id = "id"\nlogo_file = "%s"\n'
                            % self.file(broken, "broken.png")).encode(), "authd.toml")
        done = command("serve", "--config", config, "--data-dir", self.folder + "/data",
                       "--listen", "127.0.0.1:0", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("providers.acme.logo_file (%s:4): " % config, done.err)
        self.assertIn("broken.png", done.err)


if __name__ == "__main__":
    unittest.main()
