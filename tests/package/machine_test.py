"""The package on a separate Debian system (`make test-package`, as root): in a chroot without
systemd, and on a machine booted with a real systemd (tests/package/boot). debootstrap creates the
system; it is kept in the cache beside the fetched dependencies, and never written to."""

import base64
import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/http"))
import pictures  # noqa: E402
from harness import wait_until  # noqa: E402

PACKAGES = "systemd,systemd-sysv,init-system-helpers,adduser,strace"
CACHE = pathlib.Path(os.environ.get("AUTHD_CACHE", pathlib.Path.home() / ".cache/authd"))
MADE = ROOT / "build/package"  # by make package
OLD = "0.0.9-1"


def run(*command, check=True, **kwargs):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False,
                          stdin=None if "input" in kwargs else subprocess.DEVNULL, **kwargs)
    if check and done.returncode != 0:
        raise AssertionError("%s: %s%s" % (command, done.stdout, done.stderr))
    return done


def system():
    """The directory of a minimal Debian; created once, which takes one to three minutes."""
    release = dict(line.split("=", 1)
                   for line in pathlib.Path("/etc/os-release").read_text().splitlines()
                   if "=" in line)
    suite = release["VERSION_CODENAME"]
    made = CACHE / ("system-%s-%s" % (suite, hashlib.sha256(PACKAGES.encode()).hexdigest()[:8]))
    if made.exists():
        return made
    listed = run("apt-get", "indextargets", "--no-release-info", "--format",
                 "$(COMPONENT) $(RELEASE) $(REPO_URI)").stdout
    mirror = next(uri for component, name, uri in map(str.split, listed.splitlines())
                  if (component, name) == ("main", suite))
    print("making a Debian system in", made, file=sys.stderr)
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="work.") as scratch:
        run("debootstrap", "--variant=minbase", "--include=" + PACKAGES, suite, scratch + "/system",
            mirror)
        os.rename(scratch + "/system", made)
    return made


def older(deb, directory):
    """The same package with an older version number."""
    run("dpkg-deb", "--raw-extract", deb, directory / "old")
    control = directory / "old/DEBIAN/control"
    control.write_text(re.sub("(?m)^Version: .*$", "Version: " + OLD, control.read_text()))
    run("dpkg-deb", "--root-owner-group", "-Znone", "--build", directory / "old",
        directory / "old.deb")
    return directory / "old.deb"


class Machine(unittest.TestCase):
    """Both kinds of system: `self.on` runs a command there, `self.path` is a file there."""

    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="authd-package-")
        cls.addClassCleanup(scratch.cleanup)
        cls.scratch = pathlib.Path(scratch.name)
        cls.base = system()
        (cls.new,) = MADE.glob("*.deb")
        cls.old = older(cls.new, cls.scratch)

    @classmethod
    def install_page(cls):
        """The shell blocks of docs/install.md, as root runs them."""
        blocks = re.findall(r"^```sh no-run\n(.*?)^```", (ROOT / "docs/install.md").read_text(),
                            re.M | re.S)
        # Nobody to ask, and no network.
        return [re.sub(r"\bsudo |\bsudoedit .*", "",
                       block).replace("apt install", "apt-get -y --no-install-recommends install")
                for block in blocks]

    def on(self, *command, **kwargs):
        return run(*self.enter, *command, **kwargs)

    def install(self, deb):
        run("cp", deb, self.path("/root/package.deb"))
        return self.on("dpkg", "--install", "--force-confold", "/root/package.deb")

    def stat(self, path):
        return self.on("stat", "-c", "%U:%G %a", path).stdout.strip()

    def is_there(self, path):
        return self.on("test", "-e", path, check=False).returncode == 0


