#include "mail/message.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/encoding.h"
#include "base/idn.h"

namespace authd::mail {
namespace {

constexpr size_t kMaxAddress = 320;  // 64 + @ + 255: RFC 3696 section 3
constexpr size_t kMaxHeaderText = 512;
constexpr size_t kMaxPlainHeader = 60;  // longer ones are encoded, which folds them
constexpr size_t kMaxEncodedWord = 39;  // bytes; 73 characters with the longest header name here
constexpr size_t kMaxBodyLine = 76;     // RFC 2045 section 6.7 (5)
constexpr size_t kEncodedLine = 57;     // bytes of a line in base64, which makes 76 of them

bool is_control(char c) {
  return static_cast<uint8_t>(c) < 0x20 || c == 0x7f;
}

bool is_continuation(char c) {
  return (static_cast<uint8_t>(c) & 0xc0) == 0x80;
}

// The longest prefix of `text` of at most `limit` bytes that does not split a character.
std::string_view cut(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && is_continuation(text[limit]))
    limit -= 1;
  return text.substr(0, limit);
}

// One line of well-formed UTF-8 of bounded length.
std::string clean(std::string_view text) {
  std::string line(text);
  const bool is_utf8 = is_valid_utf8(text);
  for (char& c : line) {
    if (is_control(c)) c = ' ';
    if (!is_utf8 && static_cast<uint8_t>(c) >= 0x80) c = '?';
  }
  return std::string(cut(line, kMaxHeaderText));
}

// RFC 2047: encoded words, one per line, none of which splits a character.
std::string encoded_words(std::string_view text) {
  std::string words;
  while (!text.empty()) {
    std::string_view part = cut(text, kMaxEncodedWord);
    if (part.empty()) part = text.substr(0, kMaxEncodedWord);
    words += (words.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + base64_encode(part) + "?=";
    text.remove_prefix(part.size());
  }
  return words;
}

// Must the text be encoded to mean itself in a header?
bool needs_encoding(std::string_view text) {
  return needs_utf8(text) || text.size() > kMaxPlainHeader ||
         text.find("=?") != std::string_view::npos;
}

std::string format_mailbox(const Mailbox& mailbox) {
  const std::string name = clean(mailbox.name);
  const std::string address = address_to_ascii(mailbox.address);
  if (name.find_first_not_of(' ') == std::string::npos) return address;
  std::string phrase;
  if (needs_encoding(name)) {
    phrase = encoded_words(name);
  } else {
    phrase = "\"";
    for (const char c : name) {
      if (c == '"' || c == '\\') phrase += '\\';
      phrase += c;
    }
    phrase += '"';
  }
  return phrase + "\r\n <" + address + ">";
}

std::string format_subject(std::string_view text) {
  const std::string subject = clean(text);
  return needs_encoding(subject) ? encoded_words(subject) : subject;
}

// RFC 5322 section 3.3.
std::string format_date(Time time) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<Seconds>(time - day));
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d +0000",
                kDays.at(std::chrono::weekday(day).c_encoding()), static_cast<unsigned>(date.day()),
                kMonths.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

// RFC 2045 section 6.7. A dot that begins a line is encoded too, so that no relay can take it for
// the end of the mail.
std::string quoted_printable(std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  std::string out;
  size_t column = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (c == '\n') {
      out += "\r\n";
      column = 0;
      continue;
    }
    const bool ends_line =
        i + 1 == text.size() || text[i + 1] == '\n' || text.substr(i + 1, 2) == "\r\n";
    const bool is_plain = c > ' ' && c < 0x7f && c != '=' && !(c == '.' && column == 0);
    const bool is_inner_space = (c == ' ' || c == '\t') && !ends_line;
    const size_t width = is_plain || is_inner_space ? 1 : 3;
    if (column + width > kMaxBodyLine - 1) {  // room for the "=" of a soft line end
      out += "=\r\n";
      column = 0;
    }
    // A soft line break may leave a dot at the start of a line after all.
    if (width == 1 && !(c == '.' && column == 0)) {
      out += c;
      column += 1;
    } else {
      const auto byte = static_cast<uint8_t>(c);
      out += '=';
      out += kHexDigits[byte >> 4];
      out += kHexDigits[byte & 15];
      column += 3;
    }
  }
  if (column > 0) out += "\r\n";
  return out;
}

