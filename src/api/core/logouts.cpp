#include "api/core/logouts.h"

#include "api/core/write.h"
#include "auth/oauth/logouts/logout_queue.h"

namespace authd::api {

void write_logout(JsonWriter& json, const tables::LogoutDelivery& delivery) {
  const bool is_waiting = delivery.state == tables::DeliveryState::waiting;
  json.begin_object()
      .field("id", auth::logout_text(delivery.id))
      .field("state", auth::word_of(delivery.state))
      .field("sub", delivery.subject)
      .field("sid", delivery.sid);
  time_or_null(json, "created_at", delivery.created_at);
  json.field("attempts", delivery.attempts);
  time_or_null(json, "due_at", is_waiting ? delivery.due_at : Time{});
  time_or_null(json, "ended_at", delivery.ended_at);
  text_or_null(json, "last_error", delivery.last_error);
  json.end_object();
}

}  // namespace authd::api
