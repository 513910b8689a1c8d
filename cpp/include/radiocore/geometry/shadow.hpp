// The shadow that a wall casts from an antenna on the plane of a receiver grid, row by row.
//
// A wall with its roof at H hides from an antenna at height h the points Q + t (W - Q) of the plane
// at height z, W on the wall and 1 < t < (h - z) / (h - H): a quadrilateral, unbounded when the roof
// is not below the antenna. Its sides are straight lines, so in row j it covers the columns between
// the largest `left + j left_step` and the smallest `right + j right_step`.
//
// Those numbers are double precision and only sort the columns: surely inside, surely outside, or
// within `doubt` of a side. Whoever draws the shadow asks the exact predicate (wall_blocks) about the
// last kind, so the drawn set is exact, ties included.
#pragma once

#include "radiocore/geometry/blockage.hpp"
#include "radiocore/geometry/receiver_grid.hpp"

namespace radiocore {

struct Shadow {
  double left[3], left_step[3], right[3], right_step[3];  // columns, and columns a row
  double doubt;                                           // columns
  std::int32_t row_begin, row_end;                        // rows that it may touch
  std::int32_t sure_begin, sure_end;                      // of which these have sure columns
};

/// Columns [begin, end) of a row that may be in shadow; [sure_begin, sure_end) of them surely are.
struct ShadowSpan {
  std::int32_t begin, end, sure_begin, sure_end;
};

namespace shadow_detail {

constexpr double everywhere = 1e300;

RADIOCORE_HD inline double smaller(double a, double b) { return a < b ? a : b; }
RADIOCORE_HD inline double larger(double a, double b) { return a > b ? a : b; }
RADIOCORE_HD inline double magnitude(double a) { return a < 0 ? -a : a; }

/// Whole rows or columns from 0 to `count` out of a number that may be huge.
RADIOCORE_HD inline std::int32_t limited(double value, std::int32_t count) {
  return std::int32_t(value < 0.0 ? 0.0 : value > double(count) ? double(count) : value);
}

/// Builds a shadow side by side; `qx`, `qy`: the station relative to the first receiver, mm.
struct Drawing {
  Shadow shadow;
  double qx, qy, per_x, per_y, step_y;
  std::int32_t ny;
  int lefts = 0, rights = 0;

  /// Keeps the side of cross(u, p - Q) >= level.
  RADIOCORE_HD void keep(double ux, double uy, double level) {
    if (uy == 0.0) {
      keep_rows(ux, level);
      return;
    }
    const double ratio = ux / uy;
    const double at_first_row = (qx - ratio * qy - level / uy) * per_x;
    const double step = ratio * step_y * per_x;
    // Each number above is off by less than 8 units in its last place: 2^-50 of its terms' sizes.
    const double size = (magnitude(qx) + magnitude(ratio * qy) + magnitude(level / uy)) * per_x + magnitude(step) * ny;
    shadow.doubt = larger(shadow.doubt, size * 0x1p-48);
    if (uy > 0.0) {
      shadow.right[rights] = at_first_row;
      shadow.right_step[rights++] = step;
    } else {
      shadow.left[lefts] = at_first_row;
      shadow.left_step[lefts++] = step;
    }
  }

  /// The same for a side along the rows: ux (y - qy) >= level.
  RADIOCORE_HD void keep_rows(double ux, double level) {
    const double row = (qy + level / ux) * per_y;
    const double doubt = 1e-6 + (magnitude(qy) + magnitude(level / ux)) * per_y * 0x1p-48;
    if (ux > 0.0) {
      keep_rows_from(std::ceil(row - doubt), std::ceil(row + doubt));
    } else {
      keep_rows_to(std::floor(row + doubt) + 1.0, std::floor(row - doubt) + 1.0);
    }
  }

  RADIOCORE_HD void keep_rows_from(double maybe, double sure) {
    const std::int32_t from = limited(maybe, ny), sure_from = limited(sure, ny);
    shadow.row_begin = from > shadow.row_begin ? from : shadow.row_begin;
    shadow.sure_begin = sure_from > shadow.sure_begin ? sure_from : shadow.sure_begin;
  }

