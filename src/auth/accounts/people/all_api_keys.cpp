#include "auth/accounts/people/all_api_keys.h"

#include <algorithm>

#include "auth/accounts/account/api_keys.h"
#include "auth/accounts/people/people_order.h"
#include "auth/core/ways.h"
#include "auth/sessions/roles.h"
#include "base/encoding.h"
#include "base/text.h"
#include "tables/people.h"
#include "tables/rows/keys.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

constexpr size_t kMaxSearch = 200;  // bytes
constexpr size_t kMaxWords = 8;
constexpr size_t kSlice = 1'000;  // rows that one read looks at
constexpr size_t kMaxSlices = 5;  // of one page by owner

Error wrong_cursor() {
  return Error{ErrorCode::invalid,
               "\"cursor\" must be the \"next\" of a page with the same \"sort\".", "cursor"};
}

// A place is {last use, owner}, number.
char mark_of(const ApiKeyQuery& query) {
  if (query.order == ApiKeyOrder::owner) return 'o';
  return query.is_descending ? 'U' : 'u';
}

std::string cursor_of(const ApiKeyQuery& query, const PeoplePlace& place) {
  return base64url_encode(std::string(1, mark_of(query)) + tables::big_endian(place.value[0]) +
                          tables::big_endian(place.value[1]) + tables::big_endian(place.id));
}

Result<std::optional<PeoplePlace>> place_in(const ApiKeyQuery& query) {
  if (query.cursor.empty()) return std::optional<PeoplePlace>{};
  const std::optional<std::string> bytes = base64url_decode(query.cursor);
  if (!bytes || bytes->size() != 1 + 3 * tables::kNumberBytes || bytes->front() != mark_of(query)) {
    return wrong_cursor();
  }
  std::string_view rest = std::string_view(*bytes).substr(1);
  PeoplePlace place;
  for (size_t i = 0; i < 2; ++i, rest = tables::after_number(rest))
    place.value[i] = tables::from_big_endian(rest);
  place.id = tables::from_big_endian(rest);
  return std::optional<PeoplePlace>(place);
}

PeoplePlace place_of(const ApiKeyQuery& query, const tables::ApiKey& key) {
  PeoplePlace place;
  if (query.order == ApiKeyOrder::last_used) {
    const auto since_1970 = key.last_used.time_since_epoch();
    place.value[0] = static_cast<uint64_t>(std::max<int64_t>(since_1970.count(), 0));
  }
  place.value[1] = key.user.value;
  place.id = key.number;
  return place;
}

std::string row_of(const PeoplePlace& place) {
  return api_key_row(UserId{place.value[1]}, place.id);
}

// Reads the owners of keys that come in the order of their owners, each once.
class Owners {
 public:
  explicit Owners(store::ReadTxn& tx) : tx_(tx) {}

  // Null: there is none any more.
  const tables::User* of(const tables::ApiKey& key) {
    if (!is_read_ || id_ != key.user) {
      id_ = key.user;
      is_read_ = true;
      owner_ = tables::find_user(tx_, id_);
    }
    return owner_ ? &*owner_ : nullptr;
  }

 private:
  store::ReadTxn& tx_;
  bool is_read_ = false;
  UserId id_;
  std::optional<tables::User> owner_;
};

bool has_words(const ApiKeyQuery& query, const tables::ApiKey& key, const tables::User& owner) {
  if (query.words.empty()) return true;
  const std::string text = tables::people_form(joined(
      std::vector{key.name, owner.username, owner.email, owner.first_name, owner.last_name}, " "));
  return std::ranges::all_of(
      query.words, [&](const std::string& word) { return text.find(word) != std::string::npos; });
}

// Calls `take` with the wanted keys of at most `most` rows behind the row `after`, until it returns
// false. Returns the last row that was looked at; empty: there are no more.
template <typename Take>
std::string scan_slice(store::ReadTxn& tx, const ApiKeyQuery& query, const std::string& after,
                       Time now, Take take) {
  Owners owners(tx);
  std::string last;
  size_t looked = 0;
  bool has_more = false;
  const std::string first = after.empty() ? "" : after + '\0';
  tables::api_keys.scan(tx, first, "", [&](std::string_view row, const tables::ApiKey& key) {
    has_more = looked == kSlice;
    if (has_more) return false;
    looked += 1;
    last = row;
    if (key.expires_at <= now) return true;
    const tables::User* owner = owners.of(key);
    if (owner == nullptr || !is_current(*owner, key) || !has_words(query, key, *owner)) return true;
    has_more = !take(key, *owner);
    return !has_more;
  });
  return has_more ? last : "";
}

