// RP-Initiated Logout 1.0: an application sends the browser here to sign the person out.
#include "api/core/browser_session.h"
#include "api/oauth/browser_reply.h"
#include "api/oauth/endpoints.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/pairwise.h"
#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/tokens/id_token_hint.h"
#include "auth/sessions/sessions.h"
#include "base/encoding.h"

namespace authd::api::oauth {
namespace {

struct Wish {
  std::string client_id;                   // empty: not said
  std::string subject;                     // of the hint; empty: no hint
  std::string post_logout_address;         // with `state`; empty: none
  std::optional<tables::Client> stranger;  // whose address it is, if nobody here has looked at it
};

constexpr std::string_view kAddress = "post_logout_redirect_uri";

Error refused_address() {
  return Error{.code = ErrorCode::malformed,
               .message =
                   "The application wants to send you to an address that is not registered "
                   "for it.",
               .field = std::string(kAddress),
               .name = "invalid_request",
               .reason = "unknown_address"};
}

using FoundClient = std::optional<tables::Client>;

Result<FoundClient> client_of(const auth::Services& s, const std::string& id) {
  return s.store.read(
      [&](store::ReadTxn& tx) -> Result<FoundClient> { return auth::find_client(tx, id); });
}

// Whether the hint is an ID token of the person.
Result<bool> is_hinted(const auth::Services& s, const Wish& wish, const tables::User& user) {
  if (wish.subject.empty()) return false;
  const FoundClient client = TRY(client_of(s, wish.client_id));
  return auth::means_person(s, client.value_or(tables::Client{}), user, wish.subject);
}

// Where the browser goes afterwards. Error: `malformed` for an address that is not registered.
Result<void> read_address(const auth::Services& s, const auth::Parameters& sent, Wish& wish) {
  const std::string& wanted = sent[kAddress];
  if (wanted.empty()) return {};
  const FoundClient client = TRY(client_of(s, wish.client_id));
  const bool is_registered =
      client && !client->disabled && auth::contains(client->post_logout_redirect_uris, wanted);
  if (!is_registered) return refused_address();
  if (auth::is_strangers(*client)) wish.stranger = client;
  wish.post_logout_address = wanted;
  if (!sent.has("state")) return {};
  wish.post_logout_address += wanted.find('?') == std::string::npos ? '?' : '&';
  wish.post_logout_address += "state=" + percent_encode(sent["state"]);
  return {};
}

Result<Wish> wish_of(const auth::Services& s, const auth::Parameters& sent) {
  Wish wish;
  wish.client_id = sent["client_id"];
  if (sent.has("id_token_hint")) {
    const std::optional<auth::IdTokenHint> hint =
        TRY(auth::read_id_token_hint(s, sent["id_token_hint"]));
    const bool is_of_client = hint && (wish.client_id.empty() || wish.client_id == hint->client_id);
    if (hint && !is_of_client) {
      return Error{.code = ErrorCode::malformed,
                   .message = "The ID token belongs to another application.",
                   .field = "id_token_hint",
                   .name = "invalid_request",
                   .reason = "another_application"};
    }
    // One that is no longer known says nothing: the person is asked instead.
    if (hint) {
      wish.client_id = hint->client_id;
      wish.subject = hint->subject;
    }
  }
  TRY(read_address(s, sent, wish));
  return wish;
}

// Anybody may have written the link to here, and the address too: the person decides whether to go
// there (RFC 9700 section 4.11.2).
http::Reply offer_address(const Context& context, const Wish& wish) {
  web::PlainPage page;
  page.title = {"signout.done"};
  page.warning = warning_of(*wish.stranger, wish.post_logout_address);
  page.links = {{"plain.go_on", wish.post_logout_address}, {"signin.submit", "/signin"}};
  return show_page(context, std::move(page));
}

Reply signed_out(const Context& context, const Wish& wish) {
  if (wish.stranger) return offer_address(context, wish);
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
  if (!TRY(is_hinted(s, wish, person->user()))) {
    const std::string back = "/oauth2/logout?" + sent.encoded();
    return send_to(context, "/signout?return_to=" + percent_encode(back));
  }
  TRY(auth::end_session(s, person->session().id, context.origin()));
  return forget_session(context, *person, TRY(signed_out(context, wish)));
}

Reply as_page(const Context& context, Reply reply) {
  if (reply) return reply;
  const bool is_address = reply.error().reason == "unknown_address";
  return refuse_with_page(context, reply.error(),
                          is_address ? "Register the address with the client as a "
                                       "post_logout_redirect_uri. Addresses are compared character "
                                       "by character."
                                     : "",
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
