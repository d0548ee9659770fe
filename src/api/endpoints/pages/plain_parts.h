// What the plain forms of the pages share (plain_forms.h): the check that a form is of our own
// page, and the pages that answer it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/core/context.h"
#include "auth/oauth/requests/authorization_request.h"
#include "web/plain_page.h"

namespace authd::api {

inline constexpr std::string_view kStartPage = "/account";

// What a page of ours has sent.
struct PlainForm {
  std::map<std::string, std::string> values;
  std::string return_to;  // checked; empty: none

  std::string value(const char* name) const;
};

// Another site must not sign a browser in, or answer for a person. Errors: `forbidden`,
// "csrf_failed"; those of form_body().
Result<PlainForm> read_plain_form(const Context& context);

// The person who is signed in with this browser, if the form belongs to a page of theirs. Errors:
// `unauthenticated`; `forbidden`, "csrf_failed".
Result<auth::Person> sender_of(const Context& context, const PlainForm& form);

// 303: the browser goes there with GET.
http::Reply see_other(const Context& context, std::string_view address);

http::Reply show_plain(const Context& context, const web::PlainPage& page);

// The same page again, with what was wrong.
http::Reply shown_again(const Context& context, web::PlainPage page, const Error& error);

// A person sees a page, whatever went wrong.
http::Reply refused_plainly(const Context& context, const Error& error);

// What the application gets to know: keys of texts, or words.
std::vector<std::string> asked_for(const auth::Services& s,
                                   const auth::AuthorizationRequest& request);

}  // namespace authd::api
