// The sealed values: the tables and members that tables/schema.h declares as sealed, with their
// context (crypto/secret_box.h). Checks, statistics and the rotation of the master key use this.
#pragma once

#include <map>
#include <string>
#include <type_traits>

#include "auth/accounts/factors/authenticator_app.h"
#include "auth/core/mails.h"
#include "auth/core/sealing.h"
#include "auth/sessions/keyring.h"
#include "auth/webhooks/webhooks.h"

namespace authd::auth {

// Calls `visit(table)` for each table with sealed values.
template <typename Visit>
void for_each_sealed_table(Visit&& visit) {
  tables::for_each_table([&]<typename T>(const T& table) {
    if constexpr (T::kHasSealed) visit(table);
  });
}

// For a row: the context of its sealed values, and a name in plain words for the value at index
// `at` of the declaration. A table with sealed members but without functions here does not compile.
inline std::string sealed_context(const tables::ServerSecret& row) {
  return "server_secret/" + row.name;
}
inline std::string sealed_what(const tables::ServerSecret& row, size_t) {
  return "the server secret " + row.name;
}
inline std::string sealed_context(const tables::SigningKeyRow& row) {
  return signing_key_context(row.kid);
}
inline std::string sealed_what(const tables::SigningKeyRow& row, size_t) {
  return "the signing key " + row.kid;
}
inline std::string sealed_context(const tables::Factors& row) {
  return totp_context(row.user);
}
inline std::string sealed_what(const tables::Factors& row, size_t at) {
  return (at == 0 ? "the TOTP secret of user " : "the new TOTP secret of user ") +
         std::to_string(row.user.value);
}
inline std::string sealed_context(const tables::Mail& row) {
  return mail_context(row);
}
inline std::string sealed_what(const tables::Mail&, size_t) {
  return "the contents of a mail";
}
inline std::string sealed_context(const tables::Webhook& row) {
  return webhook_context(row);
}
inline std::string sealed_what(const tables::Webhook& row, size_t at) {
  return (at == 0 ? "the secret of the endpoint " : "the former secret of the endpoint ") +
         webhook_text(row.id);
}

// Calls `visit(sealed, context, what)` for each sealed value of the row that is not empty; `what`
// names it in messages. When the row is not const, `visit` may replace the value.
template <typename Row, typename Visit>
void visit_sealed(Row& row, Visit&& visit) {
  for_each_sealed_table([&]<typename T>(const T&) {
    if constexpr (std::is_same_v<typename T::RowType, std::remove_const_t<Row>>) {
      size_t at = 0;
      T::SealedMembers::each(row, [&](auto& sealed) {
        if (!sealed.empty()) visit(sealed, sealed_context(row), sealed_what(row, at));
        ++at;
      });
    }
  });
}

// The number of values sealed under each master key, by its id; malformed values count under "".
Result<std::map<std::string, uint64_t>> count_sealed(store::Store& store);

}  // namespace authd::auth
