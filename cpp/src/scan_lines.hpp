// Polygons over the rows of a grid: where their sides cross each row, and the columns in between.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "bits.hpp"

namespace radiocore {

/// In columns and rows of a grid.
struct GridPoint {
  double x, y;
};

/// A polygon that does not cross itself, given side by side and filled by parity.
///
/// Its corners are in double precision: where the polygon that is meant differs from the given one by
/// less than `blur`, below 1/2, the cells within that of a side are reported as doubtful, whatever their parity.
class ScanLines {
 public:
  struct Side {
    GridPoint a, b;  // a.y <= b.y
    double slope;    // columns a row
    std::int32_t begin, end;
  };

  ScanLines(std::int32_t nx, std::int32_t ny) : nx_(nx), ny_(ny), start_(std::size_t(ny) + 1), next_(std::size_t(ny)) {}

  /// Starts a polygon. No cell is doubtful where the blur is 0.
  void begin(double blur) {
    blur_ = blur;
    sides_.clear();
    doubtful_.clear();
    row_begin_ = ny_;
    row_end_ = 0;
  }

  void add_side(GridPoint a, GridPoint b) {
    if (a.y > b.y) std::swap(a, b);
    if (b.y < -1.0 || a.y > double(ny_)) return;
    const Side side{a, b, b.y > a.y ? (b.x - a.x) / (b.y - a.y) : 0.0, ceiling(a.y, ny_), ceiling(b.y, ny_)};
    if (blur_ > 0.0 && (off_row(a.y) <= blur_ || off_row(b.y) <= blur_)) doubtful_.push_back(side);
    if (side.begin == side.end) return;
    row_begin_ = std::min(row_begin_, side.begin);
    row_end_ = std::max(row_end_, side.end);
    sides_.push_back(side);
  }

  /// Calls doubt(row, begin, end) for the columns within the blur of a side, and then
  /// fill(row, begin, end) for those inside.
  template <class Doubt, class Fill>
  void scan(Doubt&& doubt, Fill&& fill) {
    if (row_begin_ < row_end_) sort_into_rows();
    for (const Side& side : doubtful_) report(side, doubt);
    const std::uint32_t* const start = start_.data();
    std::int32_t* const column = column_.data();
    for (std::int32_t row = row_begin_, row_end = row_end_; row < row_end; ++row) {
      std::int32_t* const first = column + start[row];
      std::int32_t* const last = column + start[row + 1];
      if (last - first == 2) {
        const std::int32_t begin = std::min(first[0], first[1]), end = std::max(first[0], first[1]);
        if (begin < end) fill(row, begin, end);
        continue;
      }
      std::sort(first, last);
      for (const std::int32_t* at = first; at < last; at += 2) {
        if (at[0] < at[1]) fill(row, at[0], at[1]);
      }
    }
  }

  /// Flips the bit of the first column at or after each crossing, up to one past the last cell: the parity of all
  /// bits up to a cell tells whether it is inside. For polygons of many sides in every row.
  void flip_crossings(Word* bits) const;

 private:
  static std::int32_t ceiling(double value, std::int32_t most) {
    const double inside = value < 0.0 ? 0.0 : value > double(most) ? double(most) : value;
    const auto below = std::int32_t(inside);
    return below + (double(below) < inside);
  }
  /// How far y is from a whole number: adding and taking away 1.5 times 2^52 rounds.
  static double off_row(double y) { return std::abs(y - ((y + 0x1.8p52) - 0x1.8p52)); }

  /// The first column at or after each crossing, packed row by row.
  void sort_into_rows();

  /// Cells of a side's rows, and of rows that its ends touch, that lie within the blur of it.
  template <class Doubt>
  void report(const Side& side, Doubt&& doubt) const {
    const double blur = blur_;
    const auto begin = std::int32_t(std::max(0.0, std::ceil(side.a.y - blur)));
    for (std::int32_t row = begin; row < ny_ && row <= side.b.y + blur; ++row) {
      // What the side has within the blur of this row.
      const double low = std::max(row - blur, side.a.y), high = std::min(row + blur, side.b.y);
      const bool flat = side.b.y - side.a.y <= 2.0 * blur;
      const double x0 = flat ? side.a.x : side.a.x + side.slope * (low - side.a.y);
      const double x1 = flat ? side.b.x : side.a.x + side.slope * (high - side.a.y);
      const std::int32_t from = ceiling(std::min(x0, x1) - 2.0 * blur, nx_);
      const double east = std::max(x0, x1) + 2.0 * blur;
      const std::int32_t to = east < 0.0 ? 0 : east >= double(nx_ - 1) ? nx_ : std::int32_t(east) + 1;
      if (from < to) doubt(row, from, to);
    }
  }

  std::int32_t nx_, ny_;
  double blur_ = 0.0;
  std::int32_t row_begin_ = 0, row_end_ = 0;
  std::vector<Side> sides_, doubtful_;
  std::vector<std::uint32_t> start_;  // (ny + 1,) where the crossings of each row begin
  std::vector<std::uint32_t> next_;
  std::vector<std::int32_t> column_;
  std::vector<char> close_;
};

}  // namespace radiocore
