// Which walls of a city may hide something on a grid of receivers from one station.
//
// Buildings are gone through from near to far behind a horizon, so that what nothing can see is never listed.
#pragma once

#include <vector>

#include "city.hpp"
#include "horizon.hpp"

namespace radiocore {

/// Heights between which a building stands, and the shadow that its walls cast on the receivers' plane: from
/// `begin` to `end` times their distance from the station, without end if that is 0.
struct Rise {
  std::int64_t base, roof;
  double begin, end;
};

/// A run of walls to be drawn.
struct Occluder {
  Rise rise;
  std::uint32_t first, corners;  // of the list of corners
  double near, far;              // mm, between which the walls lie
  double from, to;               // azimuths, in sectors
};

/// A wall that the station stands on.
struct TouchingWall {
  Point a, b;
  std::int64_t roof;
};

class Occluders {
 public:
  Occluders(const City& city, const ReceiverGrid& grid);

  /// Lists what may hide a receiver from a station that is not below the grid.
  void find(Point3 station, HostList hosts);

  /// How far the station's receivers are at most, mm.
  double farthest() const;

  std::vector<Occluder> runs;
  std::vector<Point> corners;
  std::vector<TouchingWall> touching;
  std::vector<std::int32_t> raised;  // prisms above the receivers' plane: their undersides hide, too
  std::vector<std::int32_t> around;  // such prisms as well, around the station or at it: neither drawn nor in `runs`
  Horizon horizon;

 private:
  void add(std::int32_t prism);
  void sort_by_distance();
  void add_far_walls(std::int32_t prism, const Rise& rise);
  void add_all_walls(std::int32_t prism, const Rise& rise);
  void end_run(const Rise& rise);
  bool seen_end_on(Point a, Point b, std::int64_t roof);

  const City& city_;
  const CityView view_;
  const ReceiverGrid grid_;
  Point3 station_{};
  std::vector<char> faces_away_;
  Run run_{};
  // Prisms in buckets of their nearest distance.
  double bucket_mm_ = 0.0;
  std::vector<std::uint16_t> bucket_of_;
  std::vector<std::uint32_t> bucket_start_, next_;
  std::vector<std::int32_t> order_;
};

}  // namespace radiocore