  RADIOCORE_HD void keep_rows_to(double maybe, double sure) {
    const std::int32_t to = limited(maybe, ny), sure_to = limited(sure, ny);
    shadow.row_end = to < shadow.row_end ? to : shadow.row_end;
    shadow.sure_end = sure_to < shadow.sure_end ? sure_to : shadow.sure_end;
  }
};

}  // namespace shadow_detail

/// How many times farther than the wall its shadow reaches; 0 when it has no end. Needs roof > z.
RADIOCORE_HD inline double shadow_reach(std::int64_t station_z, std::int64_t roof, std::int64_t z) {
  return station_z > roof ? double(station_z - z) / double(station_z - roof) : 0.0;
}

/// The shadow of the wall a-b of a prism that stands on (or below) the receivers' plane, its roof
/// above that plane, from a station that is not below it.
RADIOCORE_HD inline Shadow cast_shadow(const ReceiverGrid& grid, Point3 station, Point a, Point b, std::int64_t roof) {
  using namespace shadow_detail;
  Drawing drawing;
  drawing.shadow.doubt = 1e-6;
  for (int i = 0; i < 3; ++i) {
    drawing.shadow.left[i] = -everywhere;
    drawing.shadow.right[i] = everywhere;
    drawing.shadow.left_step[i] = drawing.shadow.right_step[i] = 0.0;
  }
  drawing.shadow.row_begin = drawing.shadow.sure_begin = 0;
  drawing.shadow.row_end = drawing.shadow.sure_end = grid.ny;
  drawing.qx = double(station.x - grid.x0);
  drawing.qy = double(station.y - grid.y0);
  drawing.per_x = 1.0 / double(grid.step_x);
  drawing.per_y = 1.0 / double(grid.step_y);
  drawing.step_y = double(grid.step_y);
  drawing.ny = grid.ny;

  const Point q = station.plan();
  std::int64_t twice_area = cross(q, a, q, b);
  if (twice_area == 0) {
    // The station lies on the wall's line: beside the wall it casts no shadow. On the wall, below the
    // roof, everything behind it is hidden; which points those are is left to the predicate.
    const bool on_wall = (a.x - q.x) * (b.x - q.x) <= 0 && (a.y - q.y) * (b.y - q.y) <= 0;
    if (!on_wall || station.z >= roof) drawing.shadow.row_end = 0;
    drawing.shadow.sure_begin = drawing.shadow.sure_end = 0;
    return drawing.shadow;
  }
  if (twice_area < 0) {  // so that the wall runs counterclockwise around the station
    const Point swapped = a;
    a = b;
    b = swapped;
    twice_area = -twice_area;
  }
  const double ax = double(a.x - q.x), ay = double(a.y - q.y), bx = double(b.x - q.x), by = double(b.y - q.y);
  const double wall_x = double(b.x - a.x), wall_y = double(b.y - a.y), area = double(twice_area);
  const double reach = shadow_reach(station.z, roof, grid.z);
  drawing.keep(ax, ay, 0.0);
  drawing.keep(-bx, -by, 0.0);
  drawing.keep(-wall_x, -wall_y, area);
  if (reach > 0.0) drawing.keep(wall_x, wall_y, -area * reach);

  // Its rows from its corners; beyond them the sides cross and leave nothing, so a row more is harmless.
  double low = smaller(ay, by), high = larger(ay, by);
  low = reach > 0.0 ? smaller(low, reach * low) : low < 0.0 ? -everywhere : low;
  high = reach > 0.0 ? larger(high, reach * high) : high > 0.0 ? everywhere : high;
  drawing.keep_rows_from(std::floor((drawing.qy + low) * drawing.per_y), 0.0);
  drawing.keep_rows_to(std::ceil((drawing.qy + high) * drawing.per_y) + 1.0, grid.ny);
  return drawing.shadow;
}

/// The columns of row j, within [0, nx).
RADIOCORE_INLINE ShadowSpan span_of(const Shadow& shadow, std::int32_t row, std::int32_t nx) {
  using namespace shadow_detail;
  const double j = double(row);
  const double left = larger(larger(shadow.left[0] + j * shadow.left_step[0], shadow.left[1] + j * shadow.left_step[1]),
                             shadow.left[2] + j * shadow.left_step[2]);
  const double right =
      smaller(smaller(shadow.right[0] + j * shadow.right_step[0], shadow.right[1] + j * shadow.right_step[1]),
              shadow.right[2] + j * shadow.right_step[2]);
  ShadowSpan span;
  span.begin = limited(std::ceil(left - shadow.doubt), nx);
  span.end = limited(std::floor(right + shadow.doubt) + 1.0, nx);
  span.sure_begin = limited(std::ceil(left + shadow.doubt), nx);
  span.sure_end = limited(std::floor(right - shadow.doubt) + 1.0, nx);
  return span;
}

}  // namespace radiocore
