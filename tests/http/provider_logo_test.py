"""Logos of clients: who sets them, and where people see them."""

import json
import os
import tempfile
import unittest

from harness import PASSWORD, Server, command
from pictures import png, size_of
from provider import Browser, RelyingParty, path_of
from provider_test import ProviderCase


class Logos(ProviderCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="authd-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def file(self, name="logo.png", data=None):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as f:
            f.write(png(900, 900) if data is None else data)
        return path

    def shown(self, app):
        return json.loads(self.server.command("client", "show", app.id, "--json").out)

    def admin(self):
        self.server.command("user", "add", "--username", "root", "--admin", stdin=PASSWORD + "\n")
        browser = Browser(self.server)
        browser.sign_in("root")
        return browser

    def test_people_see_it_before_they_sign_in(self):
        app = RelyingParty(self.server, "Wiki", "--set", "client_uri=https://wiki.example")
        browser = Browser(self.server)
        page = browser.get(path_of(app.begin(browser)), Accept="text/html")
        self.assertNotIn(b"app-logo", page.body)
        self.server.command("client", "logo", app.id, self.file())
        address = self.shown(app)["logo_uri"]
        page = browser.get(path_of(app.begin(browser)), Accept="text/html")
        self.assertIn(('src="%s"' % address).encode(), page.body)
        self.assertIn(('"application_logo":"%s"' % address).encode(), page.body)
        picture = self.server.get(address)
        self.assertEqual((picture.status, picture.headers["Content-Type"]), (200, "image/jpeg"))
        self.assertIn("immutable", picture.headers["Cache-Control"])
        self.assertEqual(picture.headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(size_of(picture.body)[0], (500, 500))
        again = self.server.get(address, headers={"If-None-Match": picture.headers["ETag"]})
        self.assertEqual((again.status, again.body), (304, b""))
        # Without the version, or with another, it is asked for again each time.
        old = self.server.get(address.split("?")[0] + "?v=0")
        self.assertEqual(old.headers["Cache-Control"], "no-cache")
        browser.sign_in("ann")
        consent = path_of(app.begin(browser))
        self.assertIn(address.encode(), browser.get(consent, Accept="text/html").body)
        request = consent.split("request=")[1]
        asked = browser.get("/api/v1/oauth/requests/" + request).json
        self.assertEqual(asked["client"]["logo_uri"], address)
        app.tokens(browser)
        for what, member in (("apps", "apps"), ("grants", "grants"), ("consents", "consents")):
            listed = browser.get("/api/v1/users/me/" + what).json[member]
            mine = [one for one in listed if one["client_id"] == app.id]
            self.assertEqual([one["logo_uri"] for one in mine], [address], what)

    def test_an_administrator_sets_and_removes_it(self):
        app = RelyingParty(self.server, "Notes")
        path = "/api/v1/admin/clients/%s/logo" % app.id
        browser = self.admin()
        headers = {**browser.cookies(), "X-CSRF-Token": browser.csrf, "Content-Type": "image/png"}

        def put(data, of=path, sent=headers):
            return self.server.request("PUT", of, data, headers=sent)
        self.assertEqual(put(b"no picture").status, 422)
        self.assertEqual(put(png(10, 10), path.replace(app.id, "nobody")).status, 404)
        self.assertEqual(put(png(10, 10), sent={"Content-Type": "image/png"}).status, 401)
        made = put(png(10, 10))
        self.assertEqual(made.status, 200, made.body)
        self.assertEqual(self.server.get(made.json["logo_uri"]).status, 200)
        ann = Browser(self.server)
        ann.sign_in("ann")
        self.assertEqual(ann.delete(path).status, 403)
        self.assertEqual(browser.delete(path).status, 204)
        self.assertEqual(browser.delete(path).status, 204)
        self.assertEqual(self.shown(app)["logo_uri"], "")
        self.assertEqual(self.server.get(made.json["logo_uri"]).status, 404)
        done = self.server.command("client", "logo", app.id, check=False)
        self.assertEqual(done.returncode, 2, done.err)
        done = self.server.command("client", "logo", app.id, self.file("x", b"text"), check=False)
        self.assertEqual(done.returncode, 1, done.err)

    def test_it_ends_with_the_client_and_goes_along_in_exports(self):
        app = RelyingParty(self.server, "Travels")
        self.server.command("client", "logo", app.id, self.file())
        address = self.shown(app)["logo_uri"]
        export = os.path.join(self.folder, "export.jsonl")
        self.server.command("export", "-o", export)
        with Server() as other:
            other.command("import", export, "--allow-admin")
            self.assertEqual(other.get(address).body, self.server.get(address).body)
            self.assertEqual(other.command("db", "check").returncode, 0)
        self.server.command("client", "delete", app.id, "--yes")
        self.assertEqual(self.server.get(address).status, 404)
        self.assertEqual(self.server.command("db", "check").returncode, 0)

    def test_the_configuration_names_a_file(self):
        table = '[clients.grafana]\nredirect_uris = ["https://g.example/cb"]\n'
        logo = 'logo_file = "%s"\n' % self.file()
        config = self.file("authd.toml", (table + logo).encode())
        data = os.path.join(self.folder, "data")
        with Server("--config", config, data_dir=data) as server:
            found = json.loads(server.command("client", "show", "grafana", "--json").out)
            self.assertEqual(server.get(found["logo_uri"]).status, 200)
            done = server.command("client", "logo", "grafana", "--remove", check=False)
            self.assertEqual(done.returncode, 4, done.err)
        with Server("--config", config, data_dir=data) as server:
            again = json.loads(server.command("client", "show", "grafana", "--json").out)
            self.assertEqual(again["updated_at"], found["updated_at"], "nothing was written")
        self.file("authd.toml", table.encode())
        with Server("--config", config, data_dir=data) as server:
            self.assertEqual(server.get(found["logo_uri"]).status, 404)
        self.file("authd.toml", (table + logo.replace("logo.png", "text")).encode())
        self.file("text", b"no picture")
        done = command("serve", "--config", config, "--data-dir", data, "--listen", "127.0.0.1:0",
                       check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("clients.grafana.logo_file", done.err)
        place = "clients.grafana.logo_file (%s:3): " % config
        for name, problem in (("text", "is not a PNG, JPEG or GIF image"),
                              ("nothing", "No such file or directory")):
            self.file("authd.toml", (table + logo.replace("logo.png", name)).encode())
            done = command("config", "check", "--config", config, check=False)
            self.assertEqual(done.returncode, 2, done.err)
            self.assertIn(place, done.err)
            self.assertIn(problem, done.err)
        self.file("authd.toml", (table + logo).encode())
        self.assertEqual(command("config", "check", "--config", config).returncode, 0)


if __name__ == "__main__":
    unittest.main()
