"""The texts of the pages: every language has the same texts with the same placeholders, and every
key that the scripts name exists."""
import json
import pathlib
import re
import unittest

PAGES = pathlib.Path(__file__).resolve().parents[2] / "src" / "web" / "pages"
LIST = json.loads((PAGES / "pages.json").read_text())["pages"]
LANGUAGES = {path.stem: json.loads(path.read_text()) for path in PAGES.glob("*.json")
             if path.name != "pages.json"}
SCRIPTS = {path.relative_to(PAGES).as_posix(): path.read_text() for path in PAGES.rglob("*.js")}
# Keys that the scripts compose.
MADE = {
    r"error\..*": "error.${", r"did\..*": "did.${", r"mail\.kind\..*": "mail.kind.${",
    r"theme\.(auto|light|dark)": "theme.${",
    r"second\.(totp|email|recovery)\.(text|label|hint|use)": "second.${",
    r"mailed\.(link|code)\.(title|text|submit)": "mailed.${",
    r"password\.score\.[0-4]": "password.score.${", r"key\.(next|active|retired)": "key.${",
    r"user\..*_own": "${key}_own",
    r"(confirm|change|stop)\.(title|text|submit)": "${link.kind}.", r"(skip|noscript)": "",
    r"(first_name|last_name|phone_number)": "t(name)",
}


class Catalogues(unittest.TestCase):
    def test_there_are_two_languages_with_the_same_keys(self):
        self.assertEqual(set(LANGUAGES), {"en", "de"})
        self.assertEqual(set(LANGUAGES["en"]), set(LANGUAGES["de"]))

    def test_the_placeholders_are_the_same(self):
        for key, text in LANGUAGES["en"].items():
            names = set(re.findall(r"\{\w+\}", text))
            self.assertEqual(names, set(re.findall(r"\{\w+\}", LANGUAGES["de"][key])), key)

    def test_no_text_is_empty_or_markup(self):
        for texts in LANGUAGES.values():
            for key, text in texts.items():
                self.assertTrue(text.strip(), key)
                self.assertNotRegex(text, r"[<>]|&\w+;", key)

    def test_every_key_that_the_scripts_name_is_there(self):
        for name, script in SCRIPTS.items():
            for key in re.findall(r'(?<![.\w])(?:t|has)\(\s*"([^"]+)"', script):
                self.assertIn(key, LANGUAGES["en"], name)

    def test_every_page_has_a_title_an_icon_and_a_function(self):
        icons = set(re.findall(r"^  (\w+):",
                               SCRIPTS["_core/dom.js"].split("const ICONS")[1].split("};")[0],
                               re.M))
        for page in LIST:
            self.assertIn(page["title"], LANGUAGES["en"])
            self.assertIn(page["access"], ("guest", "anyone", "user", "admin"), page)
            self.assertIn(page.get("icon", "user"), icons)
            script = SCRIPTS[page.get("module", "/ui/app.js").removeprefix("/ui/")]
            self.assertRegex(script, r"\b%s\b" % page["show"])

    def test_no_address_is_there_twice(self):
        addresses = [address for page in LIST for address in (page["path"], *page.get("also", []))]
        self.assertEqual(len(addresses), len(set(addresses)))

    def test_every_text_is_used(self):
        scripts = "".join(SCRIPTS.values()) + json.dumps(LIST)
        for key in LANGUAGES["en"]:
            made = any(re.fullmatch(pattern, key) and part in scripts for pattern,
                       part in MADE.items())
            self.assertTrue(made or '"%s"' % key in scripts, key + " is used nowhere")

    def test_nothing_becomes_markup_and_nothing_is_kept_where_scripts_can_read_it(self):
        for name, script in SCRIPTS.items():
            self.assertNotRegex(script,
                                r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|"
                                r"localStorage|sessionStorage",
                                name)


if __name__ == "__main__":
    unittest.main()
