// Stretches of bits in an array of words, the lowest bit of a word first.
#pragma once

#include <cstdint>

#include "radiocore/core.hpp"

namespace radiocore {

using Word = std::uint64_t;
constexpr index_t word_bits = 64;

constexpr index_t words_for(index_t bits) { return (bits + word_bits - 1) / word_bits; }

inline bool test_bit(const Word* words, index_t i) { return words[i / word_bits] >> (i % word_bits) & 1; }

/// Calls edit(word, mask) for every word that holds bits of [begin, end), which is not empty.
template <class Edit>
RADIOCORE_INLINE void for_each_word(index_t begin, index_t end, Edit&& edit) {
  const index_t first = begin / word_bits, last = (end - 1) / word_bits;
  const Word from = ~Word{0} << (begin % word_bits), to = ~Word{0} >> (word_bits - 1 - (end - 1) % word_bits);
  if (first == last) {
    edit(first, from & to);
    return;
  }
  edit(first, from);
  for (index_t word = first + 1; word < last; ++word) edit(word, ~Word{0});
  edit(last, to);
}

RADIOCORE_INLINE void clear_bits(Word* words, index_t begin, index_t end) {
  for_each_word(begin, end, [words](index_t word, Word mask) { words[word] &= ~mask; });
}

RADIOCORE_INLINE void set_bits(Word* words, index_t begin, index_t end) {
  for_each_word(begin, end, [words](index_t word, Word mask) { words[word] |= mask; });
}

/// Bit i: the parity of bits 0 to i.
constexpr Word running_parity(Word word) {
  for (int shift = 1; shift < word_bits; shift *= 2) word ^= word << shift;
  return word;
}

/// Calls visit(i) for every set bit of [begin, end).
template <class Visit>
inline void for_each_set_bit(const Word* words, index_t begin, index_t end, Visit&& visit) {
  if (begin >= end) return;
  for_each_word(begin, end, [&](index_t word, Word mask) {
    for (Word left = words[word] & mask; left != 0; left &= left - 1) visit(word * word_bits + __builtin_ctzll(left));
  });
}

}  // namespace radiocore
