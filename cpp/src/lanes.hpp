// Vectors of receivers for the kernels that are compiled once for each instruction set: as wide as the
// set has them, in its own namespace (RADIOCORE_KERNEL), every function inlined. Two make a tile.
#pragma once

#include <cstring>

#include "radiocore/numerics/elementary.hpp"

namespace radiocore {

constexpr int most_tile_lanes = 32;

namespace RADIOCORE_KERNEL {

#if defined(__AVX512F__)
constexpr int lanes = 16;
#elif defined(__AVX2__)
constexpr int lanes = 8;
#else
constexpr int lanes = 4;
#endif
constexpr int vectors = 2;
constexpr int tile = vectors * lanes;
static_assert(tile <= most_tile_lanes);

typedef float Floats __attribute__((vector_size(4 * lanes)));
typedef std::int32_t Ints __attribute__((vector_size(4 * lanes)));
typedef std::uint32_t Words __attribute__((vector_size(4 * lanes)));

}  // namespace RADIOCORE_KERNEL

template <>
struct WordOf<RADIOCORE_KERNEL::Floats> {
  using type = RADIOCORE_KERNEL::Words;
};

namespace RADIOCORE_KERNEL {

#define RADIOCORE_LOCAL [[gnu::always_inline]] static inline

RADIOCORE_LOCAL Floats load(const float* from) {
  Floats value;
  std::memcpy(&value, __builtin_assume_aligned(from, sizeof(value)), sizeof(value));
  return value;
}

RADIOCORE_LOCAL Ints load(const std::int32_t* from) {
  Ints value;
  std::memcpy(&value, __builtin_assume_aligned(from, sizeof(value)), sizeof(value));
  return value;
}

template <class T, class Vector>
RADIOCORE_LOCAL void store(T* to, Vector value) {
  std::memcpy(__builtin_assume_aligned(to, sizeof(value)), &value, sizeof(value));
}

/// All lanes alike. Subtracting zero changes no bit and vanishes.
RADIOCORE_LOCAL Floats every(float value) { return value - Floats{}; }
RADIOCORE_LOCAL Ints every(std::int32_t value) { return value - Ints{}; }

/// Writes the lanes of a tile that are in use to the map.
template <class To, class From>
RADIOCORE_LOCAL void write(To* to, const From* lane, int used) {
  if (used == tile) {
    for (int l = 0; l < tile; ++l) to[l] = To(lane[l]);
  } else {
    for (int l = 0; l < used; ++l) to[l] = To(lane[l]);
  }
}

RADIOCORE_LOCAL bool any(Ints mask) {
  std::int32_t all = 0;
  for (int l = 0; l < lanes; ++l) all |= mask[l];
  return all != 0;
}

RADIOCORE_LOCAL Ints lane_numbers(int first) {
  Ints lane;
  for (int l = 0; l < lanes; ++l) lane[l] = first + l;
  return lane;
}

/// The bits of a vector's lanes as a mask.
RADIOCORE_LOCAL Ints chosen(std::uint32_t bits, Ints lane) { return (every(std::int32_t(bits)) >> lane & 1) != 0; }

}  // namespace RADIOCORE_KERNEL
}  // namespace radiocore
