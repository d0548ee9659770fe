# The commands of the project. Everything that is built goes to build/; the fetched dependencies are
# cached outside the tree (third_party/README.md).
.PHONY: help run build image test sanitize coverage valgrind crash cluster model fuzz package test-package lint docs bench clean
.NOTPARALLEL:

# How the builds under build/ are configured.
release = -DCMAKE_BUILD_TYPE=Release -DAUTHD_STATIC=ON -DAUTHD_UNITY=all
asan = -DAUTHD_SANITIZE=address -DAUTHD_COVERAGE="auth;http" -DAUTHD_UNITY=all
tsan = -DAUTHD_SANITIZE=thread -DAUTHD_UNITY=all
# The release, but memcheck cannot replace the allocator of a static executable. (What it finds shows
# lines as well with CXXFLAGS=-g1 in the environment of the first run.)
valgrind = -DCMAKE_BUILD_TYPE=Release -DAUTHD_TESTS=OFF
# Never built: it says with which flags each source is compiled, also where the release has several
# together.
lint = -DCMAKE_BUILD_TYPE=Release -DAUTHD_STATIC=ON
# The dependencies are those of the other builds: what is fuzzed is our own code.
fuzz = -DAUTHD_SANITIZE=address -DAUTHD_FUZZ=ON -DCMAKE_C_COMPILER=clang-19 \
       -DCMAKE_CXX_COMPILER=clang++-19 -DAUTHD_DEPS=$$(third_party/fetch)

# A test waits for a server a good part of its time. (Of browsers no more than cores: tests/parts.cmake.)
TESTS_AT_ONCE = $$(($$(nproc) * 2))

help: ## this list
	@awk -F ': .*## ' '/^[a-z-]+: .*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: build ## install what is missing, build, and serve on http://localhost:8080
	build/authd serve --data-dir ./authd-data

build: packages.build configure.release ## the stripped static release: build/authd
	@ninja -C build/release authd
	@strip -o build/authd.new build/release/authd && mv build/authd.new build/authd
	@scripts/check-release build/authd

image: packages.image build ## the container image: build/image/authd.tar
	@scripts/container-image build/authd build/image
	@ls -l build/image/authd.tar

test: packages.test packages.image build ## install what is missing, build, and run every test
	@ninja -C build/release
	@ctest --test-dir build/release --output-on-failure -j$(TESTS_AT_ONCE)

sanitize: coverage sanitize.tsan ## the same tests under ASan and UBSan, then under TSan

# Which of the tests, and what is built for them; .ci/run takes fewer.
SANITIZED = .
BUILT = all
# A server that has a race ends at once, so that its test cannot pass.
sanitize.%: export TSAN_OPTIONS = halt_on_error=1
sanitize.%: packages.test configure.%
	@ninja -C build/$* $(BUILT)
	@find build/$* -name '*.gcda' -delete
	@ctest --test-dir build/$* --output-on-failure -j$(TESTS_AT_ONCE) -R '$(SANITIZED)'

coverage: sanitize.asan ## the tests under ASan and UBSan, and which lines of auth/ and http/ they run
	@scripts/coverage build/asan tests/coverage.txt

valgrind: packages.test packages.valgrind configure.valgrind ## black-box tests under memcheck; VALGRIND_TESTS="tokens_test" for some
	@ninja -C build/valgrind authd
	@tests/valgrind/run

crash: packages.test build ## kill the server 200 times under load, and ask it and its applications what they remember
	@CRASH_CYCLES=$${CRASH_CYCLES:-200} TEST_BINARY=build/authd python3 tests/http/crash_test.py
	@CRASH_CYCLES=$${CRASH_CYCLES:-200} TEST_BINARY=build/authd python3 tests/http/logout_crash_test.py
	@POWER_CYCLES=$${POWER_CYCLES:-50} TEST_BINARY=build/authd python3 tests/http/power_cut_test.py

cluster: packages.test build ## several servers on PostgreSQL: kill them, stop them, cut them off, and check what 100,000 calls showed
	@TEST_BINARY=build/authd python3 tests/http/cluster_test.py
	@HISTORY_OPERATIONS=$${HISTORY_OPERATIONS:-100000} HISTORY_PARTITIONS=$${HISTORY_PARTITIONS:-60} \
	  TEST_BINARY=build/authd python3 tests/http/cluster_history_test.py
	@CRASH_CYCLES=$${CRASH_CYCLES:-200} TEST_BINARY=build/authd python3 tests/http/cluster_crash_test.py

package: build ## a Debian package and a tar.gz of the release: build/package/
	@rm -rf build/package
	@packaging/build build/authd build/package
	@ls -sh1 build/package

test-package: packages.test packages.package package ## install, boot, upgrade, remove and purge the package (root)
	@python3 tests/package/machine_test.py

fuzz: packages.fuzz configure.fuzz ## libFuzzer on every reader of foreign bytes, FUZZ_SECONDS (60) each
	@ninja -C build/fuzz fuzzers
	@tests/fuzz/run

model: packages.test build ## 100,000 random steps beside a model of what the server promises
	@ninja -C build/release model
	@build/release/tests/model/model --steps $${MODEL_STEPS:-100000} --seed $${MODEL_SEED:-0}
	@build/release/tests/model/model --steps $${MODEL_STEPS:-100000} --seed $${MODEL_SEED:-0} --races
	@build/release/tests/model/model --steps $$(($${MODEL_STEPS:-100000} / 4)) --seed $${MODEL_SEED:-0} --races --disk

lint: packages.lint configure.lint ## format, arrows, sizes, banned calls, Python, clang-tidy
	@scripts/lint

docs: packages.test configure.release ## write the pages that follow from the source: docs/http.md, man/authd.toml.5
	@ninja -C build/release manual_printer openapi_json
	@scripts/documents build/release

bench: packages.bench build ## measure the server beside its floor and peers; BENCH=long for longer
	@tests/bench/run

clean: ## remove what was built, but not ./authd-data and not the fetched dependencies
	rm -rf build

packages.%:
	@scripts/install-packages $*

# ninja runs cmake again by itself when that is needed, except when the directory of the dependencies
# has changed its name, and when sources that are compiled together no longer fit. third_party/fetch
# costs nothing when its cache is there, and mends it when it is not.
configure.%: packages.build
	@deps=$$(third_party/fetch) && { grep -qs "$$deps/include" build/$*/build.ninja && \
	  scripts/unity-groups --check $$(ls build/$*/unity/* 2>/dev/null) >/dev/null || \
	  cmake -S . -B build/$* -G Ninja --log-level=WARNING $($*) >/dev/null; }
