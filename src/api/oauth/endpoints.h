// The endpoints of the OAuth 2.1 / OpenID Connect provider, grouped by file. The decisions are made
// in auth/oauth.
#pragma once

#include "api/core/context.h"

namespace authd::api::oauth {

// authorize.cpp
Reply authorize(const Context& context);
Reply authorize_by_form(const Context& context);
Reply go_on(const Context& context);

// consent.cpp
Reply show_request(const Context& context, const auth::Person& person);
Reply answer_request(const Context& context, const auth::Person& person);

// device.cpp
Reply authorize_device(const Context& context, const auth::Program& program);
Reply show_device(const Context& context, const auth::Person& person);
Reply answer_device(const Context& context, const auth::Person& person);

// client_logo.cpp
Reply show_client_logo(const Context& context);

// my_grants.cpp
Reply list_my_apps(const Context& context, const auth::Person& person);
Reply list_user_grants(const Context& context);
Reply end_user_grant(const Context& context);
Reply list_my_grants(const Context& context, const auth::Person& person);
Reply end_my_grant(const Context& context, const auth::Person& person);
Reply list_my_consents(const Context& context, const auth::Person& person);
Reply withdraw_my_consent(const Context& context, const auth::Person& person);

// par.cpp
Reply push_request(const Context& context, const auth::Program& program);

// register.cpp
Reply register_client(const Context& context);
Reply show_registration(const Context& context);
Reply change_registration(const Context& context);
Reply delete_registration(const Context& context);

// token.cpp
Reply issue(const Context& context, const auth::Program& program);
void count_token_answer(const auth::Services& s, const auth::Parameters* form,
                        const http::Reply& reply);

// userinfo.cpp
Reply show_userinfo(const Context& context);

// token_state.cpp
Reply introspect(const Context& context, const auth::Program& program);
Reply revoke(const Context& context, const auth::Program& program);

// logout.cpp
Reply log_out(const Context& context);
Reply log_out_by_form(const Context& context);

// metadata.cpp
Reply show_metadata(const Context& context);
Reply show_issuer(const Context& context);
Reply show_keys(const Context& context);

// protected_resource.cpp
Reply show_own_resource(const Context& context);

}  // namespace authd::api::oauth
