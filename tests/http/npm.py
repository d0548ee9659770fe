"""Packages of npm that tests use, each installed once into the cache, and found there without a network."""

import os
import shutil
import subprocess
import tempfile


def npm_folder(package, version):
    """The folder whose node_modules has the package."""
    cache = os.environ.get("AUTHD_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "authd")
    folder = os.path.join(cache, "npm-%s-%s" % (package.split("/")[-1], version))
    if not os.path.isdir(folder):
        os.makedirs(cache, exist_ok=True)
        work = tempfile.mkdtemp(prefix="work.", dir=cache)
        done = subprocess.run(
            ["npm", "install", "--prefix", work, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error",
             package + "@" + version], capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            shutil.rmtree(work, ignore_errors=True)
            raise AssertionError("%s cannot be installed; a copy of %s from another machine does as well: %s"
                                 % (package, folder, done.stderr[-500:]))
        try:
            os.rename(work, folder)
        except OSError:  # another test was faster
            shutil.rmtree(work, ignore_errors=True)
    return folder
