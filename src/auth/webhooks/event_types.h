// The names of events, as other programs know them, and which entry of the audit log is which
// event. Names stay; the actions of the audit log may change beneath them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tables/rows/audit_rows.h"

namespace authd::auth {

// The action of the entry that asks for a test of one endpoint, and the type of that event. It goes
// to that endpoint only, whatever types it has chosen.
inline constexpr std::string_view kWebhookTested = "webhook_tested";
inline constexpr std::string_view kTestEvent = "webhook.test";

// Every type but kTestEvent, in alphabetical order.
std::span<const std::string_view> event_types();

// The type of an entry; empty: it is no event.
std::string_view event_type_of(const tables::AuditEntry& entry);

// Whether an action of the audit log is known here: as an event, or as one that is none.
bool is_judged_action(std::string_view action);

// The types that an endpoint may choose: those above, and groups ("login.*"). Sorted, each once.
// Error: `invalid`, with the field "types".
Result<std::vector<std::string>> parse_event_types(std::vector<std::string> types);

// Whether an endpoint that has chosen these types (none: all) gets events of this type.
bool is_chosen(const std::vector<std::string>& types, std::string_view type);

}  // namespace authd::auth
