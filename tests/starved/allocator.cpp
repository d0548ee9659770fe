// The allocator of starved_authd: the machine's, but while the file $STARVE_FILE says so, one in
// `every` allocations fails, chosen pseudo-randomly. Nothing else differs from authd. The linker
// redirects malloc of everything linked statically to this file (--wrap), including operator new
// below, which the standard library's own code also uses.
//
// With real limits (setrlimit), the allocator decides which allocation fails: mostly a large one,
// and always the same few. This one reaches them all.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <new>

extern "C" {
void* __real_malloc(size_t size);
void* __real_calloc(size_t count, size_t size);
void* __real_realloc(void* old, size_t size);
void* __wrap_malloc(size_t size);
void* __wrap_calloc(size_t count, size_t size);
void* __wrap_realloc(void* old, size_t size);
}

namespace {

// The contents of the file. The test writes the first member, this process the others.
struct Page {
  uint64_t every;  // 0: none fails
  uint64_t calls;  // while `every` was not 0
  uint64_t failed;
};

Page* page = nullptr;

[[gnu::constructor]] void open_page() {
  const char* file = getenv("STARVE_FILE");
  if (file == nullptr) return;
  const int fd = open(file, O_RDWR | O_CLOEXEC);
  void* mapped = mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (mapped == MAP_FAILED) _exit(2);
  page = static_cast<Page*>(mapped);
}

bool fails() {
  if (page == nullptr) return false;
  const uint64_t every = __atomic_load_n(&page->every, __ATOMIC_RELAXED);
  if (every == 0) return false;
  uint64_t number = __atomic_add_fetch(&page->calls, 1, __ATOMIC_RELAXED);
  number *= 0x9e3779b97f4a7c15;  // Knuth's multiplicative hash: no rhythm that a loop could share
  if ((number >> 32) % every != 0) return false;
  __atomic_add_fetch(&page->failed, 1, __ATOMIC_RELAXED);
  errno = ENOMEM;
  return true;
}

void* allocated(size_t size) {
  void* memory = __wrap_malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* __wrap_malloc(size_t size) {
  return fails() ? nullptr : __real_malloc(size);
}

void* __wrap_calloc(size_t count, size_t size) {
  return fails() ? nullptr : __real_calloc(count, size);
}

void* __wrap_realloc(void* old, size_t size) {
  return size != 0 && fails() ? nullptr : __real_realloc(old, size);
}

void* operator new(size_t size) {
  return allocated(size);
}

void* operator new[](size_t size) {
  return allocated(size);
}

void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return __wrap_malloc(size == 0 ? 1 : size);
}

void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  return __wrap_malloc(size == 0 ? 1 : size);
}

void operator delete(void* memory) noexcept {
  free(memory);
}

void operator delete[](void* memory) noexcept {
  free(memory);
}

void operator delete(void* memory, size_t) noexcept {
  free(memory);
}

void operator delete[](void* memory, size_t) noexcept {
  free(memory);
}
