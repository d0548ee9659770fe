"""packaging/monitoring/: promtool parses every expression, the alerts do what rules_test.yaml says,
and a running server exports every series and label that they use."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.append("/usr/lib/python3/dist-packages")  # Debian's packages, whichever python3 this is

import yaml  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "http"))

from harness import DEADLINE, PASSWORD, Server  # noqa: E402

RULES = ROOT / "packaging" / "monitoring" / "prometheus-rules.yaml"
DASHBOARD = ROOT / "packaging" / "monitoring" / "grafana.json"
ADDED = {"instance", "job"}  # the labels that Prometheus adds to everything it scrapes
SELECTOR = re.compile(r"\b((?:authd|up)(?:_\w+)?)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')


def series_of_several_hosts():
    """Those that a server has only with PostgreSQL (tests/http/cluster_test.py)."""
    source = (ROOT / "src/server/metrics.cpp").read_text(encoding="utf-8")
    function = source.split("void add_replication(")[1].split("\n}\n")[0]
    return re.findall(r'"(authd_\w+)"', function)


def rules():
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"]
            for rule in group["rules"]]


def dashboard_expressions():
    board = json.loads(DASHBOARD.read_text())
    found = [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]
    found += [annotation["expr"] for annotation in board["annotations"]["list"]]
    return [expr.replace("$__rate_interval", "5m").replace("$instance", ".*") for expr in found]


def promtool(*arguments):
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True,
                          timeout=DEADLINE, check=False)


class Syntax(unittest.TestCase):
    def accepted(self, *arguments):
        done = promtool(*arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_promtool_takes_the_rules(self):
        self.accepted("check", "rules", RULES)

    def test_every_alert_is_silent_when_it_should_be_and_raised_when_it_should_be(self):
        with tempfile.TemporaryDirectory(prefix="authd-rules-") as folder:
            for file in (RULES, HERE / "rules_test.yaml"):
                shutil.copy(file, folder)
            self.accepted("test", "rules", pathlib.Path(folder, "rules_test.yaml"))

    def test_no_alert_is_untested_and_each_says_what_to_do(self):
        tested = (HERE / "rules_test.yaml").read_text()
        for rule in rules():
            self.assertRegex(tested, r'alertname(="|: )%s\b' % rule["alert"])
            self.assertEqual(set(rule["annotations"]), {"summary", "action"})
            self.assertIn(rule["labels"]["severity"], ("page", "ticket"))

    def test_promtool_takes_the_expressions_of_the_dashboard(self):
        with tempfile.TemporaryDirectory(prefix="authd-rules-") as folder:
            file = pathlib.Path(folder, "dashboard.yaml")
            file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": [
                {"record": "panel:%d" % i, "expr": expr} for i,
                expr in enumerate(dashboard_expressions())]}]}))
            self.accepted("check", "rules", file)


class Dashboard(unittest.TestCase):
    def setUp(self):
        self.board = json.loads(DASHBOARD.read_text())

    def test_panels_have_their_own_places_and_names(self):
        ids = [panel["id"] for panel in self.board["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        cells = set()
        for panel in self.board["panels"]:
            at = panel["gridPos"]
            mine = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                    for y in range(at["y"], at["y"] + at["h"])}
            self.assertLessEqual(at["x"] + at["w"], 24)
            self.assertFalse(cells & mine, panel["title"])
            cells |= mine

    def test_every_variable_is_there(self):
        names = {variable["name"]
                 for variable in self.board["templating"]["list"]} | {"__rate_interval", "__all"}
        self.assertEqual(set(re.findall(r"\$\{?(\w+)", DASHBOARD.read_text())), names)

    def test_every_legend_is_a_label_that_is_left(self):
        for panel in self.board["panels"]:
            for target in panel.get("targets", ()):
                by = re.search(r"\bby \(([^)]*)\)", target["expr"])
                for label in re.findall(r"{{(\w+)}}", target["legendFormat"]):
                    if by:
                        self.assertIn(label, by[1].split(", "), target["expr"])


class Exported(unittest.TestCase):
    """Compared with /metrics of a server that has done a bit of everything."""

    @classmethod
    def setUpClass(cls):
        cls.began = time.time()
        with Server(environment={"AUTHD_PROVIDERS_ACME_ISSUER": "https://id.example.org",
                                 "AUTHD_PROVIDERS_ACME_CLIENT_ID": "me",
                                 "AUTHD_SERVER_PUBLIC_URL": "https://auth.example.org"}) as server:
            token = server.sign_up("ann").json["access_token"]
            server.log_in("ann", PASSWORD)
            server.get("/auth/verify", token=token)
            cls.text = text = server.get("/metrics").body.decode()
        cls.ended = time.time()
        cls.series = {"up": [{}]}
        for name, labels in re.findall(r"(?m)^(\w+)(?:\{(.*)\})? \S+$", text):
            cls.series.setdefault(name,
                                  []).append({key: value for key, _,
                                              value in MATCHER.findall(labels)})

        for name in series_of_several_hosts():
            cls.series.setdefault(name, [{}])

    def test_one_host_has_no_series_of_several(self):
        self.assertEqual(len(series_of_several_hosts()), 9)
        for name in series_of_several_hosts():
            self.assertNotIn(name, self.text)

    def is_exported(self, expr):
        for name, matchers in SELECTOR.findall(expr):
            self.assertIn(name, self.series, expr)
            wanted = [m for m in MATCHER.findall(matchers) if m[0] not in ADDED]
            rest = [labels for labels in self.series[name]
                    if all(key in labels for key, _, _ in wanted)]
            self.assertTrue(rest, expr)
            for key, how, value in wanted:
                if (key, value) == ("status", "5.."):  # this server has done nothing wrong
                    continue
                values = {labels[key] for labels in rest}
                pattern = re.escape(value) if how == "=" else value
                self.assertTrue(any(re.fullmatch(pattern, found) for found in values),
                                (expr, key, values))
        known = {key for name, _ in SELECTOR.findall(expr) for labels in self.series[name]
                 for key in labels} | ADDED
        for labels in re.findall(r"\bby \(([^)]*)\)", expr):
            self.assertLessEqual(set(labels.split(", ")), known, expr)

    def test_every_series_of_the_alerts(self):
        for rule in rules():
            with self.subTest(rule["alert"]):
                self.is_exported(rule["expr"])
                for label in re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])):
                    self.assertIn(label, {"instance", "name"})

    def test_every_series_of_the_dashboard(self):
        for expr in dashboard_expressions():
            with self.subTest(expr):
                self.is_exported(expr)

    def test_a_series_that_is_not_there_is_found(self):
        for wrong in ("authd_nothing_total", 'authd_logins_total{outcome="fine"}',
                      'authd_logins_total{result="ok"}',
                      "sum by (color) (authd_logins_total)"):
            with self.assertRaises(AssertionError):
                self.is_exported(wrong)

    def test_no_label_has_a_name_that_prometheus_gives(self):
        for name, all_labels in self.series.items():
            for labels in all_labels:
                self.assertFalse(ADDED & set(labels), name)

    def test_the_process_and_its_disk(self):
        value = lambda name: float(re.search(r"(?m)^%s(?:\{.*\})? (\S+)$" % name, self.text)[1])
        self.assertEqual((value("authd_build_info"), value("authd_backup_interval_seconds")),
                         (1, 0))
        self.assertTrue(self.began - 1 <= value("authd_start_timestamp_seconds") <= self.ended + 1)
        self.assertGreater(value("authd_disk_free_bytes"), 0)
        self.assertLess(value("authd_disk_free_bytes"),
                        shutil.disk_usage(tempfile.gettempdir()).total)


if __name__ == "__main__":
    unittest.main()
