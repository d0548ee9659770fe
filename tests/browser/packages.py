"""npm packages of the browser tests: installed once into the cache, and found there without a network."""
import os
import shutil
import subprocess
import tempfile

PACKAGES = {"playwright-core": "1.56.1", "axe-core": "4.10.3"}


def folder():
    cache = os.environ.get("AUTHD_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "authd")
    versions = ["%s@%s" % pair for pair in PACKAGES.items()]
    wanted = os.path.join(cache, "npm-" + "-".join(versions))
    if not os.path.isdir(wanted):
        os.makedirs(cache, exist_ok=True)
        work = tempfile.mkdtemp(prefix="work.", dir=cache)
        done = subprocess.run(
            ["npm", "install", "--prefix", work, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", *versions],
            capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            shutil.rmtree(work, ignore_errors=True)
            raise AssertionError("%s cannot be installed; a copy of %s from another machine does as well: %s"
                                 % (" and ".join(versions), wanted, done.stderr[-500:]))
        try:
            os.rename(work, wanted)
        except OSError:  # another test was faster
            shutil.rmtree(work, ignore_errors=True)
    return wanted
