// What came of one change to many: an outcome for each (api/core/write.h).
#include <algorithm>

#include "api/core/write.h"

namespace authd::api {
namespace {

// Members of the outcome for one of many.
void error_or_null(JsonWriter& json, const Error* error) {
  text_or_null(json, "error",
               error == nullptr      ? ""
               : error->name.empty() ? default_name(error->code)
                                     : std::string_view(error->name));
  text_or_null(json, "message", error == nullptr ? "" : error->message);
}

}  // namespace

void write_bulk(JsonWriter& json, std::string_view action, bool is_dry_run,
                const std::vector<auth::BulkOutcome>& outcomes) {
  const auto outcome_of = [](const auth::BulkOutcome& one) {
    return !one.result ? "refused" : *one.result ? "changed" : "unchanged";
  };
  json.begin_object().field("action", action).field("dry_run", is_dry_run);
  for (const std::string_view word : {"changed", "unchanged", "refused"}) {
    json.field(word, std::count_if(outcomes.begin(), outcomes.end(),
                                   [&](const auto& one) { return outcome_of(one) == word; }));
  }
  json.key("results").begin_array();
  for (const auth::BulkOutcome& one : outcomes) {
    json.begin_object();
    id_or_null(json, "id", one.user);
    text_or_null(json, "name", one.name);
    json.field("outcome", outcome_of(one));
    const Error* error = one.result ? nullptr : &one.result.error();
    error_or_null(json, error);
    json.end_object();
  }
  json.end_array().end_object();
}

void write_invitation_list(JsonWriter& json, bool is_dry_run,
                           const std::vector<auth::InvitationOutcome>& outcomes) {
  const auto outcome_of = [](const auth::InvitationOutcome& one) {
    return !one.result ? "refused" : *one.result ? "invited" : "unchanged";
  };
  json.begin_object().field("dry_run", is_dry_run);
  for (const std::string_view word : {"invited", "unchanged", "refused"}) {
    json.field(word, std::count_if(outcomes.begin(), outcomes.end(),
                                   [&](const auto& one) { return outcome_of(one) == word; }));
  }
  json.key("results").begin_array();
  for (const auth::InvitationOutcome& one : outcomes) {
    json.begin_object();
    if (one.line > 0) json.field("line", one.line);
    json.field("email", one.email).field("outcome", outcome_of(one));
    text_or_null(json, "id", one.made ? auth::invitation_text(one.made->row) : "");
    text_or_null(json, "url", one.made ? one.made->url : "");
    error_or_null(json, one.result ? nullptr : &one.result.error());
    json.end_object();
  }
  json.end_array().end_object();
}

}  // namespace authd::api
