// People with accounts, and the mails on their way to them.
#pragma once

#include <catch2/catch.hpp>

#include "auth/accounts/account/accounts.h"
#include "auth/core/mails.h"
#include "auth/sessions/session_tokens.h"
#include "auth/signin/login.h"
#include "support/instance.h"

namespace authd::test {

inline constexpr const char* kPassword = "correct horse battery";

tables::User add_user(Instance& t, const std::string& name);

auth::Origin from(const char* address);

Result<auth::LoginOutcome> try_login(Instance& t, std::string_view name,
                                     const auth::Origin& origin = {},
                                     const char* password = kPassword);

// The answer to a second factor.
auth::FactorAnswer typed(std::string_view code);

auth::Tokens tokens_of(Result<auth::LoginOutcome> outcome);
// The same, where the login may be refused.
Result<auth::Tokens> tokens_if_any(Result<auth::LoginOutcome> outcome);

auth::Person caller_of(Instance& t, const auth::Tokens& tokens);

bool is_alive(Instance& t, const auth::Tokens& tokens);

// The mails in the outbox, in no particular order.
std::vector<tables::Mail> mails(Instance& t);

// Removes and returns the only mail of this kind to the address from the outbox.
tables::Mail take_mail(Instance& t, tables::MailKind kind, std::string_view to);

// What it carries.
OneTimeSecret secret_of(Instance& t, const tables::Mail& mail);

}  // namespace authd::test
