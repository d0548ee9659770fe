#include "api/core/webhooks.h"

#include "api/core/write.h"
#include "auth/oauth/logouts/logout_queue.h"

namespace authd::api {
namespace {

void write_members(JsonWriter& json, const tables::Webhook& webhook) {
  json.field("id", auth::webhook_text(webhook.id)).field("url", webhook.url);
  text_or_null(json, "description", webhook.description);
  json.key("types").begin_array();
  for (const std::string& type : webhook.types)
    json.value(type);
  json.end_array().field("enabled", webhook.is_enabled());
  time_or_null(json, "created_at", webhook.created_at);
  time_or_null(json, "disabled_at", webhook.disabled_at);
  text_or_null(json, "disabled_by", webhook.is_enabled() ? "" : auth::word_of(webhook.end));
  time_or_null(json, "failing_since", webhook.failing_since);
  json.field("failures", webhook.failures);
  time_or_null(json, "answered_at", webhook.answered_at);
  text_or_null(json, "answer", webhook.answer);
  time_or_null(json, "tested_at", webhook.tested_at);
  text_or_null(json, "test_answer", webhook.test_answer);
  time_or_null(json, "former_secret_until", webhook.former_until);
}

}  // namespace

void write_webhook(JsonWriter& json, const tables::Webhook& webhook) {
  json.begin_object();
  write_members(json, webhook);
  json.end_object();
}

void write_new_secret(JsonWriter& json, const auth::NewSecret& made) {
  json.begin_object();
  write_members(json, made.webhook);
  json.field("secret", made.secret).end_object();
}

void write_delivery(JsonWriter& json, const auth::ListedDelivery& delivery) {
  const tables::WebhookDelivery& row = delivery.row;
  const bool is_waiting = row.state == tables::DeliveryState::waiting;
  json.begin_object()
      .field("id", auth::delivery_text(row))
      .field("webhook", auth::webhook_text(row.endpoint()))
      .field("number", auth::event_number(row));
  text_or_null(json, "type", delivery.type);
  time_or_null(json, "at", delivery.at);
  json.field("state", auth::word_of(row.state)).field("attempts", row.attempts);
  time_or_null(json, "due_at", is_waiting ? row.due_at : Time{});
  time_or_null(json, "ended_at", row.ended_at);
  text_or_null(json, "last_error", row.last_error);
  json.end_object();
}

}  // namespace authd::api
