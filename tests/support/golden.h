// Data as a release wrote it: tests/golden/schema-<n>*.txt, a key and a value in hex per line.
#pragma once

#include <filesystem>

#include "store/store.h"

namespace authd::test {

std::filesystem::path golden_directory();

// Puts what the file holds; a test that cannot do so ends.
void load_golden(store::Store& store, const std::filesystem::path& file);

}  // namespace authd::test
