"""scripts/arrows and scripts/house-rules: each names a planted breach, and nothing else."""
import pathlib
import re
import subprocess
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"


def check(script, files):
    """The lines that the script prints about a tree of these files."""
    with tempfile.TemporaryDirectory() as root:
        for name, text in files.items():
            path = pathlib.Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run([SCRIPTS / script, root], capture_output=True, text=True,
                              check=False)
        lines = done.stdout.splitlines()
        assert done.returncode == (1 if lines else 0), done
        return lines


class Arrows(unittest.TestCase):
    def test_an_arrow_upwards_is_named(self):
        self.assertEqual(check("arrows", {"src/store/a.h": '#include "auth/core/x.h"\n'}),
                         ["src/store/a.h:1: store may not use auth/core/"])

    def test_an_arrow_between_neighbours_is_named(self):
        self.assertEqual(check("arrows", {"src/http/app/a.cpp":
                                          '\n#  include "store/store.h"\n'}),
                         ["src/http/app/a.cpp:2: http/app may not use store/"])

    def test_arrows_downwards_and_inwards_pass(self):
        inside = '#include "auth/core/b.h"\n#include "tables/users.h"\n#include <map>\n'
        self.assertEqual(check("arrows", {"src/auth/core/a.h": inside,
                                          "src/auth/sessions/a.h": inside,
                                          "src/auth/oauth/tokens/a.h": inside,
                                          "src/main.cpp": '#include "cli/run.h"\n'}), [])

    def test_an_arrow_upwards_between_sub_folders_is_named(self):
        wrong = {"src/auth/core/a.h": '#include "auth/signin/x.h"\n',
                 "src/auth/oauth/memory/a.h": '#include "auth/oauth/tokens/x.h"\n',
                 "src/store/a.cpp": '#include "store/lmdb/x.h"\n',
                 "src/api/core/a.cpp": '#include "api/compat/x.h"\n',
                 "src/api/endpoints/a.cpp": '#include "http/front/x.h"\n'}
        self.assertEqual(check("arrows", wrong),
                         ["src/api/core/a.cpp:1: api/core may not use api/compat/",
                          "src/api/endpoints/a.cpp:1: api/endpoints may not use http/front/",
                          "src/auth/core/a.h:1: auth/core may not use auth/signin/",
                          "src/auth/oauth/memory/a.h:1: auth/oauth/memory may not use "
                          "auth/oauth/tokens/",
                          "src/store/a.cpp:1: store may not use store/lmdb/"])

    def test_a_file_beside_the_sub_folders_is_named(self):
        self.assertEqual(check("arrows", {"src/auth/a.h": "\n"}),
                         ["src/auth/a.h:1: put it into one of auth/accounts, auth/core, "
                          "auth/oauth, auth/passwords, auth/replica, auth/sessions, auth/signin, "
                          "auth/upkeep, auth/webhooks"])
        self.assertEqual(check("arrows", {"src/auth/accounts/a.h": "\n"}),
                         ["src/auth/accounts/a.h:1: put it into one of auth/accounts/account, "
                          "auth/accounts/changes, auth/accounts/factors, auth/accounts/names, "
                          "auth/accounts/passkeys, auth/accounts/people, auth/accounts/profile, "
                          "auth/accounts/roles"])

    def test_a_part_that_its_folder_does_not_tell_is_named(self):
        drawn = (SCRIPTS.parent / "src" / "README.md").read_text(encoding="utf-8")
        told = {"src/README.md": drawn, "src/auth/signin/README.md": "\n- federation/ - a part\n",
                "src/auth/core/README.md": "\n- audit/ - a part\n"}
        self.assertEqual(check("arrows", told),
                         ["src/auth/core/README.md: no item begins with limits/"])

    def test_an_include_circle_is_named(self):
        # The headers alone have no circle: a header and its source count as one room.
        circle = {"src/base/a.h": "\n", "src/base/a.cpp": '#include "base/b.h"\n',
                  "src/base/b.h": '#include "base/c.h"\n',
                  "src/base/c.h": '#include "base/a.h"\n',
                  "src/base/d.h": '#include "base/a.h"\n'}
        self.assertEqual(check("arrows", circle),
                         ["src: include circle: base/a, base/b, base/c"])
        circle["src/base/a.cpp"] = '#include "base/a.h"\n'
        self.assertEqual(check("arrows", circle), [])

    def test_a_drawing_that_says_otherwise_is_named(self):
        drawn = (SCRIPTS.parent / "src" / "README.md").read_text(encoding="utf-8")
        self.assertEqual(check("arrows", {"src/README.md": drawn}), [])
        missing = check("arrows", {"src/README.md": drawn.replace("   fetch ", "   fetches ")})
        self.assertEqual(missing, ["src/README.md: the drawing lacks fetch"])
        lines = drawn.splitlines(keepends=True)
        core = next(i for i, line in enumerate(lines) if line.startswith("   auth/core "))
        lines[core - 1], lines[core] = lines[core], lines[core - 1]
        self.assertEqual(check("arrows", {"src/README.md": "".join(lines)}),
                         ["src/README.md: auth/sessions uses auth/core, "
                          "and the drawing has it no lower"])

    def test_a_way_round_the_table_is_named(self):
        self.assertEqual(check("arrows", {"src/store/a.h": '#include "../auth/x.h"\n'}),
                         ["src/store/a.h:1: name the file from src/, not by .."])

    def test_a_folder_without_a_floor_is_named(self):
        wrong = check("arrows", {"src/utils/a.h": "\n"})
        self.assertIn("utils/ is not a folder of the house", wrong[0])

    def test_a_library_outside_its_home_is_named(self):
        self.assertEqual(check("arrows", {"src/auth/core/a.cpp": "#include <sodium.h>\n",
                                          "src/crypto/a.cpp": "#include <sodium.h>\n"}),
                         ["src/auth/core/a.cpp:1: auth/core may not see <sodium.h>"])

    def test_a_second_file_with_httplib_is_named(self):
        wrong = check("arrows", {"src/http/front/a.cpp": "#include <httplib.h>\n",
                                 "src/http/front/b.cpp": "#include <httplib.h>\n"})
        self.assertEqual(len(wrong), 1)
        self.assertIn("src/http/front/b.cpp:1: httplib.h is included by src/http/front/a.cpp:1",
                      wrong[0])


