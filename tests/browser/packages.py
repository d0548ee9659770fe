"""The npm packages of the browser tests."""
from npm import npm_folder


def folder():
    return npm_folder("playwright-core", "axe-core")
