#include "api/core/guard.h"

#include <algorithm>

#include "api/core/browser_session.h"
#include "auth/core/caller.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/proofs/client_assertion.h"
#include "auth/oauth/protocol/parameters.h"
#include "auth/oauth/strangers/document_clients.h"
#include "auth/sessions/access_token.h"
#include "base/encoding.h"
#include "base/refusal.h"
#include "http/wire/body.h"
#include "http/wire/head.h"

namespace authd::api {

Result<auth::Person> require_bearer(const Api& api, const http::Request& request) {
  const std::optional<std::string_view> token = TRY(bearer_token(request));
  if (token) return auth::authenticate(api.auth, *token, api.auth.clock.now());
  // An Authorization header takes precedence, whatever its value, because it was sent on purpose.
  if (!request.header("authorization")) {
    if (auto caller = TRY(cookie_caller(api, request, changes_something(request)))) {
      return std::move(*caller);
    }
  }
  return Error{ErrorCode::unauthenticated, "An access token is needed (Authorization: Bearer …)."};
}

Result<auth::Person> require_account(const Api& api, const http::Request& request) {
  Result<auth::Person> caller = require_bearer(api, request);
  if (!caller || caller->has_scope(auth::kAccountScope)) return caller;
  return refused(ErrorCode::forbidden, "insufficient_scope",
                 "The token may not act on the account.");
}

namespace {

// RFC 6749 section 2.3.1: both parts are form-encoded before base64. Half of all clients do not do
// that, which makes a difference only for secrets that somebody chose.
std::optional<std::string> form_decoded(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decode(spaced);
}

// The credentials in the Authorization header. Error: `unauthenticated`, "invalid_client".
Result<auth::ClientCredentials> credentials_in_header(std::string_view encoded) {
  const std::optional<std::string> pair = base64_decode(encoded);
  const size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) return auth::invalid_client();
  auth::ClientCredentials sent;
  sent.by = auth::SentBy::header;
  sent.id = pair->substr(0, colon);
  const std::string secret = pair->substr(colon + 1);
  if (std::optional<std::string> id = form_decoded(sent.id); id != sent.id) {
    sent.decoded_id = std::move(id);
  }
  if (std::optional<std::string> decoded = form_decoded(secret); decoded && *decoded != secret) {
    sent.decoded_secret = ClientSecret(std::move(*decoded));
  }
  sent.secret = ClientSecret(secret);
  return sent;
}

// An assertion may make this server fetch keys, and costs a commit. Its name was looked for in the
// form as it was sent, so one with escapes in it is on a thread that must not wait.
Result<auth::Program> authenticate_signer(const Api& api, const http::Request& request,
                                          const auth::Parameters& form, bool reads_document) {
  if (!request.may_wait) {
    return Error{ErrorCode::malformed, "Write the name \"client_assertion\" without escapes (%5F).",
                 "client_assertion", "invalid_request"};
  }
  return auth::authenticate_by_assertion(
      api.auth,
      {form["client_id"], form["client_assertion_type"], form["client_assertion"], reads_document},
      Context{api, request}.origin());
}

// At a replica, which has no secrets but its own.
Result<auth::Program> authenticate_own(const Api& api, const auth::ClientCredentials& sent) {
  const auth::ReplicaClient& own = *api.own_client;
  const bool is_right = (sent.id == own.id || sent.decoded_id == own.id) &&
                        (equal_constant_time(sent.secret.reveal(), own.secret.reveal()) ||
                         equal_constant_time(sent.decoded_secret.reveal(), own.secret.reveal()));
  if (!is_right || own.secret.empty()) return auth::invalid_client();
  auto client =
      TRY(api.auth.store.read([&](store::ReadTxn& tx) -> Result<std::optional<tables::Client>> {
        return auth::find_client(tx, own.id);
      }));
  if (!client || !auth::is_enabled(api.auth.config, *client)) return auth::invalid_client();
  return auth::Program(std::move(*client));
}

Result<auth::Program> authenticate_sender(const Api& api, const http::Request& request,
                                          const auth::Parameters& form, bool reads_document) {
  constexpr std::string_view kScheme = "Basic ";
  const std::optional<std::string_view> header = request.header("authorization");
  const bool has_header = header && http::equal_names(header->substr(0, kScheme.size()), kScheme);
  const bool has_assertion = form.has("client_assertion") || form.has("client_assertion_type");
  // A client that signs must not send anything in the header.
  const int ways = int{has_header || (header && has_assertion)} + int{has_assertion} +
                   int{form.has("client_secret")};
  if (ways > 1 || (has_header && request.header_count("authorization") > 1)) {
    return Error{ErrorCode::malformed,
                 "The client authenticates twice; use the Authorization header, or client_secret "
                 "or client_assertion in the form.",
                 "", "invalid_request"};
  }
  if (has_assertion && api.own_client != nullptr) return auth::invalid_client();
  if (has_assertion) return authenticate_signer(api, request, form, reads_document);
  auth::ClientCredentials sent;
  if (has_header) {
    sent = TRY(credentials_in_header(header->substr(kScheme.size())));
    const std::string& named = form["client_id"];
    if (!named.empty() && named != sent.id && named != sent.decoded_id) {
      return Error{ErrorCode::malformed,
                   "The request names two clients, in the Authorization header and in the form.",
                   "client_id", "invalid_request"};
    }
  } else {
    sent.id = form["client_id"];
    sent.secret = ClientSecret(std::string(form["client_secret"]));
  }
  if (api.own_client != nullptr) return authenticate_own(api, sent);
  if (reads_document && sent.secret.empty()) {
    std::optional<auth::Program> known = TRY(auth::authenticate_by_document(api.auth, sent.id));
    if (known) return std::move(*known);
  }
  sent.may_wait = request.may_wait;
  return auth::authenticate_client(api.auth, sent, Context{api, request}.origin());
}

}  // namespace

Result<auth::Program> require_any_client(const Api& api, const http::Request& request,
                                         const auth::Parameters& form, bool reads_document) {
  return authenticate_sender(api, request, form, reads_document);
}

Result<auth::Program> require_client(const Api& api, const http::Request& request,
                                     const auth::Parameters& form) {
  auth::Program program = TRY(authenticate_sender(api, request, form, false));
  // These routes reveal nothing to somebody who only knows an id.
  if (program.client().is_public) return auth::invalid_client();
  return program;
}

std::optional<std::string> own_session(const Context& context) {
  const Result<auth::Person> caller = require_account(context.api, context.request);
  if (!caller) return std::nullopt;
  return caller->session().id;
}

}  // namespace authd::api