class HouseRules(unittest.TestCase):
    def test_a_long_file_is_named_and_a_full_one_is_not(self):
        wrong = check("house-rules", {"src/base/a.h": "\n" * 600, "tests/b_test.cpp": "\n" * 601})
        self.assertEqual(wrong, ["tests/b_test.cpp:601: 601 lines, and 600 is the limit: "
                                 "[One subject per file]"])

    def test_a_folder_without_parts_is_named_when_it_grows(self):
        full = {f"src/base/a{i}.h": "\n" * 500 for i in range(8)}
        self.assertEqual(check("house-rules", full), [])
        self.assertEqual(check("house-rules", {**full, "src/base/sub/b.h": "\n"}), [])
        self.assertEqual(check("house-rules", {**full, "src/base/b.h": "\n"}),
                         ["src/base: 4001 lines, and 4000 is the limit: make sub-folders "
                          "[One subject per file]"])

    def test_a_long_line_of_a_script_or_style_sheet_is_named(self):
        for name in ("src/web/pages/a.js", "src/web/shell/a.css"):
            self.assertEqual(check("house-rules", {name: "é" * 100 + "\n" + "é" * 101 + "\n"}),
                             [f"{name}:2: 101 columns, and 100 is the limit"])

    def test_calls_outside_their_home_are_named(self):
        for call in ("std::chrono::system_clock::now()", "time(nullptr)", "::time(0)",
                     "std::random_device{}", "getrandom(p, 8, 0)", 'getenv("HOME")',
                     'system("ls")', "gmtime(&t)", "Pair{a, TRY(f())}",
                     "Pair{std::move(a), TRY(f())}", "Pair{a, g(TRY(f()))}"):
            wrong = check("house-rules", {"src/auth/a.cpp": f"\nauto x = {call};\n"})
            self.assertEqual([line[:18] for line in wrong], ["src/auth/a.cpp:2: "], call)

    def test_the_same_calls_at_home_pass(self):
        self.assertEqual(check("house-rules", {"src/base/time.cpp": "system_clock::now();\n",
                                               "src/config/env.cpp": 'getenv("A");\n'}), [])

    def test_a_try_that_leaks_is_named_over_lines_and_others_pass(self):
        code = "void f() {\n  Pair p{g(a, b),\n         TRY(h())};\n}\n"
        self.assertEqual(check("house-rules", {"src/auth/a.cpp": code}),
                         ["src/auth/a.cpp:3: no TRY here: take the value first "
                          "[No TRY inside braces]"])
        for line in ("f(a, TRY(g()));", "std::map<A, B> m = TRY(g());", "return A{TRY(g()), b};",
                     "const auto [a, b] = TRY(g());", "int a, b; a = TRY(g());"):
            self.assertEqual(check("house-rules", {"src/auth/a.cpp": "void f() { %s }\n" % line}),
                             [], line)

    def test_words_in_comments_and_texts_pass(self):
        code = '// not time(nullptr)\nauto x = "getenv(1)"; run_time(0); x.time(0);\n'
        self.assertEqual(check("house-rules", {"src/auth/a.cpp": code}), [])

    def test_an_engine_is_named_in_the_store_alone(self):
        for line in ('#include "store/lmdb/engine.h"', 'auto x = dir + "/data.mdb";',
                     "// as LMDB does it",
                     "store::open_lmdb(options, log);"):
            wrong = check("house-rules", {"src/server/a.cpp": f"\n{line}\n"})
            self.assertEqual([line[:20] for line in wrong], ["src/server/a.cpp:2: "], line)
            self.assertEqual(check("house-rules", {"src/store/a.cpp": f"\n{line}\n"}), [])

    def test_a_left_over_is_named(self):
        self.assertEqual(check("house-rules", {"src/auth/a.cpp": "// TODO: later\n"}),
                         ["src/auth/a.cpp:1: a note to yourself [Do it now, or file an issue]"])

    def test_the_words_in_brackets_are_headings_of_the_rules(self):
        rules = (SCRIPTS.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
        text = (SCRIPTS / "house-rules").read_text(encoding="utf-8")
        named = re.findall(r"\[([A-Z][^\]\n]*)\]\"", text)
        self.assertGreater(len(named), 5)
        for heading in named:
            self.assertIn("\n### %s\n" % heading, rules)

    def test_a_host_of_a_package_registry_is_named(self):
        for host in ("registry.npm" "js.org/a", "index.docker" ".io/a",
                     "files.python" "hosted.org/a", "GHCR"[:2] + "CR.io/a"):
            wrong = check("house-rules",
                          {"third_party/versions.lock": f"a\nhttps://{host}\n", "build/log": host})
            self.assertEqual([line[:59] for line in wrong],
                             ["third_party/versions.lock:2: no host of a package registry:"], host)

    def test_a_package_of_a_registry_may_be_named(self):
        self.assertEqual(check("house-rules", {"README.md": "npm pack redoc@2.5.4\n"}), [])


if __name__ == "__main__":
    unittest.main()
