#include "auth/core/limits/factor_warning.h"

#include <algorithm>
#include <string>

#include "auth/core/mails.h"
#include "crypto/digest.h"
#include "tables/outbox.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

constexpr Allowance kWarnings{
    .what = "factor warning", .most = 1, .within = std::chrono::hours(24)};

constexpr char kKind = 'k';  // beside those of attempts.cpp and allowance.cpp
constexpr size_t kHashBytes = 16;

// One count: its row, and how long that lasts after each failure.
struct Count {
  std::string key;
  Milliseconds memory;
};

// A new password has a new key, so that nothing has to be cleared wherever one is set.
std::string key_of(const tables::User& user, const std::string& where) {
  const std::string named = std::to_string(user.id.value) + " " +
                            std::to_string(user.password_changed_at.time_since_epoch().count()) +
                            " " + where;
  return kKind + crypto::sha256(named).substr(0, kHashBytes);
}

Count all_of(const tables::User& user) {
  return {key_of(user, ""), kWrongFactorsMemory};
}

Count those_from(const tables::User& user, const Origin& origin) {
  const IpAddress address = origin.address.limit_key();
  const std::string bytes(reinterpret_cast<const char*>(address.bytes.data()),
                          address.bytes.size());
  return {key_of(user, bytes), kCompletedWithin};
}

// Empty when they are forgotten, and when the clock was ahead (attempts.cpp).
tables::Attempts find_counted(store::Reader& tx, const Count& count, Time now) {
  constexpr Milliseconds kSlack = std::chrono::minutes(15);
  const tables::Attempts row = tables::attempts.find(tx, count.key).value_or(tables::Attempts{});
  const bool counts = row.expires_at > now && row.expires_at <= now + count.memory + kSlack;
  return counts ? row : tables::Attempts{};
}

void put_one_more(store::WriteTxn& tx, const Count& count, Time now) {
  tables::Attempts row = find_counted(tx, count, now);
  row.failures += 1;
  row.expires_at = now + count.memory;
  tables::attempts.put(tx, count.key, row);
}

// Whether it is so many that the owner has to know, who is to be told and was not today.
bool is_due(store::WriteTxn& tx, const tables::User& user, uint64_t wrong, Time now) {
  return wrong >= kWarnedFactors && !user.email.empty() && user.email_verified &&
         take_one(tx, kWarnings, std::to_string(user.id.value), now).has_value();
}

}  // namespace

tables::Mail make_factor_warning(const Services& s, const Origin& origin, Time now) {
  return make_mail(s, tables::MailKind::wrong_factors, {}, "", "", where_from(origin), origin, now);
}

void warn_of_wrong_factor(store::WriteTxn& tx, UserId id, const Origin& origin,
                          const tables::Mail& warning, Time now) {
  const std::optional<tables::User> user = tables::find_user(tx, id);
  if (!user) return;
  const Count all = all_of(*user);
  const Count here = those_from(*user, origin);
  if (!is_due(tx, *user, find_counted(tx, all, now).failures + 1, now)) {
    put_one_more(tx, all, now);
    put_one_more(tx, here, now);
    return;
  }
  for (const Count& count : {all, here}) {
    if (tables::attempts.find(tx, count.key)) tables::attempts.del(tx, count.key);
  }
  tables::Mail mail = warning;
  address_mail(mail, *user);
  tables::insert_mail(tx, mail);
}

void take_back_wrong_factors(store::WriteTxn& tx, const tables::User& user, const Origin& origin,
                             Time now) {
  const Count here = those_from(user, origin);
  const uint64_t own = find_counted(tx, here, now).failures;
  if (own == 0) return;
  tables::attempts.del(tx, here.key);
  const Count all = all_of(user);
  tables::Attempts left = find_counted(tx, all, now);
  if (left.failures == 0) return;
  left.failures -= std::min(left.failures, own);
  tables::attempts.put(tx, all.key, left);
}

}  // namespace authd::auth