class Chroot(Machine):
    """Without systemd: an image is being built, or another init runs."""

    def setUp(self):
        self.root = self.scratch / "chroot"
        self.root.mkdir()
        # Not on an overlay file system, which cannot be the upper layer of another.
        run("mount", "-t", "tmpfs", "tmpfs", self.root)
        self.addCleanup(run, "umount", self.root)
        for name in ("upper", "work", "merged"):
            (self.root / name).mkdir()
        run("mount", "-t", "overlay", "overlay", "-o",
            "lowerdir=%s,upperdir=%s/upper,workdir=%s/work" % (
                self.base, self.root, self.root), self.root / "merged")
        self.addCleanup(run, "umount", self.root / "merged")
        self.enter = ["chroot", self.root / "merged", "env", "-i",
                      "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                      "DEBIAN_FRONTEND=noninteractive"]

    def path(self, path):
        return str(self.root / "merged") + path

    def test_install_upgrade_remove_and_purge(self):
        self.install(self.old)
        self.assertEqual(self.stat("/var/lib/authd"), "authd:authd 700")
        self.assertEqual(self.stat("/etc/authd/authd.toml"), "root:authd 640")
        self.assertTrue(self.is_there("/etc/systemd/system/multi-user.target.wants/authd.service"))
        # A command run by root before the first start leaves nothing that the service cannot open.
        self.on("authd", "user", "add", "--username", "ann", input="correct horse battery\n")
        self.assertEqual(self.on("find", "/var/lib/authd", "!", "-user", "authd").stdout, "")
        self.assertIn("ann", self.on("authd", "user", "list").stdout)

        self.on("sed", "-i", 's/^#name = "authd"/name = "Fjord"/', "/etc/authd/authd.toml")
        self.on("chmod", "0600", "/etc/authd/authd.toml")
        self.install(self.new)
        self.assertEqual(self.on("dpkg-query", "-W", "-f", "${Version}",
                                 "authd").stdout.split("-")[0],
                         self.on("authd", "version").stdout.split()[1])
        self.assertIn("Fjord", self.on("authd", "config", "show").stdout)
        self.assertEqual(self.stat("/etc/authd/authd.toml"), "root:authd 600")
        self.assertIn("ann", self.on("authd", "user", "list").stdout)

        self.on("dpkg", "--remove", "authd")
        self.assertFalse(self.is_there("/usr/bin/authd"))
        self.assertTrue(self.is_there("/var/lib/authd/data.mdb"))
        self.assertTrue(self.is_there("/etc/authd/authd.toml"))
        self.install(self.new)
        self.assertIn("ann", self.on("authd", "user", "list").stdout)

        self.on("dpkg", "--purge", "authd")
        for gone in ("/var/lib/authd", "/etc/authd",
                     "/etc/systemd/system/multi-user.target.wants/authd.service",
                     "/lib/systemd/system/authd.service"):
            self.assertFalse(self.is_there(gone), gone)
        self.assertEqual(self.on("dpkg-query", "-W", "-f", "${db:Status-Status}", "authd",
                                 check=False).returncode, 1)


class Booted(Machine):
    """With systemd as the first process. The methods of one test share a machine."""

    def setUp(self):
        boot = subprocess.Popen([ROOT / "tests/package/boot", self.base], stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True)
        self.addCleanup(boot.stderr.close)
        self.addCleanup(boot.wait)
        self.addCleanup(boot.kill)

        def first_process():
            self.assertIsNone(boot.poll(), "the machine does not boot")
            children = pathlib.Path("/proc/%d/task/%d/children"
                                    % (boot.pid, boot.pid)).read_text().split()
            is_init = children and "/sbin/init" in pathlib.Path("/proc/%s/cmdline"
                                                                % children[0]).read_text()
            return children[0] if is_init else None

        pid = wait_until(first_process, "the first process")
        self.enter = ["nsenter", "--all", "--target", pid, "env", "-i",
                      "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                      "DEBIAN_FRONTEND=noninteractive"]
        self.pid = pid
        wait_until(lambda: self.on("systemctl", "is-system-running", check=False).stdout.strip()
                   == "running", "the system")

    def path(self, path):
        return "/proc/%s/root%s" % (self.pid, path)

    def show(self, name, unit="authd.service"):
        return self.on("systemctl", "show", "--value", "-p", name, unit).stdout.strip()

    def wait_active(self, what):
        wait_until(lambda: self.show("ActiveState") == "active", what)

    def write(self, path, text):
        self.on("sh", "-c", 'mkdir -p "$(dirname %s)" && cat >%s' % (path, path), input=text)

    def ask(self, method, path, body=None, token=None, kind="application/json",
            address="127.0.0.1:8080"):
        """A request from inside the machine, by a Python of the host that enters its network but
        sees the host's files."""
        script = (
            "import http.client, json, sys; q = json.load(sys.stdin); c = "
            "http.client.HTTPConnection(q['a'], timeout=60);"
            "import base64; c.request(q['m'], q['p'], base64.b64decode(q['b']), q['h']); r "
            "= c.getresponse();"
            "sys.stdout.write(json.dumps([r.status, base64.b64encode(r.read()).decode()]))")
        headers = {"Content-Type": kind, **({"Authorization": "Bearer " + token} if token else {})}
        data = body if isinstance(body,
                                  bytes) else json.dumps(body).encode() if body is not None else b""
        question = {"a": address, "m": method, "p": path, "h": headers,
                    "b": base64.b64encode(data).decode()}
        done = run("nsenter", "--net", "--target", self.pid, sys.executable, "-c", script,
                   input=json.dumps(question))
        status, text = json.loads(done.stdout)
        return status, base64.b64decode(text)

    def test_a_fresh_install_serves_and_everything_works_in_its_sandbox(self):
        self.install(self.new)
        self.assertEqual((self.show("ActiveState"), self.show("UnitFileState")),
                         ("active", "enabled"))
        self.assertIn("serving on 127.0.0.1:8080", self.show("StatusText"))
        self.assertEqual(self.on("authd", "health").stdout.strip(), "ready")
        main = self.show("MainPID")
        self.assertEqual(self.on("stat", "-c", "%U", "/proc/" + main).stdout.strip(), "authd")
        status = self.on("cat", "/proc/%s/status" % main).stdout
        self.assertRegex(status, r"(?m)^CapEff:\s0+$")
        self.assertRegex(status, r"(?m)^NoNewPrivs:\s1$")
        self.assertEqual(self.stat("/var/lib/authd"), "authd:authd 700")

        status, reply = self.ask("POST", "/api/v1/auth/signup",
                                 {"username": "ann", "password": "correct horse battery"})
        self.assertEqual(status, 201, reply)
        token = json.loads(reply)["access_token"]
        # The process that decodes images starts there and confines itself.
        status, reply = self.ask("PUT", "/api/v1/users/me/avatar", pictures.png(64, 64), token,
                                 "image/png")
        self.assertEqual(status // 100, 2, reply)
        # Commands of root work beside the service, on its data.
        self.assertIn("ann", self.on("authd", "user", "list").stdout)
        self.on("authd", "user", "add", "--username", "root", "--admin",
                input="correct horse battery\n")
        self.assertEqual(self.on("find", "/var/lib/authd", "!", "-user", "authd").stdout, "")
        self.on("authd", "db", "check")

        # A reload reads the file again in the same process.
        self.write("/etc/authd/authd.toml",
                   '[server]\ndata_dir = "/var/lib/authd"\nallowed_hosts = ["auth.example.org"]\n')
        self.on("systemctl", "reload", "authd")
        wait_until(lambda: self.ask("GET", "/nothing")[0] == 421, "the reload")
        self.assertEqual((self.show("MainPID"), self.show("ActiveState")), (main, "active"))
        # systemd does not keep restarting on a mistake in it.
        self.write("/etc/authd/authd.toml", "[server]\nnonsense = 1\n")
        self.on("systemctl", "restart", "authd", check=False)
        self.assertEqual((self.show("ActiveState"), self.show("ExecMainStatus")), ("failed", "2"))
        journal = self.on("journalctl", "--no-pager", "-u", "authd").stdout
        self.assertIn("authd.toml:2: ", journal)
        self.assertNotIn("status=31/SYS", journal)

    def test_the_commands_of_the_page_install_it(self):
        package, archive = self.install_page()
        for block, unit_at in ((package, "/lib"), (archive, "/usr/local/lib")):
            self.on("mkdir", "-p", "/root/build/package")
            for file in MADE.iterdir():
                run("cp", file, self.path("/root/build/package"))
            done = self.on("sh", "-ec", "cd /root\n" + block, input="correct horse battery\n")
            self.assertIn("the configuration is valid: /etc/authd/authd.toml" if block == package
                          else "", done.stdout)
            self.wait_active("the service")
            self.assertEqual(self.show("FragmentPath"), unit_at + "/systemd/system/authd.service")
            self.assertEqual(self.ask("GET", "/livez"), (200, b"ok\n"))
            self.assertIn("data directory: /var/lib/authd", self.on("authd", "user", "list").stderr)
            if block == package:
                self.assertIn("/setup?token=", done.stdout)
                self.on("dpkg", "--purge", "authd")
                self.on("userdel", "authd")

    def test_an_upgrade_restarts_and_removal_keeps_the_data_until_it_is_purged(self):
        self.install(self.old)
        before = self.show("MainPID")
        self.assertEqual(self.ask("POST", "/api/v1/auth/signup",
                                  {"username": "ann", "password": "correct horse battery"})[0], 201)
        self.install(self.new)
        self.assertEqual(self.show("ActiveState"), "active")
        self.assertNotEqual(self.show("MainPID"), before)
        login = ("POST", "/api/v1/auth/login",
                 {"login": "ann", "password": "correct horse battery"})
        self.assertEqual(self.ask(*login)[0], 200)
        # A service that the administrator switched off stays off.
        self.on("systemctl", "disable", "--now", "authd")
        self.install(self.new)
        self.assertEqual((self.show("ActiveState"), self.show("UnitFileState")),
                         ("inactive", "disabled"))
        self.on("systemctl", "enable", "--now", "authd")
        self.on("dpkg", "--remove", "authd")
        self.assertNotEqual(self.show("ActiveState"), "active")
        self.assertTrue(self.is_there("/var/lib/authd/data.mdb"))
        self.install(self.new)
        self.wait_active("the service after it came back")
        self.assertEqual(self.ask(*login)[0], 200)
        self.on("dpkg", "--purge", "authd")
        for gone in ("/var/lib/authd", "/etc/authd"):
            self.assertFalse(self.is_there(gone), gone)
        self.assertEqual(self.on("systemctl", "list-units", "--failed", "--plain",
                                 "--no-legend").stdout, "")

    def test_a_server_that_hangs_is_started_anew(self):
        self.install(self.new)
        self.write("/etc/systemd/system/authd.service.d/watchdog.conf",
                   "[Service]\nWatchdogSec=4s\n")
        self.on("systemctl", "daemon-reload")
        self.on("systemctl", "restart", "authd")
        before = self.show("MainPID")
        # The server stays alive past the watchdog's time as long as it makes progress.
        entered = int(self.show("WatchdogTimestampMonotonic"))
        wait_until(lambda: int(self.show("WatchdogTimestampMonotonic")) > entered + 6_000_000,
                   "the watchdog to be fed")
        self.assertEqual(self.show("MainPID"), before)
        # A command stopped in its commit holds the lock that every write needs.
        hang = subprocess.Popen([*self.enter, "strace", "-f", "-qq", "-o", "/dev/null", "-e",
                                 "trace=fdatasync", "-e",
                                 "inject=fdatasync:delay_enter=3600000000", "authd", "user", "add",
                                 "--username", "bob"],
                                stdin=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, text=True,
                                start_new_session=True)
        self.addCleanup(hang.wait)
        self.addCleanup(os.killpg, hang.pid, signal.SIGKILL)
        hang.stdin.write("correct horse battery\n")
        hang.stdin.close()
        wait_until(lambda: "Watchdog timeout" in self.on("journalctl", "--no-pager", "-u",
                                                         "authd").stdout, "the watchdog")
        os.killpg(hang.pid, signal.SIGKILL)
        wait_until(lambda: self.show("ActiveState") == "active"
                   and self.show("MainPID") not in ("0", before), "a new server")
        self.assertIn('"part":"store"', self.on("journalctl", "--no-pager", "-u", "authd").stdout)
        self.assertEqual(self.on("authd", "health").stdout.strip(), "ready")

    def test_the_master_key_as_a_credential(self):
        self.install(self.new)
        self.on("authd", "user", "add", "--username", "ann", input="correct horse battery\n")
        self.on("systemctl", "stop", "authd")
        # As the drop-in itself says.
        example = self.on("cat", "/usr/share/doc/authd/examples/master-key.conf").stdout
        self.write("/etc/systemd/system/authd.service.d/master-key.conf", example)
        for line in re.findall(r"(?m)^#   ((?:install|mv|chown) .*)$", example):
            self.on("sh", "-ec", line)
        (setting,) = re.findall(r"(?m)^#   (master_key_file = .*)$", example)
        self.write("/etc/authd/authd.toml",
                   '[server]\ndata_dir = "/var/lib/authd"\n[secrets]\n' + setting + "\n")
        self.on("systemctl", "daemon-reload")
        self.on("systemctl", "start", "authd")
        self.assertFalse(self.is_there("/var/lib/authd/master.key"))
        self.assertEqual(self.stat("/etc/credstore/authd.master.key"), "root:root 600")
        self.assertEqual(self.ask("POST", "/api/v1/auth/login",
                                  {"login": "ann", "password": "correct horse battery"})[0], 200)
        self.assertIn("ann", self.on("authd", "user", "list").stdout)

    def test_sockets_of_systemd_outlive_a_restart(self):
        self.install(self.new)
        self.on("systemctl", "stop", "authd")
        self.write("/etc/authd/authd.toml",
                   '[server]\ndata_dir = "/var/lib/authd"\nlisten = ["systemd"]\n'
                   'public_url = "http://127.0.0.1:8080"\n')
        # A port and a file that authd itself may not be allowed to open.
        self.write("/etc/systemd/system/authd.socket.d/more.conf",
                   "[Socket]\nListenStream=81\nListenStream=/run/authd.sock\n"
                   "SocketGroup=www-data\nSocketMode=0660\n")
        self.on("systemctl", "daemon-reload")
        self.on("systemctl", "enable", "--now", "authd.socket")
        self.assertNotEqual(self.show("ActiveState"), "active")
        self.assertEqual(self.ask("GET", "/livez"), (200, b"ok\n"))  # starts it
        self.assertEqual(self.ask("GET", "/livez", address="127.0.0.1:81"), (200, b"ok\n"))
        self.assertEqual(self.stat("/run/authd.sock"), "root:www-data 660")
        before = self.show("MainPID")
        restart = subprocess.Popen([*map(str, self.enter), "systemctl", "restart", "authd"])
        asked = 0
        while restart.poll() is None or asked < 5:
            self.assertEqual(self.ask("GET", "/livez")[0], 200)  # may be late, but is never refused
            asked += 1
        self.assertNotEqual(self.show("MainPID"), before)
        self.on("dpkg", "--purge", "authd")
        self.assertFalse(self.is_there("/run/authd.sock"))


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("tests/package/machine_test.py mounts and boots a system: run it as root")
    unittest.main(verbosity=2)
