// A configuration file to begin with, made from the list of keys: every key with what it is for,
// commented out, at its default.
#pragma once

#include <map>
#include <string>

namespace authd::config {

// `values` are keys that are to be written out, in the form that they are read in ("a,b" for a
// list); all others are comments. Keys that are not in the list of keys are not written.
std::string example_file(const std::map<std::string, std::string>& values);

}  // namespace authd::config
