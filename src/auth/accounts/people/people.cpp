#include "auth/accounts/people/people.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "base/encoding.h"
#include "base/text.h"
#include "tables/people.h"
#include "tables/roles.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

// Words in one search: more do not help, and each costs time.
constexpr size_t kMaxSearch = 200;  // bytes
constexpr size_t kMaxWords = 8;
// Names that a refusal lists.
constexpr size_t kMaxNamed = 20;
// Up to so many people with a role are looked up one by one.
constexpr size_t kFew = 2'000;

template <typename Value>
struct Choice {
  std::string_view word;
  Value value;
};

constexpr Choice<PeopleState> kStates[] = {{"active", PeopleState::active},
                                           {"disabled", PeopleState::disabled},
                                           {"unconfirmed", PeopleState::unconfirmed}};
constexpr Choice<bool> kAnswers[] = {{"true", true}, {"false", false}};
constexpr Choice<PeopleOrder> kOrders[] = {{"id", PeopleOrder::id},
                                           {"name", PeopleOrder::name},
                                           {"created", PeopleOrder::created},
                                           {"activity", PeopleOrder::activity}};

template <typename Value, size_t count>
Result<std::optional<Value>> choice_of(const Choice<Value> (&choices)[count],
                                       const std::string& word, const char* field,
                                       const char* more = "") {
  if (word.empty()) return std::optional<Value>{};
  for (const Choice<Value>& one : choices) {
    if (one.word == word) return std::optional<Value>(one.value);
  }
  std::string known;
  for (const Choice<Value>& one : choices)
    known += (known.empty() ? "" : ", ") + std::string(one.word);
  return Error{ErrorCode::invalid,
               "\"" + std::string(field) + "\" must be one of: " + known + more + ".", field};
}

// A day is its midnight in UTC.
Result<std::optional<uint64_t>> step_of(const std::string& text, const char* field) {
  if (text.empty()) return std::optional<uint64_t>{};
  constexpr size_t kDay = 10;  // bytes of "2026-11-30"
  const auto time = parse_rfc3339(text.size() == kDay ? text + "T00:00:00Z" : text);
  if (time) return std::optional<uint64_t>(tables::activity_step(*time));
  return Error{ErrorCode::invalid,
               "\"" + std::string(field) +
                   "\" must be a day, as 2026-11-30, or a time, as 2026-11-30T09:00:00Z.",
               field};
}

Result<std::vector<std::string>> words_of(const std::string& search) {
  if (!is_valid_utf8(search)) {
    return Error{ErrorCode::invalid, "\"search\" must be text in UTF-8.", "search"};
  }
  std::vector<std::string> words;
  const std::string form = tables::people_form(search);
  for (size_t at = 0; at < form.size();) {
    const size_t end = std::min(form.find_first_of(" \t\r", at), form.size());
    if (end > at) words.push_back(form.substr(at, end - at));
    at = end + 1;
  }
  if (search.size() > kMaxSearch || words.size() > kMaxWords) {
    return Error{ErrorCode::invalid, "A search has at most 8 words and 200 bytes.", "search"};
  }
  return words;
}

// Letters and digits, and whatever is not ASCII.
bool is_of_word(char c) {
  const auto byte = static_cast<uint8_t>(c);
  return byte >= 0x80 || (c >= 'a' && c <= 'z') || is_digit(byte);
}

// A word that is looked for by its rarest character: the texts are short, and to prepare a search
// as memmem() does would cost more than it saves.
class Word {
 public:
  explicit Word(std::string_view text) : text_(text), begins_a_word_(is_of_word(text.front())) {
    // Letters of names and addresses, the rarest first; whatever is not here is rarer.
    constexpr std::string_view kFrequent = "zqxjvwkfpgbycdumhtlsornia.e";
    int rarest = -1;
    for (size_t i = 0; i < text.size(); ++i) {
      const size_t place = kFrequent.find(text[i]);
      const int frequency = place == std::string_view::npos ? -1 : static_cast<int>(place);
      if (i == 0 || frequency < rarest) {
        rarest = frequency;
        rare_ = i;
      }
    }
  }

  // Whether the text has it, and not in the middle of a word of its own.
  bool is_in(std::string_view text) const {
    if (text.size() < text_.size()) return false;
    const char* const begin = text.data();
    const char* from = begin + rare_;
    const char* const end = begin + (text.size() - text_.size()) + rare_ + 1;
    while (from < end) {
      const auto* found = static_cast<const char*>(
          std::memchr(from, text_[rare_], static_cast<size_t>(end - from)));
      if (found == nullptr) return false;
      const char* const at = found - rare_;
      const bool is_middle = begins_a_word_ && at != begin && is_of_word(at[-1]);
      if (!is_middle && std::memcmp(at, text_.data(), text_.size()) == 0) return true;
      from = found + 1;
    }
    return false;
  }

 private:
  std::string_view text_;
  bool begins_a_word_;
  size_t rare_ = 0;
};

class Filter {
 public:
  explicit Filter(const PeopleQuery& query)
      : query_(query), words_(query.words.begin(), query.words.end()) {
    using tables::Trait;
    if (query.verified) want(Trait::verified, *query.verified);
    if (query.mfa) want(Trait::mfa, *query.mfa);
    if (!query.state) return;
    want(Trait::disabled, *query.state == PeopleState::disabled);
    if (*query.state != PeopleState::disabled) {
      want(Trait::unconfirmed, *query.state == PeopleState::unconfirmed);
    }
  }

  void want(uint64_t trait, bool is_set) {
    asked_ |= trait;
    wanted_ |= is_set ? trait : 0;
  }

