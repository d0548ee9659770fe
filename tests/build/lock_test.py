"""third_party/versions.lock: its lines are complete, and README.md gives a reason for each name and
for no others."""
import pathlib
import re
import unittest

THIRD_PARTY = pathlib.Path(__file__).resolve().parents[2] / "third_party"
README = (THIRD_PARTY / "README.md").read_text(encoding="utf-8")
LINES = [line.split()
         for line in (THIRD_PARTY / "versions.lock").read_text(encoding="utf-8").splitlines()
         if line and not line.startswith("#")]


def rows(kind):
    return [line[1:] for line in LINES if line[0] == kind]


def table(section):
    """The rows of a table in README.md, as lists of cells."""
    text = re.search(rf"^## {section}\n(.*?)(?=^## )", README, re.M | re.S)[1]
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")][2:]


class Lock(unittest.TestCase):
    def test_every_line_is_whole(self):
        fields = {"source": 6, "file": 4, "words": 6, "words-file": 4, "tool": 3}
        for line in LINES:
            self.assertEqual(len(line), fields.get(line[0]), line)
        for name, _, suite, debian_version, archive in rows("source"):
            if suite == "npm":
                self.assertEqual((debian_version, archive), ("-", "-"), name)
            else:
                self.assertRegex(debian_version, r"-[^-]+$", name)
                self.assertRegex(archive, r"^(-|https://\S+)$", name)

    def test_every_source_has_files_with_hashes(self):
        for kind, files in (("source", "file"), ("words", "words-file")):
            self.assertEqual({row[0] for row in rows(kind)}, {row[0] for row in rows(files)})
        for _, path, pin in rows("file") + rows("words-file"):
            self.assertRegex(pin, r"^[0-9a-f]{64}$", path)

    def test_no_name_is_there_twice(self):
        names = [row[0] for row in rows("source") + rows("words") + rows("tool")]
        self.assertEqual(len(names), len(set(names)))

    def test_the_page_has_the_same_names_each_with_a_reason(self):
        for section, kind in (("Sources", "source"), ("Words", "words"), ("Tools", "tool")):
            self.assertEqual({row[0] for row in table(section)}, {row[0] for row in rows(kind)},
                             section)
            for cells in table(section):
                self.assertEqual(len(cells), 3, cells)
                self.assertTrue(all(cells), cells)


if __name__ == "__main__":
    unittest.main()
