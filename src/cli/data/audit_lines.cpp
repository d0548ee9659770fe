#include "cli/data/audit_lines.h"

#include <optional>

#include "base/ids.h"
#include "base/time.h"

namespace authd::cli {
namespace {

// "ann (7)": the name at the time of the entry. Entries of 0.1.0 have no names.
std::string person(std::optional<UserId> id, const std::string& name) {
  if (!id) return "";
  if (name.empty()) return "user " + std::to_string(id->value);
  return name + " (" + std::to_string(id->value) + ")";
}

std::string who_did(const tables::AuditEntry& entry) {
  if (!entry.operator_name.empty()) return entry.operator_name;
  return person(entry.actor, entry.actor_name);
}

std::string on_whom(const tables::AuditEntry& entry) {
  const std::string subject = person(entry.subject, entry.subject_name);
  return subject + (entry.target.empty() || subject.empty() ? "" : " ") + entry.target;
}

}  // namespace

std::vector<std::string> audit_cells(const tables::AuditEntry& entry) {
  return {std::to_string(entry.number),
          format_rfc3339(entry.at),
          who_did(entry),
          entry.action,
          entry.outcome,
          on_whom(entry),
          entry.address};
}

}  // namespace authd::cli
