// The one list of what is sealed: which tables, which values of their rows, under which context
// (crypto/secret_box.h). Checks, statistics and the rotation of the master key walk it.
#pragma once

#include <map>
#include <string>
#include <type_traits>

#include "auth/accounts/second_factor.h"
#include "auth/core/mails.h"
#include "auth/core/sealing.h"
#include "auth/sessions/keyring.h"

namespace authd::auth {

// Calls `visit(table)` for each table with sealed values.
template <typename Visit>
void for_each_sealed_table(Visit&& visit) {
  visit(tables::server_secrets);
  visit(tables::signing_keys);
  visit(tables::factors);
  visit(tables::outbox);
}

// Calls `visit(sealed, context, what)` for each sealed value of the row that is not empty; `what`
// tells people what it is. The value may be replaced when the row is not const.
template <typename Row, typename Visit>
void visit_sealed(Row& row, Visit&& visit) {
  using Plain = std::remove_const_t<Row>;
  const auto value = [&](auto& sealed, const std::string& context, const std::string& what) {
    if (!sealed.empty()) visit(sealed, context, what);
  };
  if constexpr (std::is_same_v<Plain, tables::ServerSecret>) {
    value(row.sealed, "server_secret/" + row.name, "the server secret " + row.name);
  } else if constexpr (std::is_same_v<Plain, tables::SigningKeyRow>) {
    value(row.sealed_private, signing_key_context(row.kid), "the signing key " + row.kid);
  } else if constexpr (std::is_same_v<Plain, tables::Factors>) {
    const std::string who = " of user " + std::to_string(row.user.value);
    value(row.totp, totp_context(row.user), "the TOTP secret" + who);
    value(row.totp_candidate, totp_context(row.user), "the new TOTP secret" + who);
  } else {
    static_assert(std::is_same_v<Plain, tables::Mail>, "a table without a line here");
    value(row.sealed, mail_context(row), "what a mail carries");
  }
}

// How many values are sealed under each master key, by its id; under "" what is no sealed value.
Result<std::map<std::string, uint64_t>> count_sealed(store::Store& store);

}  // namespace authd::auth
