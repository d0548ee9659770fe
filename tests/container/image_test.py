"""The container image: built from packaging/container/Containerfile by scripts/container-image, and
run with podman as an operator would: no capabilities, no privileges, nothing writable but /data and
the directory of a socket. Skipped where podman cannot run containers (scripts/install-packages
image; it needs root here)."""

import functools
import http.client
import io
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tarfile
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "http"))

import openid  # noqa: E402
from examples import compose, podman_options  # noqa: E402
from harness import (BINARY, CHEAP, DEADLINE, PASSWORD, Server, read_all,  # noqa: E402
                     reserve_port, send, wait_until)
from pictures import png  # noqa: E402
from smtp_server import SmtpServer  # noqa: E402

NOBODY = 65532
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"


class Image:
    """An image of the binary under test, in its own folder."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="authd-image-")
        self.archive = os.path.join(self.folder, "authd.tar")
        self.binary = os.path.join(self.folder, "binary")
        subprocess.run(["strip", "-o", self.binary, BINARY], check=True)
        self.build(self.folder)

    def build(self, folder, *options):
        done = subprocess.run([ROOT / "scripts" / "container-image", *options, self.binary, folder],
                              capture_output=True, text=True, timeout=DEADLINE, check=False)
        assert done.returncode == 0, done.stderr

    def podman(self, *arguments):
        # runc: crun 1.8 refuses machines with both versions of control groups.
        return ["podman", "--root", os.path.join(self.folder, "storage"), "--runroot",
                os.path.join(self.folder, "run"),
                "--tmpdir", os.path.join(self.folder, "tmp", "libpod"), "--storage-driver", "vfs",
                "--cgroup-manager", "cgroupfs",
                "--runtime", "runc", *arguments]

    def run(self, name, *options):
        limits = []
        for kind, number in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC)):
            # podman's defaults exceed what root may set without CAP_SYS_RESOURCE.
            hard = resource.getrlimit(number)[1]
            value = 1024 if hard == resource.RLIM_INFINITY else min(hard, 1024)
            limits += ["--ulimit", "%s=%d:%d" % (kind, value, value)]
        return self.podman(
            "run", "--rm", "--name", name, "--timeout", "300", "--pull", "never", "--network",
            "host", "--read-only",
            "--read-only-tmpfs=false", "--cap-drop", "all", "--security-opt", "no-new-privileges",
            "--health-interval",
            "disable", *limits, *options)

    def ask(self, *arguments):
        return subprocess.run(self.podman(*arguments), capture_output=True, text=True,
                              timeout=DEADLINE, check=False)

    @functools.cached_property
    def refusal(self):
        """Why containers cannot run here; None if they can."""
        if not shutil.which("podman") or not shutil.which("runc"):
            return "podman or runc is missing: scripts/install-packages image"
        done = subprocess.run(self.run("probe", "authd", "version"), capture_output=True, text=True,
                              timeout=DEADLINE,
                              check=False)
        return None if done.returncode == 0 else done.stderr.strip()[-300:]

    def remove(self):
        self.ask("rm", "--force", "--all", "--time", "0")
        shutil.rmtree(self.folder)


def setUpModule():
    global IMAGE  # one for all tests of this file
    if os.geteuid() != 0:
        raise unittest.SkipTest("images are built by root here")
    IMAGE = Image()
    unittest.addModuleCleanup(IMAGE.remove)


class Container(Server):
    """The server in a container. `volumes` are host:container[:ro]; settings are passed in the
    environment."""

    def __init__(self, name, volumes=(), options=(), **settings):
        self.name = name
        self._own_dir = None
        self._log_file = tempfile.TemporaryFile(mode="w+b")
        settings = {"AUTHD_RATE_LIMIT_ENABLED": "false", "AUTHD_PASSWORDS_ARGON2_MEMORY": CHEAP[1],
                    "AUTHD_PASSWORDS_ARGON2_PASSES": CHEAP[3], "AUTHD_SERVER_LISTEN": "127.0.0.1:0",
                    **settings}
        more = [part for pair in settings.items() for part in ("--env", "%s=%s" % pair)]
        more += [part for volume in volumes for part in ("--volume", volume)]
        self.process = subprocess.Popen(IMAGE.run(name, *more, *options, "authd"),
                                        stdin=subprocess.DEVNULL,
                                        stdout=self._log_file, stderr=subprocess.STDOUT)
        try:
            started = wait_until(self._started, "the container")
        except AssertionError:
            self.kill()
            raise
        self.port = next((int(a.rsplit(":", 1)[1]) for a in started["listen"].split(", ")
                          if not a.startswith("unix:")), None)

    def inspect(self, template):
        return IMAGE.ask("inspect", self.name, "--format", template).stdout.strip()

    @functools.cached_property
    def pid(self):
        return int(self.inspect("{{.State.Pid}}"))

    def execute(self, *arguments):
        return IMAGE.ask("exec", self.name, "/authd", *arguments)

    def kill(self):
        IMAGE.ask("rm", "--force", "--time", "0", self.name)
        super().kill()


class Archive(unittest.TestCase):
    """The contents of the image, read without container tools."""

    @classmethod
    def setUpClass(cls):
        cls.files, cls.content = {}, {}
        cls.manifest, cls.config, layers = cls.open_archive(IMAGE.archive)
        for layer in layers:
            with tarfile.open(fileobj=io.BytesIO(layer)) as files:
                for member in files:
                    cls.files[member.name] = member
                    cls.content[member.name] = member.isfile() and files.extractfile(member).read()

    @staticmethod
    def open_archive(path):
        with tarfile.open(path) as archive:
            def read(name):
                return archive.extractfile(name).read()
            manifest = json.loads(read("manifest.json"))[0]
            return manifest, json.loads(read(manifest["Config"]))["config"], [
                read(layer) for layer in manifest["Layers"]]

    def test_it_holds_the_executable_the_authorities_and_an_empty_data_directory(self):
        self.assertEqual(set(self.files),
                         {"authd", "data", "etc", "etc/ssl", "etc/ssl/certs", AUTHORITIES[1:]})
        self.assertEqual(self.content["authd"], pathlib.Path(IMAGE.binary).read_bytes())
        self.assertEqual(self.content[AUTHORITIES[1:]], pathlib.Path(AUTHORITIES).read_bytes())

    def test_only_the_data_directory_is_the_users(self):
        owners = {name: (member.uid, oct(member.mode & 0o7777)) for name,
                  member in self.files.items()}
        self.assertEqual(owners.pop("data"), (NOBODY, "0o700"))
        self.assertEqual(owners.pop("authd"), (0, "0o755"))
        self.assertEqual(set(owners.values()), {(0, "0o755"), (0, "0o644")})

    def test_it_says_how_it_is_run(self):
        config = self.config
        self.assertEqual((config["User"], config["Entrypoint"], config["Cmd"]),
                         ("%d:%d" % (NOBODY, NOBODY), ["/authd"], ["serve"]))
        self.assertEqual((config["Volumes"], config["ExposedPorts"]),
                         ({"/data": {}}, {"8080/tcp": {}}))
        self.assertEqual(config["Healthcheck"]["Test"], ["CMD", "/authd", "health"])
        self.assertEqual(config["StopSignal"], "SIGTERM")
        # authd knows every setting, and accepts its value.
        settings = dict(line.split("=", 1) for line in config["Env"])
        checked = subprocess.run([BINARY, "config", "check", "--without-files"], env=settings,
                                 capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_the_same_binary_gives_the_same_layer(self):
        with tempfile.TemporaryDirectory(prefix="authd-image-") as folder:
            IMAGE.build(folder)
            again = self.open_archive(os.path.join(folder, "authd.tar"))[0]
        self.assertEqual(again["Layers"], self.manifest["Layers"])  # named after their hashes


class Contained(unittest.TestCase):
    def setUp(self):
        if IMAGE.refusal:
            self.skipTest("no container runs here: " + IMAGE.refusal)
        folder = tempfile.TemporaryDirectory(prefix="authd-contained-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.chmod(self.folder, 0o755)

    def directory(self, name):
        path = os.path.join(self.folder, name)
        os.mkdir(path, 0o700)
        os.chown(path, NOBODY, NOBODY)
        return path

    def wait_until_healthy(self, name):
        # One query has a few seconds; the machine may be less busy for the next one.
        wait_until(lambda: IMAGE.ask("healthcheck", "run", name).returncode == 0,
                   "the container to be healthy")

    def run_image(self, name, **options):
        container = Container(name, **options)
        self.addCleanup(container.kill)
        return container


class Alone(Contained):
    def test_with_nothing_but_the_image_it_serves_and_keeps_its_volume_to_itself(self):
        server = self.run_image("alone", AUTHD_SERVER_LISTEN="127.0.0.1:%d" % reserve_port(),
                                TZ="Europe/Berlin")
        self.assertEqual(server.sign_up("ann").status, 201)
        self.assertEqual(server.log_in("ann").status, 200)
        volume = os.stat(server.inspect("{{(index .Mounts 0).Source}}"))
        self.assertEqual((volume.st_uid, stat.S_IMODE(volume.st_mode)), (NOBODY, 0o700))
        self.wait_until_healthy("alone")
        self.assertNotEqual(server.execute("health", "--listen", "127.0.0.1:1").returncode, 0)
        self.assertIn("ann", server.execute("user", "list").stdout)

    def test_a_volume_of_kubernetes_will_do(self):
        volume = self.directory("claim")
        os.chown(volume, 0, NOBODY)
        os.chmod(volume, 0o2775)  # the permissions that fsGroup gives it
        os.mkdir(os.path.join(volume, "lost+found"), 0o700)
        server = self.run_image("claim", volumes=[volume + ":/data"],
                                AUTHD_SERVER_DATA_DIR="/data/authd")
        self.assertEqual(server.sign_up("ann").status, 201)
        self.assertNotIn("accessible to other users", server.log_text())

    def test_it_has_no_rights_and_one_writable_place(self):
        server = self.run_image("bare")
        status = dict(line.split(":\t", 1)
                      for line in pathlib.Path("/proc/%d/status"
                                               % server.pid).read_text().splitlines())
        self.assertEqual(set(status["Uid"].split() + status["Gid"].split()), {str(NOBODY)})
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(status[name], 16), 0, name)
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        mounts = [line.split()
                  for line in pathlib.Path("/proc/%d/mountinfo"
                                           % server.pid).read_text().splitlines()]
        writable = {m[4] for m in mounts if "rw" in m[5].split(",")}
        files = {place for place in writable if not place.startswith(("/dev", "/proc", "/sys"))}
        self.assertEqual(files, {"/data"})
        for place in ("/", "/etc", "/etc/ssl", "/run"):  # not even by root
            with self.assertRaisesRegex(OSError, "Read-only file system"):
                open("/proc/%d/root%s/x" % (server.pid, place), "xb")


class Beside(Contained):
    """The service of compose.yaml: a socket shared with an application, the master key as a secret,
    mounted authorities, and mail and a provider on other hosts."""

    def setUp(self):
        super().setUp()
        self.data = self.directory("data")
        self.key = os.path.join(self.folder, "master_key")
        page = (ROOT / "docs/container.md").read_text()
        commands = re.findall(r"(?m)^((?:printf|chmod) .*master_key)\b", page)
        self.assertEqual(len(commands), 2)
        subprocess.run("; ".join(commands), shell=True, check=True, cwd=self.folder)
        self.provider = openid.HostileProvider(tls=True)
        self.addCleanup(self.provider.stop)
        self.mails = SmtpServer()
        self.mails.__enter__()
        self.addCleanup(self.mails.__exit__)
        self.port = reserve_port()
        example = compose()
        service = example["services"]["authd"]
        made = IMAGE.ask("volume", "create", "socket", *[
            part for pair in example["volumes"]["socket"]["driver_opts"].items()
            for part in ("--opt", "%s=%s" % pair)])
        self.assertEqual(made.returncode, 0, made.stderr)
        self.addCleanup(IMAGE.ask, "volume", "rm", "--force", "socket")
        settings = {**service["environment"],
                    **openid.settings("evil", self.provider.issuer, "me", "secret")}
        settings["AUTHD_SERVER_LISTEN"] = settings["AUTHD_SERVER_LISTEN"].replace(
            "0.0.0.0:8080", "127.0.0.1:%d" % self.port)
        settings.update(AUTHD_MAIL_URL="smtp://mail.test:%d" % self.mails.port,
                        AUTHD_MAIL_STARTTLS="optional")
        self.server = self.run_image(
            "beside", volumes=["%s:%s:ro" % (self.provider.path("tls.pem"), AUTHORITIES)],
            options=["--add-host", "mail.test:127.0.0.1",
                     *podman_options(service, {"data": self.data, "socket": "socket"},
                                     {"master_key": self.key})], **settings)
        self.socket = "/proc/%d/root/run/authd/authd.sock" % self.server.pid

    def by_socket(self, method, path, body=None, **more):
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.socket)
        try:
            return send(connection, method, path, body, **more)
        finally:
            connection.close()

    def test_all_that_the_server_does(self):
        made = self.by_socket("POST", "/api/v1/auth/signup",
                              {"username": "ann", "email": "ann@example.org", "password": PASSWORD})
        self.assertEqual(made.status, 201, made.body)
        token = made.json["access_token"]
        self.assertEqual(self.server.me(token).json["username"], "ann")
        found = os.stat(self.socket)
        self.assertEqual((found.st_gid, stat.S_IMODE(found.st_mode)), (NOBODY, 0o660))

        # The worker for pictures is the same executable, started through /proc/self/exe.
        picture = self.server.request("PUT", "/api/v1/users/me/avatar", png(30, 20), token,
                                      {"Content-Type": "image/png"})
        self.assertEqual(picture.status, 200, picture.body)

        # A host name from /etc/hosts, without a resolver's configuration files or libraries.
        self.server.post("/api/v1/auth/password/forgot", {"email": "ann@example.org"})
        wait_until(lambda: any(mail.rcpt_tos == ["ann@example.org"]
                               for mail in self.mails.received), "the mail")

        # https, with the authorities mounted over the image's own. A provider that was too slow is
        # asked again after a pause.
        ask = lambda: self.server.get("/api/v1/auth/providers/evil/start")  # noqa: E731
        start = wait_until(lambda: next((reply for reply in [ask()] if reply.status == 200), None),
                           "the provider to be asked")
        self.assertTrue(start.json["authorization_url"].startswith(self.provider.issuer))

        # The key is only where it was put.
        self.assertFalse(os.path.exists(os.path.join(self.data, "master.key")))
        self.assertEqual(self.server.execute("db", "check").returncode, 0)
        self.wait_until_healthy("beside")

    def test_it_ends_what_it_began_when_it_is_stopped(self):
        body = json.dumps({"username": "bob", "password": PASSWORD}).encode()
        with socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE) as s:
            s.sendall(
                b"POST /api/v1/auth/signup HTTP/1.1\r\nHost: x\r\nContent-Type: "
                b"application/json\r\n"
                b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
            self.assertIn(b"100 Continue", s.recv(100))
            self.server.process.send_signal(signal.SIGTERM)
            self.server.logged(message="stopping: running requests may finish")
            s.sendall(body)
            self.assertIn(b" 201 ", read_all(s).split(b"\r\n")[0])
        self.assertEqual(self.server.process.wait(timeout=DEADLINE), 0)
        self.server.logged(message="stopped")


if __name__ == "__main__":
    unittest.main()
