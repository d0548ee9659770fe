// What is sealed: the tables and members that tables/schema.h declares, with their context
// (crypto/secret_box.h). Checks, statistics and the rotation of the master key walk it.
#pragma once

#include <map>
#include <string>
#include <type_traits>

#include "auth/accounts/authenticator_app.h"
#include "auth/core/mails.h"
#include "auth/core/sealing.h"
#include "auth/sessions/keyring.h"

namespace authd::auth {

// Calls `visit(table)` for each table with sealed values.
template <typename Visit>
void for_each_sealed_table(Visit&& visit) {
  tables::for_each_table([&]<typename T>(const T& table) {
    if constexpr (T::kHasSealed) visit(table);
  });
}

// The context of the sealed values of a row, and what the one at place `at` of the declaration is,
// in words for people. A table with sealed members and without functions here does not compile.
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
  return "what a mail carries";
}

// Calls `visit(sealed, context, what)` for each sealed value of the row that is not empty; `what`
// tells people what it is. The value may be replaced when the row is not const.
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

// How many values are sealed under each master key, by its id; under "" what is no sealed value.
Result<std::map<std::string, uint64_t>> count_sealed(store::Store& store);

}  // namespace authd::auth
