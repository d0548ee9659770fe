"""docs/conformance.md names tests that exist, and every test that has the name of a module of the
conformance suite."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/conformance.md"
NAMED = re.compile(r"`([\w-]+\.(?:py|cpp|mjs)): ([^`]+)`")
DECLARED = {  # how a test is declared
    ".py": r"^ +def (test_\w+)\(",
    ".cpp": r'^TEST_CASE\("([^"]*)"',
    ".mjs": r"^export async function (\w+)\(",
}


def files():
    """Every test file, by its name."""
    found = {}
    for folder in ("tests/http", "tests/unit", "tests/browser"):
        for path in (ROOT / folder).rglob("*.*"):
            if path.suffix in DECLARED:
                found.setdefault(path.name, []).append(path)
    return found


def tests_in(path):
    return set(re.findall(DECLARED[path.suffix], path.read_text(encoding="utf-8"), re.M))


def rows(text):
    """(what, which tests) of every table line below a heading."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and len(cells) == 2 and cells[1] != "test":
            yield tuple(cells)


def modules_without_a_row(text):
    listed = {case for _, case in NAMED.findall(text)}
    for paths in files().values():
        for path in paths:
            for case in tests_in(path):
                if case.startswith("test_oidcc_") and case not in listed:
                    yield f"{path.name}: {case}"


def problems(text):
    known = files()
    for what, which in rows(text):
        if not NAMED.search(which):
            yield f"{what}: no test"
    for name, case in NAMED.findall(text):
        if not any(case in tests_in(path) for path in known.get(name, ())):
            yield f"{name} has no {case}"


class Conformance(unittest.TestCase):
    def setUp(self):
        self.text = PAGE.read_text(encoding="utf-8")

    def test_every_test_that_is_named_exists(self):
        self.assertEqual(list(problems(self.text)), [])

    def test_every_test_with_the_name_of_a_module_is_named(self):
        self.assertEqual(sorted(modules_without_a_row(self.text)), [])

    def test_no_module_is_there_twice_in_a_plan(self):
        for plan in re.split(r"^## ", self.text, flags=re.M)[1:]:
            firsts = [what for what, _ in rows(plan)]
            self.assertEqual(sorted(firsts), sorted(set(firsts)), plan.splitlines()[0])

    def test_the_numbers_are_those_of_the_tables(self):
        plans = {plan.splitlines()[0]: [which for what, which in rows(plan)
                                        if what.startswith("`oidcc-")]
                 for plan in re.split(r"^## ", self.text, flags=re.M)[1:]}
        for name, count, tested, refused in re.findall(
                r"^\| \[([^]]*)\]\([^)]*\) \| (\d+) \| (\d+) \| (\d+) \|$", self.text, re.M):
            if name in ("Config OP", "Form Post OP"):  # one module; those of Basic OP once more
                continue
            told = sum(which.startswith("refused:") for which in plans[name])
            self.assertEqual((int(count), int(refused)), (len(plans[name]), told), name)
            self.assertEqual(int(tested), len(plans[name]) - told, name)

    def test_the_check_finds_what_is_wrong(self):
        text = ("| what | test |\n|---|---|\n| a | `provider_test.py: test_nothing_of_the_kind` |\n"
                "| b | later |\n| c | `no_such_test.py: test_x` |\n")
        self.assertEqual(len(list(problems(text))), 3)


if __name__ == "__main__":
    unittest.main()
