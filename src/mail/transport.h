// How a composed mail leaves: by SMTP, into a directory, or into the log, as mail.url says.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "config/config.h"
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

// The transport of mail.url. `is_ending` is asked while a transfer runs, at least once a second;
// true aborts it. Settings and log outlive the transport.
std::unique_ptr<Transport> make_transport(const config::MailSettings& settings, Log& log,
                                          std::function<bool()> is_ending);

}  // namespace authd::mail
