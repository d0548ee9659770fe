#include "auth/upkeep/backup/file.h"

#include "tables/rows/codec.h"

namespace authd::auth::backup {
namespace {

constexpr uint64_t kMaxInfo = 64 * 1024;

Error damaged() {
  return Error{ErrorCode::invalid, "the file is not a valid backup"};
}

void append_text(std::string& out, std::string_view text) {
  tables::append_varint(out, text.size());
  out += text;
}

}  // namespace

Result<uint64_t> write_backup(store::Store& store, const BackupInfo& info,
                              crypto::StreamSealer& out) {
  std::string bytes;
  append_text(bytes, tables::encode_row(info));
  TRY(out.write(bytes));
  wipe(bytes);
  uint64_t records = 0;
  TRY(store.copy([&](std::string_view key, std::string_view value) -> Result<void> {
    bytes.clear();
    append_text(bytes, key);
    append_text(bytes, value);
    records += 1;
    return out.write(bytes);
  }));
  bytes.assign(1, '\0');
  tables::append_varint(bytes, records);
  TRY(out.write(bytes));
  TRY(out.finish());
  return records;
}

Result<BackupInfo> Reader::info() {
  const uint64_t size = TRY(take_number());
  if (size > kMaxInfo) return damaged();
  const std::string_view bytes = TRY(take(size));
  try {
    return tables::decode_row<BackupInfo>(bytes, "backup");
  } catch (const store::Fault&) {
    return damaged();
  }
}

Result<bool> Reader::next(std::string_view& key, std::string_view& value) {
  constexpr size_t kLengths = 20;  // of two varints at most
  // Buffer the whole record before taking the first view of it.
  TRY(fill(store::kMaxKeyBytes + store::kMaxValueBytes + kLengths));
  const uint64_t key_size = TRY(take_number());
  if (key_size == 0) {
    if (TRY(take_number()) != records_ || at_ != buffer_.size()) return damaged();
    return false;
  }
  if (key_size > store::kMaxKeyBytes) return damaged();
  key = TRY(take(key_size));
  const uint64_t value_size = TRY(take_number());
  if (value_size > store::kMaxValueBytes) return damaged();
  value = TRY(take(value_size));
  records_ += 1;
  return true;
}

// Whether this many bytes are buffered; there may be fewer at the end of the stream.
Result<bool> Reader::fill(size_t size) {
  while (buffer_.size() - at_ < size) {
    const std::string piece = TRY(in_.next());
    if (piece.empty()) return false;
    buffer_.erase(0, at_);
    at_ = 0;
    buffer_ += piece;
  }
  return true;
}

Result<uint64_t> Reader::take_number() {
  constexpr size_t kLongest = 10;
  TRY(fill(kLongest));
  std::string_view rest = std::string_view(buffer_).substr(at_);
  const std::optional<uint64_t> number = tables::take_varint(rest);
  if (!number) return damaged();
  at_ = buffer_.size() - rest.size();
  return *number;
}

// Within next() the buffer is full enough already, so earlier views stay valid.
Result<std::string_view> Reader::take(uint64_t size) {
  if (!TRY(fill(size)) && buffer_.size() - at_ < size) return damaged();
  const std::string_view taken = std::string_view(buffer_).substr(at_, size);
  at_ += size;
  return taken;
}

}  // namespace authd::auth::backup
