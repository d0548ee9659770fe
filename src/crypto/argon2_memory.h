// Keeps the memory of Argon2 between the hashes of one thread. libsodium maps and unmaps it for
// every hash, and to have 19 MiB of pages zeroed and mapped each time cost 44 % of a hash where it
// was measured (16.0 ms against 8.2 ms). The linker leads libsodium's mmap and munmap here
// (--wrap, third_party/libraries.cmake); whatever is not Argon2's passes straight through.
#pragma once

#include <cstddef>

namespace authd::crypto {

// While one lives, its thread keeps the largest memory that an Argon2 computation asked for, up to
// kMaxKept. Belongs to the thread that made it; one per thread. What is kept are Argon2's blocks,
// from which no password can be read; the next hash overwrites them.
class Argon2Memory {
 public:
  static constexpr size_t kMaxKept = 64 << 20;

  Argon2Memory();
  ~Argon2Memory();
  Argon2Memory(const Argon2Memory&) = delete;
  Argon2Memory& operator=(const Argon2Memory&) = delete;

  // Gives the memory back to the system; the next hash maps it anew.
  void release();

  size_t kept_bytes() const { return size_; }

  // False when the executable was linked without --wrap: all works, and nothing is kept.
  static bool is_linked();

 private:
  friend class Argon2Scope;
  friend struct Argon2Mapping;

  void* base_ = nullptr;
  size_t size_ = 0;
  bool is_lent_ = false;    // to the computation that runs
  bool is_active_ = false;  // inside an Argon2Scope
};

// Around a call of libsodium's Argon2: mappings made inside are the ones to keep.
class Argon2Scope {
 public:
  Argon2Scope();
  ~Argon2Scope();
  Argon2Scope(const Argon2Scope&) = delete;
  Argon2Scope& operator=(const Argon2Scope&) = delete;
};

}  // namespace authd::crypto
