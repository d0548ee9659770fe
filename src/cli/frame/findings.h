// What the doctor found, on the command line: `authd doctor` and `authd client test`.
#pragma once

#include <string>
#include <vector>

#include "base/json_writer.h"
#include "server/doctor/doctor.h"

namespace authd::cli {

using Findings = std::vector<server::doctor::Finding>;

// A line for each, with what to do below it, and how many there are of each kind.
std::string text_of(const Findings& findings);

// The members "ok" and "findings" of the object that is open.
void write_ok(JsonWriter& json, const Findings& findings);
void write_findings(JsonWriter& json, const Findings& findings);

// Error: `invalid`, if anything failed.
Result<void> verdict(const Findings& findings);

}  // namespace authd::cli
