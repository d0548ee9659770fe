"""The texts of pages and mails: every language has the same texts with the same places and all its
plural forms (languages.py), and every key that the source names exists."""
import json
import pathlib
import re
import unittest

import languages

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ROOT / "src" / "web" / "pages"
LIST = json.loads((PAGES / "pages.json").read_text())["pages"]
LANGUAGES = {path.stem: json.loads(path.read_text(encoding="utf-8"))
             for path in PAGES.glob("*.json") if path.name != "pages.json"}
SCRIPTS = {path.relative_to(PAGES).as_posix(): path.read_text() for path in PAGES.rglob("*.js")}
# What can be set of a client.
MEMBERS = re.findall(r'\{\s*name: "(\w+)",\s*kind:', SCRIPTS["_admin/client_members.js"])
# Keys that the scripts compose.
MADE = {
    r"error\..*": "error.${", r"mail\.kind\..*": "mail.kind.${",
    r"did\..*": "did.${", r"outcome\..*": 'spoken("outcome"',
    r"theme\.(auto|light|dark)": "theme.${",
    r"second\.(totp|email|recovery|passkey)\.(text|label|hint|use)": "second.${",
    r"mailed\.(link|code)\.(title|text|submit|sent|again)": "mailed.${",
    r"password\.score\.[0-4]": "password.score.${", r"key\.(next|active|retired)": "key.${",
    r"user\.revoke_admin_text(_own)?": "_text${own}", r"key\.scope\..*": "key.scope.${",
    r"session\.kind\.(browser|tokens|issued)": "session.kind.${",
    r"(confirm|change|stop)\.(title|text|submit)": "${link.kind}.",
    r"(skip|noscript|plain\..*)": "",  # the server names these
    r"client\.origin\.(registered|document)": "client.origin.${",
    r"logouts\.(waiting|delivered|dead)": "logouts.${", r"scope\..*": "scope.${",
    r"stats\..*": "stats.${",
    r"all_keys\.sort\..*": "all_keys.sort.${",
    r"user\.email_(un)?verify(_about|_text)?": "user.email_${what}",
    r"user\.new_password_(require|waive)(_about)?": "user.new_password_${what}",
    r"users\.sort\..*": "users.sort.${", r"users\.state\..*": "users.state.${",
    r"users\.(mfa|verified)\.(true|false)": "users.${name}.",
    r"users\.active_(after|before)": "users.${name}",
    r"bulk\.(disable|enable|delete|grant_role|revoke_role)(_count)?": "bulk.${kind}",
    r"client\.group\..*": "client.group.${", r"address\..*": "address.${",
    r"client\.kind(_about)?\..*": "client.kind.${",
    r"client\.(%s)(\..*)?" % "|".join(MEMBERS): "client.${member.name}",
    r"(first_name|last_name|phone_number)": "t(name)",
}


class Catalogues(unittest.TestCase):
    def test_every_language_has_the_texts_of_english_with_their_places(self):
        for kind, folder in languages.FOLDERS.items():
            for path in folder.glob("*.json"):
                if path.name == "pages.json":
                    continue
                self.assertIn(path.stem, languages.tags(), f"{path}: no such language")
                found = languages.problems(kind, path.stem)
                self.assertEqual(found, [], f"{path}: python3 tests/build/languages.py {path.stem}")

    def test_a_language_of_pages_is_one_of_mails_too(self):
        there = {kind: {tag for tag in languages.tags() if languages.catalogue(kind, tag)}
                 for kind in languages.FOLDERS}
        self.assertEqual(there["pages"], there["mails"])
        self.assertLessEqual({"en", "de"}, there["pages"])

    def test_no_key_is_of_pages_and_of_mails(self):
        # A file of branding.texts_dir has both.
        self.assertEqual(set(languages.catalogue("pages", "en")) &
                         set(languages.catalogue("mails", "en")), set())

    def test_the_plural_forms_of_every_language_are_known(self):
        self.assertEqual(sorted(languages.FORMS), sorted(languages.tags()))

    def test_the_check_finds_what_is_wrong(self):
        english = {"a": "{x} and {y}", "n.one": "{count} day", "n.other": "{count} days"}
        self.assertEqual(languages.families(english), ["n"])
        self.assertEqual(sorted(languages.expected(english, "pl")),
                         ["a", "n.few", "n.many", "n.one", "n.other"])
        self.assertEqual(sorted(languages.expected(english, "ja")), ["a", "n.other"])

    def test_every_text_of_mails_is_used(self):
        source = (ROOT / "src/mail/templates.cpp").read_text(encoding="utf-8")
        words = set()
        for path in (ROOT / "src/auth").rglob("*.cpp"):
            text = path.read_text(encoding="utf-8")
            words.update(word.replace(" ", "_") for word in re.findall(r'"([a-z_ ]+)"', text))
        kinds = set(re.findall(r"MailKind::(\w+)", source))
        for key in languages.catalogue("mails", "en"):
            first, _, rest = key.partition(".")
            plain = re.sub(r"\.(one|other)$", "", key)
            used = f'"{plain}"' in source
            used = used or first in kinds and rest in ("subject", "opening", "unnamed", "button",
                                                       "closing")
            used = used or first == "told" and plain[len("told."):] in words
            self.assertTrue(used, key + " is used nowhere")

    def test_every_key_that_the_scripts_name_is_there(self):
        for name, script in SCRIPTS.items():
            for key in re.findall(r'(?<![.\w])(?:t|has)\(\s*"([^"]+)"', script):
                self.assertIn(key, LANGUAGES["en"], name)
            for family in re.findall(r'(?<![.\w])tn\(\s*"([^"]+)"', script):
                self.assertIn(family, languages.families(LANGUAGES["en"]), name)

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
        counted = languages.families(LANGUAGES["en"])
        for key in LANGUAGES["en"]:
            family = key.rpartition(".")[0]
            if family in counted and '"%s"' % family in scripts:
                continue
            made = any(re.fullmatch(pattern, key) and part in scripts for pattern,
                       part in MADE.items())
            self.assertTrue(made or '"%s"' % key in scripts, key + " is used nowhere")

    def test_nothing_becomes_markup_and_nothing_is_kept_where_scripts_can_read_it(self):
        for name, script in SCRIPTS.items():
            self.assertNotRegex(script,
                                r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|"
                                r"localStorage|sessionStorage",
                                name)


