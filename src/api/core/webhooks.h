// Endpoints and deliveries of events as JSON (auth/webhooks), as in api/core/write.h.
#pragma once

#include "auth/webhooks/webhook_queue.h"
#include "auth/webhooks/webhooks.h"
#include "base/json_writer.h"

namespace authd::api {

// Without its secrets.
void write_webhook(JsonWriter& json, const tables::Webhook& webhook);
// With "secret".
void write_new_secret(JsonWriter& json, const auth::NewSecret& made);
void write_delivery(JsonWriter& json, const auth::ListedDelivery& delivery);

}  // namespace authd::api
