"""scripts/embed: what it makes of a folder, and that the result is always the same."""
import gzip
import pathlib
import re
import subprocess
import tempfile
import unittest

EMBED = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "embed"


class Embed(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.TemporaryDirectory(prefix="authd-embed-")
        self.addCleanup(self.root.cleanup)
        self.folder = pathlib.Path(self.root.name, "in")
        self.folder.mkdir()

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def embed(self, out="out.cpp", check=True, name="test"):
        out = pathlib.Path(self.root.name, out)
        done = subprocess.run([EMBED, out, name, self.folder, "/x"], capture_output=True,
                              text=True, check=False)
        if check:
            self.assertEqual(done.returncode, 0, done.stderr)
            self.text = out.read_text()
            rows = re.findall(
                r'\{"([^"]+)", "([^"]+)", "([0-9a-f]+)", \{authd_web_' + name
                + r'_(\d+), (\d+)\}, (\d+)\}',
                self.text)
            self.packed = {path: pathlib.Path(str(out) + ".d", number + ".gz").read_bytes()
                           for path, _, _, number, *_ in rows}
            for path, _, _, _, packed, size in rows:
                self.assertEqual(len(self.packed[path]), int(packed))
                self.assertEqual(len(gzip.decompress(self.packed[path])), int(size))
            return {path: (kind, hash, gzip.decompress(self.packed[path])) for path, kind, hash,
                    *_ in rows}
        return done

    def test_each_file_has_its_path_type_and_bytes(self):
        self.write("a.css", "a {}")
        self.write("deep/er/b.png", bytes(range(256)))
        self.write(".hidden", "no")
        made = self.embed()
        self.assertEqual(sorted(made), ["/x/a.css", "/x/deep/er/b.png"])
        self.assertEqual(made["/x/a.css"][0], "text/css; charset=utf-8")
        self.assertEqual(made["/x/deep/er/b.png"][2], bytes(range(256)))

    def test_the_same_files_give_the_same_bytes(self):
        path = self.write("a.css", "a {}")
        self.embed()
        first = (self.text, self.packed)
        path.touch()
        self.embed()
        self.assertEqual((self.text, self.packed), first)

    def test_another_text_gives_another_hash(self):
        self.write("a.css", "a {}")
        one = self.embed()["/x/a.css"][1]
        self.write("a.css", "b {}")
        self.assertNotEqual(self.embed()["/x/a.css"][1], one)

    def test_comments_of_the_pages_stay_behind_and_those_of_others_do_not(self):
        self.write("a.js", '// Why.\nconst a = "http://x"; // stays\n  // Why.\nb();\n')
        self.write("a.css", "/* Why.\n   * And why. */\na {}\n  /* b */\nb {} /* c */\n")
        kept = self.embed()
        self.assertIn(b"// Why.", kept["/x/a.js"][2])
        self.assertIn(b"/* Why.", kept["/x/a.css"][2])
        made = self.embed(name="pages")
        self.assertEqual(made["/x/a.js"][2], b'const a = "http://x"; // stays\nb();\n')
        self.assertEqual(made["/x/a.css"][2], b"a {}\nb {} /* c */\n")

    def test_a_name_that_two_joined_files_declare_is_an_error(self):
        self.write("main.js",
                   'import {b} from "./_parts/b.js";\nimport {c} from "./_parts/c.js";\n')
        self.write("_parts/b.js", "const SIZE = 1;\nexport const b = SIZE;\n")
        for text in ("const SIZE = 2;\n", "export async function SIZE() {}\n", "class SIZE {}\n"):
            self.write("_parts/c.js", text + "export const c = 2;\n")
            done = self.embed(check=False)
            self.assertNotEqual(done.returncode, 0, text)
            self.assertIn("SIZE", done.stderr)
        # Inside of a function it is another thing.
        self.write("_parts/c.js", "export const c = () => {\n  const SIZE = 2;\n  run(SIZE);\n};\n")
        self.embed()

    def test_modules_are_joined_each_once_and_what_others_load_stays(self):
        self.write("main.js",
                   'import {\n  b,\n} from "./_parts/b.js";\nimport "./_parts/c.js";\nimport {x} '
                   'from "/x/other.js";\nmain(b);\n')
        self.write("_parts/b.js",
                   'import {c} from "./c.js";\nimport {d} from "../_parts/d.js";\nexport const b '
                   '= c;\n')
        self.write("_parts/c.js", "export const c = 1;\n")
        self.write("_parts/d.js", 'import {c} from "./c.js";\nexport const d = 2;\n')
        made = self.embed()
        self.assertEqual(list(made), ["/x/main.js"])
        self.assertEqual(made["/x/main.js"][2].decode(),
                         'export const c = 1;\nexport const d = 2;\nexport const b = c;\n'
                         'import {x} from "/x/other.js";\nmain(b);\n')

    def test_a_list_in_json_becomes_a_constant(self):
        self.write("main.js", 'import list from "./list.json";\nmain(list);\n')
        self.write("list.json", '{"a": [1, "$&"]}\n')
        self.assertEqual(self.embed()["/x/main.js"][2].decode(),
                         'const list = {"a": [1, "$&"]};\nmain(list);\n')

    def test_style_sheets_are_joined_as_well(self):
        self.write("main.css", '@import "./_parts/b.css";\n@import "./_parts/c.css";\nmain {}\n')
        self.write("_parts/b.css", '@import "./c.css";\nb {}\n')
        self.write("_parts/c.css", "c {}\n")
        made = self.embed()
        self.assertEqual(list(made), ["/x/main.css"])
        self.assertEqual(made["/x/main.css"][2].decode(), "c {}\nb {}\nmain {}\n")

    def test_an_import_of_another_form_is_named(self):
        for text in ("import * as b from \"./_b.js\";\n", "export {b} from './_b.js';\n",
                     'import {b} from "./_b.js"\n'):
            self.write("main.js", text)
            self.assertIn("main.js: write this import as", self.embed(check=False).stderr, text)

    def test_what_cannot_be_embedded_is_named(self):
        self.assertIn("has no files", self.embed(check=False).stderr)
        self.write("a.exe", "x")
        self.assertIn("a.exe: no content type", self.embed(check=False).stderr)
        (self.folder / "a.exe").unlink()
        self.write("a.js", 'import {x} from "./_missing.js";\n')
        done = self.embed(check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("_missing.js", done.stderr)


if __name__ == "__main__":
    unittest.main()