class PlainPages(unittest.TestCase):
    """What a page of the server says when it refuses something (web/plain_page.h): a text in the
    language of the page for each refusal that can reach one."""

    SOURCES = ("api/oauth/authorize.cpp", "api/oauth/browser_reply.cpp", "api/oauth/logout.cpp",
               "api/endpoints/pages/device_forms.cpp", "api/endpoints/pages/plain_forms.cpp",
               "api/endpoints/pages/plain_parts.cpp", "auth/oauth/requests/authorization.cpp",
               "auth/oauth/requests/authorization_request.cpp",
               "auth/oauth/protocol/carried_request.cpp",
               "auth/oauth/memory/client_documents.cpp", "auth/oauth/requests/device_answer.cpp",
               "auth/oauth/strangers/document_clients.cpp", "auth/oauth/protocol/parameters.cpp",
               "auth/oauth/requests/pushed_request.cpp")
    # Of ErrorCode, for an Error without a name (base/result.cpp).
    UNNAMED = ("malformed_request", "unauthenticated", "forbidden", "not_found", "too_large",
               "unsupported", "rate_limited", "busy", "unavailable")

    def setUp(self):
        self.sources = "".join((ROOT / "src" / name).read_text(encoding="utf-8")
                               for name in self.SOURCES)

    def test_every_refusal_has_a_text(self):
        found = set(re.findall(r'refused\(\s*ErrorCode::\w+,\s*"(\w+)"', self.sources))
        found.update(re.findall(r'Error{ErrorCode::[^;{}]*"(\w+)"}', self.sources))
        found.update(re.findall(r'\.name = "(\w+)"', self.sources))
        # A signed request hides where its refusal would go.
        signed = (ROOT / "src/auth/oauth/proofs/request_object.cpp").read_text(encoding="utf-8")
        found.update(re.findall(r'refuse\(\s*"(\w+)"', signed))
        found.add("invalid_client_metadata")
        self.assertLessEqual({"factor_missing", "passkey_missing", "invalid_client",
                              "request_expired", "unknown_user_code", "client_changed",
                              "invalid_request_uri", "invalid_request_object"}, found)
        for name in sorted(found.union(self.UNNAMED)):
            has_text = any(key == "error." + name or key.startswith(f"error.{name}.")
                           for key in LANGUAGES["en"])
            self.assertTrue(has_text, f"error.{name} is in no catalogue")

    def test_every_reason_has_a_text(self):
        found = set(re.findall(r'(?:\.reason = |shut_out\(asking,\s*)"(\w+)"', self.sources))
        self.assertEqual(found, {"roles", "network", "no_address", "unknown_address",
                                 "another_application"})
        for reason in found:
            self.assertTrue([key for key in LANGUAGES["en"]
                             if re.fullmatch(r"error\.\w+\." + reason, key)], reason)


class AuditLog(unittest.TestCase):
    """The actions of the audit log: what the source writes, its list, its words, its page."""

    def setUp(self):
        header = (ROOT / "src/auth/core/audit/audit_actions.h").read_text(encoding="utf-8")
        self.actions = re.findall(r'^    "([a-z_]+)",$', header, re.M)

    def test_every_action_has_words(self):
        for language, texts in LANGUAGES.items():
            told = [key[4:] for key in texts if key.startswith("did.")]
            self.assertEqual(sorted(told), self.actions, language + ".json")
        page = (ROOT / "docs/administration.md").read_text(encoding="utf-8")
        listed = page.split("one of these words:")[1].split("\n\n")[0]
        self.assertEqual(re.findall(r"`([a-z_]+)`", listed), self.actions,
                         "docs/administration.md")

    def test_every_action_that_the_source_writes_is_listed(self):
        # {"login", user.id, …} of an AuditEvent, and what gets the action by another way.
        event = re.compile(r'(?:\b(?:audit|audit_alone|record_failure|note_factor_change)\('
                           r'|AuditEvent \w+)'
                           r'[^;{]*{\s*"([a-z_]+)"')
        other = re.compile(r'(?:or_record_failure|mail_token)\([^;]*"([a-z_]+)"\)'
                           r'|FirstFactor way{[^;]*?"([a-z_]+)"|LoginEnd end{"([a-z_]+)"')
        written = set()
        for path in (ROOT / "src").rglob("*.cpp"):
            text = path.read_text(encoding="utf-8")
            written.update(event.findall(text))
            written.update(name for names in other.findall(text) for name in names if name)
        self.assertGreater(len(written), 50)
        self.assertEqual(sorted(written - set(self.actions)), [],
                         "add these to src/auth/core/audit/audit_actions.h, en.json, de.json and "
                         "docs/administration.md")


if __name__ == "__main__":
    unittest.main()
