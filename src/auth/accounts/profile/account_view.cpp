#include "auth/accounts/profile/account_view.h"

#include <algorithm>

#include "auth/core/refusals.h"
#include "auth/sessions/roles.h"
#include "base/text.h"
#include "base/uuid.h"
#include "tables/rows/names.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

// "77", "id:77", "name:77", "ann", "ann@example.org", a subject
struct Named {
  bool is_id = false;
  bool may_be_subject = false;
  std::string_view rest;  // without the prefix
};

Named parse_named(std::string_view text) {
  constexpr std::string_view kId = "id:";
  constexpr std::string_view kName = "name:";
  if (text.starts_with(kId)) return {true, false, text.substr(kId.size())};
  if (text.starts_with(kName)) return {false, false, text.substr(kName.size())};
  return {text.empty() || is_digits(text), is_uuid(text), text};
}

std::optional<tables::User> find_named(store::Reader& tx, const Named& named) {
  if (named.is_id) {
    const auto id = parse_unsigned(named.rest);
    return id ? tables::find_user(tx, UserId{*id}) : std::nullopt;
  }
  if (named.may_be_subject) {
    if (auto user = tables::find_user_by_subject(tx, named.rest)) return user;
  }
  std::optional<tables::User> user = tables::find_user_by_username(tx, named.rest);
  return user ? std::move(user) : tables::find_user_by_email(tx, named.rest);
}

}  // namespace

AccountView view_of(store::Reader& tx, tables::User user) {
  AccountView view{std::move(user), {}, {}};
  std::vector<std::string> permissions;
  load_roles(tx, view.user, view.roles, permissions);
  return view;
}

std::optional<tables::User> find_by_login(store::Reader& tx, std::string_view login) {
  login = trimmed(login);
  return login.find('@') == std::string_view::npos ? tables::find_user_by_username(tx, login)
                                                   : tables::find_user_by_email(tx, login);
}

Result<AccountView> view_account(const Services& s, UserId id) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<AccountView> {
    std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    AccountView view = view_of(tx, std::move(*user));
    view.attributes = attributes_of(tx, s.config, id);
    return view;
  });
}

Result<tables::User> find_account(const Services& s, std::string_view text) {
  const Named named = parse_named(text);
  return s.store.read([&](store::ReadTxn& tx) -> Result<tables::User> {
    if (std::optional<tables::User> user = find_named(tx, named)) return std::move(*user);
    const std::string what = named.is_id ? "id" : "username or email";
    return Error{ErrorCode::not_found,
                 "there is no user with the " + what + " \"" + std::string(named.rest) + "\"" +
                     (named.is_id && named.rest == text
                          ? "; if that is a username, write name:" + std::string(text)
                          : "")};
  });
}

Result<Audited> find_audited(const Services& s, std::string_view text) {
  const Named named = parse_named(text);
  if (named.is_id) {
    const auto id = parse_unsigned(named.rest);
    if (!id || *id == 0) return Error{ErrorCode::invalid, "This must be an id or a name.", "user"};
    return Audited{UserId{*id}, std::nullopt};
  }
  return s.store.read([&](store::ReadTxn& tx) -> Result<Audited> {
    const std::optional<tables::User> user = find_named(tx, named);
    return Audited{id_of(user), tables::fold(named.rest)};
  });
}

}  // namespace authd::auth
