// Philox4x32-10: random words as a pure function of a counter and a key.
//
// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
// There is no state, so the order in which draws are made cannot matter.
#pragma once

#include "radiocore/core.hpp"

namespace radiocore {

struct Words {
  std::uint32_t w[4];
};

struct PhiloxKey {
  std::uint32_t k[2];

  RADIOCORE_HD static constexpr PhiloxKey from_seed(std::uint64_t seed) {
    return {{std::uint32_t(seed), std::uint32_t(seed >> 32)}};
  }
};

namespace philox_detail {

constexpr std::uint32_t multiplier[2] = {0xD2511F53u, 0xCD9E8D57u};
constexpr std::uint32_t weyl[2] = {0x9E3779B9u, 0xBB67AE85u};
constexpr int rounds = 10;

}  // namespace philox_detail

RADIOCORE_INLINE Words philox4x32(Words counter, PhiloxKey key) {
  // Plain locals: arrays of constants are not visible to device code.
  constexpr std::uint32_t m0 = philox_detail::multiplier[0], m1 = philox_detail::multiplier[1];
  constexpr std::uint32_t w0 = philox_detail::weyl[0], w1 = philox_detail::weyl[1];
  std::uint32_t c0 = counter.w[0], c1 = counter.w[1], c2 = counter.w[2], c3 = counter.w[3];
  std::uint32_t k0 = key.k[0], k1 = key.k[1];
  for (int round = 0; round < philox_detail::rounds; ++round) {
    const std::uint64_t a = std::uint64_t(m0) * c0, b = std::uint64_t(m1) * c2;
    const std::uint32_t n0 = std::uint32_t(b >> 32) ^ c1 ^ k0;
    const std::uint32_t n2 = std::uint32_t(a >> 32) ^ c3 ^ k1;
    c1 = std::uint32_t(b);
    c3 = std::uint32_t(a);
    c0 = n0;
    c2 = n2;
    k0 += w0;
    k1 += w1;
  }
  return {{c0, c1, c2, c3}};
}

/// What a word is drawn for. Links are keyed by (seed, receiver, station, draw), so a draw has the
/// same value whatever the thread, the block or the order it is made in.
///   w0: draw, or group of four draws   w1: which uniform of that draw
///   w2: rank of the station            w3: global index of the receiver
struct DrawKey {
  std::uint32_t receiver;
  std::uint32_t station;
};

/// Streams of uniforms that do not belong to a fading gain, told apart in w1.
constexpr std::uint32_t line_of_sight_stream = 0xFFFFFFFFu;
constexpr std::uint32_t activity_stream = 0xFFFFFFFEu;
constexpr std::uint32_t rejection_stream = 0x80000000u;  // plus the attempt

RADIOCORE_INLINE Words draw_words(PhiloxKey key, DrawKey link, std::uint32_t draw, std::uint32_t stream) {
  return philox4x32({{draw, stream, link.station, link.receiver}}, key);
}

/// A word as a number in (0, 1]: the middle of its cell of width 2^-31, rounded.
RADIOCORE_INLINE constexpr float unit_float(std::uint32_t word) {
  return (float(std::int32_t(word >> 1)) + 0.5f) * 0x1p-31f;
}

/// Two words as a number in (0, 1): the middle of its cell of width 2^-52.
RADIOCORE_INLINE constexpr double unit_double(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (std::uint64_t(high) << 20) | (low >> 12);
  return (double(std::int64_t(bits)) + 0.5) * 0x1p-52;
}

}  // namespace radiocore
