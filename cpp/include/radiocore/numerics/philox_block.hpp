// Sixteen Philox counters at a time, for the CPU's vector units. Same words as philox4x32.
//
// Written by hand because compilers miss that a 32 x 32 -> 64 bit product of lanes is one
// instruction (pmuludq); with their three-instruction 64-bit product it runs at half the speed.
// Which lanes exist depends on the flags that the including file is compiled with.
#pragma once

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "radiocore/numerics/philox.hpp"

namespace radiocore {

constexpr int philox_block_lanes = 16;

/// The words of 16 consecutive draws; word j of lane l stands at [16 j + l].
struct alignas(64) PhiloxBlock {
  std::uint32_t word[4 * philox_block_lanes];
};

namespace philox_detail {

/// Ten rounds over any lane type with xor, a broadcast and a widening product.
template <class Lanes>
RADIOCORE_INLINE void fill(PhiloxBlock& out, int at, Lanes c0, std::uint32_t stream, DrawKey link,
                                        PhiloxKey key) {
  Lanes c1 = Lanes::all(stream), c2 = Lanes::all(link.station), c3 = Lanes::all(link.receiver);
  std::uint32_t k0 = key.k[0], k1 = key.k[1];
#pragma GCC unroll 10
  for (int round = 0; round < rounds; ++round) {
    Lanes a_high, a_low, b_high, b_low;
    c0.product(multiplier[0], a_high, a_low);
    c2.product(multiplier[1], b_high, b_low);
    c0 = b_high.exclusive_or(c1, k0);
    c2 = a_high.exclusive_or(c3, k1);
    c1 = b_low;
    c3 = a_low;
    k0 += weyl[0];
    k1 += weyl[1];
  }
  c0.store(out.word + at);
  c1.store(out.word + philox_block_lanes + at);
  c2.store(out.word + 2 * philox_block_lanes + at);
  c3.store(out.word + 3 * philox_block_lanes + at);
}

}  // namespace philox_detail

/// One lane: what runs where no vector unit is known, and what the others are tested against.
struct PortableLanes {
  RADIOCORE_INLINE static void fill(PhiloxBlock& out, std::uint32_t draw, std::uint32_t stream,
                                                 DrawKey link, PhiloxKey key) {
    for (int lane = 0; lane < philox_block_lanes; ++lane) {
      const Words words = draw_words(key, link, draw + std::uint32_t(lane), stream);
      for (int j = 0; j < 4; ++j) out.word[philox_block_lanes * j + lane] = words.w[j];
    }
  }
};

#if defined(__AVX2__)

struct Avx2Lanes {
  __m256i v;

  RADIOCORE_INLINE static Avx2Lanes all(std::uint32_t value) {
    return {_mm256_set1_epi32(int(value))};
  }
  RADIOCORE_INLINE void product(std::uint32_t m, Avx2Lanes& high,
                                                                  Avx2Lanes& low) const {
    const __m256i factor = _mm256_set1_epi32(int(m));
    const __m256i even = _mm256_mul_epu32(v, factor);
    const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(v, 32), factor);
    high.v = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
    low.v = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
  }
  RADIOCORE_INLINE Avx2Lanes exclusive_or(Avx2Lanes other, std::uint32_t k) const {
    return {_mm256_xor_si256(_mm256_xor_si256(v, other.v), _mm256_set1_epi32(int(k)))};
  }
  RADIOCORE_INLINE void store(std::uint32_t* to) const {
    _mm256_store_si256(reinterpret_cast<__m256i*>(to), v);
  }
  RADIOCORE_INLINE static void fill(PhiloxBlock& out, std::uint32_t draw,
                                                                      std::uint32_t stream, DrawKey link,
                                                                      PhiloxKey key) {
    const __m256i first = _mm256_add_epi32(_mm256_set1_epi32(int(draw)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    philox_detail::fill(out, 0, Avx2Lanes{first}, stream, link, key);
    philox_detail::fill(out, 8, Avx2Lanes{_mm256_add_epi32(first, _mm256_set1_epi32(8))}, stream, link, key);
  }
};

#endif

#if defined(__AVX512F__)

struct Avx512Lanes {
  __m512i v;

  RADIOCORE_INLINE static Avx512Lanes all(std::uint32_t value) {
    return {_mm512_set1_epi32(int(value))};
  }
  RADIOCORE_INLINE void product(std::uint32_t m, Avx512Lanes& high,
                                                                     Avx512Lanes& low) const {
    const __m512i factor = _mm512_set1_epi32(int(m));
    const __m512i even = _mm512_mul_epu32(v, factor);
    const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(v, 32), factor);
    high.v = _mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 32), odd);
    low.v = _mm512_mask_blend_epi32(0xAAAA, even, _mm512_slli_epi64(odd, 32));
  }
  RADIOCORE_INLINE Avx512Lanes exclusive_or(Avx512Lanes other,
                                                                                 std::uint32_t k) const {
    return {_mm512_ternarylogic_epi32(v, other.v, _mm512_set1_epi32(int(k)), 0x96)};
  }
  RADIOCORE_INLINE void store(std::uint32_t* to) const {
    _mm512_store_si512(to, v);
  }
  RADIOCORE_INLINE static void fill(PhiloxBlock& out, std::uint32_t draw,
                                                                         std::uint32_t stream, DrawKey link,
                                                                         PhiloxKey key) {
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    philox_detail::fill(out, 0, Avx512Lanes{_mm512_add_epi32(_mm512_set1_epi32(int(draw)), lane)}, stream, link, key);
  }
};

#endif

}  // namespace radiocore
