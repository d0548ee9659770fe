#include "auth/passwords/leak_lookup.h"

#include <algorithm>
#include <string>

#include "base/encoding.h"
#include "base/normal_form.h"
#include "base/text.h"
#include "crypto/digest_stream.h"

namespace authd::auth {
namespace {

constexpr size_t kPrefix = 5;  // hexadecimal digits
constexpr size_t kRest = 2 * crypto::kSha1Bytes - kPrefix;

bool has_only(std::string_view text, std::string_view set) {
  return !text.empty() && text.find_first_not_of(set) == std::string_view::npos;
}

Error no_answer(std::string cause) {
  return Error{ErrorCode::unavailable, std::move(cause)};
}

}  // namespace

PasswordSha1 sha1_of(const Password& password) {
  const Password normal = normal_password(password);
  std::string bytes = crypto::sha1(normal.reveal());
  std::string digits = hex_encode(bytes);
  wipe(bytes);
  std::transform(digits.begin(), digits.end(), digits.begin(),
                 [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
  return PasswordSha1(std::move(digits));
}

std::optional<bool> is_in_range(std::string_view reply, std::string_view rest) {
  bool is_there = false;
  while (!reply.empty()) {
    const size_t end = reply.find('\n');
    std::string_view line = reply.substr(0, end);
    reply.remove_prefix(end == std::string_view::npos ? reply.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (line.size() < kRest + 2 || line[kRest] != ':') return std::nullopt;
    const std::string_view digits = line.substr(0, kRest);
    const std::string_view count = line.substr(kRest + 1);
    if (!has_only(digits, "0123456789abcdefABCDEF") || !has_only(count, "0123456789")) {
      return std::nullopt;
    }
    is_there = is_there || (lower(digits) == lower(rest) && !has_only(count, "0"));
  }
  return is_there;
}

Result<bool> ask_for_leak(const config::Config& config, fetch::Client& client,
                          const PasswordSha1& sha1) {
  const std::string_view digits = sha1.reveal();
  fetch::Request request;
  request.url = config.passwords.pwned_url + std::string(digits.substr(0, kPrefix));
  // So that the length of the reply does not show which range was asked for.
  request.headers = {"Add-Padding: true"};
  request.timeout = kLeakTimeout;
  const fetch::Reply reply = TRY(client.send(request));
  if (reply.status != 200) return no_answer("it answers with " + std::to_string(reply.status));
  const std::optional<bool> is_there = is_in_range(reply.body, digits.substr(kPrefix));
  if (!is_there) return no_answer("its answer is not a list of hashes with counts");
  return *is_there;
}

Leak LeakLookup::look(const PasswordSha1& sha1) {
  class Place {
   public:
    explicit Place(std::atomic<unsigned>& taken) : taken_(taken), number_(++taken) {}
    ~Place() { --taken_; }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    bool is_free() const { return number_ <= kMaxAtOnce; }

   private:
    std::atomic<unsigned>& taken_;
    const unsigned number_;
  };
  const Place place(waiting_);
  if (!place.is_free()) {
    count(counters_.leaks_skipped);
    return Leak::unanswered;
  }
  const Result<bool> found = ask_for_leak(config_, client_, sha1);
  if (!found) {
    count(counters_.leaks_unanswered);
    tell(found.error().message);
    return Leak::unanswered;
  }
  count(*found ? counters_.leaks_found : counters_.leaks_absent);
  return *found ? Leak::found : Leak::absent;
}

void LeakLookup::tell(std::string_view cause) {
  const SteadyTime now = clock_.steady_now();
  {
    const std::lock_guard lock(mutex_);
    if (told_at_ && now - *told_at_ < kTellEvery) return;
    told_at_ = now;
  }
  log_.warn("passwords.pwned_url gives no answer, so passwords are not looked up there",
            {{"cause", cause}});
}

}  // namespace authd::auth
