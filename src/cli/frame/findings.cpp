#include "cli/frame/findings.h"

#include <algorithm>

#include "api/core/write.h"
#include "cli/frame/layout.h"

namespace authd::cli {
namespace {

using server::doctor::Finding;
using server::doctor::Severity;

size_t count(const Findings& findings, Severity severity) {
  return static_cast<size_t>(
      std::count_if(findings.begin(), findings.end(),
                    [&](const Finding& finding) { return finding.severity == severity; }));
}

}  // namespace

std::string text_of(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    std::string line(server::doctor::name(finding.severity));
    line.resize(9, ' ');
    line += finding.check;
    line.resize(24, ' ');
    text += line + printable(finding.text) + "\n";
    if (!finding.advice.empty())
      text += std::string(24, ' ') + "-> " + printable(finding.advice) + "\n";
  }
  text += "\n" + std::to_string(count(findings, Severity::fail)) + " fail, " +
          std::to_string(count(findings, Severity::warn)) + " warn, " +
          std::to_string(count(findings, Severity::ok)) + " ok, " +
          std::to_string(count(findings, Severity::skipped)) + " skipped";
  return text;
}

void write_ok(JsonWriter& json, const Findings& findings) {
  json.field("ok", count(findings, Severity::fail) == 0);
}

void write_findings(JsonWriter& json, const Findings& findings) {
  json.key("findings").begin_array();
  for (const Finding& finding : findings) {
    json.begin_object()
        .field("check", finding.check)
        .field("severity", server::doctor::name(finding.severity))
        .field("text", finding.text);
    api::text_or_null(json, "advice", finding.advice);
    json.end_object();
  }
  json.end_array();
}

Result<void> verdict(const Findings& findings) {
  const size_t failed = count(findings, Severity::fail);
  if (failed == 0) return {};
  return Error{ErrorCode::invalid, counted(failed, "thing does not work as it should",
                                           "things do not work as they should") +
                                       "; see above what to do"};
}

}  // namespace authd::cli