std::string body_part(std::string_view type, std::string_view text) {
  return "Content-Type: " + std::string(type) +
         "; charset=utf-8\r\n"
         "Content-Transfer-Encoding: quoted-printable\r\n\r\n" +
         quoted_printable(text);
}

std::string content_id(std::string_view id) {
  return "logo." + std::string(id) + "@authd";
}

std::string base64_lines(std::string_view bytes) {
  std::string lines;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kEncodedLine)))
    lines += base64_encode(bytes.substr(0, kEncodedLine)) + "\r\n";
  return lines;
}

// The HTML and its picture as one part: programs that show no HTML show neither. The HTML is the
// root, since it comes first (RFC 2387 section 3.2).
std::string with_picture(const std::string& html, const Message& message) {
  const std::string boundary = "=_logo_" + message.id.substr(0, 32);
  const std::string& type = message.picture.type;
  const std::string name = "logo." + type.substr(type.find('/') + 1);
  return "Content-Type: multipart/related; type=\"text/html\";\r\n boundary=\"" + boundary +
         "\"\r\n\r\n--" + boundary + "\r\n" + html + "\r\n--" + boundary +
         "\r\nContent-Type: " + type + "; name=\"" + name +
         "\"\r\n"
         "Content-Transfer-Encoding: base64\r\nContent-ID: <" +
         content_id(message.id) + ">\r\nContent-Disposition: inline; filename=\"" + name +
         "\"\r\n\r\n" + base64_lines(message.picture.bytes) + "--" + boundary + "--\r\n";
}

// The inside of a quoted string (RFC 5322 section 3.2.4).
std::string unquoted(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    plain += text[i];
  }
  return plain;
}

}  // namespace

Mailbox parse_mailbox(std::string_view text) {
  const size_t open = text.rfind('<');  // A name in quotes may have one too.
  if (open == std::string_view::npos || !text.ends_with('>')) return {"", std::string(text)};
  std::string_view name = text.substr(0, open);
  while (name.ends_with(' '))
    name.remove_suffix(1);
  text.remove_prefix(open + 1);
  text.remove_suffix(1);
  const bool is_quoted = name.size() >= 2 && name.front() == '"' && name.back() == '"';
  return {is_quoted ? unquoted(name.substr(1, name.size() - 2)) : std::string(name),
          std::string(text)};
}

bool is_address(std::string_view text) {
  const size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) return false;
  if (text.size() > kMaxAddress || !is_valid_utf8(text)) return false;
  if (text.find_first_of(" \"(),:;<>[\\]") != std::string_view::npos) return false;
  if (text.find('@') != at || text.front() == '-') return false;
  return std::none_of(text.begin(), text.end(), is_control);
}

bool needs_utf8(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<uint8_t>(c) >= 0x80; });
}

std::string picture_address(std::string_view id) {
  return "cid:" + content_id(id);
}

Result<std::string> format_message(const Message& message) {
  for (const Mailbox* mailbox : {&message.from, &message.to}) {
    if (!is_address(mailbox->address)) {
      return Error{ErrorCode::invalid, "\"" + clean(mailbox->address) + "\" is not a mail address"};
    }
  }
  if (message.id.empty() || message.id.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return Error{ErrorCode::invalid, "the mail has no id"};
  }
  const std::string sender = address_to_ascii(message.from.address);
  const std::string domain = sender.substr(sender.find('@') + 1);
  // "=_" cannot stand in quoted-printable text (RFC 2045 section 6.7), so it needs no search.
  const std::string boundary = "=_authd_" + message.id.substr(0, 32);
  std::string html = body_part("text/html", message.html);
  if (!message.picture.bytes.empty()) html = with_picture(html, message);
  return "Date: " + format_date(message.date) + "\r\nFrom: " + format_mailbox(message.from) +
         "\r\nTo: " + format_mailbox(message.to) +
         "\r\nSubject: " + format_subject(message.subject) + "\r\nMessage-ID: <" + message.id +
         "@" + domain +
         ">\r\n"
         "Auto-Submitted: auto-generated\r\n"
         "MIME-Version: 1.0\r\n"
         "Content-Type: multipart/alternative;\r\n boundary=\"" +
         boundary + "\"\r\n\r\n--" + boundary + "\r\n" + body_part("text/plain", message.text) +
         "\r\n--" + boundary + "\r\n" + html + "\r\n--" + boundary + "--\r\n";
}

}  // namespace authd::mail
