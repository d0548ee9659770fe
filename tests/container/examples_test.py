"""packaging/container/compose.yaml and kubernetes.yaml: their syntax, and that every name in them
refers to something: settings that authd knows, probes that it answers, ports, volumes and secrets
that exist. image_test.py runs the compose service."""

import json
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "http"))

from examples import FOLDER, compose, read_yaml  # noqa: E402
from harness import BINARY, Server  # noqa: E402

import jsonschema  # noqa: E402


def thing(required="", **properties):
    """An object with exactly these members."""
    return {"type": "object", "additionalProperties": False, "required": required.split(),
            "properties": properties}


TEXT, NUMBER, YES = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
NAMES = {"type": "object", "additionalProperties": TEXT}
MANY = lambda item: {"type": "array", "minItems": 1, "items": item}  # noqa: E731
METADATA = thing("name", name=TEXT, labels=NAMES, annotations=NAMES)
PROBE = thing("httpGet", httpGet=thing("path port", path=TEXT, port=TEXT), periodSeconds=NUMBER,
              failureThreshold=NUMBER)
CONTAINER = thing(
    "name image", name=TEXT, image=TEXT, env=MANY(thing("name value", name=TEXT, value=TEXT)),
    ports=MANY(thing("name containerPort", name=TEXT, containerPort=NUMBER)),
    startupProbe=PROBE, readinessProbe=PROBE, livenessProbe=PROBE,
    securityContext=thing(allowPrivilegeEscalation=YES, readOnlyRootFilesystem=YES,
                          capabilities=thing(drop=MANY(TEXT))),
    resources=thing(requests=NAMES, limits=NAMES),
    volumeMounts=MANY(thing("name mountPath", name=TEXT, mountPath=TEXT, readOnly=YES)))
POD = thing(
    "containers", automountServiceAccountToken=YES, enableServiceLinks=YES,
    terminationGracePeriodSeconds=NUMBER,
    securityContext=thing(runAsNonRoot=YES, runAsUser=NUMBER, runAsGroup=NUMBER, fsGroup=NUMBER,
                          fsGroupChangePolicy={"enum": ["OnRootMismatch", "Always"]},
                          seccompProfile=thing(type=TEXT)),
    containers=MANY(CONTAINER),
    volumes=MANY(thing("name", name=TEXT,
                       emptyDir=thing(medium={"enum": ["", "Memory"]}, sizeLimit=TEXT),
                       secret=thing("secretName", secretName=TEXT, defaultMode=NUMBER))))
CLAIM = thing("metadata spec", metadata=METADATA, spec=thing(
    "accessModes resources", accessModes=MANY(TEXT), resources=thing(requests=NAMES)))
KINDS = {  # as much of the Kubernetes API as the example uses
    ("apps/v1", "StatefulSet"): thing(
        "serviceName selector template", serviceName=TEXT, replicas=NUMBER,
        selector=thing(matchLabels=NAMES),
        template=thing("metadata spec", metadata=thing(labels=NAMES, annotations=NAMES), spec=POD),
        volumeClaimTemplates=MANY(CLAIM)),
    ("v1", "Service"): thing("selector ports", selector=NAMES, ports=MANY(
        thing("name port targetPort", name=TEXT, port=NUMBER, targetPort=TEXT))),
}


