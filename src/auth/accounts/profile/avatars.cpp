#include "auth/accounts/profile/avatars.h"

#include "auth/core/audit/audit.h"
#include "auth/core/key_reach.h"
#include "auth/core/refusals.h"
#include "base/encoding.h"
#include "crypto/digest.h"
#include "media/avatar.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

using namespace std::string_view_literals;

constexpr size_t kVersionBytes = 8;

}  // namespace

Result<tables::Avatar> make_avatar(const Services& s, std::string_view file) {
  tables::Avatar avatar;
  avatar.jpeg = TRY(s.images.to_avatar(file));
  avatar.version = avatar_version(avatar.jpeg);
  avatar.changed_at = s.clock.now();
  return avatar;
}

Result<AccountView> set_avatar(const Services& s, const Person& owner, std::string_view file,
                               const Origin& origin) {
  return keep_avatar(s, owner, TRY(make_avatar(s, file)), origin);
}

Result<AccountView> keep_avatar(const Services& s, const Person& owner,
                                const tables::Avatar& avatar, const Origin& origin) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<AccountView> {
    tables::User user = TRY(still_signed_in(tx, owner, now)).user;
    user.avatar_version = avatar.version;
    user.avatar_url.clear();
    user.updated_at = now;
    tables::put_user(tx, user);
    tables::avatars.put(tx, tables::big_endian(user.id.value), avatar);
    audit(s, tx, origin, {"avatar_changed", user.id}, now);
    return view_of(tx, std::move(user));
  });
}

Result<void> remove_avatar(const Services& s, UserId id, const Origin& origin,
                           const Person* owner) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    if (owner != nullptr) TRY(still_signed_in(tx, *owner, now));
    std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    TRY(check_key_reach(tx, origin, *user));
    if (user->avatar_version.empty() && user->avatar_url.empty()) return {};
    user->avatar_version.clear();
    user->avatar_url.clear();
    user->updated_at = now;
    tables::put_user(tx, *user);
    tables::avatars.del(tx, tables::big_endian(id.value));
    audit(s, tx, origin, {"avatar_removed", id}, now);
    return {};
  });
}

Result<tables::Avatar> find_avatar(const Services& s, UserId id) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<tables::Avatar> {
    std::optional<tables::Avatar> avatar = tables::avatars.find(tx, tables::big_endian(id.value));
    // The picture of a deleted user may still exist.
    if (!avatar || !tables::find_user(tx, id))
      return Error{ErrorCode::not_found, "There is no avatar."};
    return std::move(*avatar);
  });
}

std::string avatar_version(std::string_view jpeg) {
  return hex_encode(crypto::sha256(jpeg).substr(0, kVersionBytes));
}

bool is_avatar(std::string_view jpeg) {
  return jpeg.size() <= media::kMaxAvatar && jpeg.starts_with("\xff\xd8\xff"sv) &&
         jpeg.ends_with("\xff\xd9"sv);
}

}  // namespace authd::auth
