// How a composed mail leaves, according to mail.url: over SMTP, into a directory, or into the log.
#pragma once

#include <string>

#include "tables/rows/rows.h"

namespace authd::mail {

struct Envelope {
  std::string id;  // of the mail, hex digits
  tables::MailKind kind = tables::MailKind::nobody;
  std::string from;  // addresses
  std::string to;
  std::string message;  // mail/message.h
  std::string action;   // the link or code in it, only for the log transport; a secret
};

enum class Outcome {
  sent,     // another server is now responsible for the mail
  later,    // not now: no connection, a time-out, TLS failed, an answer of 4xx
  refused,  // never: the server answered 5xx for this mail
  aborted,  // the process is ending; says nothing about the mail
};

struct SendResult {
  Outcome outcome = Outcome::later;
  // The server's answer, or what went wrong: one line of bounded length, without secrets.
  std::string reason;
};

// Used by one thread at a time.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual SendResult send(const Envelope& envelope) = 0;
};

}  // namespace authd::mail
