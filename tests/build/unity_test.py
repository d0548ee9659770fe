"""Which sources scripts/unity-groups lets compile together."""
import pathlib
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/unity-groups"

KEEPS = """namespace authd {
namespace {

int near(int at) {
  return at;
}

}  // namespace
}
"""


class Groups(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def groups(self, **sources):
        """The names of those that share a group, sorted; each group as one text."""
        for name, text in sources.items():
            (self.folder / (name + ".cpp")).write_text(text, encoding="utf-8")
        paths = [str(self.folder / (name + ".cpp")) for name in sources]
        rows = subprocess.run([SCRIPT, *paths], capture_output=True, text=True, check=True).stdout
        self.rows = self.folder / "rows"
        self.rows.write_text(rows, encoding="utf-8")
        found = {}
        for row in rows.splitlines():
            number, path = row.split(":")
            found.setdefault(number, []).append(pathlib.Path(path).stem)
        return sorted(" ".join(sorted(group)) for group in found.values())

    def check(self):
        return subprocess.run([SCRIPT, "--check", self.rows], capture_output=True, text=True,
                              check=False)

    def test_strangers_go_together(self):
        self.assertEqual(self.groups(a=KEEPS, b="int far();\n", c="int there();\n"), ["a b c"])

    def test_a_name_of_one_that_another_uses_keeps_them_apart(self):
        for uses in ("int x() { return near(1L); }\n", "int near(long);\n", KEEPS):
            self.assertEqual(self.groups(a=KEEPS, b=uses), [], uses)
        self.assertEqual(self.groups(a="constexpr int kAll = 1;\n", b="int kAll();\n"), [])
        self.assertEqual(self.groups(a="#define FEW 3\n", b="int FEW();\n"), [])
        self.assertEqual(self.groups(a="constexpr struct {\n  int x;\n} kOne;\n",
                                     b="int y = kOne;\n"), [])

    def test_a_member_of_that_name_does_not(self):
        self.assertEqual(self.groups(a=KEEPS, b="int x() { return point.near(1); }\n"), ["a b"])

    def test_a_header_that_would_use_the_name_keeps_them_apart(self):
        # base/check.h calls check_failed().
        keeps = KEEPS.replace("near", "check_failed")
        self.assertEqual(self.groups(a=keeps, b='#include "base/check.h"\nint x();\n'), [])
        self.assertEqual(self.groups(a=KEEPS, b='#include "base/check.h"\nint x();\n'), ["a b"])

    def test_one_that_opens_an_enum_is_alone(self):
        self.assertEqual(self.groups(a="using enum Colour;\n", b="int x();\n", c="int y();\n"),
                         ["b c"])

    def test_a_group_that_no_longer_fits_is_named(self):
        self.groups(a=KEEPS, b="int far();\n")
        self.assertEqual(self.check().returncode, 0)
        (self.folder / "b.cpp").write_text("int far() { return near(1L); }\n", encoding="utf-8")
        checked = self.check()
        self.assertEqual(checked.returncode, 1)
        self.assertIn("no longer fit into one", checked.stdout)


if __name__ == "__main__":
    unittest.main()
