#include "auth/oauth/memory/published_keys.h"

#include <algorithm>

#include "auth/accounts/names/providers.h"
#include "auth/oauth/protocol/key_set.h"
#include "base/json.h"

namespace authd::auth {
namespace {

Error no_keys() {
  return Error{
      .code = ErrorCode::unavailable,
      .message = "The keys of the client cannot be fetched now; try again in a moment.",
      .retry_after_s = static_cast<int>(std::chrono::ceil<Seconds>(kKeySetFailurePause).count())};
}

Error all_wait() {
  return Error{.code = ErrorCode::busy,
               .message =
                   "Many requests are already waiting for the keys of clients; try again in "
                   "a moment.",
               .retry_after_s = 2};
}

Error unusable(std::string cause) {
  return Error{ErrorCode::unavailable, std::move(cause)};
}

// Where the issuer has its keys. Issuers of workloads have no other endpoints, so this asks for no
// more than OpenID Connect Discovery 1.0 section 4.3 wants verified.
Result<std::string> jwks_uri_in(std::string_view document, std::string_view issuer) {
  const JsonObject json = TRY(JsonObject::parse(document));
  if (TRY(json.string("issuer")) != issuer) {
    return unusable("the discovery document names another issuer");
  }
  std::string uri = TRY(json.string("jwks_uri"));
  if (uri.starts_with("https://") && fetch::is_allowed_url(uri)) return uri;
  return unusable("jwks_uri is not an https address");
}

// One of the few places there are.
class Place {
 public:
  explicit Place(std::counting_semaphore<>& places)
      : places_(places), is_mine_(places.try_acquire()) {}
  ~Place() {
    if (is_mine_) places_.release();
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  bool is_mine() const { return is_mine_; }

 private:
  std::counting_semaphore<>& places_;
  const bool is_mine_;
};

}  // namespace

// What a stranger's address may reach is less: it never gets what another one fetched.
PublishedKeys::Shelf& PublishedKeys::shelf_of(fetch::Reach reach) {
  switch (reach) {
    case fetch::Reach::any: return administrators_;
    case fetch::Reach::public_only: return strangers_;
  }
  __builtin_unreachable();
}

std::shared_ptr<PublishedKeys::Entry> PublishedKeys::entry_of(Shelf& shelf,
                                                              const KeySource& source) {
  const std::string key = (source.is_issuer ? "issuer " : "keys ") + source.url;
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Entry>& entry = shelf.entries[key];
  if (!entry) entry = std::make_shared<Entry>(shelf.threads_of_entry);
  entry->used_at = clock_.steady_now();
  std::shared_ptr<Entry> found = entry;
  if (shelf.entries.size() > kMaxKeySources) {
    auto oldest = shelf.entries.end();
    for (auto each = shelf.entries.begin(); each != shelf.entries.end(); ++each) {
      if (each->second == found) continue;
      if (oldest == shelf.entries.end() || each->second->used_at < oldest->second->used_at)
        oldest = each;
    }
    shelf.entries.erase(oldest);
  }
  return found;
}

// The set if it may be used as it is; null if it has to be fetched. `is_early`: only because it has
// no key for the token.
Result<PublishedKeys::Set> PublishedKeys::usable_set(Entry& entry, const crypto::Jws& token,
                                                     bool& is_early) {
  FetchTimes times;
  Set set;
  {
    const std::lock_guard lock(mutex_);
    times = entry.times;
    set = entry.set;
  }
  const SteadyTime now = clock_.steady_now();
  is_early = set && times.is_fresh(now);
  if (is_early && (!times.may_refetch(now) || has_key_for(*set, token))) return set;
  if (!times.has_failed(now, kKeySetFailurePause)) return Set();
  return is_early ? Result<Set>(set) : no_keys();
}

Result<std::string> PublishedKeys::get(const KeySource& source, const std::string& url,
                                       SteadyTime deadline) {
  fetch::Request request;
  request.url = url;
  request.timeout = std::chrono::duration_cast<Milliseconds>(deadline - clock_.steady_now());
  request.reach = source.reach;
  request.networks = config_.provider.outbound_networks;
  request.max_bytes = kMaxKeySetBytes;
  Result<fetch::Reply> reply = remote_.send(request);
  if (!reply) return unusable(url + ": " + reply.error().message);
  if (reply->status == 200) return std::move(reply->body);
  return unusable(url + ": status " + std::to_string(reply->status));
}

Result<std::string> PublishedKeys::fetch_set(const KeySource& source) {
  const SteadyTime deadline = clock_.steady_now() + kKeySetTimeout;
  std::string url = source.url;
  if (source.is_issuer) {
    const std::string document = TRY(get(source, discovery_url(source.url), deadline));
    url = TRY(jwks_uri_in(document, source.url));
  }
  std::string set = TRY(get(source, url, deadline));
  if (set.size() <= kMaxKeySetBytes && is_key_set(set)) return set;
  return unusable(url + ": the reply is not a JWK Set of at most 64 KiB");
}

Result<PublishedKeys::Set> PublishedKeys::set_for(const KeySource& source,
                                                  const crypto::Jws& token) {
  Shelf& shelf = shelf_of(source.reach);
  const std::shared_ptr<Entry> entry = entry_of(shelf, source);
  bool is_early = false;
  if (Set set = TRY(usable_set(*entry, token, is_early))) return set;
  const Place thread(entry->threads);
  if (!thread.is_mine()) return all_wait();
  const std::lock_guard fetching(entry->fetching);
  // Somebody else may have fetched it meanwhile.
  if (Set set = TRY(usable_set(*entry, token, is_early))) return set;
  // Not before: whoever waits for one slow server must not take the places of the others.
  const Place place(shelf.fetches);
  if (!place.is_mine()) return all_wait();
  if (is_early) {
    const std::lock_guard lock(mutex_);
    entry->times.note_refetch(clock_.steady_now());
  }
  Result<std::string> text = fetch_set(source);
  const SteadyTime now = clock_.steady_now();
  if (!text) {
    log_.warn("the keys of a client cannot be fetched", {{"cause", text.error().message}});
    const std::lock_guard lock(mutex_);
    entry->times.note_failure(now);
    // A copy that is not too old still says who signed what.
    return is_early ? Result<Set>(entry->set) : no_keys();
  }
  const std::lock_guard lock(mutex_);
  entry->times.note_success(now);
  entry->set = std::make_shared<const std::string>(std::move(*text));
  return entry->set;
}

}  // namespace authd::auth
