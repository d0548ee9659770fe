"""README.md, the first five minutes and the hardening checklist: what they promise, against a real
server."""

import json
import re
import subprocess
import unittest

from documentation import DOCS, README, Page, blocks_of
from harness import BINARY, clean_environment


def replies_in(said):
    replies, rest = [], said
    while rest.strip():
        value, end = json.JSONDecoder().raw_decode(rest.lstrip())
        replies.append(value)
        rest = rest.lstrip()[end:]
    return replies


class FirstFiveMinutes(unittest.TestCase):
    def test_works_as_written(self):
        session, commands = [text for _, text in blocks_of(DOCS / "first-five-minutes.md")]
        page = Page(self)
        signed_up, me, refreshed, logged_out = replies_in(page.run(session))
        self.assertEqual(signed_up["user"]["username"], "ann")
        self.assertEqual(me["email"], "ann@example.org")
        self.assertIn("refresh_token", refreshed)
        self.assertEqual(logged_out["message"], "Logged out successfully")
        self.assertIn("ann@example.org", page.run(commands))
        self.assertEqual(page.server.log_in("ann", "correct horse 1").status, 403)
        self.assertEqual(page.server.log_in("root").status, 200)

    def test_of_the_readme_end_with_a_refusal(self):
        session, commands = [text for mode, text in blocks_of(README) if not mode]
        page = Page(self)
        signed_up, me, logged_out, refused = replies_in(page.run(session))
        self.assertEqual(signed_up["user"]["username"], "ann")
        self.assertEqual(me["email"], "ann@example.org")
        self.assertEqual(logged_out["message"], "Logged out successfully")
        self.assertEqual(refused["error"], "invalid_token")
        self.assertIn("ann@example.org", page.run(commands))


class Readme(unittest.TestCase):
    def test_is_short(self):
        self.assertLessEqual(len(README.read_text(encoding="utf-8").splitlines()), 150)


class HardeningChecklist(unittest.TestCase):
    def test_names_settings_that_there_are_and_values_that_they_take(self):
        text = (DOCS / "hardening.md").read_text(encoding="utf-8")
        shown = subprocess.run([BINARY, "config", "show", "--json"], env=clean_environment(),
                               capture_output=True, check=True)
        keys = set(json.loads(shown.stdout))
        named = re.findall(r"`([a-z]+\.[a-z_]+)(?: = ([^`]+))?`", text)
        self.assertGreater(len(named), 12)
        for key, value in named:
            with self.subTest(key):
                self.assertIn(key, keys)
                if value:
                    flag = ["--" + key.replace("_", "-"), value.strip('[]"')]
                    subprocess.run([BINARY, "config", "check", *flag], env=clean_environment(),
                                   capture_output=True, check=True)


if __name__ == "__main__":
    unittest.main()
