#include "scan_lines.hpp"

#include "simd.hpp"

namespace radiocore {
namespace {

constexpr std::int32_t chunk = 64, few = 12;

/// Puts the first column at or after each crossing of the sides, from 0 to nx, where next[row] points,
/// and moves that on. `close[i]` tells whether a column lies within the blur of side i.
RADIOCORE_CLONES void put_columns(const ScanLines::Side* sides, std::size_t count, std::int32_t nx, double blur,
                                  std::uint32_t* next, std::int32_t* column, char* close) {
  // Adding and taking away 1.5 times 2^52 rounds to a whole number.
  constexpr double to_whole = 0x1.8p52;
  const auto most = double(nx);
  for (std::size_t i = 0; i < count; ++i) {
    const ScanLines::Side side = sides[i];
    const double reach = blur > 0.0 ? blur * (std::abs(side.slope) + 2.0) : -1.0;
    int any = 0;
    for (std::int32_t first = side.begin; first < side.end; first += chunk) {
      const std::int32_t rows = side.end - first < chunk ? side.end - first : chunk;
      const auto column_at = [&](std::int32_t row) __attribute__((always_inline)) {
        const double x = side.a.x + side.slope * (double(row) - side.a.y);
        const double off = x - ((x + to_whole) - to_whole);
        any |= int((off < 0.0 ? -off : off) <= reach);
        const double inside = x < 0.0 ? 0.0 : x > most ? most : x;
        const auto below = std::int32_t(inside);
        return below + std::int32_t(double(below) < inside);
      };
      if (rows < few) {  // not worth filling a vector
        for (std::int32_t k = 0; k < rows; ++k) column[next[first + k]++] = column_at(first + k);
        continue;
      }
      std::int32_t here[chunk];
      for (std::int32_t k = 0; k < rows; ++k) here[k] = column_at(first + k);
      for (std::int32_t k = 0; k < rows; ++k) column[next[first + k]++] = here[k];
    }
    close[i] = char(any);
  }
}

RADIOCORE_CLONES void flip_columns(const ScanLines::Side& side, std::int32_t nx, Word* bits) {
  const auto most = double(nx);
  for (std::int32_t first = side.begin; first < side.end; first += chunk) {
    const std::int32_t rows = side.end - first < chunk ? side.end - first : chunk;
    index_t at[chunk];
    for (std::int32_t k = 0; k < rows; ++k) {
      const double x = side.a.x + side.slope * (double(first + k) - side.a.y);
      const double inside = x < 0.0 ? 0.0 : x > most ? most : x;
      const auto below = std::int32_t(inside);
      at[k] = index_t(first + k) * nx + below + std::int32_t(double(below) < inside);
    }
    for (std::int32_t k = 0; k < rows; ++k) bits[at[k] / word_bits] ^= Word{1} << (at[k] % word_bits);
  }
}

}  // namespace

void ScanLines::flip_crossings(Word* bits) const {
  for (const Side& side : sides_) flip_columns(side, nx_, bits);
}

void ScanLines::sort_into_rows() {
  std::fill(start_.begin() + row_begin_, start_.begin() + row_end_ + 1, 0u);
  for (const Side& side : sides_) {  // differences first: how many more sides cross a row than the one before
    ++start_[std::size_t(side.begin)];
    --start_[std::size_t(side.end)];
  }
  std::uint32_t crossing = 0, total = 0;
  for (std::int32_t row = row_begin_; row < row_end_; ++row) {
    crossing += start_[std::size_t(row)];
    start_[std::size_t(row)] = next_[std::size_t(row)] = total;
    total += crossing;
  }
  start_[std::size_t(row_end_)] = total;
  column_.resize(total);
  close_.resize(sides_.size());
  put_columns(sides_.data(), sides_.size(), nx_, blur_, next_.data(), column_.data(), close_.data());
  for (std::size_t i = 0; i < sides_.size(); ++i) {
    if (close_[i]) doubtful_.push_back(sides_[i]);
  }
}

}  // namespace radiocore
