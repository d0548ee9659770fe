#include "auth/core/limits/allowance.h"

#include <algorithm>

#include "crypto/digest.h"

namespace authd::auth {
namespace {

constexpr char kKind = 'w';  // beside those of attempts.cpp
constexpr size_t kHashBytes = 16;

std::string key_of(const Allowance& allowance, std::string_view whose) {
  const std::string named = std::string(allowance.what) + '\0' + std::string(whose);
  return kKind + crypto::sha256(named).substr(0, kHashBytes);
}

// What was used of the while that is running, or the beginning of a new one.
tables::Attempts used_of(store::Reader& tx, const std::string& key, const Allowance& allowance,
                         Time now) {
  tables::Attempts row = tables::attempts.find(tx, key).value_or(tables::Attempts{});
  // A while that ends later than one that begins now began when the clock was ahead.
  const bool is_running = row.expires_at > now && row.expires_at <= now + allowance.within;
  if (!is_running) {
    row.failures = 0;
    row.expires_at = now + allowance.within;
  }
  return row;
}

Result<void> check_used(const tables::Attempts& row, const Allowance& allowance, Time now) {
  if (row.failures < allowance.most) return {};
  const auto wait = std::chrono::ceil<Seconds>(row.expires_at - now).count();
  return Error{.code = ErrorCode::rate_limited,
               .message = "Too many requests of this kind; try again later.",
               .retry_after_s = static_cast<int>(std::max<int64_t>(wait, 1))};
}

}  // namespace

Result<void> check_one(store::Reader& tx, const Allowance& allowance, std::string_view whose,
                       Time now) {
  return check_used(used_of(tx, key_of(allowance, whose), allowance, now), allowance, now);
}

Result<void> take_one(store::WriteTxn& tx, const Allowance& allowance, std::string_view whose,
                      Time now) {
  const std::string key = key_of(allowance, whose);
  tables::Attempts row = used_of(tx, key, allowance, now);
  TRY(check_used(row, allowance, now));
  row.failures += 1;
  tables::attempts.put(tx, key, row);
  return {};
}

}  // namespace authd::auth
