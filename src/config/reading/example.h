// A configuration file to start from, generated from the list of keys: every key with its purpose,
// commented out, at its default.
#pragma once

#include <map>
#include <string>

namespace authd::config {

// `values` are the keys to write as settings, in the form that is read ("a,b" for a list). All
// other keys are comments. A key that is not in the list of keys is not written.
std::string example_file(const std::map<std::string, std::string>& values);

}  // namespace authd::config
