// Moves the chosen lanes of a vector to the front, for kernels compiled once for each instruction set.
#pragma once

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include <array>

#include "lanes.hpp"

namespace radiocore {
namespace RADIOCORE_KERNEL {

/// Which lanes of a mask are set, and their words packed: written to `to` as a whole vector, the chosen
/// ones first. `to` may lie at `from` or before it.
#if defined(__AVX512F__)

struct LaneChoice {
  __mmask16 mask;

  [[gnu::always_inline]] inline explicit LaneChoice(Ints chosen) {
    const __m512i all = bit_cast<__m512i>(chosen);
    mask = _mm512_test_epi32_mask(all, all);
  }
  [[gnu::always_inline]] inline int count() const { return __builtin_popcount(mask); }
  template <class Word>
  [[gnu::always_inline]] inline void pack(const Word* from, Word* to) const {
    _mm512_storeu_si512(to, _mm512_maskz_compress_epi32(mask, _mm512_loadu_si512(from)));
  }
};

#elif defined(__AVX2__)

/// For each of 256 masks the numbers of its lanes, in order.
constexpr auto lanes_of_mask = [] {
  std::array<std::array<std::uint8_t, lanes>, 1 << lanes> table{};
  for (int mask = 0; mask < 1 << lanes; ++mask) {
    for (int lane = 0, next = 0; lane < lanes; ++lane) {
      if (mask >> lane & 1) table[std::size_t(mask)][std::size_t(next++)] = std::uint8_t(lane);
    }
  }
  return table;
}();

struct LaneChoice {
  int mask;
  __m256i lane;

  [[gnu::always_inline]] inline explicit LaneChoice(Ints chosen) {
    mask = _mm256_movemask_ps(bit_cast<__m256>(chosen));
    lane = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(&lanes_of_mask[std::size_t(mask)])));
  }
  [[gnu::always_inline]] inline int count() const { return __builtin_popcount(unsigned(mask)); }
  template <class Word>
  [[gnu::always_inline]] inline void pack(const Word* from, Word* to) const {
    const __m256i all = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_permutevar8x32_epi32(all, lane));
  }
};

#else

struct LaneChoice {
  int number = 0;
  int lane[lanes] = {};

  [[gnu::always_inline]] inline explicit LaneChoice(Ints chosen) {
    for (int l = 0; l < lanes; ++l) {
      lane[number] = l;
      number -= chosen[l];
    }
  }
  [[gnu::always_inline]] inline int count() const { return number; }
  template <class Word>
  [[gnu::always_inline]] inline void pack(const Word* from, Word* to) const {
    Word packed[lanes];
    for (int i = 0; i < lanes; ++i) packed[i] = from[lane[i]];
    for (int i = 0; i < lanes; ++i) to[i] = packed[i];
  }
};

#endif

}  // namespace RADIOCORE_KERNEL
}  // namespace radiocore
