#include "outdoors.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "bits.hpp"
#include "parallel.hpp"

namespace radiocore {
namespace {

struct Quotient {
  std::int64_t whole, rest;  // 0 <= rest < divisor
};

/// Division rounded down by way of a product: exact, since what rounding may have missed is put right.
Quotient divide(std::int64_t value, std::int64_t divisor, double per_divisor) {
  auto whole = std::int64_t(double(value) * per_divisor);
  std::int64_t rest = value - whole * divisor;
  for (; rest < 0; rest += divisor) --whole;
  for (; rest >= divisor; rest -= divisor) ++whole;
  return {whole, rest};
}

constexpr std::int32_t band = 64;  // rows of a task, so that no word belongs to two tasks

/// Clears the bits of receivers inside one prism after the other, in a band of rows.
class OutlineFiller {
 public:
  OutlineFiller(const ReceiverGrid& grid, std::int32_t row_begin, std::int32_t row_end, Word* outdoors)
      : grid_(grid), row_begin_(row_begin), row_end_(row_end), outdoors_(outdoors) {}

  void clear(const CityView& city, index_t prism) {
    find_walls(city, prism);
    if (walls_.empty()) return;
    // Where the crossings of each row begin, from how many walls more cross it than the last one.
    std::uint32_t crossing = 0, total = 0;
    for (std::int32_t row = low_; row <= high_ + 1; ++row) {
      crossing += start_[row];
      start_[row] = next_[row] = total;
      total += crossing;
    }
    columns_.resize(total);
    for (const Wall& wall : walls_) cross_rows(wall);
    for (std::int32_t row = low_; row <= high_; ++row) {
      std::int32_t* const first = columns_.data() + start_[row];
      std::int32_t* const last = columns_.data() + start_[row + 1];
      if (last - first == 2) {
        clear_row(row, std::min(first[0], first[1]), std::max(first[0], first[1]));
        continue;
      }
      std::sort(first, last);
      for (const std::int32_t* at = first; at < last; at += 2) clear_row(row, at[0], at[1]);  // even in number
    }
    std::fill(start_ + low_, start_ + high_ + 2, 0u);
  }

 private:
  struct Wall {
    Point a, b;
    std::int32_t first, last;  // rows of the band with a.y < y <= b.y: a corner at a row's height counts as above it
  };

  void find_walls(const CityView& city, index_t prism) {
    walls_.clear();
    low_ = row_end_ - row_begin_;
    high_ = -1;
    for_each_wall(city, prism, [&](Point a, Point b) {
      if (a.y > b.y) std::swap(a, b);
      const std::int64_t first = std::max<std::int64_t>(row_before(a) + 1, row_begin_);
      const std::int64_t last = std::min<std::int64_t>(row_before(b), row_end_ - 1);
      if (first > last) return true;
      const Wall wall{a, b, std::int32_t(first) - row_begin_, std::int32_t(last) - row_begin_};
      walls_.push_back(wall);
      ++start_[wall.first];
      --start_[wall.last + 1];
      low_ = std::min(low_, wall.first);
      high_ = std::max(high_, wall.last);
      return true;
    });
  }

  std::int64_t row_before(Point p) const { return divide(p.y - grid_.y0, grid_.step_y, per_y_).whole; }

  void clear_row(std::int32_t row, std::int32_t begin, std::int32_t end) {
    const index_t first = index_t(row_begin_ + row) * grid_.nx;
    if (begin < end) clear_bits(outdoors_, first + begin, first + end);
  }

  /// Of each row the first column that the wall lies to the west of; a receiver on the wall is to its west.
  void cross_rows(const Wall& wall) {
    // x <= a.x + (y - a.y)(b.x - a.x) / (b.y - a.y), in whole columns and what is left over, row after row.
    const std::int64_t rise = wall.b.y - wall.a.y, run = wall.b.x - wall.a.x, column_mm = rise * grid_.step_x;
    const std::int64_t scaled = (wall.a.x - grid_.x0) * rise + (grid_.y(row_begin_ + wall.first) - wall.a.y) * run;
    const double per_column = 1.0 / double(column_mm);
    auto [column, rest] = divide(scaled, column_mm, per_column);
    const auto [columns_a_row, rest_a_row] = divide(grid_.step_y * run, column_mm, per_column);
    for (std::int32_t row = wall.first; row <= wall.last; ++row) {
      columns_[next_[row]++] = std::int32_t(std::clamp<std::int64_t>(column + 1, 0, grid_.nx));
      column += columns_a_row;
      rest += rest_a_row;
      const bool carry = rest >= column_mm;
      column += carry;
      rest -= carry ? column_mm : 0;
    }
  }

  const ReceiverGrid grid_;
  const double per_y_ = 1.0 / double(grid_.step_y);
  const std::int32_t row_begin_, row_end_;
  Word* const outdoors_;
  std::vector<Wall> walls_;
  std::uint32_t start_[band + 1] = {}, next_[band + 1];
  std::int32_t low_ = 0, high_ = -1;
  std::vector<std::int32_t> columns_;
};

}  // namespace

void mark_outdoors(const City& city, const ReceiverGrid& grid, int threads, std::uint8_t* outdoors) {
  const CityView view = city.view();
  std::vector<Word> bits(std::size_t(words_for(grid.size())));
  set_bits(bits.data(), 0, grid.size());
  parallel_for((grid.ny + band - 1) / band, threads, [&](index_t task) {
    const auto row_begin = std::int32_t(task) * band, row_end = std::min(grid.ny, row_begin + band);
    const double south = double(grid.y(row_begin)), north = double(grid.y(row_end - 1));
    OutlineFiller outlines(grid, row_begin, row_end, bits.data());
    for (index_t prism = 0; prism < view.prisms; ++prism) {
      if (grid.z < view.base[prism] || grid.z >= view.roof[prism]) continue;
      const Circle& circle = city.circle(prism);
      if (circle.y + circle.radius < south || circle.y - circle.radius > north) continue;
      outlines.clear(view, prism);
    }
  });
  std::memcpy(outdoors, bits.data(), std::size_t((grid.size() + 7) / 8));
}

}  // namespace radiocore
