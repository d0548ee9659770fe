#include "tables/people.h"

#include <algorithm>

#include "base/normal_form.h"

namespace authd::tables {
namespace {

// Of each name, username, local part and domain. Nobody looks for the 65th letter, and long names
// of strangers shall not slow down the search.
constexpr size_t kMaxPart = 64;

// Cut between two characters.
std::string_view cut(std::string_view text) {
  if (text.size() <= kMaxPart) return text;
  size_t end = kMaxPart;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xc0) == 0x80)
    end -= 1;
  return text.substr(0, end);
}

void add(std::string& text, const std::string& part) {
  if (part.empty()) return;
  if (!text.empty()) text += '\n';
  text += part;
}

std::string short_form(std::string_view name) {
  return std::string(cut(people_form(name)));
}

std::string short_address(std::string_view email) {
  const size_t at = email.rfind('@');
  if (at == std::string_view::npos) return short_form(email);
  return short_form(email.substr(0, at)) + "@" + short_form(email.substr(at + 1));
}

// Reads varints where they lie (codec.h). A search spends most of its time here: values that are
// returned through memory, as take_varint() does, would cost it half as much again.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes)
      : at_(reinterpret_cast<const uint8_t*>(bytes.data())), end_(at_ + bytes.size()) {}

  bool is_at_end() const { return at_ == end_; }

  uint64_t number() {
    uint64_t number = 0;
    for (unsigned shift = 0; at_ != end_ && shift < 64; shift += 7) {
      const uint64_t byte = *at_++;
      if (shift == 63 && byte > 1) break;  // More than 64 bits.
      number |= (byte & 0x7f) << shift;
      if (byte < 0x80) return number;
    }
    throw unreadable_row(people.name());
  }

  std::string_view text(uint64_t size) {
    if (size > static_cast<uint64_t>(end_ - at_)) throw unreadable_row(people.name());
    const char* begin = reinterpret_cast<const char*>(at_);
    at_ += size;
    return {begin, size};
  }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

uint64_t number_in(std::string_view payload) {
  FieldReader reader(payload);
  const uint64_t number = reader.number();
  if (!reader.is_at_end()) throw unreadable_row(people.name());
  return number;
}

// Decodes only what every search needs.
PersonView view_of(std::string_view key, std::string_view bytes) {
  if (bytes.empty() || bytes[0] != kRowVersion) throw unreadable_row(people.name());
  FieldReader reader(bytes.substr(1));
  PersonView view;
  view.id = UserId{from_big_endian(key)};
  while (!reader.is_at_end()) {
    const uint64_t field = reader.number();
    const std::string_view payload = reader.text(reader.number());
    switch (field) {
      case Person::kTraits: view.traits = number_in(payload); break;
      case Person::kCreatedAt: view.created = payload; break;
      case Person::kActiveStep: view.active_step = number_in(payload); break;
      case Person::kText: view.text = payload; break;
      default: break;  // of a newer release
    }
  }
  return view;
}

}  // namespace

uint64_t PersonView::created_ms() const {
  return created.empty() ? 0 : number_in(created);
}

std::string people_form(std::string_view text) {
  std::string form = search_form(text);
  std::replace(form.begin(), form.end(), '\n', ' ');  // It separates the parts.
  return form;
}

uint64_t trait_of_role(uint64_t role) {
  constexpr uint64_t kFirst = 16;  // The bits below are those of Trait.
  constexpr uint64_t kBits = 64;
  return role >= 1 && role <= kBits - kFirst ? uint64_t{1} << (kFirst + role - 1) : 0;
}

uint64_t activity_step(Time time) {
  const Milliseconds since = time.time_since_epoch();
  return since.count() <= 0 ? 0 : static_cast<uint64_t>(since / kActivityStepOfSearch);
}

std::optional<Entry<Person>> person_of_user(const User& user) {
  Person person;
  person.traits = (user.disabled ? Trait::disabled : 0) |
                  (user.awaits_email ? Trait::unconfirmed : 0) |
                  (user.email_verified ? Trait::verified : 0) | (user.mfa_enabled ? Trait::mfa : 0);
  for (const uint64_t role : user.role_ids)
    person.traits |= trait_of_role(role);
  person.created_at = user.created_at;
  person.active_step = activity_step(user.last_activity);
  const std::string last_name = short_form(user.last_name);
  const std::string first_name = short_form(user.first_name);
  add(person.text, last_name.empty() || first_name.empty() ? last_name + first_name
                                                           : last_name + " " + first_name);
  add(person.text, short_form(user.username));
  add(person.text, short_address(user.email));
  return Entry<Person>{big_endian(user.id.value), std::move(person)};
}

std::string user_of_person(std::string_view entry_key, const Person&) {
  return std::string(entry_key);
}

void scan_people(store::ReadTxn& tx, FunctionRef<void(const PersonView&)> visit) {
  // Without an end, which would cost a comparison for each of them.
  tx.scan(people.full_key(""), "", [&](std::string_view key, std::string_view bytes) {
    if (key[0] != people.prefix()) return false;
    visit(view_of(key.substr(1), bytes));
    return true;
  });
}

std::optional<UserId> scan_people_after(store::ReadTxn& tx, UserId after, size_t most,
                                        FunctionRef<void(const PersonView&)> visit) {
  std::optional<UserId> last;
  if (after.value == UINT64_MAX) return last;
  const char prefix = people.prefix();
  size_t seen = 0;
  tx.scan(people.full_key(big_endian(after.value + 1)), end_of_prefix({&prefix, 1}),
          [&](std::string_view key, std::string_view bytes) {
            const PersonView person = view_of(key.substr(1), bytes);
            visit(person);
            last = person.id;
            return ++seen < most;
          });
  return last;
}

void visit_people(store::ReadTxn& tx, const std::vector<uint64_t>& ids,
                  FunctionRef<void(const PersonView&)> visit) {
  for (const uint64_t id : ids) {
    const std::string key = big_endian(id);
    tx.look(people.full_key(key), [&](std::string_view bytes) { visit(view_of(key, bytes)); });
  }
}

std::optional<std::vector<uint64_t>> ids_in_role(store::ReadTxn& tx, RoleId role, size_t most) {
  std::vector<uint64_t> ids;
  const std::string first = big_endian(role.value);
  tx.scan(role_members.full_key(first), role_members.full_key(end_of_prefix(first)),
          [&](std::string_view key, std::string_view) {
            ids.push_back(from_big_endian(after_number(key.substr(1))));
            return ids.size() <= most;
          });
  return ids.size() <= most ? std::optional(std::move(ids)) : std::nullopt;
}

std::vector<uint64_t> ids_at_provider(store::ReadTxn& tx, std::string_view provider) {
  std::vector<uint64_t> ids;
  const char prefix = user_identities.prefix();
  tx.scan(user_identities.full_key(""), end_of_prefix({&prefix, 1}),
          [&](std::string_view key, std::string_view) {
            if (after_number(key.substr(1)) == provider) {
              ids.push_back(from_big_endian(key.substr(1)));
            }
            return true;
          });
  return ids;
}

std::vector<uint64_t> ids_with_passkeys(store::ReadTxn& tx) {
  std::vector<uint64_t> ids;
  const char prefix = passkeys.prefix();
  tx.scan(passkeys.full_key(""), end_of_prefix({&prefix, 1}),
          [&](std::string_view key, std::string_view) {
            const uint64_t id = from_big_endian(key.substr(1));
            if (ids.empty() || ids.back() != id) ids.push_back(id);
            return true;
          });
  return ids;
}

}  // namespace authd::tables
