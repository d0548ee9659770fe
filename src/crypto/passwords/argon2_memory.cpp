#include "crypto/passwords/argon2_memory.h"

#include <sys/mman.h>
#include <sys/types.h>

#include "base/check.h"

// The C library's own functions, under the names that --wrap gives them. Weak: without --wrap they
// are null and nothing calls the functions below.
extern "C" {
[[gnu::weak]] void* __real_mmap(void* address, size_t size, int protection, int flags, int fd,
                                off_t offset);
[[gnu::weak]] int __real_munmap(void* address, size_t size);
void* __wrap_mmap(void* address, size_t size, int protection, int flags, int fd, off_t offset);
int __wrap_munmap(void* address, size_t size);
}

namespace authd::crypto {
namespace {

thread_local Argon2Memory* memory_of_thread = nullptr;

}  // namespace

Argon2Memory::Argon2Memory() {
  CHECK(memory_of_thread == nullptr);
  memory_of_thread = this;
}

Argon2Memory::~Argon2Memory() {
  release();
  memory_of_thread = nullptr;
}

void Argon2Memory::release() {
  CHECK(!is_lent_);
  if (base_ != nullptr) __real_munmap(base_, size_);
  base_ = nullptr;
  size_ = 0;
}

bool Argon2Memory::is_linked() {
  return &__real_mmap != nullptr && &__real_munmap != nullptr;
}

Argon2Scope::Argon2Scope() {
  if (memory_of_thread != nullptr) memory_of_thread->is_active_ = true;
}

Argon2Scope::~Argon2Scope() {
  if (memory_of_thread != nullptr) memory_of_thread->is_active_ = false;
}

struct Argon2Mapping {
  // Memory for a computation, or null if this file does not provide it. Argon2 writes every block
  // before it reads it (RFC 9106 section 3.2), so old content does no harm.
  static void* lend(size_t size) {
    Argon2Memory* memory = memory_of_thread;
    if (memory == nullptr || !memory->is_active_ || memory->is_lent_ ||
        size > Argon2Memory::kMaxKept) {
      return nullptr;
    }
    if (memory->size_ < size) {
      memory->release();
      void* base =
          __real_mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (base == MAP_FAILED) return nullptr;
      memory->base_ = base;
      memory->size_ = size;
    }
    memory->is_lent_ = true;
    return memory->base_;
  }

  static bool take_back(const void* address) {
    Argon2Memory* memory = memory_of_thread;
    if (memory == nullptr || !memory->is_lent_ || memory->base_ != address) return false;
    memory->is_lent_ = false;
    return true;
  }
};

}  // namespace authd::crypto

void* __wrap_mmap(void* address, size_t size, int protection, int flags, int fd, off_t offset) {
  if (address == nullptr && (flags & MAP_ANONYMOUS) != 0 &&
      protection == (PROT_READ | PROT_WRITE)) {
    if (void* lent = authd::crypto::Argon2Mapping::lend(size)) return lent;
  }
  return __real_mmap(address, size, protection, flags, fd, offset);
}

int __wrap_munmap(void* address, size_t size) {
  if (authd::crypto::Argon2Mapping::take_back(address)) return 0;
  return __real_munmap(address, size);
}
