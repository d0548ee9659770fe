"""The generated pages match the source, and every link on every page has a target."""
import os
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TEST_BUILD", ROOT / "build/release"))
GENERATED = ROOT / "docs/http.md"


def pages():
    """Every page of the repository, listed by git if available."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard",
                             "*.md"], cwd=ROOT,
                            capture_output=True, text=True, check=False)
    names = listed.stdout.split() or [path.relative_to(ROOT).as_posix()
                                      for top in (".", "docs", "docs/migrate-from", "src")
                                      for path in (ROOT / top).glob("*.md")]
    return [ROOT / name for name in names if (ROOT / name).exists()]


def prose(path):
    """The text without code blocks."""
    return re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)


def anchors(path):
    """The fragments of the headings: lower case, no punctuation, - for a space, and a number from
    the second occurrence on."""
    found, times = set(), {}
    for heading in re.findall(r"^#+ (.*)$", prose(path), re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        name = "".join(c for c in plain if c.isalnum() or c in " -_").replace(" ", "-")
        again = times.get(name, 0)
        times[name] = again + 1
        found.add("%s-%d" % (name, again) if again else name)
    return found


def broken_links(path):
    text = re.sub(r"`[^`\n]*`", "", prose(path))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, fragment = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists():
            yield target
        elif fragment and fragment not in anchors(file):
            yield target


class Generated(unittest.TestCase):
    def test_pages_are_what_the_source_says(self):
        done = subprocess.run([ROOT / "scripts/documents", BUILD, "--check"], capture_output=True,
                              text=True, check=False)
        self.assertEqual((done.stdout, done.returncode), ("", 0), done.stderr)

    def test_a_text_for_a_key_that_is_gone_is_an_error(self):
        template = "head\n@keys\n@key server.nothing\nProse.\n@end\ntail\n"
        done = subprocess.run([BUILD / "tests/manual/manual_printer", "/dev/stdin"], input=template,
                              capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("server.nothing", done.stderr)

    def test_the_reference_has_every_route_once(self):
        text = GENERATED.read_text(encoding="utf-8")
        routes = re.findall(r"^\| \[([A-Z]+ \S+)\]", text, re.M)
        headings = re.findall(r"^### ([A-Z]+ /\S*)$", text, re.M)
        self.assertGreater(len(routes), 90)
        self.assertEqual(sorted(routes), sorted(headings))


class Links(unittest.TestCase):
    def test_lead_somewhere(self):
        found = pages()
        self.assertGreater(len(found), 30)
        for path in found:
            with self.subTest(path.relative_to(ROOT)):
                self.assertEqual(list(broken_links(path)), [])

    def test_the_index_has_every_page(self):
        index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
        for path in (ROOT / "docs").rglob("*.md"):
            name = path.relative_to(ROOT / "docs").as_posix()
            if name != "README.md":
                self.assertIn("(%s)" % name, index)


class Pages(unittest.TestCase):
    def test_name_their_reader_and_job_first(self):
        for path in (ROOT / "docs").rglob("*.md"):
            if path != ROOT / "docs/README.md":
                with self.subTest(path.name):
                    self.assertRegex(path.read_text(encoding="utf-8"), r"\A# [^\n]+\nFor [^\n]{20}")


if __name__ == "__main__":
    unittest.main()
