"""Runs a part of the tests of a file, so that the parts can run at the same time: part.py 2/3 FILE
runs every third test, beginning with the second. All parts together run each test once."""

import importlib
import pathlib
import sys
import unittest


def tests_of(suite):
    """One by one, those of a class in a row."""
    for one in suite:
        if isinstance(one, unittest.TestSuite):
            yield from tests_of(one)
        else:
            yield one


def main():
    number, parts = map(int, sys.argv[1].split("/"))
    file = pathlib.Path(sys.argv[2]).resolve()
    sys.path.insert(0, str(file.parent))
    module = importlib.import_module(file.stem)
    tests = list(tests_of(unittest.defaultTestLoader.loadTestsFromModule(module)))
    mine = tests[number - 1::parts]
    if not mine:
        sys.exit("%s has %d tests, and none is in part %s" % (file.name, len(tests), sys.argv[1]))
    result = unittest.TextTestRunner().run(unittest.TestSuite(mine))
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
