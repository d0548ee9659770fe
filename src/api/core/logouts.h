// The deliveries of sign-outs as JSON (auth/oauth/logouts/logout_queue.h), as in api/core/write.h.
#pragma once

#include "base/json_writer.h"
#include "tables/schema.h"

namespace authd::api {

void write_logout(JsonWriter& json, const tables::LogoutDelivery& delivery);

}  // namespace authd::api
