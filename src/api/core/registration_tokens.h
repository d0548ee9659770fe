// Initial access tokens as JSON (auth/oauth/strangers/registration_tokens.h), as in
// api/core/write.h.
#pragma once

#include "auth/oauth/strangers/registration_tokens.h"
#include "base/json_writer.h"

namespace authd::api {

void write_registration_token(JsonWriter& json, const tables::RegistrationToken& token);
// With the text, as "token".
void write_made_registration_token(JsonWriter& json, const auth::MadeRegistrationToken& made);

}  // namespace authd::api
