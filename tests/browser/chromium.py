"""Chromium, and the flows that drive it."""
import json
import os
import pathlib
import shutil
import subprocess

import harness

HERE = pathlib.Path(__file__).resolve().parent


def chromium():
    """The shell is the same engine without the browser's own windows, which nobody sees here: the
    flows take 40 % of the processor time. CHROMIUM=/usr/bin/chromium runs them in the whole
    browser."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    for name in (os.environ.get("CHROMIUM"), *names):
        if name and shutil.which(name):
            return shutil.which(name)
    raise AssertionError("no Chromium: scripts/install-packages test")


def run_flows(test, world, script="flows.mjs"):
    """Runs the flows in Chromium; `world` tells them where the servers are. ONLY=WORD runs those
    with WORD in their names, and PART=2/3 every third one, beginning with the second."""
    world = {"password": harness.PASSWORD, "chromium": chromium(),
             "only": os.environ.get("ONLY", ""),
             "part": [int(number) for number in os.environ.get("PART", "1/1").split("/")],
             "timeout": int(os.environ.get("FLOW_TIMEOUT", harness.DEADLINE * 1000)), **world}
    done = subprocess.run(["node", HERE / script], env={**os.environ, "WORLD": json.dumps(world)},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=1400,
                          check=False, text=True)
    print(done.stdout, flush=True)
    # Repeated at the very end, below the logs of the servers.
    wrong = [line for line in done.stdout.splitlines() if line.startswith(("FAILED ", "BREACH "))]
    test.assertEqual(done.returncode, 0, "\n".join(wrong) or done.stdout[-2000:])
