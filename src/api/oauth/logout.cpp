// RP-Initiated Logout 1.0: an application sends the browser here to sign the person out.
#include "api/core/browser_session.h"
#include "api/oauth/browser_reply.h"
#include "api/oauth/endpoints.h"
#include "auth/core/subject.h"
#include "auth/oauth/clients.h"
#include "auth/oauth/id_token_hint.h"
#include "auth/oauth/words.h"
#include "auth/sessions/sessions.h"
#include "base/encoding.h"

namespace authd::api::oauth {
namespace {

struct Wish {
  std::string client_id;            // empty: not said
  std::string subject;              // of the hint; empty: no hint
  std::string post_logout_address;  // with `state`; empty: none
};

Error refused_address() {
  return Error{ErrorCode::malformed,
               "The application wants to send you to an address that is not registered for it.",
               "post_logout_redirect_uri", "invalid_request"};
}

// Where the browser goes afterwards. Error: `malformed` for an address that is not registered.
Result<std::string> address_after(const auth::Services& s, const auth::Parameters& sent,
                                  const std::string& client_id) {
  const std::string& wanted = sent["post_logout_redirect_uri"];
  if (wanted.empty()) return std::string();
  const auto client = TRY(s.store.read([&](store::ReadTxn& tx) {
    return Result<std::optional<tables::Client>>(auth::find_client(tx, client_id));
  }));
  const bool is_registered =
      client && !client->disabled && auth::contains(client->post_logout_redirect_uris, wanted);
  if (!is_registered) return refused_address();
  if (!sent.has("state")) return wanted;
  const char separator = wanted.find('?') == std::string::npos ? '?' : '&';
  return wanted + separator + "state=" + percent_encode(sent["state"]);
}

Result<Wish> wish_of(const auth::Services& s, const auth::Parameters& sent) {
  Wish wish;
  wish.client_id = sent["client_id"];
  if (sent.has("id_token_hint")) {
    const std::optional<auth::IdTokenHint> hint =
        TRY(auth::read_id_token_hint(s, sent["id_token_hint"]));
    const bool is_of_client = hint && (wish.client_id.empty() || wish.client_id == hint->client_id);
    if (hint && !is_of_client) {
      return Error{ErrorCode::malformed, "The ID token belongs to another application.",
                   "id_token_hint", "invalid_request"};
    }
    // One that is no longer known says nothing: the person is asked instead.
    if (hint) {
      wish.client_id = hint->client_id;
      wish.subject = hint->subject;
    }
  }
  wish.post_logout_address = TRY(address_after(s, sent, wish.client_id));
  return wish;
}

Reply signed_out(const Context& context, const Wish& wish) {
  if (!wish.post_logout_address.empty()) return send_to(context, wish.post_logout_address);
  return send_to(context, "/signout");
}

Reply log_out_now(const Context& context) {
  const auth::Services& s = context.auth();
  const auth::Parameters sent = TRY(query_of(context));
  const Wish wish = TRY(wish_of(s, sent));
  const std::optional<auth::Person> person = TRY(person_of(context));
  if (!person) return signed_out(context, wish);
  // Without the person's own ID token anybody could have sent them here.
  if (wish.subject != auth::subject_of(person->user())) {
    const std::string back = "/oauth2/logout?" + sent.encoded();
    return send_to(context, "/signout?return_to=" + percent_encode(back));
  }
  TRY(auth::end_session(s, person->session().id, context.origin()));
  return forget_session(context, *person, TRY(signed_out(context, wish)));
}

Reply as_page(const Context& context, Reply reply) {
  if (reply) return reply;
  return refuse_with_page(
      context, reply.error(),
      "Register the address with the client as a "
      "post_logout_redirect_uri. Addresses are compared character by character.",
      {{"plain.account", "/account"}});
}

// As in carry_form(): the cookie comes with GET.
Reply come_back(const Context& context) {
  const auth::Parameters sent = TRY(form_of(context));
  return send_to(context, "/oauth2/logout?" + sent.encoded());
}

}  // namespace

Reply log_out(const Context& context) {
  if (context.request.method == http::Method::head) return http::Reply::no_content();
  return as_page(context, log_out_now(context));
}

Reply log_out_by_form(const Context& context) {
  return as_page(context, come_back(context));
}

}  // namespace authd::api::oauth
