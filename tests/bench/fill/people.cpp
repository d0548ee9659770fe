#include "people.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "auth/accounts/people/people.h"
#include "base/json_writer.h"
#include "base/uuid.h"
#include "tables/identities.h"
#include "tables/users.h"

namespace authd::bench {
namespace {

using Clock = std::chrono::steady_clock;

double micros_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

// The value that `part` of them do not exceed.
double quantile(std::vector<double> all, double part) {
  const auto at = static_cast<size_t>(part * static_cast<double>(all.size() - 1) + 0.5);
  std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(at), all.end());
  return all[at];
}

double median(std::vector<double> all) {
  return quantile(std::move(all), 0.5);
}

constexpr const char* kProvider = "bench";
constexpr size_t kPage = 50;
constexpr size_t kDeep = 20'000;  // people before the page that a cursor leads to

struct Question {
  const char* what;
  auth::PeopleWords words;
  size_t behind = 0;  // so many people, by the cursor of the page before
};

// Each kind of word, each filter, each order, and what they cost together.
std::vector<Question> questions() {
  return {
      {"everybody", {}},
      {"a first name", {.search = "anna"}},
      {"a last name", {.search = "schmidt07"}},
      {"first and last name", {.search = "anna schmidt07"}},
      {"a username, or the local part of an email", {.search = "user77"}},
      {"a whole email", {.search = "user777@example.org"}},
      {"a domain, which all share", {.search = "example.org"}},
      {"one letter", {.search = "a"}},
      {"nobody", {.search = "zzz"}},
      {"role: all have it", {.role = "user"}},
      {"role: administrators", {.role = "admin"}},
      {"state: active", {.state = "active"}},
      {"state: disabled", {.state = "disabled"}},
      {"verified: a third", {.verified = "true"}},
      {"second factor: none", {.mfa = "false"}},
      {"second factor: with one", {.mfa = "true"}},
      {"provider: a twentieth", {.provider = kProvider}},
      {"activity: in the last days", {.active_after = "2026-01-01"}},
      {"activity: long ago, or none", {.active_before = "2026-01-01"}},
      {"all filters, all words, by name",
       {.search = "example.org user",
        .role = "user",
        .state = "active",
        .verified = "true",
        .mfa = "false",
        .active_before = "2099-01-01",
        .sort = "-name"}},
      {"by name", {.sort = "name"}},
      {"newest first", {.sort = "-created"}},
      {"by last activity", {.sort = "-activity"}},
      {"by name, page 400", {.sort = "name"}, kDeep},
      {"newest first, page 400", {.sort = "-created"}, kDeep},
      {"by last activity, page 400", {.sort = "-activity"}, kDeep},
      {"a domain, by name, page 400", {.search = "example.org", .sort = "name"}, kDeep},
  };
}

// One in twenty signs in with a provider.
Result<void> link_people(const auth::Services& s, uint64_t users) {
  constexpr uint64_t kEvery = 20;
  constexpr uint64_t kLinksPerCommit =
      tables::kWriteBudget / decltype(tables::identities)::kPutWrites;
  const bool is_done = TRY(s.store.read([](store::ReadTxn& tx) -> Result<bool> {
    return tables::find_identity_of(tx, UserId{1}, kProvider).has_value();
  }));
  if (is_done) return {};
  for (uint64_t first = 1; first <= users; first += kEvery * kLinksPerCommit) {
    TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
      for (uint64_t i = 0; i < kLinksPerCommit && first + i * kEvery <= users; ++i) {
        tables::Identity identity;
        identity.provider = kProvider;
        identity.issuer = "https://provider.example";
        identity.user = UserId{first + i * kEvery};
        identity.subject = std::to_string(identity.user.value);
        tables::put_identity(tx, identity);
      }
      return {};
    }));
  }
  return {};
}

// The page of the question: what is behind the people that it wants to have seen.
Result<auth::PeopleQuery> query_of(const auth::Services& s, const Question& question) {
  auth::PeopleWords words = question.words;
  if (question.behind > 0) {
    const auth::PeopleQuery before = TRY(auth::parse_people_query(words));
    words.cursor = TRY(auth::find_people(s, before, question.behind)).next;
  }
  return auth::parse_people_query(words);
}

// Leaves out what the search reads.
class WithoutPeople final : public store::WriteTxn {
 public:
  explicit WithoutPeople(store::WriteTxn& below) : below_(below) {}
  std::optional<std::string> get(std::string_view key) override { return below_.get(key); }
  void put(std::string_view key, std::string_view value) override {
    if (key.front() != tables::people.prefix()) below_.put(key, value);
  }
  void del(std::string_view key) override { below_.del(key); }

