#include "auth/upkeep/state/marks.h"

#include <algorithm>

#include "base/text.h"

namespace authd::auth::state {
namespace {

constexpr std::string_view kPrefix = "declared/";

std::string key_of(const Mark& mark) {
  return std::string(kPrefix) + std::string(word_of(mark.kind)) + ":" + mark.id;
}

std::string value_of(Time time) {
  return std::to_string(std::chrono::duration_cast<Milliseconds>(time.time_since_epoch()).count());
}

// nullopt for a kind that a newer release knows.
std::optional<Mark> mark_in(std::string_view key, const tables::Setting& row) {
  key.remove_prefix(kPrefix.size());
  const size_t colon = key.find(':');
  const auto* kind = std::find_if(kAllKinds.begin(), kAllKinds.end(),
                                  [&](Kind one) { return word_of(one) == key.substr(0, colon); });
  const auto made_at = parse_unsigned(row.value);
  if (colon == std::string_view::npos || kind == kAllKinds.end() || !made_at) return std::nullopt;
  return Mark{*kind, std::string(key.substr(colon + 1)),
              Time(Milliseconds(static_cast<int64_t>(*made_at)))};
}

// `act(tx, mark)` makes one write.
template <typename Act>
Result<void> in_batches(const Services& s, const std::vector<Mark>& marks, Act act) {
  for (size_t begin = 0; begin < marks.size(); begin += tables::kWriteBudget) {
    const size_t end = std::min(marks.size(), begin + tables::kWriteBudget);
    TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
      for (size_t i = begin; i < end; ++i)
        act(tx, marks[i]);
      return {};
    }));
  }
  return {};
}

}  // namespace

Mark mark_of(const tables::Role& role) {
  return {Kind::role, std::to_string(role.id.value), role.created_at};
}

Mark mark_of(const tables::Resource& resource) {
  return {Kind::resource, resource.identifier, resource.created_at};
}

Mark mark_of(const tables::Client& client) {
  return {Kind::client, client.id, client.created_at};
}

Mark mark_of(const tables::User& user) {
  return {Kind::user, std::to_string(user.id.value), user.created_at};
}

bool is_marked(store::Reader& tx, const Mark& mark) {
  const std::optional<tables::Setting> row = tables::settings.find(tx, key_of(mark));
  return row && row->value == value_of(mark.made_at);
}

std::vector<Mark> all_marks(store::ReadTxn& tx) {
  std::vector<Mark> marks;
  tables::settings.scan(tx, kPrefix, "", [&](std::string_view key, const tables::Setting& row) {
    if (!key.starts_with(kPrefix)) return false;
    if (std::optional<Mark> mark = mark_in(key, row)) marks.push_back(std::move(*mark));
    return true;
  });
  return marks;
}

Result<void> put_marks(const Services& s, const std::vector<Mark>& marks) {
  return in_batches(s, marks, [](store::WriteTxn& tx, const Mark& mark) {
    tables::settings.put(tx, key_of(mark), {value_of(mark.made_at), {}});
  });
}

Result<void> remove_marks(const Services& s, const std::vector<Mark>& marks) {
  return in_batches(s, marks, [](store::WriteTxn& tx, const Mark& mark) {
    tables::settings.del(tx, key_of(mark));
  });
}

}  // namespace authd::auth::state
