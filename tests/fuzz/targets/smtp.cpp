// A mail server that answers anything: one line of the input for each command, then the end. A mail
// counts as sent only after a 2xx, and the server's answer is logged as one plain line.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "base/file.h"
#include "mail/smtp.h"
#include "target.h"

namespace authd::fuzz {
namespace {

// Never reached, since the server ends every conversation: a client that gave up before it had
// connected would leave the server waiting.
constexpr Milliseconds kTimeout{120'000};
constexpr int kSilenceMs = 3;
constexpr size_t kMaxReason = 1'000;

// Serves one connection at a time, in a thread.
class Server {
 public:
  Server() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    CHECK(bind(listener_.get(), any, size) == 0 && listen(listener_.get(), 1) == 0);
    CHECK(getsockname(listener_.get(), any, &size) == 0);
    port_ = ntohs(address.sin_port);
  }

  uint16_t port() const { return port_; }

  // Sends one line now, and each of the next ones after hearing something or after a pause: then
  // the client waits for more of the same reply, or has understood none.
  void serve(std::string_view words) const {
    const UniqueFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) return;
    // Ends with a reset: no connection is left waiting in the kernel, which has few places.
    const linger reset{1, 0};
    setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    Dice lines(words);
    while (!lines.is_empty()) {
      const std::string line = std::string(lines.line()) + "\r\n";
      if (send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL) < 0) return;
      char heard[4096];
      pollfd waiting{fd.get(), POLLIN, 0};
      if (poll(&waiting, 1, kSilenceMs) == 1 && recv(fd.get(), heard, sizeof heard, 0) <= 0) return;
    }
  }

 private:
  UniqueFd listener_;
  uint16_t port_ = 0;
};

config::MailSettings settings_for(uint16_t port) {
  config::MailSettings settings;
  settings.url.kind = config::MailUrl::Kind::smtp;
  settings.url.host = "127.0.0.1";
  settings.url.port = port;
  settings.url.user = "mailer";
  settings.url.password = "the password";
  settings.timeout = kTimeout;
  settings.starttls = config::StartTls::optional;
  return settings;
}

mail::Envelope envelope_to(std::string to) {
  mail::Envelope envelope;
  envelope.id = "00";
  envelope.from = "authd@example.org";
  envelope.to = std::move(to);
  envelope.message = "Subject: Hello\r\n\r\nHello.\r\n";
  return envelope;
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

void read_alone(std::string_view words) {
  mail::ReplyReader reader(true, false);
  Dice lines(words);
  while (!lines.is_empty() && reader.take(lines.line())) {
    CHECK(reader.last_code() == 0 || (reader.last_code() >= 200 && reader.last_code() < 600));
    CHECK(is_plain(reader.last_text()) && reader.last_text().size() <= kMaxReason);
  }
}

bool has_good_reply(std::string_view words) {
  return words.starts_with('2') || words.find("\n2") != std::string_view::npos;
}

}  // namespace

void run(std::string_view input) {
  read_alone(input);
  static const Server server;
  static const config::MailSettings settings = settings_for(server.port());
  Dice dice(input);
  const bool is_foreign = dice.byte() % 4 == 0;
  const auto transport = mail::make_smtp_transport(settings, [] { return false; });
  std::thread thread([&] { server.serve(dice.rest()); });
  const mail::SendResult result =
      transport->send(envelope_to(is_foreign ? "j\xc3\xbcrgen@example.org" : "ann@example.org"));
  thread.join();
  CHECK(is_plain(result.reason) && result.reason.size() <= kMaxReason);
  CHECK(result.reason.find("the password") == std::string::npos ||
        input.find("the password") != std::string_view::npos);
  CHECK(result.outcome != mail::Outcome::aborted);
  if (result.outcome == mail::Outcome::sent) CHECK(has_good_reply(dice.rest()));
  if (result.outcome == mail::Outcome::refused) CHECK(!result.reason.empty());
}

}  // namespace authd::fuzz
