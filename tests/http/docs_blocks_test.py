"""Every block in docs/: shell blocks run, and TOML blocks are valid configurations
(documentation.py says how)."""

import pathlib
import re
import tempfile
import unittest

from documentation import DOCS, MODES, PAGES, README, ROOT, Page, blocks_of
from harness import command


class Blocks(unittest.TestCase):
    def test_say_how_they_are_run(self):
        for page in PAGES:
            for mode, text in blocks_of(page):
                self.assertIn(mode, MODES, "%s: %s" % (page.name, text))

    def test_of_toml_are_configurations(self):
        with tempfile.TemporaryDirectory(prefix="authd-docs-") as directory:
            file = pathlib.Path(directory, "authd.toml")
            count = 0
            for page in PAGES:
                for _, text in blocks_of(page, "toml"):
                    file.write_text(text, encoding="utf-8")
                    with self.subTest(page.name, text=text):
                        command("config", "check", "--without-files", "--config", str(file))
                        count += 1
            self.assertGreater(count, 6)


def add_page_tests():
    """A test for each page with blocks to run. readme_test.py runs the other two, with more
    checks."""
    for page in PAGES:
        runnable = [(mode, text) for mode, text in blocks_of(page) if mode != ("no-run",)]
        if runnable and page not in (README, DOCS / "first-five-minutes.md"):
            name = page.relative_to(ROOT).with_suffix("").as_posix()

            def test(self, runnable=runnable):
                started = Page(self)
                for mode, text in runnable:
                    started.run_mode(mode, text)

            setattr(Blocks, "test_of_" + re.sub(r"\W", "_", name), test)


add_page_tests()


if __name__ == "__main__":
    unittest.main()