  bool passes(const tables::PersonView& person) const {
    if ((person.traits & asked_) != wanted_) return false;
    if (query_.active_before && person.active_step >= *query_.active_before) return false;
    if (query_.active_from && person.active_step < *query_.active_from) return false;
    return std::ranges::all_of(words_, [&](const Word& word) { return word.is_in(person.text); });
  }

 private:
  const PeopleQuery& query_;
  std::vector<Word> words_;
  uint64_t asked_ = 0;
  uint64_t wanted_ = 0;
};

// "Known: admin, user."
std::string known_names(const std::vector<std::string>& names) {
  if (names.empty()) return "There is none.";
  const size_t shown = std::min(names.size(), kMaxNamed);
  return "Known: " + joined(std::span(names).first(shown), ", ") +
         (shown < names.size() ? ", …" : ".");
}

Error no_such(const char* what, const std::vector<std::string>& known) {
  return Error{ErrorCode::invalid,
               "There is no " + std::string(what) + " with this name. " + known_names(known), what};
}

Error no_such_role(store::ReadTxn& tx) {
  std::vector<std::string> names;
  tables::role_names.scan(tx, "", "", [&](std::string_view name, const tables::Reference&) {
    names.emplace_back(name);
    return names.size() <= kMaxNamed;
  });
  return no_such("role", names);
}

using Ids = std::optional<std::vector<uint64_t>>;

// Those who have the role, ascending; nullopt: everybody, of whom `filter` finds them.
Result<Ids> ids_in_role(store::ReadTxn& tx, const std::string& name, Filter& filter) {
  if (name.empty()) return Ids{};
  const std::optional<tables::Role> role = tables::find_role_by_name(tx, name);
  if (!role) return no_such_role(tx);
  const uint64_t trait = tables::trait_of_role(role->id.value);
  Ids ids = tables::ids_in_role(tx, role->id, trait == 0 ? SIZE_MAX : kFew);
  if (!ids) filter.want(trait, true);
  return ids;
}

// Those whom role and provider leave, ascending; nullopt: everybody.
Result<Ids> candidates(const Services& s, store::ReadTxn& tx, const PeopleQuery& query,
                       Filter& filter) {
  Ids ids = TRY(ids_in_role(tx, query.role, filter));
  if (query.provider.empty()) return ids;
  std::vector<uint64_t> linked = tables::ids_at_provider(tx, query.provider);
  if (linked.empty()) {
    std::vector<std::string> known;
    for (const auto& provider : s.config.providers)
      known.push_back(provider.name);
    if (std::ranges::find(known, query.provider) == known.end()) return no_such("provider", known);
  }
  if (!ids) return Ids(std::move(linked));
  std::vector<uint64_t> both;
  std::ranges::set_intersection(*ids, linked, std::back_inserter(both));
  return Ids(std::move(both));
}

// Calls `take` for each of them; for everybody if there is no list.
template <typename Take>
void visit(store::ReadTxn& tx, const Ids& ids, Take take) {
  if (!ids) return tables::scan_people(tx, take);
  if (ids->size() <= kFew) return tables::visit_people(tx, *ids, take);
  auto at = ids->begin();
  tables::scan_people(tx, [&](const tables::PersonView& person) {
    while (at != ids->end() && *at < person.id.value)
      ++at;
    if (at != ids->end() && *at == person.id.value) take(person);
  });
}

}  // namespace

Result<PeopleQuery> parse_people_query(const PeopleWords& words) {
  PeopleQuery query;
  query.words = TRY(words_of(words.search));
  query.role = words.role;
  query.provider = words.provider;
  query.state = TRY(choice_of(kStates, words.state, "state"));
  query.verified = TRY(choice_of(kAnswers, words.verified, "verified"));
  query.mfa = TRY(choice_of(kAnswers, words.mfa, "mfa"));
  query.active_before = TRY(step_of(words.active_before, "active_before"));
  query.active_from = TRY(step_of(words.active_after, "active_after"));
  query.is_descending = words.sort.starts_with('-');
  const std::string order = words.sort.substr(query.is_descending ? 1 : 0);
  query.order = TRY(choice_of(kOrders, order, "sort", "; a leading \"-\" reverses it"))
                    .value_or(PeopleOrder::id);
  query.cursor = words.cursor;
  return query;
}

Result<PeoplePage> find_people(const Services& s, const PeopleQuery& query, size_t limit) {
  std::optional<PeoplePlace> after;
  if (!query.cursor.empty()) {
    after = parse_cursor(query.cursor, query.order, query.is_descending);
    if (!after) {
      return Error{ErrorCode::invalid,
                   "\"cursor\" must be the \"next\" of a page with the same \"sort\".", "cursor"};
    }
  }
  return s.store.read([&](store::ReadTxn& tx) -> Result<PeoplePage> {
    PeoplePage page;
    Filter filter(query);
    const Ids ids = TRY(candidates(s, tx, query, filter));
    // One more: is there another page?
    const bool comes_in_order = query.order == PeopleOrder::id && !query.is_descending;
    FirstPlaces places(limit + 1, query.is_descending, after, comes_in_order);
    visit(tx, ids, [&](const tables::PersonView& person) {
      if (!filter.passes(person)) return;
      page.total += 1;
      if (!places.has_all()) places.add(place_of(person, query.order));
    });
    std::vector<PeoplePlace> found = places.take();
    if (found.size() > limit) {
      found.pop_back();
      if (limit > 0) page.next = cursor_of(found.back(), query.order, query.is_descending);
    }
    for (const PeoplePlace& place : found) {
      if (auto user = tables::find_user(tx, UserId{place.id})) {
        page.accounts.push_back(view_of(tx, std::move(*user)));
      }
    }
    return page;
  });
}

}  // namespace authd::auth
