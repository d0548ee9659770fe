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
#include "tables/users.h"

namespace authd::bench {
namespace {

using Clock = std::chrono::steady_clock;

double micros_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

double median(std::vector<double> all) {
  std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2),
                   all.end());
  return all[all.size() / 2];
}

struct Question {
  const char* what;
  auth::PeopleWords words;
};

std::vector<Question> questions() {
  return {{"everybody", {}},
          {"one person, by the username", {.search = "user77"}},
          {"a last name", {.search = "schmidt07"}},
          {"two words", {.search = "anna schmidt07"}},
          {"one letter, by name", {.search = "a", .sort = "name"}},
          {"the word that all share, newest first", {.search = "example.org", .sort = "-created"}},
          {"nobody", {.search = "zzz"}},
          {"a role that all have, by name", {.role = "user", .sort = "name"}},
          {"administrators", {.role = "admin"}},
          {"all filters that pass everybody",
           {.search = "example.org user",
            .role = "user",
            .state = "active",
            .verified = "false",
            .mfa = "false",
            .active_before = "2099-01-01",
            .sort = "-name"}}};
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

Result<double> insert_one(const auth::Services& s, bool with_people) {
  const auto begin = Clock::now();
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user;
    user.id = UserId{tables::next_number(tx, "user_id")};
    user.username = "insert" + std::to_string(user.id.value);
    user.email = user.username + "@example.org";
    user.role_ids = {1};
    user.created_at = s.clock.now();
    user.subject = make_uuid(s.random);
    name_user(user, user.id.value);
    if (with_people) {
      tables::put_user(tx, user);
    } else {
      WithoutPeople without(tx);
      tables::put_user(without, user);
    }
    return {};
  }));
  return micros_since(begin);
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
}

Result<void> measure_searches(const auth::Services& s, uint64_t rounds) {
  for (const Question& question : questions()) {
    const auth::PeopleQuery query = TRY(auth::parse_people_query(question.words));
    std::vector<double> taken;
    uint64_t total = 0;
    for (uint64_t i = 0; i < rounds; ++i) {
      const auto begin = Clock::now();
      total = TRY(auth::find_people(s, query, 50)).total;
      taken.push_back(micros_since(begin) / 1000);
    }
    JsonWriter json;
    json.begin_object()
        .field("what", question.what)
        .field("total", total)
        .field("ms", median(taken))
        .field("worst_ms", *std::max_element(taken.begin(), taken.end()))
        .end_object();
    std::printf("%s\n", json.take().c_str());
  }
  return {};
}

Result<void> measure_inserts(const auth::Services& s, uint64_t count) {
  std::vector<double> with;
  std::vector<double> without;
  for (uint64_t i = 0; i < count; ++i) {
    with.push_back(TRY(insert_one(s, true)));
    without.push_back(TRY(insert_one(s, false)));
  }
  JsonWriter json;
  json.begin_object()
      .field("with_us", median(with))
      .field("without_us", median(without))
      .field("ratio", median(with) / median(without))
      .end_object();
  std::printf("%s\n", json.take().c_str());
  return {};
}

}  // namespace authd::bench
