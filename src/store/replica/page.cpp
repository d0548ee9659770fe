#include "store/replica/page.h"

#include <charconv>

#include "base/encoding.h"

namespace authd::store {
namespace {

constexpr std::string_view kMagic = "authd-page-1\n";
constexpr size_t kMarkBytes = 16;
constexpr size_t kMaxSettings = 64;
constexpr uint32_t kAbsent = UINT32_MAX;

template <size_t bytes>
void put_number(std::string& out, uint64_t number) {
  for (size_t i = bytes; i > 0; --i)
    out += static_cast<char>(number >> (8 * (i - 1)) & 0xff);
}

// Takes pieces off the front; a piece that is not there is an error that stays.
class Cutter {
 public:
  explicit Cutter(std::string_view rest) : rest_(rest) {}

  std::string_view take(size_t size) {
    if (size > rest_.size()) {
      is_whole_ = false;
      return {};
    }
    const std::string_view piece = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return piece;
  }

  uint64_t number(size_t bytes) {
    uint64_t number = 0;
    for (const char byte : take(bytes))
      number = number << 8 | static_cast<uint8_t>(byte);
    return number;
  }

  bool has_more() const { return is_whole_ && !rest_.empty(); }
  bool is_whole() const { return is_whole_; }

 private:
  std::string_view rest_;
  bool is_whole_ = true;
};

Error malformed_page() {
  return Error{ErrorCode::malformed, "the page of records is malformed"};
}

Error malformed_place(std::string_view field) {
  return Error{ErrorCode::invalid, "This must be the place that an earlier reply has given.",
               std::string(field)};
}

}  // namespace

void PageWriter::add(std::string_view key, std::optional<std::string_view> value) {
  put_number<2>(records_, key.size());
  records_ += key;
  put_number<4>(records_, value ? value->size() : kAbsent);
  if (value) records_ += *value;
}

std::string PageWriter::finish(const Place& place, bool is_last, std::string_view settings) const {
  std::string page(kMagic);
  put_number<8>(page, place.number);
  page += place.mark;
  put_number<1>(page, is_last ? 1 : 0);
  put_number<1>(page, settings.size());
  page += settings;
  return page + records_;
}

Result<Page> parse_page(std::string_view bytes) {
  Cutter cutter(bytes);
  if (cutter.take(kMagic.size()) != kMagic) return malformed_page();
  Page page;
  page.place.number = cutter.number(8);
  page.place.mark = cutter.take(kMarkBytes);
  const uint64_t flags = cutter.number(1);
  page.is_last = flags == 1;
  const uint64_t settings = cutter.number(1);
  page.settings = cutter.take(settings);
  if (!cutter.is_whole() || flags > 1 || settings > kMaxSettings) return malformed_page();
  while (cutter.has_more()) {
    Record record;
    record.key = cutter.take(cutter.number(2));
    const uint64_t size = cutter.number(4);
    if (size != kAbsent) record.value = cutter.take(size);
    const bool is_fine = cutter.is_whole() && !record.key.empty() &&
                         record.key.size() < kMaxKeyBytes &&
                         (!record.value || record.value->size() <= kMaxValueBytes);
    if (!is_fine) return malformed_page();
    page.records.push_back(std::move(record));
  }
  if (!cutter.is_whole()) return malformed_page();
  return page;
}

std::string text_of(const Place& place) {
  return std::to_string(place.number) + "-" + hex_encode(place.mark);
}

Result<Place> parse_place(std::string_view text, std::string_view field) {
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return malformed_place(field);
  Place place;
  const std::string_view digits = text.substr(0, dash);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), place.number);
  if (error != std::errc() || end != digits.data() + digits.size()) return malformed_place(field);
  const std::optional<std::string> mark = hex_decode(text.substr(dash + 1));
  if (!mark || mark->size() != kMarkBytes) return malformed_place(field);
  place.mark = *mark;
  return place;
}

}  // namespace authd::store
