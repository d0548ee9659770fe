# The commands of the project. Everything that is built goes to build/; the fetched dependencies are
# cached outside the tree (third_party/README.md).
.PHONY: help run build test sanitize crash lint bench clean
.NOTPARALLEL:

# How the builds under build/ are configured.
release = -DCMAKE_BUILD_TYPE=Release -DAUTHD_STATIC=ON
asan = -DAUTHD_SANITIZE=address
tsan = -DAUTHD_SANITIZE=thread

help: ## this list
	@awk -F ': .*## ' '/^[a-z]+: .*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

run: build ## install what is missing, build, and serve on http://127.0.0.1:8080
	build/authd serve --data-dir ./authd-data

build: packages.build configure.release ## the stripped static release: build/authd
	@ninja -C build/release authd
	@strip -o build/authd.new build/release/authd && mv build/authd.new build/authd
	@scripts/check-release build/authd

test: packages.test build ## install what is missing, build, and run every test
	@ninja -C build/release
	@ctest --test-dir build/release --output-on-failure -j2

sanitize: sanitize.asan sanitize.tsan ## the same tests under ASan and UBSan, then under TSan

# A server that has a race ends at once, so that its test cannot pass.
sanitize.%: export TSAN_OPTIONS = halt_on_error=1
sanitize.%: packages.test configure.%
	@ninja -C build/$*
	@ctest --test-dir build/$* --output-on-failure -j2

crash: packages.test build ## kill the server 200 times under load, and ask what it remembers
	@CRASH_CYCLES=$${CRASH_CYCLES:-200} TEST_BINARY=build/authd python3 tests/http/crash_test.py
	@POWER_CYCLES=$${POWER_CYCLES:-50} TEST_BINARY=build/authd python3 tests/http/power_cut_test.py

lint: packages.lint configure.release ## format, arrows, sizes, banned calls, clang-tidy
	@scripts/lint

bench: packages.bench build ## measure the server beside its floor and a peer; BENCH=long for longer
	@tests/bench/run

clean: ## remove what was built, but not ./authd-data and not the fetched dependencies
	rm -rf build

packages.%:
	@scripts/install-packages $*

# ninja runs cmake again by itself when that is needed. third_party/fetch costs nothing when its
# cache is there, and mends it when it is not.
configure.%: packages.build
	@third_party/fetch >/dev/null
	@test -e build/$*/build.ninja || cmake -S . -B build/$* -G Ninja --log-level=WARNING $($*) >/dev/null
