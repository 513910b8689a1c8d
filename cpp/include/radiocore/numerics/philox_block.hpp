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

/// The words of 16 draws; word j of lane l stands at [16 j + l].
struct alignas(64) PhiloxBlock {
  std::uint32_t word[4 * philox_block_lanes];
};

namespace philox_detail {

/// Ten rounds over lanes of 64 bits, of which only the low halves count: the widening product reads
/// no more, so nothing has to be masked or shuffled between the rounds.
template <class Lanes>
RADIOCORE_INLINE void rounds_of(Lanes& c0, Lanes& c1, Lanes& c2, Lanes& c3, PhiloxKey key) {
  std::uint32_t k0 = key.k[0], k1 = key.k[1];
#pragma GCC unroll 10
  for (int round = 0; round < rounds; ++round) {
    const Lanes a = c0.product(multiplier[0]), b = c2.product(multiplier[1]);
    c0 = b.high().exclusive_or(c1, k0);
    c2 = a.high().exclusive_or(c3, k1);
    c1 = b;
    c3 = a;
    k0 += weyl[0];
    k1 += weyl[1];
  }
}

/// The words of twice as many draws as there are lanes of 64 bits: two lie in each.
template <class Lanes>
RADIOCORE_INLINE void fill(PhiloxBlock& out, int at, Lanes draws, std::uint32_t stream, DrawKey link, PhiloxKey key) {
  Lanes e0 = draws, e1 = Lanes::all(stream), e2 = Lanes::all(link.station), e3 = Lanes::all(link.receiver);
  Lanes o0 = draws.high(), o1 = e1, o2 = e2, o3 = e3;
  rounds_of(e0, e1, e2, e3, key);
  rounds_of(o0, o1, o2, o3, key);
  e0.store_with(o0, out.word + at);
  e1.store_with(o1, out.word + philox_block_lanes + at);
  e2.store_with(o2, out.word + 2 * philox_block_lanes + at);
  e3.store_with(o3, out.word + 3 * philox_block_lanes + at);
}

}  // namespace philox_detail

/// One lane: what runs where no vector unit is known, and what the others are tested against.
struct PortableLanes {
  RADIOCORE_INLINE static void fill(PhiloxBlock& out, const std::uint32_t* draw, std::uint32_t stream, DrawKey link,
                                    PhiloxKey key) {
    for (int lane = 0; lane < philox_block_lanes; ++lane) {
      const Words words = draw_words(key, link, draw[lane], stream);
      for (int j = 0; j < 4; ++j) out.word[philox_block_lanes * j + lane] = words.w[j];
    }
  }
};

#if defined(__AVX2__)

/// Four draws, one in the low half of each 64-bit lane.
struct Avx2Lanes {
  __m256i v;

  RADIOCORE_INLINE static Avx2Lanes all(std::uint32_t value) { return {_mm256_set1_epi64x(std::int64_t(value))}; }
  RADIOCORE_INLINE Avx2Lanes product(std::uint32_t m) const {
    return {_mm256_mul_epu32(v, _mm256_set1_epi64x(std::int64_t(m)))};
  }
  RADIOCORE_INLINE Avx2Lanes high() const { return {_mm256_srli_epi64(v, 32)}; }
  RADIOCORE_INLINE Avx2Lanes exclusive_or(Avx2Lanes other, std::uint32_t k) const {
    return {_mm256_xor_si256(_mm256_xor_si256(v, other.v), _mm256_set1_epi64x(std::int64_t(k)))};
  }
  RADIOCORE_INLINE void store_with(Avx2Lanes odd, std::uint32_t* to) const {
    _mm256_store_si256(reinterpret_cast<__m256i*>(to), _mm256_blend_epi32(v, _mm256_slli_epi64(odd.v, 32), 0xAA));
  }
  RADIOCORE_INLINE static void fill(PhiloxBlock& out, const std::uint32_t* draw, std::uint32_t stream, DrawKey link,
                                    PhiloxKey key) {
    for (int at = 0; at < philox_block_lanes; at += 8) {
      const __m256i draws = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(draw + at));
      philox_detail::fill(out, at, Avx2Lanes{draws}, stream, link, key);
    }
  }
};

#endif

#if defined(__AVX512F__)

/// Eight draws, one in the low half of each 64-bit lane.
struct Avx512Lanes {
  __m512i v;

  RADIOCORE_INLINE static Avx512Lanes all(std::uint32_t value) { return {_mm512_set1_epi64(std::int64_t(value))}; }
  RADIOCORE_INLINE Avx512Lanes product(std::uint32_t m) const {
    return {_mm512_mul_epu32(v, _mm512_set1_epi64(std::int64_t(m)))};
  }
  RADIOCORE_INLINE Avx512Lanes high() const { return {_mm512_srli_epi64(v, 32)}; }
  RADIOCORE_INLINE Avx512Lanes exclusive_or(Avx512Lanes other, std::uint32_t k) const {
    return {_mm512_ternarylogic_epi64(v, other.v, _mm512_set1_epi64(std::int64_t(k)), 0x96)};
  }
  RADIOCORE_INLINE void store_with(Avx512Lanes odd, std::uint32_t* to) const {
    _mm512_store_si512(to, _mm512_mask_blend_epi32(0xAAAA, v, _mm512_slli_epi64(odd.v, 32)));
  }
  RADIOCORE_INLINE static void fill(PhiloxBlock& out, const std::uint32_t* draw, std::uint32_t stream, DrawKey link,
                                    PhiloxKey key) {
    philox_detail::fill(out, 0, Avx512Lanes{_mm512_loadu_si512(draw)}, stream, link, key);
  }
};

#endif

}  // namespace radiocore
