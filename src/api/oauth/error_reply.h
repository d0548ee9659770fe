// Errors of the provider's endpoints (RFC 6749 section 5.2): the common form of all errors
// (http/app/error_reply.h), and "error_description". Names that only this server knows become names
// of the RFC.
#pragma once

#include <string_view>

#include "base/result.h"
#include "http/wire/message.h"

namespace authd::api::oauth {

http::Reply error_reply(const Error& error, std::string_view request_id);

// The name under which clients and /metrics see it.
std::string_view error_name(const Error& error);

}  // namespace authd::api::oauth
