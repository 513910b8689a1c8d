// Words that many members of a team, or many items, write to. Integers only: their sums, bounds and
// bits come out the same in whatever order the writers arrive.
#pragma once

#include <type_traits>

#include "radiocore/core.hpp"

#if !defined(__CUDA_ARCH__)
#include <atomic>
#include <functional>
#endif

namespace radiocore {

RADIOCORE_HD inline void add_to(std::uint32_t& word, std::uint32_t value) {
#if defined(__CUDA_ARCH__)
  atomicAdd(&word, value);
#else
  std::atomic_ref(word).fetch_add(value, std::memory_order_relaxed);
#endif
}

/// A word that others may be writing to.
RADIOCORE_HD inline std::uint32_t peek(std::uint32_t& word) {
#if defined(__CUDA_ARCH__)
  return *const_cast<volatile std::uint32_t*>(&word);
#else
  return std::atomic_ref(word).load(std::memory_order_relaxed);
#endif
}

RADIOCORE_HD inline void clear_bits(std::uint32_t& word, std::uint32_t bits) {
#if defined(__CUDA_ARCH__)
  atomicAnd(&word, ~bits);
#else
  std::atomic_ref(word).fetch_and(~bits, std::memory_order_relaxed);
#endif
}

#if defined(__CUDA_ARCH__)
/// The word that CUDA's atomics know as wide as T.
template <class T>
using device_word_t = std::conditional_t<sizeof(T) == 8, unsigned long long, unsigned int>;

template <class T>
RADIOCORE_HD inline device_word_t<T>* as_device_word(T& word) {
  return reinterpret_cast<device_word_t<T>*>(&word);
}
#else
/// Writes the value unless another writer's comes before it in the order.
template <class T, class Before>
inline void write_first(T& word, T value, Before before) {
  std::atomic_ref shared(word);
  T seen = shared.load(std::memory_order_relaxed);
  while (before(value, seen) && !shared.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
  }
}
#endif

template <class T>
RADIOCORE_HD inline void raise_to(T& word, T value) {
#if defined(__CUDA_ARCH__)
  atomicMax(as_device_word(word), device_word_t<T>(value));
#else
  write_first(word, value, std::greater<T>{});
#endif
}

template <class T>
RADIOCORE_HD inline void lower_to(T& word, T value) {
#if defined(__CUDA_ARCH__)
  atomicMin(as_device_word(word), device_word_t<T>(value));
#else
  write_first(word, value, std::less<T>{});
#endif
}

}  // namespace radiocore
