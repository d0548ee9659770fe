// Mail over SMTP (RFC 5321) with libcurl, one connection per mail. With smtps:// TLS comes first;
// with smtp:// STARTTLS (RFC 3207) is required unless mail.starttls is optional. The certificate
// must be good for the host's name. A password or token is sent over TLS only, or to this machine
// itself; and a mail is sent only after the login that is configured.
//
// A permanent refusal is a 5xx for this mail: its sender, its recipient or its content. If the
// server refuses us (a greeting of 554, a wrong password, no TLS), the operator has to fix that, so
// the mails are kept and retried.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "config/config.h"
#include "mail/transport.h"

namespace authd::mail {

std::unique_ptr<Transport> make_smtp_transport(const config::MailSettings& settings,
                                               std::function<bool()> is_ending);

// Connects as for a mail (TLS, certificate, password) and quits without sending one. The reason is
// the server's last answer, or what went wrong and where.
SendResult greet_smtp(const config::MailSettings& settings);

// The outcome of a conversation. Independent of curl, so that it can be tested.
struct Conversation {
  bool is_complete = false;     // everything succeeded
  bool is_aborted = false;      // by us
  bool lacks_utf8 = false;      // the address needs SMTPUTF8, which is not offered
  bool lacks_login = false;     // a login is configured, and none that authd knows is offered
  int replies = 0;              // of the server, the greeting included
  int last_code = 0;            // 0: none
  bool was_last_asked = false;  // the last answer was the failure, not the connection or TLS
};

Outcome judge(const Conversation& seen);

// Reads the lines of a server's replies as they arrive.
class ReplyReader {
 public:
  // `is_encrypted`: TLS from the start (smtps). `mechanism`: a login is wanted, by this mechanism
  // or, with "PLAIN", by LOGIN too.
  ReplyReader(bool wants_utf8, bool is_encrypted, std::string mechanism = "")
      : wants_utf8_(wants_utf8), is_encrypted_(is_encrypted), mechanism_(std::move(mechanism)) {}

  // Takes one line; false when the conversation must end, since something is wanted and not
  // offered.
  bool take(std::string_view line);

  int replies() const { return replies_; }
  int last_code() const { return last_code_; }
  bool lacks_utf8() const { return lacks_utf8_; }
  bool lacks_login() const { return lacks_login_; }
  // The last reply on one line, with its code.
  const std::string& last_text() const { return text_; }

 private:
  bool wants_utf8_;
  bool is_encrypted_;
  std::string mechanism_;
  bool lacks_utf8_ = false;
  bool lacks_login_ = false;
  bool is_inside_ = false;  // of a reply of several lines
  int replies_ = 0;
  int last_code_ = 0;
  int code_before_ = 0;
  bool offers_utf8_ = false;
  bool offers_tls_ = false;
  bool offers_login_ = false;
  std::string text_;
};

}  // namespace authd::mail
