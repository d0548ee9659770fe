// All open connections: how many in total, per address and in their TLS handshake, and which of
// them are overdue.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "http/front/connection.h"

namespace authd::http {

// Thread-safe. Owns the connections; a pointer from insert() is valid until remove(), which only
// the thread that serves the connection calls.
class Registry {
 public:
  struct Limits {
    size_t all;
    size_t per_address;            // 0: no limit
    size_t handshakes = SIZE_MAX;  // under way at the same time; an address gets an eighth
  };
  explicit Registry(Limits limits) : limits_(limits) {}

  // Reserves an eighth of Limits::all for exempt connections, so that strangers who open as many
  // connections as they can do not shut out the proxy that everybody else comes through.
  void reserve_for_exempt(bool is_reserved);

  // Null (and the connection is closed) if a limit is reached. Connection::is_exempt exempts from
  // the limit per address: proxies and unix sockets speak for many clients.
  //
  // One handshake too many is not refused. Instead the oldest one of the address with the most
  // handshakes is closed, or of the same address if that already has its eighth; never a proxy's
  // while a stranger has one. An honest client finishes its handshake in milliseconds.
  Connection* insert(std::unique_ptr<Connection> connection);
  void remove(Connection* connection);
  // Called when the handshake of a connection has succeeded.
  void end_handshake(Connection* connection);

  // Shuts down overdue connections; the resulting events make the serving thread end them. With
  // `ends_idle`, when the server stops, idle connections are overdue at once, and so is one that
  // sends or takes next to nothing for kSilence: otherwise one silent client would hold up the stop
  // for as long as a request may take. With `ends_all` all are overdue. When there are more
  // than kLookedAtAtOnce, a call without these checks only one in kTurns: otherwise ten thousand
  // idle connections would cost a hundredth of a core.
  void shut_down_late(SteadyTime now, bool ends_idle, bool ends_all);

  size_t size() const;
  uint64_t refused() const;
  uint64_t handshakes_cut() const;

 private:
  static constexpr size_t kLookedAtAtOnce = 1000;
  static constexpr size_t kTurns = 8;
  static constexpr Milliseconds kSilence{2000};
  static constexpr uint64_t kLeastMoved = 512;  // bytes in this time

  static bool is_silent(Connection& connection, SteadyTime now);
  void bound_handshakes(const IpAddress& key);
  void forget_handshake(Connection& connection);

  const Limits limits_;
  mutable std::mutex mutex_;
  size_t reserved_ = 0;
  size_t exempt_ = 0;                    // of open_
  std::list<Connection*> handshakes_;    // under way, the oldest one first
  std::map<IpAddress, size_t> shaking_;  // how many of them each address has, without exempt ones
  uint64_t handshakes_cut_ = 0;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> open_;
  size_t next_bucket_ = 0;  // in open_, to be checked
  std::map<IpAddress, size_t> per_address_;
  uint64_t refused_ = 0;
};

}  // namespace authd::http