OwnedApiKey owned(store::ReadTxn& tx, const tables::ApiKey& key, const tables::User& owner) {
  OwnedApiKey one{key, owner, {}};
  std::vector<std::string> permissions;
  load_roles(tx, one.owner, one.roles, permissions, key.role_grants);
  return one;
}

Result<ApiKeyPage> page_by_owner(const Services& s, const ApiKeyQuery& query, size_t limit,
                                 const std::optional<PeoplePlace>& from, Time now) {
  ApiKeyPage page;
  std::string after = from ? row_of(*from) : "";
  bool is_over = false;
  // One more than the limit: is there another page?
  for (size_t i = 0; i < kMaxSlices && !is_over && page.keys.size() <= limit; ++i) {
    std::vector<OwnedApiKey> found;
    std::string last;
    TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
      found.clear();
      last = scan_slice(tx, query, after, now,
                        [&](const tables::ApiKey& key, const tables::User& owner) {
                          found.push_back(owned(tx, key, owner));
                          return page.keys.size() + found.size() <= limit;
                        });
      return {};
    }));
    std::ranges::move(found, std::back_inserter(page.keys));
    is_over = last.empty();
    after = last;
  }
  if (page.keys.size() > limit) {
    page.keys.pop_back();
    page.next = cursor_of(query, place_of(query, page.keys.back().key));
    return page;
  }
  if (is_over) return page;
  PeoplePlace place;
  place.value[1] = tables::from_big_endian(after);
  place.id = tables::from_big_endian(tables::after_number(after));
  page.next = cursor_of(query, place);
  return page;
}

Result<ApiKeyPage> page_by_use(const Services& s, const ApiKeyQuery& query, size_t limit,
                               const std::optional<PeoplePlace>& from, Time now) {
  FirstPlaces places(limit + 1, query.is_descending, from);  // One more: is there another page?
  std::string after;
  do {
    std::vector<PeoplePlace> found;
    after = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<std::string> {
      found.clear();
      return scan_slice(tx, query, after, now, [&](const tables::ApiKey& key, const auto&) {
        found.push_back(place_of(query, key));
        return true;
      });
    }));
    for (const PeoplePlace& place : found)
      places.add(place);
  } while (!after.empty());
  std::vector<PeoplePlace> first = places.take();
  return s.store.read([&](store::ReadTxn& tx) -> Result<ApiKeyPage> {
    ApiKeyPage page;
    if (first.size() > limit && limit > 0) page.next = cursor_of(query, first[limit - 1]);
    for (size_t i = 0; i < std::min(limit, first.size()); ++i) {
      const auto key = tables::api_keys.find(tx, row_of(first[i]));
      if (!key) continue;  // Revoked meanwhile.
      const auto owner = tables::find_user(tx, key->user);
      if (owner && is_current(*owner, *key)) page.keys.push_back(owned(tx, *key, *owner));
    }
    return page;
  });
}

}  // namespace

Result<ApiKeyQuery> parse_api_key_query(std::string_view search, std::string_view sort,
                                        std::string_view cursor) {
  if (!is_valid_utf8(search)) {
    return Error{ErrorCode::invalid, "\"search\" must be text in UTF-8.", "search"};
  }
  ApiKeyQuery query;
  const std::string form = tables::people_form(search);
  for (size_t at = 0; at < form.size();) {
    const size_t end = std::min(form.find_first_of(" \t\r", at), form.size());
    if (end > at) query.words.push_back(form.substr(at, end - at));
    at = end + 1;
  }
  if (search.size() > kMaxSearch || query.words.size() > kMaxWords) {
    return Error{ErrorCode::invalid, "A search has at most 8 words and 200 bytes.", "search"};
  }
  query.is_descending = sort.starts_with('-');
  if (sort == "last_used" || sort == "-last_used") {
    query.order = ApiKeyOrder::last_used;
  } else if (!sort.empty() && sort != "owner") {
    return Error{ErrorCode::invalid, "\"sort\" must be one of: owner, last_used, -last_used.",
                 "sort"};
  }
  query.cursor = cursor;
  return query;
}

Result<ApiKeyPage> find_api_keys(const Services& s, const ApiKeyQuery& query, size_t limit) {
  const Time now = s.clock.now();
  const std::optional<PeoplePlace> from = TRY(place_in(query));
  return query.order == ApiKeyOrder::owner ? page_by_owner(s, query, limit, from, now)
                                           : page_by_use(s, query, limit, from, now);
}

}  // namespace authd::auth
