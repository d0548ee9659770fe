"""The power goes out: as crash_test.py, but with each kill everything is lost that was not written through to the disk.

The data lies on a file system of its own in an image file. Right after the kill the image is copied as it is and the copy
is mounted in its place: what the kernel still held in memory for that file system is gone, as after a power cut, and its
journal is replayed. POWER_CYCLES cuts (5), the seeds as in crash_test.py. Skipped where nothing can be mounted."""

import os
import subprocess
import tempfile
import unittest

import crash_test

crash_test.CYCLES = int(os.environ.get("POWER_CYCLES", "5"))


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


def can_mount():
    with tempfile.TemporaryDirectory(prefix="authd-power-") as folder:
        try:
            image = os.path.join(folder, "image")
            make_image(image, "8M")
            run("mount", "-o", "loop", image, folder)
            run("umount", folder)
            return True
        except (OSError, subprocess.CalledProcessError):
            return False


def make_image(path, size):
    with open(path, "wb") as f:
        f.truncate(int(size[:-1]) << 20)
    run("/usr/sbin/mkfs.ext4", "-q", "-F", path)


@unittest.skipUnless(can_mount(), "images cannot be mounted here")
class PowerCut(crash_test.Crash):
    def place_for_data(self, folder):
        self.disk = os.path.join(folder, "disk")
        self.images = (os.path.join(folder, "image%d" % i) for i in range(10**6))
        self.image = next(self.images)
        make_image(self.image, "512M")
        os.mkdir(self.disk)
        run("mount", "-o", "loop", self.image, self.disk)
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk])
        self.addCleanup(lambda: self.server and self.server.kill())
        return os.path.join(self.disk, "data")

    def after_kill(self):
        copy = next(self.images)
        run("cp", "--sparse=always", self.image, copy)
        run("umount", self.disk)  # writes the rest, into the image that is thrown away
        os.unlink(self.image)
        self.image = copy
        run("mount", "-o", "loop", copy, self.disk)


if __name__ == "__main__":
    print("CRASH_SEED=%d POWER_CYCLES=%d" % (crash_test.SEED, crash_test.CYCLES), flush=True)
    unittest.main()
