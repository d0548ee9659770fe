// An object for each thread, created when the thread first asks for it. Creation may fail. A
// thread_local with a destructor cannot: if the C library finds no memory to register the
// destructor, it ends the process (cxa_thread_atexit_impl of glibc).
#pragma once

#include <pthread.h>

#include <memory>
#include <new>

#include "base/check.h"

namespace authd {

// For objects of static lifetime. The main thread's object lives as long as the process.
template <typename T>
class PerThread {
 public:
  PerThread() {
    CHECK(pthread_key_create(&key_, [](void* made) { delete static_cast<T*>(made); }) == 0);
  }
  PerThread(const PerThread&) = delete;
  PerThread& operator=(const PerThread&) = delete;

  // Throws std::bad_alloc and whatever T's constructor throws.
  T& get() {
    if (void* made = pthread_getspecific(key_)) return *static_cast<T*>(made);
    auto made = std::make_unique<T>();
    if (pthread_setspecific(key_, made.get()) != 0) throw std::bad_alloc();
    return *made.release();
  }

 private:
  pthread_key_t key_;
};

}  // namespace authd
