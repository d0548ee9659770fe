#include "http/front/progress.h"

#include <algorithm>

namespace authd::http {
namespace {

bool is_stuck(const Progress::Lane& before, const Progress::Lane& now) {
  return before.queued > 0 && now.queued > 0 && before.finished == now.finished;
}

}  // namespace

std::string_view stuck_part(const Progress& before, const Progress& now) {
  if (before.ticks == now.ticks) return "deadlines of connections";
  const size_t threads = std::min(before.turns.size(), now.turns.size());
  for (size_t i = 0; i < threads; ++i) {
    if (now.turns[i] % 2 == 1 && before.turns[i] == now.turns[i]) return "socket thread";
  }
  if (is_stuck(before.writes, now.writes)) return "requests that write";
  if (is_stuck(before.handshakes, now.handshakes)) return "TLS handshakes";
  if (is_stuck(before.slow, now.slow)) return "requests with passwords";
  return "";
}

}  // namespace authd::http
