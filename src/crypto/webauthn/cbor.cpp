#include "crypto/webauthn/cbor.h"

#include <string>

#include "base/encoding.h"

namespace authd::crypto {
namespace {

// RFC 8949 section 3.1.
enum class Major : uint8_t { positive, negative, bytes, text, array, map, tag, simple };

constexpr uint8_t kFalse = 0xf4;
constexpr uint8_t kTrue = 0xf5;

Error malformed(std::string_view what) {
  return Error{ErrorCode::malformed, "The CBOR " + std::string(what) + "."};
}

Error truncated() {
  return malformed("ends too early");
}

struct Head {
  Major major;
  uint64_t argument;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : whole_(bytes) {}

  // `depth` is how many arrays and maps may still be opened.
  Result<CborValue> value(size_t depth) {
    if (at_ == whole_.size()) return truncated();
    const auto initial = static_cast<uint8_t>(whole_[at_]);
    if (initial == kFalse || initial == kTrue) {
      ++at_;
      return CborValue::of_boolean(initial == kTrue);
    }
    const Head head = TRY(this->head());
    switch (head.major) {
      case Major::positive: return integer(head.argument, false);
      case Major::negative: return integer(head.argument, true);
      case Major::bytes: return bytes(head.argument);
      case Major::text: return text(head.argument);
      case Major::array: return array(head.argument, depth);
      case Major::map: return map(head.argument, depth);
      case Major::tag: return malformed("has a tag");
      case Major::simple: break;
    }
    return malformed("has a float or a simple value other than true and false");
  }

  size_t position() const { return at_; }

 private:
  // RFC 8949 sections 3 and 4.2.1: the argument is in the initial byte, or in 1, 2, 4 or 8 bytes
  // after it, whichever is the shortest.
  Result<Head> head() {
    const auto initial = static_cast<uint8_t>(whole_[at_++]);
    const auto major = static_cast<Major>(initial >> 5);
    const uint8_t info = initial & 0x1f;
    if (major == Major::simple) return Head{major, 0};
    if (info < 24) return Head{major, info};
    if (info == 31) return malformed("has an indefinite length");
    if (info > 27) return malformed("has a reserved length");
    const size_t size = size_t{1} << (info - 24);
    if (whole_.size() - at_ < size) return truncated();
    uint64_t argument = 0;
    for (size_t i = 0; i < size; ++i)
      argument = argument << 8 | static_cast<uint8_t>(whole_[at_++]);
    const bool is_shortest = size == 1 ? argument >= 24 : argument >> (size * 4) != 0;
    if (!is_shortest) return malformed("has a number that is not in its shortest form");
    return Head{major, argument};
  }

  Result<CborValue> integer(uint64_t argument, bool is_negative) {
    if (argument > INT64_MAX) return malformed("has a number of more than 63 bits");
    const auto number = static_cast<int64_t>(argument);
    return CborValue::of_integer(is_negative ? -1 - number : number);
  }

  Result<std::string_view> string(uint64_t length) {
    if (length > whole_.size() - at_) return truncated();
    const std::string_view found = whole_.substr(at_, length);
    at_ += length;
    return found;
  }

  Result<CborValue> bytes(uint64_t length) {
    const std::string_view found = TRY(string(length));
    return CborValue::of_bytes(found);
  }

  Result<CborValue> text(uint64_t length) {
    const std::string_view found = TRY(string(length));
    if (!is_valid_utf8(found)) return malformed("has text that is not UTF-8");
    return CborValue::of_text(found);
  }

  // The vectors grow as elements are read: a length that the bytes cannot hold reserves nothing.
  Result<CborValue> array(uint64_t count, size_t depth) {
    if (depth == 0) return malformed("is nested too deeply");
    CborValue::Array items;
    for (uint64_t i = 0; i < count; ++i)
      items.push_back(TRY(value(depth - 1)));
    return CborValue::of_array(std::move(items));
  }

  Result<CborValue> map(uint64_t count, size_t depth) {
    if (depth == 0) return malformed("is nested too deeply");
    CborValue::Members members;
    std::string_view last;
    for (uint64_t i = 0; i < count; ++i) {
      const size_t begin = at_;
      CborValue key = TRY(value(depth - 1));
      if (!key.integer() && !key.text()) {
        return malformed("has a key that is neither an integer nor text");
      }
      const std::string_view encoded = whole_.substr(begin, at_ - begin);
      // CTAP2 sorts by major type, then the shorter one, then by bytes. The first byte of an
      // integer or text in its shortest form grows with type and length, so that is the order of
      // the bytes.
      if (i > 0 && last >= encoded) {
        return malformed("has a key twice or in the wrong place");
      }
      last = encoded;
      CborValue member = TRY(value(depth - 1));
      members.emplace_back(std::move(key), std::move(member));
    }
    return CborValue::of_map(std::move(members));
  }

  std::string_view whole_;
  size_t at_ = 0;
};

}  // namespace

CborValue CborValue::of_integer(int64_t number) {
  CborValue made(Kind::integer);
  made.number_ = number;
  return made;
}

CborValue CborValue::of_bytes(std::string_view bytes) {
  CborValue made(Kind::bytes);
  made.string_ = bytes;
  return made;
}

CborValue CborValue::of_text(std::string_view text) {
  CborValue made(Kind::text);
  made.string_ = text;
  return made;
}

CborValue CborValue::of_boolean(bool value) {
  CborValue made(Kind::boolean);
  made.number_ = value ? 1 : 0;
  return made;
}

CborValue CborValue::of_array(Array items) {
  CborValue made(Kind::array);
  made.items_ = std::move(items);
  return made;
}

CborValue CborValue::of_map(Members members) {
  CborValue made(Kind::map);
  made.members_ = std::move(members);
  return made;
}

std::optional<int64_t> CborValue::integer() const {
  return kind_ == Kind::integer ? std::optional(number_) : std::nullopt;
}

std::optional<std::string_view> CborValue::bytes() const {
  return kind_ == Kind::bytes ? std::optional(string_) : std::nullopt;
}

std::optional<std::string_view> CborValue::text() const {
  return kind_ == Kind::text ? std::optional(string_) : std::nullopt;
}

std::optional<bool> CborValue::boolean() const {
  return kind_ == Kind::boolean ? std::optional(number_ != 0) : std::nullopt;
}

const CborValue::Array* CborValue::array() const {
  return kind_ == Kind::array ? &items_ : nullptr;
}

const CborValue::Members* CborValue::map() const {
  return kind_ == Kind::map ? &members_ : nullptr;
}

const CborValue* CborValue::find(int64_t key) const {
  if (map() == nullptr) return nullptr;
  for (const auto& [name, member] : *map()) {
    if (name.integer() == key) return &member;
  }
  return nullptr;
}

const CborValue* CborValue::find(std::string_view key) const {
  if (map() == nullptr) return nullptr;
  for (const auto& [name, member] : *map()) {
    if (name.text() == key) return &member;
  }
  return nullptr;
}

Result<CborFront> parse_cbor_front(std::string_view bytes) {
  if (bytes.size() > kMaxCborBytes) {
    return Error{ErrorCode::too_large, "The CBOR is too long."};
  }
  Reader reader(bytes);
  CborValue value = TRY(reader.value(kMaxCborDepth));
  return CborFront{std::move(value), reader.position()};
}

Result<CborValue> parse_cbor(std::string_view bytes) {
  CborFront front = TRY(parse_cbor_front(bytes));
  if (front.length != bytes.size()) return malformed("has more bytes behind it");
  return std::move(front.value);
}

}  // namespace authd::crypto
