// Builds the fan of walls around a station.
#pragma once

#include "city.hpp"
#include "radiocore/geometry/station_fan.hpp"

namespace radiocore {

class StationFan {
 public:
  /// For links of at most max_distance_mm in plan (if >= 0); without the hosts.
  StationFan(const City& city, Point3 station, HostList hosts, std::int64_t max_distance_mm);

  StationFanView view() const;

 private:
  Point3 station_;
  std::int32_t sectors_;
  std::vector<std::uint32_t> start_;
  std::vector<FanEntry> entries_;
  std::vector<FanWall> walls_;
  std::vector<std::int32_t> overhead_;
};

}  // namespace radiocore
