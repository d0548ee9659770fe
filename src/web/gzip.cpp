#include "web/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <new>

#include "base/check.h"
#include "base/text.h"

namespace authd::web {
namespace {

constexpr int kGzipFormat = 16;  // added to the window bits: a gzip header instead of a zlib one

Bytef* bytes(std::string_view text) {
  // zlib's input is not const for history's sake; it is not written to.
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

// "q=0", "q=0.", "q=0.000"
bool is_refusal(std::string_view parameter) {
  parameter = trimmed(parameter);
  if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) return false;
  parameter.remove_prefix(2);
  return !parameter.empty() && parameter.find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

std::string gzip(std::string_view text) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzipFormat,
                     MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = bytes(text);
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = bytes(packed);
  stream.avail_out = static_cast<uInt>(packed.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string gunzip(std::string_view packed, size_t size) {
  z_stream stream{};
  std::string text(size, '\0');
  if (inflateInit2(&stream, MAX_WBITS + kGzipFormat) != Z_OK) throw std::bad_alloc();
  stream.next_in = bytes(packed);
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = bytes(text);
  stream.avail_out = static_cast<uInt>(text.size());
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  CHECK(stream.total_out == size);
  inflateEnd(&stream);
  return text;
}

bool accepts_gzip(std::string_view accept_encoding) {
  bool any = false;  // the value for "*", in case gzip is not named
  while (!accept_encoding.empty()) {
    const size_t comma = std::min(accept_encoding.find(','), accept_encoding.size());
    const std::string_view one = accept_encoding.substr(0, comma);
    accept_encoding.remove_prefix(std::min(comma + 1, accept_encoding.size()));
    const size_t semicolon = std::min(one.find(';'), one.size());
    const std::string_view coding = trimmed(one.substr(0, semicolon));
    const bool taken =
        semicolon == one.size() || !is_refusal(one.substr(std::min(semicolon + 1, one.size())));
    if (coding == "gzip" || coding == "x-gzip" || coding == "GZIP") return taken;
    if (coding == "*") any = taken;
  }
  return any;
}

}  // namespace authd::web
