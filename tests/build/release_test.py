"""scripts/check-release: accepts an executable like the release, and names what another one
lacks."""
import pathlib
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/check-release"
GOOD = ["-static-pie", "-Wl,-z,relro,-z,now", "-s"]


class CheckRelease(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.program = pathlib.Path(scratch.name, "program")
        self.source = pathlib.Path(scratch.name, "main.c")
        self.source.write_text("int main(void) { return 0; }\n")

    def check(self, flags):
        subprocess.run(["cc", self.source, "-o", self.program, *flags], check=True)
        return self.verdict()

    def verdict(self):
        run = subprocess.run([SCRIPT, self.program], capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 1 if run.stderr else 0)
        return run.stderr

    def test_a_static_hardened_stripped_program_passes(self):
        self.assertEqual(self.check(GOOD), "")

    def test_a_dynamic_program_is_named(self):
        self.assertIn("is not static", self.check(["-s"]))

    def test_one_at_a_fixed_address_is_named(self):
        self.assertIn("is not position-independent", self.check([*GOOD, "-static", "-no-pie"]))

    def test_one_with_symbols_is_named(self):
        self.assertIn("is not stripped", self.check([flag for flag in GOOD if flag != "-s"]))

    def test_one_without_relro_is_named(self):
        self.assertIn("relro", self.check([*GOOD, "-Wl,-z,norelro"]))

    def test_one_whose_jumps_stay_writable_is_named(self):
        self.assertIn("-z now", self.check([*GOOD, "-Wl,-z,lazy"]))

    def test_one_with_an_executable_stack_is_named(self):
        self.assertIn("executable stack", self.check([*GOOD, "-Wl,-z,execstack"]))

    def test_a_large_one_is_named(self):
        self.check(GOOD)
        with self.program.open("ab") as program:
            program.truncate(20 * 1024 * 1024)
        self.assertIn("20 MiB is the limit", self.verdict())


if __name__ == "__main__":
    unittest.main()