 private:
  store::WriteTxn& below_;
};

// `change` takes a transaction, and may use another than the one that it is given.
template <typename Change>
Result<double> timed_write(const auth::Services& s, bool with_people, Change change) {
  const auto begin = Clock::now();
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    if (with_people) {
      change(tx);
    } else {
      WithoutPeople without(tx);
      change(without);
    }
    return {};
  }));
  return micros_since(begin);
}

void insert_one(const auth::Services& s, store::WriteTxn& tx) {
  tables::User user;
  user.id = UserId{tables::next_number(tx, "user_id")};
  user.username = "insert" + std::to_string(user.id.value);
  user.email = user.username + "@example.org";
  user.role_ids = {1};
  user.created_at = s.clock.now();
  user.subject = make_uuid(s.random);
  name_user(user, user.id.value);
  tables::put_user(tx, user);
}

void rename_one(store::WriteTxn& tx, uint64_t id, uint64_t round) {
  std::optional<tables::User> user = tables::find_user(tx, UserId{id});
  if (!user) return;
  user->last_name = "Renamed" + std::to_string(round);
  tables::put_user(tx, *user);
}

template <typename Change>
Result<void> compare(const auth::Services& s, const char* what, uint64_t count, Change change) {
  std::vector<double> with;
  std::vector<double> without;
  for (uint64_t i = 1; i <= count; ++i) {
    // Each is first as often, since the second finds the pages in memory.
    for (const bool with_people : {i % 2 == 0, i % 2 != 0}) {
      std::vector<double>& taken = with_people ? with : without;
      taken.push_back(
          TRY(timed_write(s, with_people, [&](store::WriteTxn& tx) { change(tx, i); })));
    }
  }
  JsonWriter json;
  json.begin_object()
      .field("what", what)
      .field("with_us", median(with))
      .field("without_us", median(without))
      .field("ratio", median(with) / median(without))
      .end_object();
  std::printf("%s\n", json.take().c_str());
  return {};
}

}  // namespace

void name_user(tables::User& user, uint64_t number) {
  constexpr std::array kFirst = {"Anna", "Ben",  "Carla", "David", "Éva",  "Franz", "Grete", "Hans",
                                 "Ida",  "Jörg", "Kim",   "Lena",  "Mats", "Nora",  "Olaf",  "Pia"};
  constexpr std::array kLast = {"Schmidt", "Müller", "Nowak", "García",
                                "Rossi",   "Jensen", "Kovács"};
  constexpr uint64_t kFamilies = 13;  // of each name
  const uint64_t family = number / kLast.size() % kFamilies;
  user.first_name = kFirst[number % kFirst.size()];
  user.last_name =
      std::string(kLast[number % kLast.size()]) + (family < 10 ? "0" : "") + std::to_string(family);
  user.email_verified = number % 3 == 0;
  // One in five was never there.
  if (number % 5 != 0) user.last_activity = user.created_at - std::chrono::hours(number % 17'000);
}

Result<void> measure_searches(const auth::Services& s, uint64_t rounds) {
  const auto users = TRY(s.store.read([](store::ReadTxn& tx) -> Result<uint64_t> {
    return tables::numbers.find(tx, "user_id").value_or(tables::Number{}).value;
  }));
  TRY(link_people(s, users));
  for (const Question& question : questions()) {
    const auth::PeopleQuery query = TRY(query_of(s, question));
    std::vector<double> taken;
    uint64_t total = 0;
    for (uint64_t i = 0; i < rounds; ++i) {
      const auto begin = Clock::now();
      total = TRY(auth::find_people(s, query, kPage)).total;
      taken.push_back(micros_since(begin) / 1000);
    }
    JsonWriter json;
    json.begin_object()
        .field("what", question.what)
        .field("total", total)
        .field("p50_ms", median(taken))
        .field("p99_ms", quantile(taken, 0.99))
        .end_object();
    std::printf("%s\n", json.take().c_str());
  }
  return {};
}

Result<void> measure_writes(const auth::Services& s, uint64_t count) {
  TRY(compare(s, "a new user", count, [&](store::WriteTxn& tx, uint64_t) { insert_one(s, tx); }));
  // Far from each other, as people are who change something.
  return compare(s, "a new last name", count, [&](store::WriteTxn& tx, uint64_t round) {
    rename_one(tx, 1 + round * 7'919 % count, round);
  });
}

}  // namespace authd::bench
