// Pictures of users. What is kept and served is a JPEG of at most 500x500 that the server made
// itself (media/converter.h); no byte that a client sent is ever shown to another one as it came.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/accounts/account_view.h"
#include "auth/core/services.h"

namespace authd::auth {

// The row of the avatar that the PNG, JPEG or GIF becomes, before any transaction. Errors: those of
// media::Converter::to_avatar().
Result<tables::Avatar> make_avatar(const Services& s, std::string_view file);

// Takes a PNG, JPEG or GIF as the user's avatar; returns the user as they are then. Errors: those
// of media::Converter::to_avatar(), `not_found`.
Result<AccountView> set_avatar(const Services& s, UserId id, std::string_view file,
                               const Origin& origin);

// The same with what make_avatar() gave.
Result<AccountView> keep_avatar(const Services& s, UserId id, const tables::Avatar& avatar,
                                const Origin& origin);

// Takes it away, and the address of one that an import brought along. No error when there is none.
Result<void> remove_avatar(const Services& s, UserId id, const Origin& origin);

// `not_found` for no user and no avatar alike.
Result<tables::Avatar> find_avatar(const Services& s, UserId id);

// What changes whenever the picture does.
std::string avatar_version(std::string_view jpeg);

// Whether the bytes have the frame and size of an avatar: for what `authd export` wrote.
bool is_avatar(std::string_view jpeg);

}  // namespace authd::auth
