// What the buildings seen so far from a station hide for certain: a stretch of distances a sector.
//
// In every sector of azimuth the horizon keeps one stretch of distances in which each receiver is
// surely hidden. A building whose whole shadow lies in such stretches need not be drawn; and where the
// stretch reaches the end of the map, nothing beyond its beginning is visible. All of it stays on the
// safe side by margins, so that what is left out changes no link.
#pragma once

#include <vector>

#include "radiocore/geometry/circle.hpp"
#include "radiocore/geometry/receiver_grid.hpp"
#include "scan_lines.hpp"

namespace radiocore {

/// A point as the station sees it: relative to it in mm, and its azimuth in sectors.
struct Sighted {
  double x, y, distance, azimuth;
};

/// Walls of one roof, each from the end of the last, seen counterclockwise. Azimuths grow beyond a turn
/// rather than wrap. No direction is taken twice: a run stops once it is wide.
struct Run {
  struct Wall {
    double x, y, area;  // from its beginning to its end, and the cross product of the two
    double near, far;   // mm, between which it lies
    bool end_on;        // seen so nearly end on that its distances are anywhere between these
  };

  std::vector<Sighted> corners;
  std::vector<Wall> walls;
  double near, far;  // between which all walls lie

  void begin(const Sighted& corner);
  void extend(Sighted corner);
  /// Half a turn or more: one wall more, of less than half a turn, still takes no direction twice; two might.
  bool is_wide() const;
  double from() const { return corners.front().azimuth; }
  double to() const { return corners.back().azimuth; }
};

class Horizon {
 public:
  explicit Horizon(std::size_t prisms);

  /// Starts anew; `farthest_mm`: no receiver is farther from the station in plan.
  void look_from(Point3 station, double farthest_mm);

  /// Finds where the shadows of all prisms lie, given their enclosing circles and roofs, on the plane at height z.
  void place_shadows(const Circle* circles, const std::int64_t* roofs, std::int64_t z);

  /// The least distance of a prism, mm; -1 if the station is as good as there.
  float nearest(std::size_t prism) const { return shadows_.near[prism]; }

  /// How far its shadow reaches at most, mm.
  float shadow_end(std::size_t prism) const { return shadows_.end[prism]; }

  /// Is the whole shadow of a prism hidden?
  bool hides(std::size_t prism) const;

  Sighted sight(Point p) const;

  /// The distance up to which everything behind a run is hidden already; 0 if not all of it is.
  double hidden_behind(const Run& run) const;

  /// Hides what is behind a run from `lift` up to `reach` times its distance (0: without end).
  void hide_behind(const Run& run, double lift, double reach);

  /// Is everything at least that far away hidden?
  bool closed_beyond(double distance_mm);

  /// To be called when all buildings have been seen, and before what follows.
  void settle();

  /// Nothing is visible from this distance on within azimuths [from, to] and a sector beside them.
  double visible_up_to(double from, double to) const;

  /// A polygon around the station, outside of which nothing is visible.
  std::vector<GridPoint> visible_region(const ReceiverGrid& grid) const;

 private:
  /// Between which distances in mm, and in which sectors, the shadow of each prism lies.
  struct Shadows {
    std::vector<float> near, end;
    std::vector<std::int32_t> from, sectors;
  };

  Point3 station_{};
  double farthest_ = 0.0;
  // The hidden stretch of each sector, mm; all sectors twice, so that a range of them need not wrap.
  std::vector<float> begin_, end_;
  std::size_t open_ = 0;  // a sector that was open when last looked at
  // Of a run: how far along the edges of its sectors, and between which distances in each.
  std::vector<float> along_, near_, far_;
  Shadows shadows_;
  std::vector<double> radius_;
};

}  // namespace radiocore
