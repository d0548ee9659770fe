"""Whether the executable is hardened: the flags of each file, how it is linked, and the machine
code of our own functions. The checks of the machine code are also tried on a program without
hardening."""
import functools
import json
import os
import pathlib
import platform
import re
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ.get("TEST_BUILD", "build/release"))
CHECK_RELEASE = pathlib.Path(__file__).resolve().parents[2] / "scripts/check-release"
X86 = platform.machine() == "x86_64"
FLAGS = ["-fstack-protector-strong", "-fstack-clash-protection", "-ftrivial-auto-var-init=zero",
         "-D_FORTIFY_SOURCE=3",
         "-D_GLIBCXX_ASSERTIONS"] + ["-fcf-protection=full"] * X86
# How a failed check ends.
FRAME = "__stack_chk_fail"
INDEX = "_ZSt21__glibcxx_assert_failPKciS0_S0_"
LENGTH = "__memcpy_chk"
PROGRAM = """
#include <cstdio>
#include <cstring>
#include <vector>
namespace authd {
__attribute__((noinline)) int third(const std::vector<int>& v) { return v[2]; }
__attribute__((noinline)) void show(const char* from, size_t n) {
  char to[16];
  std::memcpy(to, from, n);
  std::puts(to);
}
}
int main(int argc, char** argv) {
  authd::show(argv[0], argc);
  return authd::third({1, argc, 3});
}
"""


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def commands():
    entries = json.loads((BUILD / "compile_commands.json").read_text())
    return [entry for entry in entries
            if "/src/" in entry["file"] or "/authd_" in entry["file"]]  # several together


class Code:
    """The machine code of a program. `called`: how often each function is called. `open`: our
    functions that can be the target of an indirect jump but do not begin with endbr64."""

    def __init__(self, program):
        symbols = [line.split() for line in output("nm", program).splitlines()]
        self.ours = {words[0].lstrip("0"): words[2] for words in symbols
                     if len(words) == 3 and words[1] in "TW" and re.match("_ZNK?5authd", words[2])}
        self.called = {}
        self.open = []
        with subprocess.Popen(["objdump", "-d", "--no-show-raw-insn", "-j", ".text", program],
                              stdout=subprocess.PIPE,
                              text=True) as lines:
            for line in lines.stdout:
                address, _, instruction = line.strip().partition(":\t")
                if target := re.match(r"(?:call|jmp) .*<([^>+]+)>", instruction):
                    self.called[target[1]] = self.called.get(target[1], 0) + 1
                if address in self.ours and not instruction.startswith("endbr64"):
                    self.open.append(self.ours[address])


@functools.cache
def code_of_the_release():
    return Code(BUILD / "authd")  # takes ten seconds


@unittest.skipUnless(any("-DNDEBUG" in entry["command"] for entry in commands()),
                     "it is the release that has them")
class Hardening(unittest.TestCase):
    def test_every_file_has_the_flags(self):
        self.assertGreater(len(commands()), 80)
        for entry in commands():
            words = entry["command"].split()
            self.assertEqual([flag for flag in FLAGS if flag not in words], [], entry["file"])

    def test_every_folder_checks_its_stack_frames(self):
        archives = sorted(BUILD.glob("libauthd_*.a"))
        self.assertGreater(len(archives), 10)
        for archive in archives:
            self.assertRegex(output("nm", archive), rf"\bU {FRAME}\b", archive)

    def test_the_executable_is_linked_as_a_release(self):
        with tempfile.TemporaryDirectory() as scratch:
            stripped = os.path.join(scratch, "authd")
            subprocess.run(["strip", "-o", stripped, BUILD / "authd"], check=True)
            subprocess.run([CHECK_RELEASE, stripped], check=True)

    def test_frames_indexes_and_lengths_are_checked(self):
        code = code_of_the_release()
        self.assertGreater(code.called.get(FRAME, 0), 2000)
        self.assertGreater(code.called.get(INDEX, 0), 200)
        self.assertGreater(code.called.get(LENGTH, 0), 5)

    @unittest.skipUnless(X86, "endbr64 is of x86-64")
    def test_every_function_that_can_be_jumped_to_says_so(self):
        code = code_of_the_release()
        self.assertGreater(len(code.ours), 1000)
        self.assertEqual(code.open, [])


class Checks(unittest.TestCase):
    def code(self, *flags):
        with tempfile.TemporaryDirectory() as scratch:
            source, program = pathlib.Path(scratch, "main.cpp"), pathlib.Path(scratch, "program")
            source.write_text(PROGRAM)
            subprocess.run(["c++", "-O2", "-w", "-static", "-U_FORTIFY_SOURCE", *flags, source,
                            "-o", program], check=True)
            return Code(program)

    def test_a_program_without_them_is_found_out(self):
        code = self.code("-fno-stack-protector", "-fcf-protection=none" if X86 else "-O2")
        self.assertIn("_ZN5authd4showEPKcm", code.called)
        self.assertNotIn(INDEX, code.called)
        if X86:
            self.assertIn("_ZN5authd4showEPKcm", code.open)

    def test_one_with_them_is_not(self):
        code = self.code(*FLAGS)
        self.assertIn(INDEX, code.called)
        self.assertIn(LENGTH, code.called)
        self.assertEqual(code.open, [])


if __name__ == "__main__":
    unittest.main()
