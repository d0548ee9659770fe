// A mail as bytes: MIME with a text and an HTML form of the same content (RFC 5322, RFC 2045 to
// 2047, RFC 6532 for addresses beyond ASCII), and the picture in it (RFC 2387). No value can begin
// a new header: control characters in texts become spaces, and an address with one is refused.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace authd::mail {

struct Mailbox {
  std::string name;  // for people; may be empty
  std::string address;
};

// "Name <address>" or "address"; the name may be in quotes. Whether the address is one says
// is_address().
Mailbox parse_mailbox(std::string_view text);

// An address that is allowed in an envelope and in a header: local part and domain, no quoted
// strings, no space, comment, control character or ill-formed UTF-8, at most 320 bytes.
bool is_address(std::string_view text);

// True if `text` has a non-ASCII byte: an address that needs SMTPUTF8 (RFC 6531).
bool needs_utf8(std::string_view text);

// What the HTML shows from within the mail.
struct Picture {
  std::string type;   // "image/png"
  std::string bytes;  // empty: there is none
};

struct Message {
  std::string id;  // hex digits; with the sender's domain it is the Message-ID
  Mailbox from;
  Mailbox to;
  std::string subject;
  std::string text;  // UTF-8, lines end with \n
  std::string html;
  Picture picture = {};  // the HTML names it by picture_address()
  Time date;
};

// The address of the picture for the HTML of the mail with this id, "cid:…" (RFC 2392).
std::string picture_address(std::string_view id);

// The message with CRLF line ends, no line longer than 998 bytes (bodies: 76), ASCII but for the
// local parts of addresses that are not; an internationalised domain is written in ASCII. The same
// Message gives the same bytes. Error: `invalid` when an address is none.
Result<std::string> format_message(const Message& message);

}  // namespace authd::mail
