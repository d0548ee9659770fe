// Every endpoint, by the file it is in. Each parses its input, calls one function of auth/, and
// renders the outcome.
#pragma once

#include "api/context.h"

namespace authd::api {

// login.cpp
Result<http::Reply> sign_up(const Context& context);
Result<http::Reply> log_in(const Context& context);
Result<http::Reply> refresh(const Context& context);
Result<http::Reply> log_out(const Context& context);
Result<http::Reply> log_out_everywhere(const Context& context);
Result<http::Reply> change_password(const Context& context);

// me.cpp
Result<http::Reply> get_me(const Context& context);
Result<http::Reply> change_me(const Context& context);
Result<http::Reply> delete_me(const Context& context);
Result<http::Reply> list_my_sessions(const Context& context);
Result<http::Reply> end_my_session(const Context& context);

// tokens.cpp
Result<http::Reply> introspect(const Context& context);
Result<http::Reply> revoke(const Context& context);
Result<http::Reply> jwks(const Context& context);
Result<http::Reply> verify(const Context& context);

// health.cpp
Result<http::Reply> live(const Context& context);
Result<http::Reply> ready(const Context& context);
Result<http::Reply> health(const Context& context);
Result<http::Reply> metrics(const Context& context);

}  // namespace authd::api
