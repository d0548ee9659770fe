#include "auth/core/limits/used_once.h"

#include "crypto/digest.h"
#include "tables/schema.h"

namespace authd::auth {
namespace {

// A kind has no space, so no text can be taken for one of another kind. Passkeys have none: their
// challenges are made here, and cannot look like another text.
std::string mark_of(std::string_view kind, std::string_view text) {
  if (kind.empty()) return crypto::sha256(text);
  return crypto::sha256(std::string(kind) + " " + std::string(text));
}

}  // namespace

bool is_used(store::Reader& tx, std::string_view kind, std::string_view text) {
  return tables::used_challenges.find(tx, mark_of(kind, text)).has_value();
}

bool use_once(store::WriteTxn& tx, std::string_view kind, std::string_view text, Time until) {
  const std::string mark = mark_of(kind, text);
  if (tables::used_challenges.find(tx, mark)) return false;
  tables::used_challenges.insert(tx, mark, {until, {}});
  return true;
}

}  // namespace authd::auth
