"""The results of `make package`: complete, with default settings, licensed, accepted by lintian,
and byte-for-byte reproducible. Also the units, as far as they can be checked without running them
(machine_test.py runs them)."""

import json
import os
import pathlib
import re
import subprocess
import tarfile
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.path.abspath(os.environ.get("TEST_BINARY", ROOT / "build/authd"))
MAX_EXPOSURE = 1.5  # of `systemd-analyze security`


def run(*command, check=True, **kwargs):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, **kwargs)
    if check and done.returncode != 0:
        raise AssertionError("%s: %s%s" % (command, done.stdout, done.stderr))
    return done


def authd(*arguments, **kwargs):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AUTHD_")}
    return run(BINARY, *arguments, env=environment, **kwargs)


def table(section):
    """The rows of a table in third_party/README.md, as lists of cells."""
    text = re.search(r"^## %s\n(.*?)(?=^## |\Z)" % section,
                     (ROOT / "third_party/README.md").read_text(), re.M | re.S)[1]
    rows = [line.strip("| \n").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return rows[2:]


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.out = pathlib.Path(cls.scratch.name, "out")
        release = pathlib.Path(cls.scratch.name, "authd")
        run("strip", "-o", release, BINARY)
        run(ROOT / "packaging/build", release, cls.out)
        (cls.deb,) = cls.out.glob("*.deb")
        (cls.archive,) = cls.out.glob("*.tar.gz")
        cls.root = pathlib.Path(cls.scratch.name, "root")
        run("dpkg-deb", "--raw-extract", cls.deb, cls.root)

    def test_lintian_finds_nothing_wrong(self):
        done = run("lintian", "--allow-root", "--fail-on", "error,warning", "--tag-display-limit",
                   "0", self.deb, check=False)
        found = [line for line in done.stdout.splitlines() if line[:2] in ("E:", "W:")]
        self.assertEqual((found, done.returncode), ([], 0), done.stdout + done.stderr)

    def test_the_configuration_has_every_key_and_sets_only_where_the_data_is(self):
        file = self.root / "etc/authd/authd.toml"
        shown = json.loads(authd("config", "show", "--json", "--config", file).stdout)
        self.assertEqual({key: v["value"] for key, v in shown.items() if v["origin"] != "default"},
                         {"server.data_dir": "/var/lib/authd"})
        section, found = "", set()
        for line in file.read_text().splitlines():
            if line.startswith("["):
                section = line.strip("[]")
            elif match := re.match(r"#?([a-z0-9_]+) = ", line):
                found.add(section + "." + match[1])
        self.assertLessEqual(set(shown), found)
        self.assertEqual((self.root / "DEBIAN/conffiles").read_text(), "/etc/authd/authd.toml\n")

    def test_the_licence_of_everything_that_is_linked_comes_along(self):
        text = (self.root / "usr/share/doc/authd/copyright").read_text()
        for name, *_ in table("Sources"):
            self.assertRegex(text, r"(?m)^Files: %s$" % re.escape(name.removesuffix("-dist")))
        for name, purpose, *_ in table("Packages"):
            if purpose == "build" and name.startswith("lib"):
                self.assertRegex(text, r"(?m)^======== %s \(" % re.escape(name))
        self.assertRegex(text, r"(?m)^======== libc6-dev \(")
        self.assertRegex(text, r"(?m)^======== gcc-\d+-base \(")

    def test_manual_and_completions_are_those_of_this_release(self):
        share = self.root / "usr/share"
        for page in (ROOT / "man").glob("*.[1-8]"):
            packed = share / ("man/man%s/%s.gz" % (page.name[-1], page.name))
            self.assertEqual(run("zcat", packed).stdout, page.read_text())
        for shell, path in (("bash", "bash-completion/completions/authd"),
                            ("zsh", "zsh/vendor-completions/_authd"),
                            ("fish", "fish/vendor_completions.d/authd.fish")):
            self.assertEqual((share / path).read_text(), authd("completion", shell).stdout)
        self.assertTrue(
            (share / "zsh/vendor-completions/_authd").read_text().startswith("#compdef authd\n"))

    def test_the_archive_has_the_same_below_usr_local(self):
        with tarfile.open(self.archive) as archive:
            top = os.path.commonpath(archive.getnames())
            read = lambda name: archive.extractfile("%s/%s" % (top, name)).read()
            self.assertEqual(read("bin/authd"), (self.root / "usr/bin/authd").read_bytes())
            self.assertEqual(read("share/authd/authd.toml"),
                             (self.root / "etc/authd/authd.toml").read_bytes())
            self.assertEqual(read("share/doc/authd/copyright"),
                             (self.root / "usr/share/doc/authd/copyright").read_bytes())
            self.assertEqual(
                read("lib/systemd/system/authd.service").replace(b"/usr/local/bin", b"/usr/bin"),
                (ROOT / "packaging/systemd/authd.service").read_bytes())
            for name in ("README.md", "LICENSE", "CHANGELOG.md"):
                self.assertEqual(read("share/doc/authd/" + name), (ROOT / name).read_bytes())
            for page in (ROOT / "docs").rglob("*.md"):
                name = page.relative_to(ROOT).as_posix()
                self.assertEqual(read("share/doc/authd/" + name), page.read_bytes())
                self.assertEqual((self.root / "usr/share/doc/authd" / name).read_bytes(),
                                 page.read_bytes())
            self.assertEqual({(m.uid, m.gid) for m in archive.getmembers()}, {(0, 0)})
            self.assertEqual([m.name for m in archive.getmembers() if m.mode & 0o022], [])

    def test_another_run_at_another_time_makes_the_same_bytes(self):
        # A small program instead of the large one, which would only be compressed twice.
        stub = pathlib.Path(self.scratch.name, "stub")
        stub.write_text('#!/bin/sh\nexec %s "$@"\n' % BINARY)
        stub.chmod(0o755)
        made = []
        for umask in ("022", "077"):
            out = pathlib.Path(self.scratch.name, umask)
            run("bash", "-c", 'umask %s; exec "$@"' % umask, "-", ROOT / "packaging/build", stub,
                out,
                env={**os.environ, "TZ": "Asia/Tokyo" if umask == "077" else "UTC"})
            made.append({file.name: file.read_bytes() for file in out.iterdir()})
        self.assertEqual(len(made[0]), 2)
        self.assertTrue(made[0] == made[1])

    def test_maintainer_scripts_are_posix(self):
        for name in ("postinst", "prerm", "postrm"):
            run("dash", "-n", self.root / "DEBIAN" / name)


class Units(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.directory = pathlib.Path(scratch.name)
        for name in ("authd.service", "authd.socket"):
            text = (ROOT / "packaging/systemd" / name).read_text()
            (self.directory / name).write_text(text.replace("/usr/bin/authd", BINARY))

    def test_systemd_understands_them(self):
        done = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
                   self.directory / "authd.service",
                   self.directory / "authd.socket")
        self.assertEqual([line for line in done.stderr.splitlines() if "authd" in line], [])

    def test_the_service_is_exposed_to_little(self):
        done = run("systemd-analyze", "security", "--offline=true",
                   "--threshold=%d" % (MAX_EXPOSURE * 10),
                   self.directory / "authd.service", check=False)
        figure = re.search(r"Overall exposure level for authd.service: ([0-9.]+)", done.stdout)
        self.assertIsNotNone(figure, done.stdout + done.stderr)
        self.assertLessEqual(float(figure[1]), MAX_EXPOSURE)


if __name__ == "__main__":
    unittest.main()
