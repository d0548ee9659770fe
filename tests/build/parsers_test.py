"""Every parser of bytes from outside has a fuzz target: the functions of src/ that are called
parse_…, decode_… or read_… and take a text are either called in tests/fuzz, or named here with the
target that reaches them, or with why nobody outside can send them anything."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARSER = re.compile(r"\b((?:parse|decode|read)_[a-z0-9_]+)\(\s*(?:const Services& s,\s*)?"
                    r"(?:std::string_view|const std::string&)")

# By the target that calls them through another function.
REACHED = {
    "client_data": {"parse_client_data"},
    "client_import": {"parse_firebase_config", "parse_shown_name"},
    "config": {"parse_toml", "read_toml", "parse_bool", "parse_choice", "parse_colour",
               "parse_cors_origin", "parse_mailbox", "parse_node", "parse_number",
               "parse_role_name", "parse_schema", "parse_secure_origin", "parse_store_url",
               "parse_tcp_listen"},
    "credentials": {"read_claims", "read_device"},
    "fetched_documents": {"parse_metadata"},
    "http": {"parse_pairs", "parse_passkey_name", "parse_unsigned"},
    "image": {"decode_gif", "decode_png"},
    "import": {"parse_flag", "parse_time"},
    "jwk": {"parse_public_jwk"},
    "jwt": {"parse_algorithm", "parse_keyed"},
    "rows": {"decode_number", "decode_value", "decode_listed"},
}
# What only whoever runs the server can put there. (A certificate is that of the server itself.)
OF_OPERATORS = {"parse_template", "read_certificate", "read_logo_file", "read_own_texts",
                "read_password", "read_private_file"}


def parsers():
    """Header by function."""
    found = {}
    for header in sorted(ROOT.glob("src/**/*.h")):
        for match in PARSER.finditer(header.read_text(encoding="utf-8")):
            found.setdefault(match[1], header.relative_to(ROOT).as_posix())
    return found


def fuzzed():
    text = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("tests/fuzz/**/*.cpp"))
    return set(re.findall(r"\b(?:parse|decode|read)_[a-z0-9_]+", text))


class Parsers(unittest.TestCase):
    def test_each_has_a_target(self):
        told = set().union(*REACHED.values(), OF_OPERATORS)
        missing = {name: header for name, header in parsers().items()
                   if name not in fuzzed() and name not in told}
        self.assertEqual(missing, {}, "add a target in tests/fuzz/targets")

    def test_what_is_told_here_is_true(self):
        told = set().union(*REACHED.values(), OF_OPERATORS)
        self.assertEqual(sorted(told - set(parsers())), [], "there is no such function")
        self.assertEqual(sorted(told & fuzzed()), [], "it is called by a target itself")
        targets = {path.stem for path in ROOT.glob("tests/fuzz/targets/*.cpp")}
        self.assertEqual(sorted(set(REACHED) - targets), [])

    def test_finds_one_that_is_new(self):
        self.assertEqual(PARSER.findall("Result<X> parse_new(std::string_view text);\n"
                                        "X decode_other(\n    const std::string& bytes);\n"
                                        "void read_none(Reader& from);\n"),
                         ["parse_new", "decode_other"])


if __name__ == "__main__":
    unittest.main()
