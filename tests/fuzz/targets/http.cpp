// Bytes of a connection through the whole server: front, head, chunks, gateway, app, every route,
// over a store in memory. The first byte decides how they are split into pieces. The connection
// must return complete replies, none of them an internal error, and then end.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>

#include "base/file.h"
#include "config/reading/keys.h"
#include "http/front/front.h"
#include "support/temp_dir.h"
#include "target.h"
#include "world.h"

namespace authd::fuzz {
namespace {

// Nothing here takes longer than hashing a password or decoding an image.
constexpr int kPatienceMs = 60'000;

class Server {
 public:
  Server() {
    http::FrontOptions options(config::defaults());
    config::Listen listen;
    listen.kind = config::Listen::Kind::unix_path;
    listen.path = path_;
    options.server.listen = {listen};
    options.public_url = "http://auth.test";
    options.server.workers = options.socket_threads = options.slow_threads = 1;
    options.policy.rate_limit.enabled = false;
    test::Instance& instance = world_.instance();
    front_ = std::make_unique<http::Front>(options, world_.routes(), null_log(), instance.clock,
                                           instance.random, world_.metrics());
    CHECK(front_->open());
    front_->start();
  }

  World& world() { return world_; }

  UniqueFd connect() const {
    UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    CHECK(path_.size() < sizeof address.sun_path);
    path_.copy(address.sun_path, path_.size());
    CHECK(fd && ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    return fd;
  }

 private:
  World world_;
  test::TempDir directory_;
  std::string path_ = directory_.file("socket");
  std::unique_ptr<http::Front> front_;
};

// Inputs change the store: it must not grow forever, and an input that ends the only session would
// leave nothing for later ones.
Server& server() {
  constexpr int kRunsOfOne = 500;
  static std::unique_ptr<Server> current;
  static int runs = 0;
  if (runs++ % kRunsOfOne == 0 || !current->world().is_fresh()) {
    current.reset();
    current = std::make_unique<Server>();
  }
  return *current;
}

// Replies are read between the pieces, or both sides could wait for each other.
void take_what_is_there(int fd, std::string& replies) {
  char piece[16 * 1024];
  ssize_t got = 0;
  while ((got = recv(fd, piece, sizeof piece, MSG_DONTWAIT)) > 0)
    replies.append(piece, static_cast<size_t>(got));
}

std::string talk(const Server& to, std::string_view bytes, size_t piece) {
  const UniqueFd fd = to.connect();
  std::string replies;
  while (!bytes.empty()) {
    const ssize_t put = send(fd.get(), bytes.data(), std::min(piece, bytes.size()), MSG_NOSIGNAL);
    if (put <= 0) break;  // The server has ended the connection.
    bytes.remove_prefix(static_cast<size_t>(put));
    take_what_is_there(fd.get(), replies);
  }
  shutdown(fd.get(), SHUT_WR);
  char chunk[16 * 1024];
  while (true) {
    pollfd waiting{fd.get(), POLLIN, 0};
    CHECK(poll(&waiting, 1, kPatienceMs) == 1);  // Or the server has forgotten it.
    const ssize_t got = recv(fd.get(), chunk, sizeof chunk, 0);
    if (got <= 0) return replies;
    replies.append(chunk, static_cast<size_t>(got));
  }
}

size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "\r\nContent-Length: ";
  const size_t at = head.find(kName);
  size_t length = 0;
  if (at != std::string_view::npos) {
    const char* digits = head.data() + at + kName.size();
    std::from_chars(digits, head.data() + head.size(), length);
  }
  return length;
}

bool is_between_replies(std::string_view rest) {
  return rest.empty() || rest.starts_with("HTTP/1.1 ");
}

void check_replies(std::string_view replies) {
  while (!replies.empty()) {
    CHECK(replies.starts_with("HTTP/1.1 "));
    const size_t end = replies.find("\r\n\r\n");
    CHECK(end != std::string_view::npos);
    const std::string_view head = replies.substr(0, end + 2);
    const std::string_view status = head.substr(9, 3);
    CHECK(status >= "100" && status < "600" && status != "500");
    CHECK(status == "100" || head.find("\r\nX-Request-ID: ") != std::string_view::npos);
    replies.remove_prefix(end + 4);
    // The reply to a HEAD states the length of a body that it does not have.
    const size_t length = std::min(content_length(head), replies.size() + 1);
    const bool is_whole = length <= replies.size() && is_between_replies(replies.substr(length));
    CHECK(is_whole || is_between_replies(replies));
    if (is_whole) replies.remove_prefix(length);
  }
}

}  // namespace

void run(std::string_view input) {
  Dice dice(input);
  const uint8_t pieces = dice.byte();
  const size_t piece = pieces == 0 ? kMaxInput * 2 : pieces;
  Server& to = server();
  check_replies(talk(to, to.world().filled(dice.rest()), piece));
}

}  // namespace authd::fuzz
