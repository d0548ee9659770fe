// An Error as a reply, in the common form of all errors: {"error", "message", "detail", "field"?,
// "request_id"}.
#pragma once

#include <string_view>

#include "base/result.h"
#include "http/wire/message.h"

namespace authd::http {

// The status of an ErrorCode (RFC 9110 section 15, RFC 6585).
int status_of(ErrorCode code);

// The body of every refusal, written as a value at the writer's position, or its members alone.
// `request_id` is null if there was no request (`authd --json`).
void write_error_members(JsonWriter& json, const Error& error, std::string_view request_id);
void write_error(JsonWriter& json, const Error& error, std::string_view request_id);

Reply error_reply(const Error& error, std::string_view request_id);

// For refusals by status that have no ErrorCode (405, 414, 431, 501, …).
Reply status_reply(int status, std::string_view name, std::string_view message,
                   std::string_view request_id);

}  // namespace authd::http
