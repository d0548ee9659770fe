#include "cli/frame/names.h"

#include <vector>

#include "auth/accounts/account/accounts.h"
#include "auth/oauth/clients/client_admin.h"
#include "auth/oauth/clients/resources.h"
#include "auth/sessions/keyring.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/sessions.h"
#include "base/nearest.h"
#include "base/text.h"
#include "cli/frame/layout.h"

namespace authd::cli {
namespace {

using Names = std::vector<std::string>;

// Of a large realm, only so many names are compared.
constexpr size_t kMaxCompared = 200'000;

Error with_near(Error error, const std::string& word) {
  if (word.empty()) return error;
  if (error.message.ends_with('.')) error.message.pop_back();
  error.message += did_you_mean(printable(word));
  return error;
}

// The names of an index. They are folded, as is what was typed.
Names names_in(const auth::Services& s, bool emails) {
  const Result<Names> names = s.store.read([&](store::ReadTxn& tx) -> Result<Names> {
    Names found;
    const auto take = [&](std::string_view name, const auto&) {
      found.emplace_back(name);
      return found.size() < kMaxCompared;
    };
    if (emails) {
      tables::emails.scan(tx, "", "", take);
    } else {
      tables::usernames.scan(tx, "", "", take);
    }
    return found;
  });
  return names ? *names : Names{};
}

}  // namespace

Result<tables::User> find_user(const auth::Services& s, const std::string& who) {
  Result<tables::User> user = auth::find_account(s, who);
  if (user || user.error().code != ErrorCode::not_found || is_digits(who)) return user;
  const bool is_email = who.find('@') != std::string::npos;
  return with_near(user.error(), nearest_of(lower(who), names_in(s, is_email)));
}

std::string named(const tables::User& user) {
  const std::string& name = user.username.empty() ? user.email : user.username;
  return "user " + std::to_string(user.id.value) + (name.empty() ? "" : " (" + name + ")");
}

Error with_near_role(const auth::Services& s, const std::string& name, Error error) {
  if (error.code != ErrorCode::not_found) return error;
  const auto roles = auth::list_roles(s);
  if (!roles) return error;
  return with_near(std::move(error), nearest_of(lower(name), *roles, &tables::Role::name));
}

Error with_near_key(const auth::Services& s, const std::string& kid, Error error) {
  if (error.code != ErrorCode::not_found) return error;
  const auto keys = auth::current_keys(s);
  if (!keys) return error;
  return with_near(std::move(error),
                   nearest_of(kid, (*keys)->keys, [](const auto& key) { return key.row.kid; }));
}

// People try the name, too.
Error with_near_client(const auth::Services& s, const std::string& id, Error error) {
  if (error.code != ErrorCode::not_found) return error;
  const auto clients = auth::list_clients(s);
  if (!clients) return error;
  for (const tables::Client& client : *clients) {
    if (client.name == id) return with_near(std::move(error), client.id);
  }
  return with_near(std::move(error), nearest_of(id, *clients, &tables::Client::id));
}

// People try the name, too.
Error with_near_resource(const auth::Services& s, const std::string& identifier, Error error) {
  if (error.code != ErrorCode::not_found) return error;
  const auto resources = auth::list_resources(s);
  if (!resources) return error;
  for (const tables::Resource& resource : *resources) {
    if (resource.name == identifier) return with_near(std::move(error), resource.identifier);
  }
  return with_near(std::move(error),
                   nearest_of(identifier, *resources, &tables::Resource::identifier));
}

// An id that was not copied whole.
Error with_near_session(const auth::Services& s, const std::string& text, Error error) {
  if (error.code != ErrorCode::not_found) return error;
  const Result<Names> ids = s.store.read([&](store::ReadTxn& tx) -> Result<Names> {
    Names found;
    tables::sessions.scan(tx, "", "", [&](std::string_view id, const auto&) {
      found.push_back(auth::session_text(id));
      return found.size() < kMaxCompared;
    });
    return found;
  });
  return ids ? with_near(std::move(error), nearest_of(text, *ids)) : error;
}

}  // namespace authd::cli
