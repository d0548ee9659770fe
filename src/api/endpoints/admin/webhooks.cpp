// The endpoints that are told of events: /api/v1/admin/webhooks
#include "api/core/webhooks.h"

#include "api/core/forms.h"
#include "api/core/write.h"
#include "api/endpoints/endpoints.h"
#include "auth/oauth/logouts/logout_queue.h"

namespace authd::api {
namespace {

using State = std::optional<tables::DeliveryState>;

Result<auth::WebhookForm> webhook_form_of(const JsonObject& form) {
  auth::WebhookForm wanted;
  wanted.url = TRY(form.optional_string("url"));
  wanted.description = TRY(change_of(form, "description"));
  wanted.types = TRY(form.optional_strings("types"));
  return wanted;
}

Result<State> delivery_state_of(const Context& context) {
  const std::string_view word = context.request.query("state").value_or("");
  if (word.empty()) return State();
  const State state = auth::parse_delivery_state(word);
  if (state && *state != tables::DeliveryState::delivered) return state;
  return Error{ErrorCode::invalid, "\"state\" must be waiting or dead.", "state"};
}

http::Reply reply_of(int status, const tables::Webhook& webhook) {
  JsonWriter json;
  write_webhook(json, webhook);
  return http::Reply::json(status, std::move(json));
}

http::Reply count_reply(std::string_view name, size_t count) {
  JsonWriter json;
  json.begin_object().field(name, count).end_object();
  return http::Reply::json(200, std::move(json));
}

}  // namespace

// GET admin/webhooks → {webhooks}, the oldest first
Result<http::Reply> list_webhooks(const Context& context) {
  JsonWriter json;
  write_list(json, "webhooks", TRY(auth::list_webhooks(context.auth())), &write_webhook);
  return http::Reply::json(200, std::move(json));
}

// POST admin/webhooks {url, description?, types?} → 201 with "secret"
Result<http::Reply> add_webhook(const Context& context) {
  const JsonObject form = TRY(context.form());
  const auth::WebhookForm wanted = TRY(webhook_form_of(form));
  JsonWriter json;
  write_new_secret(json, TRY(auth::add_webhook(context.auth(), wanted, context.origin())));
  return http::Reply::json(201, std::move(json));
}

Result<http::Reply> show_webhook(const Context& context) {
  return reply_of(200, TRY(auth::find_webhook(context.auth(), context.request.param("id"))));
}

// PATCH admin/webhooks/:id {url?, description?, types?, enabled?} → 200
Result<http::Reply> change_webhook(const Context& context) {
  const JsonObject form = TRY(context.form());
  const auth::WebhookForm wanted = TRY(webhook_form_of(form));
  const std::optional<bool> enabled = TRY(form.optional_boolean("enabled"));
  const std::string_view id = context.request.param("id");
  const auth::Origin origin = context.origin();
  tables::Webhook webhook = TRY(auth::find_webhook(context.auth(), id));
  if (wanted.url || wanted.description || wanted.types) {
    webhook = TRY(auth::change_webhook(context.auth(), id, wanted, origin));
  }
  if (enabled) webhook = TRY(auth::set_webhook_enabled(context.auth(), id, *enabled, origin));
  return reply_of(200, webhook);
}

Result<http::Reply> remove_webhook(const Context& context) {
  TRY(auth::remove_webhook(context.auth(), context.request.param("id"), context.origin()));
  return http::Reply::no_content();
}

// POST admin/webhooks/:id/rotate → 200 with "secret"
Result<http::Reply> rotate_webhook(const Context& context) {
  JsonWriter json;
  write_new_secret(json, TRY(auth::rotate_webhook(context.auth(), context.request.param("id"),
                                                  context.origin())));
  return http::Reply::json(200, std::move(json));
}

// POST admin/webhooks/:id/test → 202: "tested_at" of the endpoint tells when it was asked
Result<http::Reply> test_webhook(const Context& context) {
  return reply_of(
      202, TRY(auth::test_webhook(context.auth(), context.request.param("id"), context.origin())));
}

// GET admin/webhooks/:id/deliveries?state=&limit= → {deliveries}, the oldest first
Result<http::Reply> list_webhook_deliveries(const Context& context) {
  auth::DeliveryFilter filter;
  filter.webhook = context.request.param("id");
  filter.state = TRY(delivery_state_of(context));
  filter.limit = TRY(page_size(context));
  JsonWriter json;
  write_list(json, "deliveries", TRY(auth::list_deliveries(context.auth(), filter)),
             &write_delivery);
  return http::Reply::json(200, std::move(json));
}

// POST admin/webhooks/:id/retry {delivery?} → {retried}: one, or all of the endpoint
Result<http::Reply> retry_webhook(const Context& context) {
  const JsonObject form = TRY(context.form());
  const std::string_view id = context.request.param("id");
  const std::optional<std::string> one = TRY(form.optional_string("delivery"));
  if (!one) {
    return count_reply("retried",
                       TRY(auth::retry_deliveries(context.auth(), id, context.origin())));
  }
  const std::optional<std::string> row = auth::parse_delivery_id(*one);
  const std::optional<std::string> webhook = auth::parse_webhook_id(id);
  if (!row || !webhook || !row->starts_with(*webhook)) {
    return Error{ErrorCode::not_found, "There is no such delivery."};
  }
  TRY(auth::retry_delivery(context.auth(), *one, context.origin()));
  return count_reply("retried", 1);
}

// POST admin/webhooks/:id/replay {since} → {replayed}
Result<http::Reply> replay_webhook(const Context& context) {
  const JsonObject form = TRY(context.form());
  const std::optional<Time> since = parse_rfc3339(TRY(form.string("since")));
  if (!since) {
    return Error{ErrorCode::invalid, "This must be a time such as 2026-12-01T04:20:00Z.", "since"};
  }
  return count_reply("replayed",
                     TRY(auth::replay_events(context.auth(), context.request.param("id"), *since,
                                             context.origin())));
}

}  // namespace authd::api
