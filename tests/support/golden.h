// Data as a release wrote it: tests/golden/schema-<n>*.txt, with a key and a value in hex per line.
#pragma once

#include <filesystem>

#include "store/store.h"

namespace authd::test {

std::filesystem::path golden_directory();

// Puts the contents of the file; a test that cannot do so ends.
void load_golden(store::Store& store, const std::filesystem::path& file);

}  // namespace authd::test
