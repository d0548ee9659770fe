// Pictures of users. The server stores and serves only JPEGs of at most 500x500 that it encoded
// itself (media/converter.h); it never passes on the bytes of an upload.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/accounts/profile/account_view.h"
#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

// Converts a PNG, JPEG or GIF into the row of an avatar, before any transaction. Errors: those of
// media::Converter::to_avatar().
Result<tables::Avatar> make_avatar(const Services& s, std::string_view file);

// Sets a PNG, JPEG or GIF as the owner's avatar; returns the user after the change. Converting
// takes a while, so the owner's session must still be alive afterwards. Errors: those of
// media::Converter::to_avatar(); `unauthenticated`.
Result<AccountView> set_avatar(const Services& s, const Person& owner, std::string_view file,
                               const Origin& origin);

// The same with a result of make_avatar().
Result<AccountView> keep_avatar(const Services& s, const Person& owner,
                                const tables::Avatar& avatar, const Origin& origin);

// Removes it, and an imported avatar address; by the owner, whose session must still be alive, or,
// without one, by an administrator. No error when there is none. Errors: `not_found`;
// `unauthenticated`; `forbidden`, "beyond_api_key".
Result<void> remove_avatar(const Services& s, UserId id, const Origin& origin,
                           const Person* owner = nullptr);

// `not_found` if either the user or the avatar does not exist.
Result<tables::Avatar> find_avatar(const Services& s, UserId id);

// A value that changes whenever the picture changes.
std::string avatar_version(std::string_view jpeg);

// Whether the bytes have the structure and size of an avatar; checks the output of `authd export`.
bool is_avatar(std::string_view jpeg);

}  // namespace authd::auth
