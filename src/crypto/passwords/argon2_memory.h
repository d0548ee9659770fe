// Keeps Argon2's memory between the hashes of one thread. libsodium maps and unmaps it for every
// hash; zeroing and mapping 19 MiB of pages each time took 44 % of a hash when measured (16.0 ms
// against 8.2 ms). The linker redirects libsodium's mmap and munmap to this file (--wrap,
// third_party/libraries.cmake); calls that do not come from Argon2 pass straight through.
#pragma once

#include <cstddef>

namespace authd::crypto {

// While an instance exists, its thread keeps the largest memory that an Argon2 computation asked
// for, up to kMaxKept. It belongs to the thread that created it; one per thread. The kept memory
// holds Argon2's blocks, which reveal no password; the next hash overwrites them.
class Argon2Memory {
 public:
  static constexpr size_t kMaxKept = 64 << 20;

  Argon2Memory();
  ~Argon2Memory();
  Argon2Memory(const Argon2Memory&) = delete;
  Argon2Memory& operator=(const Argon2Memory&) = delete;

  // Returns the memory to the system; the next hash maps it again.
  void release();

  size_t kept_bytes() const { return size_; }

  // False if the executable was linked without --wrap: everything works, but nothing is kept.
  static bool is_linked();

 private:
  friend class Argon2Scope;
  friend struct Argon2Mapping;

  void* base_ = nullptr;
  size_t size_ = 0;
  bool is_lent_ = false;    // to the running computation
  bool is_active_ = false;  // inside an Argon2Scope
};

// Placed around a call to libsodium's Argon2: mappings created inside it are the ones to keep.
class Argon2Scope {
 public:
  Argon2Scope();
  ~Argon2Scope();
  Argon2Scope(const Argon2Scope&) = delete;
  Argon2Scope& operator=(const Argon2Scope&) = delete;
};

}  // namespace authd::crypto
