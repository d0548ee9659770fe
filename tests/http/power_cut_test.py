"""Power failures: like crash_test.py, but each kill loses everything that was not flushed to the
disk.

The data is on its own file system in an image file. Right after the kill the image is copied as it
is, and the copy is mounted in its place: what the kernel still held in memory for that file system
is gone, as after a power failure, and its journal is replayed. Every second time, the disk has also
written some sectors of the database that were not flushed yet: in any order, perhaps only half of a
page. POWER_CYCLES cuts (5), the seeds as in crash_test.py. Skipped where nothing can be mounted."""

import os
import random
import subprocess
import tempfile
import unittest

import crash_test

BLOCK = 4096  # block size of the file system, and page size of LMDB
SECTOR = 512  # what a disk writes atomically

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
    run("/usr/sbin/mkfs.ext4", "-q", "-F", "-b", str(BLOCK), path)


def tear(written, kept, choices):
    """Copies about half of the database's sectors that differ from one image to the other; returns
    how many."""
    done = subprocess.run(["/usr/sbin/debugfs", "-R", "blocks /data/data.mdb", written], check=True,
                          capture_output=True)
    torn = 0
    with open(written, "rb") as new, open(kept, "r+b") as old:
        for block in map(int, done.stdout.split()):
            for at in range(block * BLOCK, (block + 1) * BLOCK, SECTOR):
                sector = os.pread(new.fileno(), SECTOR, at)
                if sector != os.pread(old.fileno(), SECTOR, at) and choices.random() < 0.5:
                    os.pwrite(old.fileno(), sector, at)
                    torn += 1
    return torn


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
        self.choices = random.Random(crash_test.SEED)
        self.cuts = self.torn = 0
        self.addCleanup(lambda: print("%d cuts, %d torn sectors" % (self.cuts, self.torn),
                                      flush=True))
        return os.path.join(self.disk, "data")

    def after_kill(self):
        copy = next(self.images)
        run("cp", "--sparse=always", self.image, copy)
        run("umount", self.disk)  # writes the rest into the image, which is discarded
        self.cuts += 1
        if self.cuts % 2 == 0:
            self.torn += tear(self.image, copy, self.choices)
        os.unlink(self.image)
        self.image = copy
        run("mount", "-o", "loop", copy, self.disk)


if __name__ == "__main__":
    print("CRASH_SEED=%d POWER_CYCLES=%d" % (crash_test.SEED, crash_test.CYCLES), flush=True)
    unittest.main()
