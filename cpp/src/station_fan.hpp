// Builds the fan of walls around a station.
#pragma once

#include <vector>

#include "city.hpp"
#include "radiocore/geometry/station_fan.hpp"
#include "seen_wall.hpp"

namespace radiocore {

/// What the fans of all stations share: the walls, and what is to be known of all receivers.
class FanGround {
 public:
  /// For links of at most max_distance_mm in plan (if >= 0).
  FanGround(const City& city, const Point3* receivers, index_t receiver_count, std::int64_t max_distance_mm);

  /// No link is longer than this in plan, mm.
  double longest_link(Point3 station) const;
  /// No wall is farther away than this, mm.
  double farthest_wall(Point3 station) const;

  const City& city;
  std::vector<FanWall> walls;  // each numbered as the vertex that it leads to
  const SectorEdges& edges = SectorEdges::get();
  std::int64_t lowest_receiver = 0;  // mm
  std::int32_t rings;

 private:
  struct Box {
    Point low, high;
    void hold(Point p, bool first);
    double farthest(Point3 station) const;
  };

  Box walls_{}, receivers_{};
  double max_distance_;
};

/// The fan of one station after the other: what it has allocated stays.
class StationFan {
 public:
  /// Cost: about 40 ns a wall that can be seen and in a sector that it is seen in, and 3 ns a cell.
  void build(const FanGround& ground, Point3 station, HostList hosts);

  StationFanView view() const;

 private:
  struct Approach {
    float near;  // mm, no part of the prism is nearer
    std::int32_t prism;
  };
  struct Placed {
    std::uint32_t cell;
    FanEntry entry;
  };

  void sort_prisms(const CityView& city, HostList hosts);
  bool hidden(const Approach& prism, double rise) const;
  void place_ring(std::size_t first, std::size_t last, float near, double rise);
  void place_prism(const CityView& city, std::int32_t prism);
  void place_everywhere(std::int32_t what);
  void place(std::int32_t sector, const FanEntry& entry);
  void shade(std::int32_t sector, const FanEntry& entry);
  void pack();

  /// Number of the cell at a distance in a sector.
  std::size_t cell_at(std::int32_t sector, float distance) const {
    return std::size_t(sector * ground_->rings + ring_of(ground_->rings, rings_per_mm_, distance));
  }

  const FanGround* ground_ = nullptr;
  Point3 station_{};
  float rings_per_mm_ = 0.0f;
  double longest_link_ = 0.0;
  std::vector<Approach> approaches_, near_to_far_;
  std::vector<Placed> placed_;
  std::vector<FanCell> cells_;
  std::vector<std::uint32_t> start_;
  std::vector<FanEntry> entries_;
};

}  // namespace radiocore
