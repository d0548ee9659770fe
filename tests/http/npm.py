"""The npm packages that tests use, each installed once into the cache, and found there without a
network."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

LOCK = pathlib.Path(__file__).resolve().parents[2] / "third_party/versions.lock"


def npm_folder(*packages):
    """The folder whose node_modules has these packages, in the versions of versions.lock."""
    rows = [line.split() for line in LOCK.read_text(encoding="utf-8").splitlines()]
    versions = {row[1]: row[2] for row in rows if row[:1] == ["tool"]}
    wanted = ["%s@%s" % (name, versions[name]) for name in packages]
    cache = os.environ.get("AUTHD_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "authd")
    folder = os.path.join(cache, "npm-" + "-".join(name.split("/")[-1] for name in wanted))
    if not os.path.isdir(folder):
        os.makedirs(cache, exist_ok=True)
        work = tempfile.mkdtemp(prefix="work.", dir=cache)
        done = subprocess.run(
            ["npm", "install", "--prefix", work, "--ignore-scripts", "--no-audit", "--no-fund",
             "--loglevel=error",
             *wanted], capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            shutil.rmtree(work, ignore_errors=True)
            raise AssertionError(
                "%s cannot be installed; a copy of %s from another machine does as well: %s"
                % (" and ".join(wanted), folder, done.stderr[-500:]))
        try:
            os.rename(work, folder)
        except OSError:  # another test was faster
            shutil.rmtree(work, ignore_errors=True)
    return folder


if __name__ == "__main__":
    print(npm_folder(*sys.argv[1:]))
