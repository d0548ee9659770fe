// How a composed mail leaves: by SMTP, into a directory, or into the log, as mail.url says.
#pragma once

#include <string>

#include "tables/rows.h"

namespace authd::mail {

struct Envelope {
  std::string id;  // of the mail, hex digits
  tables::MailKind kind = tables::MailKind::nobody;
  std::string from;  // addresses
  std::string to;
  std::string message;  // mail/message.h
  std::string action;   // the link or code in it, for the log transport alone; a secret
};

enum class Outcome {
  sent,     // somebody else is responsible for the mail now
  later,    // not now: no connection, a time-out, TLS failed, an answer of 4xx
  refused,  // never: the server answered this mail with 5xx
  aborted,  // the process ends; says nothing of the mail
};

struct SendResult {
  Outcome outcome = Outcome::later;
  // What the server answered, or what went wrong: one line of bounded length, without secrets.
  std::string reason;
};

// Used by one thread at a time.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual SendResult send(const Envelope& envelope) = 0;
};

}  // namespace authd::mail
