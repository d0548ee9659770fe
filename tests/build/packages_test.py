"""scripts/install-packages: installs only what is missing, and nothing if all is there."""
import os
import pathlib
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/install-packages"

# The rows for this purpose, alone or among others.
BENCH = ["dbconfig-sqlite3", "glewlwyd", "nginx", "nodejs", "npm", "openssl", "sqlite3", "wrk"]

# Of the requested packages, $PRESENT are installed.
FAKE_DPKG_QUERY = """#!/bin/sh
for name; do case " $PRESENT " in *" $name "*) echo "installed $name $PROVIDES" ;; esac; done
"""
FAKE_APT_GET = """#!/bin/sh
echo "$*" >>"$CALLS"
case "$*" in
  *install*) sh "$POLICY_RC_D" >>"$POLICY_RC_D.seen"; echo "$?" >>"$POLICY_RC_D.seen"
    cat "$CREATECLUSTER_D"/* >>"$CREATECLUSTER_D.seen" 2>/dev/null ;;
esac
case "$*" in *install*) [ -z "$APT_FAILS" ] || { echo "E: $APT_FAILS"; exit 100; } ;; esac
"""
FAKE_SUDO = """#!/bin/sh
[ -n "$SUDO_WORKS" ] || exit 1
while case $1 in -*) true ;; *) false ;; esac; do shift; done
exec "$@"
"""


class InstallPackages(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name)
        for name, text in (("dpkg-query", FAKE_DPKG_QUERY), ("apt-get", FAKE_APT_GET),
                           ("sudo", FAKE_SUDO)):
            (self.root / name).write_text(text)
            (self.root / name).chmod(0o755)

    def run_script(self, *purposes, **settings):
        calls = self.root / "calls"
        calls.write_text("")
        env = os.environ | {"PATH": f"{self.root}:{os.environ['PATH']}", "CALLS": str(calls),
                            "PRESENT": "", "PROVIDES": "", "APT_FAILS": "",
                            "SUDO_WORKS": "1", "POLICY_RC_D": str(self.root / "policy"),
                            "CREATECLUSTER_D": str(self.root / "clusters")} | settings
        run = subprocess.run([SCRIPT, *purposes], env=env, stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, check=False)
        installed = [line.split("--no-install-recommends ")[1].split()
                     for line in calls.read_text().splitlines() if "install" in line]
        return run, installed

    def test_installs_only_what_is_missing(self):
        run, installed = self.run_script("bench", "lint", PRESENT="clang-format-14 shellcheck")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(installed, [sorted(["clang-tidy-19", "flake8", *BENCH])])

    def test_asks_no_network_when_all_is_there(self):
        run, _ = self.run_script("bench", PRESENT=" ".join(BENCH))
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "", ""))
        self.assertEqual((self.root / "calls").read_text(), "")

    def test_what_another_package_brings_along_is_there(self):
        run, installed = self.run_script("lint", PRESENT="clang-format-14",
                                         PROVIDES="shellcheck (= 1.0), clang-tidy-19, flake8")
        self.assertEqual((run.returncode, installed), (0, []))

    def test_says_in_one_line_why_it_could_not(self):
        run, _ = self.run_script("bench", APT_FAILS="no route")
        self.assertEqual(run.returncode, 1)
        self.assertEqual(run.stderr,
                         f"scripts/install-packages: apt-get cannot install {' '.join(BENCH)} "
                         "(E: no route): check apt's sources and network\n")

    @unittest.skipIf(os.geteuid() == 0, "root needs no sudo")
    def test_names_the_packages_when_it_may_not_install(self):
        run, installed = self.run_script("bench", SUDO_WORKS="")
        self.assertEqual((run.returncode, installed), (1, []))
        self.assertIn("apt-get install --no-install-recommends " + " ".join(BENCH), run.stderr)

    def test_no_service_is_started(self):
        run, _ = self.run_script("bench")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual((self.root / "policy.seen").read_text(), "101\n",
                         "what invoke-rc.d would be told")
        self.assertFalse((self.root / "policy").exists())

    def test_a_policy_of_the_machine_stays(self):
        own = "#!/bin/sh\nexit 104\n"
        (self.root / "policy").write_text(own)
        run, _ = self.run_script("bench")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual((self.root / "policy.seen").read_text(), "104\n")
        self.assertEqual((self.root / "policy").read_text(), own)

    def test_no_database_is_made(self):
        own = self.root / "clusters/own.conf"
        own.parent.mkdir()
        own.write_text("ssl = off\n")
        run, _ = self.run_script("test")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual((self.root / "clusters.seen").read_text(),
                         "create_main_cluster = false\nssl = off\n")
        self.assertEqual(list(own.parent.iterdir()), [own])

    def test_without_postgresql_nothing_is_said_to_it(self):
        run, _ = self.run_script("bench")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertFalse((self.root / "clusters").exists())

    def test_an_unknown_purpose_is_named(self):
        run, installed = self.run_script("cooking")
        self.assertEqual((run.returncode, installed), (1, []))
        self.assertIn("no package is listed for: cooking", run.stderr)


if __name__ == "__main__":
    unittest.main()
