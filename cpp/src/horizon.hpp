// What the buildings seen so far from a station hide for certain: a stretch of distances a sector.
//
// In every sector of azimuth the horizon keeps one stretch of distances in which each receiver is
// surely hidden. A building whose whole shadow lies in such stretches need not be drawn; and where the
// stretch reaches the end of the map, nothing beyond its beginning is visible. All of it stays on the
// safe side by margins, so that what is left out changes no link.
#pragma once

#include <vector>

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
  std::vector<Sighted> corners;
  std::vector<double> nearest;  // mm, of each wall
  double near, far;             // between which all walls lie

  void begin(const Sighted& corner);
  void extend(Sighted corner);
  /// Half a turn or more: one wall more, of less than half a turn, still takes no direction twice; two might.
  bool is_wide() const;
  double from() const { return corners.front().azimuth; }
  double to() const { return corners.back().azimuth; }
};

class Horizon {
 public:
  /// `farthest_mm`: no receiver is farther from the station in plan.
  Horizon(Point station, double farthest_mm);

  Sighted sight(Point p) const;

  /// Is every shadow of a building hidden that stands within `radius_mm` of `centre`, and hides what
  /// is behind it up to `reach` times its distance (0: without end)?
  bool hides(double centre_x, double centre_y, double radius_mm, double reach) const;

  /// The distance up to which everything behind a run is hidden already; 0 if not all of it is.
  double hidden_behind(const Run& run) const;

  /// Hides what is behind a run up to `reach` times its distance (0: without end).
  void hide_behind(const Run& run, double reach);

  /// Is everything at least that far away hidden?
  bool closed_beyond(double distance_mm);

  /// To be called when all buildings have been seen, and before what follows.
  void settle();

  /// Nothing is visible from this distance on within azimuths [from, to] and a sector beside them.
  double visible_up_to(double from, double to) const;

  /// A polygon around the station, outside of which nothing is visible.
  std::vector<GridPoint> visible_region(const ReceiverGrid& grid) const;

 private:
  void hide(std::size_t sector, double begin_mm, double end_mm);

  Point station_;
  double farthest_;
  // The hidden stretch of each sector, mm; all sectors twice, so that a range of them need not wrap.
  std::vector<float> begin_, end_;
  std::size_t open_ = 0;  // a sector that was open when last looked at
  std::vector<double> radius_;
};

}  // namespace radiocore
