#include "auth/oauth/strangers/client_document.h"

#include <algorithm>

#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/strangers/stranger_metadata.h"
#include "base/json.h"
#include "base/text.h"

namespace authd::auth {
namespace {

Error wrong(std::string message, std::string field = "") {
  return Error{ErrorCode::malformed, std::move(message), std::move(field),
               std::string(kInvalidMetadata)};
}

// Shared secrets are no use: the document is public.
Result<void> check_method(const JsonObject& metadata) {
  constexpr std::string_view kName = "token_endpoint_auth_method";
  if (metadata.has("client_secret") || metadata.has("client_secret_expires_at")) {
    return wrong("A document that everybody can read must not contain a \"client_secret\".",
                 "client_secret");
  }
  if (!metadata.has(kName)) return {};
  const Result<std::string> method = metadata.string(kName);
  if (method && (*method == kNoAuth || *method == kPrivateKeyAuth)) return {};
  return wrong(
      "token_endpoint_auth_method: A client with a document must use \"none\" or "
      "\"private_key_jwt\".",
      std::string(kName));
}

}  // namespace

Result<tables::Client> client_in_document(std::string_view id, std::string_view text) {
  const Result<JsonObject> metadata = JsonObject::parse(text, {kMaxDocument, 8});
  if (!metadata) return wrong("The document is not a JSON object: " + metadata.error().message);
  const Result<std::string> named = metadata->string("client_id");
  if (!named || *named != id) {
    return wrong("\"client_id\" in the document is not the address of the document.", "client_id");
  }
  TRY(check_method(*metadata));
  tables::Client client;
  client.id = id;
  client.origin = kDocumentOrigin;
  TRY(set_strangers_metadata(client, *metadata));
  client.is_public = client.auth_method.empty();
  if (client.redirect_uris.empty()) {
    return Error{ErrorCode::malformed, "\"redirect_uris\" is missing in the document.",
                 "redirect_uris", std::string(kInvalidRedirect)};
  }
  return client;
}

}  // namespace authd::auth
