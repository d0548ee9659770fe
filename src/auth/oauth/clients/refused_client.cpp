#include "auth/oauth/clients/refused_client.h"

#include <array>

#include "auth/oauth/memory/memory.h"
#include "auth/oauth/protocol/document_address.h"
#include "auth/oauth/protocol/error_description.h"
#include "auth/oauth/protocol/words.h"
#include "tables/schema.h"

namespace authd::auth {
namespace {

constexpr std::array<std::string_view, 3> kNoMistakes = {"authorization_pending", "slow_down",
                                                         "use_dpop_nonce"};

bool is_mistake(const Error& error) {
  const bool is_ours = error.code == ErrorCode::unavailable || error.code == ErrorCode::busy ||
                       error.code == ErrorCode::rate_limited;
  return !is_ours && !contains(kNoMistakes, error.name);
}

// Callers have read the row of every other client, so only addresses are looked up. A store that
// cannot be read has said so already.
bool has_row(const Services& s, std::string_view client) {
  if (!is_document_id(client)) return true;
  const Result<bool> found = s.store.read([&](store::ReadTxn& tx) {
    return Result<bool>(tables::clients.find(tx, client).has_value());
  });
  return found && *found;
}

}  // namespace

void note_refusal(const Services& s, std::string_view client, std::string_view path,
                  const Error& error, std::string_view request_id) {
  if (!is_mistake(error) || !has_row(s, client)) return;
  const std::string_view name =
      error.name.empty() ? "invalid_request" : std::string_view(error.name);
  s.oauth.notes.note_refusal(client, {s.clock.now(), std::string(path), std::string(name),
                                      error_description(error.message), std::string(request_id)});
}

void note_request(const Services& s, std::string_view client, bool uses_pkce) {
  if (has_row(s, client)) s.oauth.notes.note_request(client, uses_pkce);
}

}  // namespace authd::auth
