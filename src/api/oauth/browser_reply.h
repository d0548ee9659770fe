// What the provider sends to a browser: on to another address, or a page for the person.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/core/context.h"
#include "auth/oauth/requests/authorization_request.h"
#include "web/plain_page.h"

namespace authd::api::oauth {

// 303: the browser goes there with GET, whatever it sent (RFC 9700 section 4.12). A local path gets
// the origin of server.public_url, where its cookies are.
http::Reply send_to(const Context& context, std::string_view address);

// The answer to the client, by redirect or by a form that the browser posts (OAuth 2.0 Form Post
// Response Mode).
http::Reply answer_client(const Context& context, const auth::AuthorizationRequest& request,
                          const auth::AnswerParameters& answer);

// A page about a request that cannot continue.
http::Reply show_page(const Context& context, web::PlainPage page);

// The same for an error; its message is for the person.
http::Reply refuse_with_page(const Context& context, const Error& error,
                             std::string for_administrators,
                             std::vector<web::PlainPage::Link> links);

// The same, and the person decides whether to return to the client with it.
http::Reply offer_answer(const Context& context, const auth::AuthorizationRequest& request,
                         const Error& error, const auth::AnswerParameters& answer);

// For a client that no administrator has reviewed: a page with a link to this address.
web::Text warning_of(const tables::Client& client, std::string_view address);

// The parameters of the query, or of the form. Error: `malformed`, "invalid_request".
Result<auth::Parameters> query_of(const Context& context);
Result<auth::Parameters> form_of(const Context& context);

// The person who is signed in with this browser; nullopt when it is nobody, or nobody can say who.
// Error: `unavailable`.
Result<std::optional<auth::Person>> person_of(const Context& context);

}  // namespace authd::api::oauth
