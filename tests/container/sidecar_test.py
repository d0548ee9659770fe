"""packaging/container/sidecar-compose.yaml and sidecar-kubernetes.yaml, run as processes: with the
environment of the example, beside a main server with https, a replica answers on the socket that
the application is given."""

import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "http"))

from examples import FOLDER, read_yaml  # noqa: E402
from harness import PASSWORD, Server, make_certificate, reserve_port, wait_until  # noqa: E402
from replica import VERIFY, World, by_socket  # noqa: E402


class Sidecars(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World()
        folder = cls.world.folder.name
        cls.certificate, key = make_certificate(folder, "localhost")
        cls.world.main.stop()
        cls.port = reserve_port()
        cls.world.main = Server(
            "--server.tls-cert", cls.certificate, "--server.tls-key", key, "--public-url",
            "https://localhost:%d" % cls.port, data_dir=cls.world.data,
            listen="127.0.0.1:%d,unix:%s" % (cls.port, cls.world.socket))
        reply = by_socket(cls.world.socket, "POST", "/api/v1/auth/login",
                          body={"login": "root", "password": PASSWORD},
                          headers={"Host": "localhost:%d" % cls.port})
        cls.token = reply.json["access_token"]

    @classmethod
    def tearDownClass(cls):
        cls.world.close()

    def answers(self, settings, application, secret, grace):
        """`settings` and `application`: the environments; `secret`: where the secret is mounted."""
        self.assertEqual(settings["AUTHD_REPLICA_CLIENT_SECRET_FILE"], secret)
        self.assertIn("unix:" + application["AUTHD_SOCKET"], settings["AUTHD_SERVER_LISTEN"])
        self.assertGreater(grace, 30)  # server.drain_timeout
        with tempfile.TemporaryDirectory(prefix="authd-test-") as folder:
            here = {"https://auth.example.org": "https://localhost:%d" % self.port,
                    secret: self.world.secret_file, "/run/authd/": folder + "/",
                    "/data/": folder + "/", "0.0.0.0:8080": "127.0.0.1:0"}
            environment = {"AUTHD_FETCH_CA_FILE": self.certificate}
            for name, value in settings.items():
                for theirs, ours in here.items():
                    value = value.replace(theirs, ours)
                environment[name] = value
            directory = environment.pop("AUTHD_SERVER_DATA_DIR", folder + "/data")
            with Server(data_dir=directory, listen=None, environment=environment):
                socket = application["AUTHD_SOCKET"].replace("/run/authd/", folder + "/")
                wait_until(lambda: os.path.exists(socket), "the socket")
                good = by_socket(socket, "GET", VERIFY, token=self.token)
                self.assertEqual((good.status, good.headers["X-Auth-User"]), (200, "root"))
                self.assertEqual(by_socket(socket, "GET", VERIFY, token="x").status, 401)
                self.assertEqual(by_socket(socket, "GET", "/readyz").status, 200)

    def test_compose(self):
        services = read_yaml(FOLDER / "sidecar-compose.yaml")[0]
        replica, application = (services["services"][name] for name in ("authd-replica", "app"))
        self.assertIn("authd-replica", application["depends_on"])
        self.assertEqual({v.split(":")[0] for one in (replica, application)
                          for v in one["volumes"]}, set(services["volumes"]))
        self.assertEqual(set(replica["secrets"]), set(services["secrets"]))
        self.answers(replica["environment"], application["environment"],
                     "/run/secrets/" + replica["secrets"][0],
                     int(replica["stop_grace_period"][:-1]))

    def test_kubernetes(self):
        pod = read_yaml(FOLDER / "sidecar-kubernetes.yaml")[0]["spec"]["template"]["spec"]
        replica, application = pod["containers"]
        names = {volume["name"] for volume in pod["volumes"]}
        self.assertEqual({m["name"] for one in pod["containers"] for m in one["volumeMounts"]},
                         names)
        mounts = {mount["name"]: mount["mountPath"] for mount in replica["volumeMounts"]}
        self.assertFalse(pod["enableServiceLinks"])
        self.answers({pair["name"]: pair["value"] for pair in replica["env"]},
                     {pair["name"]: pair["value"] for pair in application["env"]},
                     mounts["secret"] + "/secret", pod["terminationGracePeriodSeconds"])


if __name__ == "__main__":
    unittest.main()