class Examples(unittest.TestCase):
    def settings_are_good(self, settings):
        """authd accepts what the image sets and the example adds; returns all values, including
        defaults."""
        image = dict(re.findall(r"(AUTHD_\w+)=(\S+)", (FOLDER / "Containerfile").read_text()))
        environment = {**image, **settings}
        checked = subprocess.run([BINARY, "config", "check", "--without-files"], env=environment,
                                 capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        shown = subprocess.run([BINARY, "config", "show", "--json"], env=environment,
                               capture_output=True, check=True)
        values = {key: entry["value"] for key, entry in json.loads(shown.stdout).items()}
        seconds = re.fullmatch(r"(\d+)s", values["server.drain_timeout"])
        self.drain_s = int(seconds[1])
        return values

    def lies_within(self, path, places):
        self.assertTrue(any(path == place or path.startswith(place + "/") for place in places),
                        path)


class Compose(Examples):
    def setUp(self):
        self.file = compose()
        self.authd, self.app = self.file["services"]["authd"], self.file["services"]["app"]

    def test_the_settings_fit_what_is_mounted_and_published(self):
        values = self.settings_are_good(self.authd["environment"])
        places = [volume.split(":")[1] for volume in self.authd["volumes"]]
        self.lies_within(values["server.data_dir"], places)
        self.assertEqual(values["secrets.master_key_file"],
                         "/run/secrets/" + self.authd["secrets"][0])
        listens = values["server.listen"]
        self.assertIn("0.0.0.0:" + self.authd["ports"][0].rsplit(":", 1)[1], listens)
        self.assertTrue(self.authd["ports"][0].startswith("127.0.0.1:"))
        self.assertIn("unix:" + self.app["environment"]["AUTHD_SOCKET"], listens)
        self.assertGreater(int(self.authd["stop_grace_period"].rstrip("s")), self.drain_s)

    def test_a_setting_that_is_misspelt_is_found(self):
        with self.assertRaises(AssertionError):
            self.settings_are_good({"AUTHD_SERVER_PUBLICURL": "https://auth.example.org"})

    def test_every_volume_and_secret_is_there_and_used(self):
        used = {volume.split(":")[0] for service in self.file["services"].values()
                for volume in service["volumes"]}
        self.assertEqual(used, set(self.file["volumes"]))
        self.assertEqual(set(self.authd["secrets"]), set(self.file["secrets"]))
        self.assertEqual(set(self.app["depends_on"]), {"authd"})

    def test_the_socket_is_for_authd_and_the_applications_group(self):
        options = dict(part.split("=")
                       for part in self.file["volumes"]["socket"]["driver_opts"]["o"].split(","))
        user, group = self.authd["user"].split(":")
        self.assertEqual(options, {"uid": user, "gid": group, "mode": "0750"})
        self.assertEqual(self.app["user"].split(":")[1], group)
        self.assertIn("USER " + self.authd["user"], (FOLDER / "Containerfile").read_text())


class Kubernetes(Examples):
    def setUp(self):
        self.documents = read_yaml(FOLDER / "kubernetes.yaml")
        self.set = next(d for d in self.documents if d["kind"] == "StatefulSet")["spec"]
        self.pod = self.set["template"]["spec"]
        self.authd, self.app = self.pod["containers"]

    def test_every_object_is_of_its_kind(self):
        for document in self.documents:
            kind = KINDS[document["apiVersion"], document["kind"]]
            schema = thing("apiVersion kind metadata spec", apiVersion=TEXT, kind=TEXT,
                           metadata=METADATA, spec=kind)
            jsonschema.validate(document, schema)

    def test_the_settings_fit_what_is_mounted(self):
        values = self.settings_are_good({pair["name"]: pair["value"] for pair in self.authd["env"]})
        places = {mount["mountPath"]: mount["name"] for mount in self.authd["volumeMounts"]}
        self.lies_within(values["server.data_dir"],
                         [place for place, name in places.items() if name == "data"])
        self.lies_within(values["secrets.master_key_file"],
                         [place for place, name in places.items() if name == "master-key"])
        listens = values["server.listen"]
        self.assertIn("0.0.0.0:%d" % self.authd["ports"][0]["containerPort"], listens)
        socket = self.app["env"][0]["value"]
        self.assertIn("unix:" + socket, listens)
        for container in (self.authd, self.app):
            self.lies_within(socket,
                             [m["mountPath"] for m in container["volumeMounts"] if m["name"]
                              == "socket"])
        self.assertGreater(self.pod["terminationGracePeriodSeconds"], self.drain_s)
        # Kubernetes sets AUTHD_PORT for a service named authd, but that is not a setting.
        self.assertFalse(self.pod["enableServiceLinks"])

    def test_every_volume_is_there_and_used(self):
        volumes = {v["name"]
                   for v in self.pod["volumes"]} | {c["metadata"]["name"]
                                                    for c in self.set["volumeClaimTemplates"]}
        self.assertEqual({m["name"] for c in self.pod["containers"] for m in c["volumeMounts"]},
                         volumes)
        secret = next(v["secret"] for v in self.pod["volumes"] if "secret" in v)
        comment = (FOLDER / "kubernetes.yaml").read_text()
        self.assertIn("secret generic %s --from-file=master_key" % secret["secretName"], comment)
        self.assertEqual(secret["defaultMode"], 0o440)  # owned by root, and readable by fsGroup

    def test_names_lead_somewhere(self):
        labels = self.set["template"]["metadata"]["labels"]
        service = next(d for d in self.documents if d["kind"] == "Service")
        self.assertEqual((self.set["selector"]["matchLabels"], service["spec"]["selector"]),
                         (labels, labels))
        self.assertEqual((self.set["serviceName"], self.set["replicas"]),
                         (service["metadata"]["name"], 1))
        ports = {p["name"]: p["containerPort"] for c in self.pod["containers"] for p in c["ports"]}
        self.assertLessEqual({p["targetPort"] for p in service["spec"]["ports"]}, set(ports))
        notes = self.set["template"]["metadata"]["annotations"]
        self.assertEqual(int(notes["prometheus.io/port"]), ports["http"])

    def test_probes_are_answered(self):
        with Server() as server:
            for name in ("startupProbe", "readinessProbe", "livenessProbe"):
                probe = self.authd[name]["httpGet"]
                self.assertEqual(probe["port"], self.authd["ports"][0]["name"])
                self.assertEqual(server.get(probe["path"]).status, 200)

    def test_it_has_no_more_rights_than_it_needs(self):
        security = self.pod["securityContext"]
        user, group = re.search(r"USER (\d+):(\d+)",
                                (FOLDER / "Containerfile").read_text()).groups()
        self.assertEqual((security["runAsUser"], security["runAsGroup"], security["fsGroup"]),
                         (int(user), int(group), int(group)))
        self.assertTrue(security["runAsNonRoot"])
        self.assertEqual(self.authd["securityContext"], {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]}})


if __name__ == "__main__":
    unittest.main()
