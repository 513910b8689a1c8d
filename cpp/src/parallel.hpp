// Work shared among threads by an atomic counter. Threads live as long as one call: no pool, no
// global state. Tasks write to disjoint places, so their order cannot change the answer.
#pragma once

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "radiocore/core.hpp"

namespace radiocore {

/// Processors that this process may use (not those of the machine).
inline int available_threads() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1u, std::thread::hardware_concurrency());
}

/// Calls work(task) for 0 <= task < tasks on `threads` threads (0: all available).
template <class Work>
void parallel_for(index_t tasks, int threads, Work&& work) {
  if (threads <= 0) threads = available_threads();
  const int workers = int(std::min<index_t>(threads, tasks));
  if (workers <= 1) {
    for (index_t task = 0; task < tasks; ++task) work(task);
    return;
  }
  std::atomic<index_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_lock;
  auto run = [&] {
    try {
      for (index_t task = next++; task < tasks; task = next++) work(task);
    } catch (...) {
      const std::lock_guard guard(failure_lock);
      if (!failure) failure = std::current_exception();
      next = tasks;
    }
  };
  std::vector<std::thread> team;
  team.reserve(workers - 1);
  try {
    for (int i = 1; i < workers; ++i) team.emplace_back(run);
  } catch (const std::system_error&) {
    // The system gives no more threads: those that started do the work, with the same answer.
  }
  run();
  for (std::thread& member : team) member.join();
  if (failure) std::rethrow_exception(failure);
}

/// Calls work(begin, end) for consecutive ranges of at most `size` items.
template <class Work>
void parallel_ranges(index_t items, index_t size, int threads, Work&& work) {
  parallel_for((items + size - 1) / size, threads, [&](index_t task) {
    const index_t begin = task * size;
    work(begin, std::min(items, begin + size));
  });
}

}  // namespace radiocore
