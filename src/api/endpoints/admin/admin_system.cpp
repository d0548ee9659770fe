// Administration of everything but accounts: /api/v1/admin/roles, sessions, clients, keys,
// audit, settings
#include "api/core/forms.h"
#include "api/core/render.h"
#include "api/endpoints/endpoints.h"
#include "auth/accounts/profile/account_view.h"
#include "auth/core/audit/audit.h"
#include "auth/core/audit/audit_actions.h"
#include "auth/core/refusals.h"
#include "auth/oauth/clients/client_admin.h"
#include "auth/sessions/keyring.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/sessions.h"
#include "base/encoding.h"
#include "config/reading/keys.h"
#include "tables/mail_queue.h"

namespace authd::api {
namespace {

Error no_such_mail() {
  return Error{ErrorCode::not_found, "There is no such mail."};
}

}  // namespace

Result<http::Reply> list_roles(const Context& context) {
  JsonWriter json;
  write_list(json, "roles", TRY(auth::list_roles(context.auth())), &write_role);
  return http::Reply::json(200, std::move(json));
}

// POST admin/roles {name, description?, permissions?} → 201
Result<http::Reply> add_role(const Context& context) {
  const JsonObject form = TRY(context.form());
  const std::string name = TRY(form.string("name"));
  const std::string description = TRY(form.optional_string("description")).value_or("");
  const auto permissions =
      TRY(form.optional_strings("permissions")).value_or(std::vector<std::string>{});
  JsonWriter json;
  write_role(json,
             TRY(auth::add_role(context.auth(), name, description, permissions, context.origin())));
  return http::Reply::json(201, std::move(json));
}

Result<http::Reply> end_any_session(const Context& context) {
  const auto id = auth::parse_session_id(context.request.param("id"));
  if (id && TRY(auth::end_session(context.auth(), *id, context.origin()))) {
    return http::Reply::no_content();
  }
  return auth::no_such_session();
}

Result<http::Reply> list_keys(const Context& context) {
  const auto keys = TRY(auth::current_keys(context.auth()));
  JsonWriter json;
  write_list(json, "keys", keys->keys, &write_key);
  return http::Reply::json(200, std::move(json));
}

Result<http::Reply> rotate_keys(const Context& context) {
  TRY(auth::rotate_keys(context.auth(), std::nullopt, context.origin()));
  return list_keys(context);
}

// GET admin/audit?user=&action=&since=&before=&limit=&format=ndjson → {entries, next}, newest first
Result<http::Reply> list_audit(const Context& context) {
  const http::Request& request = context.request;
  auth::AuditFilter filter;
  filter.limit = TRY(page_size(context));
  filter.action = request.query("action").value_or("");
  if (!filter.action.empty() && !auth::is_audit_action(filter.action)) {
    return Error{ErrorCode::invalid, "There is no such action.", "action"};
  }
  if (const auto user = request.query("user"); user && !user->empty()) {
    const auth::Audited whom = TRY(auth::find_audited(context.auth(), *user));
    filter.user = whom.id;
    filter.name = whom.name;
  }
  if (const auto before = request.query("before")) {
    filter.before = TRY(number_in(*before, "before"));
  }
  if (const auto since = request.query("since")) {
    const std::optional<Time> time = parse_rfc3339(*since);
    if (!time) return Error{ErrorCode::invalid, "This must be a time (RFC 3339).", "since"};
    filter.since = *time;
  }
  const auto entries = TRY(auth::list_audit(context.auth(), filter));
  if (request.query("format") == "ndjson") {
    http::Reply reply;
    reply.content_type = "application/x-ndjson";
    for (const tables::AuditEntry& entry : entries) {
      JsonWriter line;
      write_audit_entry(line, entry);
      reply.body += line.text() + "\n";
    }
    return reply;
  }
  JsonWriter json;
  write_page(json, "entries", entries, &write_audit_entry, next_of(entries, filter.limit));
  return http::Reply::json(200, std::move(json));
}

// GET admin/mail?dead=true → {mails}, oldest first
Result<http::Reply> list_mail(const Context& context) {
  const bool only_dead = context.request.query("dead") == "true";
  const size_t limit = TRY(page_size(context));
  JsonWriter json;
  write_list(json, "mails", TRY(tables::list_mails(context.auth().store, only_dead, limit)),
             &write_mail);
  return http::Reply::json(200, std::move(json));
}

Result<http::Reply> retry_mail(const Context& context) {
  const auto& s = context.auth();
  const auto id = hex_decode(context.request.param("id"));
  if (!id || !TRY(tables::retry_mail(s.store, *id, s.clock.now()))) return no_such_mail();
  TRY(auth::audit_alone(s, context.origin(), {"mail_retried", std::nullopt}));
  return http::Reply::no_content();
}

Result<http::Reply> purge_mail(const Context& context) {
  const auto& s = context.auth();
  const auto id = hex_decode(context.request.param("id"));
  if (!id || !TRY(tables::purge_mail(s.store, *id, false))) return no_such_mail();
  TRY(auth::audit_alone(s, context.origin(), {"mail_purged", std::nullopt}));
  return http::Reply::no_content();
}

// The current configuration; secrets are masked.
Result<http::Reply> show_settings(const Context& context) {
  JsonWriter json;
  json.begin_object();
  for (const config::Key& key : config::all_keys())
    write_setting(json.key(key.name), key.name, key.show(context.auth().config));
  json.end_object();
  return http::Reply::json(200, std::move(json));
}

// GET admin/settings/details → {file, settings: [{key, value, source, …}]}
Result<http::Reply> show_setting_details(const Context& context) {
  const config::InForce* used = context.api.settings;
  const std::vector<config::Setting> settings =
      used == nullptr ? config::settings_of(context.auth().config) : used->settings();
  JsonWriter json;
  json.begin_object();
  text_or_null(json, "file", used == nullptr ? "" : used->file());
  json.key("settings").begin_array();
  for (const config::Setting& setting : settings)
    write_setting_details(json, setting);
  json.end_array().end_object();
  return http::Reply::json(200, std::move(json));
}

}  // namespace authd::api
