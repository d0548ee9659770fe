#include "auth/upkeep/transfer/source.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "crypto/digest.h"

namespace authd::auth::transfer {
namespace {

constexpr size_t kPiece = 256 * 1024;
constexpr size_t kBeginning = 64 * 1024;

Error cannot_read(int error_number) {
  return Error{ErrorCode::unavailable, "cannot read the file: " + system_message(error_number)};
}

}  // namespace

bool Source::append_piece() {
  if (!fd_ || failure_) return false;
  const size_t size = buffer_.size();
  buffer_.resize(size + kPiece);
  ssize_t got = 0;
  do {
    got = read(fd_.get(), buffer_.data() + size, kPiece);
  } while (got < 0 && errno == EINTR);
  if (got < 0) failure_ = cannot_read(errno);
  buffer_.resize(size + static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return got > 0;
}

bool Source::refill() {
  passed_ += at_;
  at_ = 0;
  buffer_.clear();
  return append_piece();
}

Source::Line Source::read_line(std::string& line, size_t limit) {
  line.clear();
  if (peek() == kEnd) return Line::end;
  bool is_too_long = false;
  while (peek() != kEnd) {
    const size_t end = buffer_.find('\n', at_);
    const size_t stop = end == std::string::npos ? buffer_.size() : end;
    is_too_long = is_too_long || line.size() + (stop - at_) > limit;
    if (!is_too_long) line.append(buffer_, at_, stop - at_);
    at_ = stop;
    if (end == std::string::npos) continue;
    get();
    break;
  }
  if (is_too_long) return Line::too_long;
  if (line.ends_with('\r')) line.pop_back();
  return Line::read;
}

std::string_view Source::beginning() {
  while (buffer_.size() < kBeginning && append_piece()) {
  }
  return std::string_view(buffer_).substr(at_, kBeginning);
}

void Source::skip_byte_order_mark() {
  if (beginning().starts_with("\xef\xbb\xbf")) at_ += 3;
}

Result<std::string> fingerprint(int fd) {
  std::string name;
  std::string piece(kPiece, '\0');
  off_t at = 0;
  while (true) {
    const ssize_t got = pread(fd, piece.data(), piece.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(errno);
    if (got == 0) return crypto::sha256(name);
    at += got;
    name.append(piece, 0, static_cast<size_t>(got));
    name = crypto::sha256(name);
  }
}

}  // namespace authd::auth::transfer
