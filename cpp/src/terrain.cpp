#include "terrain.hpp"

#include "parallel.hpp"

namespace radiocore {

void describe_terrain(const BuildingTable& buildings, const Point3* receivers, index_t count, std::int64_t radius_mm,
                      int threads, double* alpha_beta, double* gamma_m) {
  const Point* const end_of_table = buildings.centre + buildings.count;
  parallel_ranges(count, 256, threads, [&](index_t begin, index_t end) {
    for (index_t r = begin; r < end; ++r) {
      const Point p = receivers[r].plan();
      const Point* first = std::lower_bound(buildings.centre, end_of_table, p.x - radius_mm,
                                            [](const Point& centre, std::int64_t x) { return centre.x < x; });
      Neighbourhood around{0, 0, 0};
      for (const Point* centre = first; centre != end_of_table && centre->x <= p.x + radius_mm; ++centre) {
        const std::int64_t dx = centre->x - p.x, dy = centre->y - p.y;
        if (dx * dx + dy * dy > radius_mm * radius_mm) continue;
        const index_t k = centre - buildings.centre;
        around.buildings += 1;
        around.area_mm2 += buildings.area_mm2[k];
        around.squared_height_mm2 += wide_t(buildings.height_mm[k]) * buildings.height_mm[k];
      }
      const Terrain terrain = terrain_of(around, double(radius_mm) * 1e-3);
      alpha_beta[r] = terrain.alpha_beta;
      gamma_m[r] = terrain.gamma_m;
    }
  });
}

void fill_line_of_sight_probability(const LinkEnds& ends, const std::uint8_t* los, const std::int32_t* building,
                                    const double* alpha_beta, const double* gamma_m, std::int64_t exact_radius_mm,
                                    int threads, double* probability) {
  parallel_ranges(ends.receiver_count, 256, threads, [&](index_t begin, index_t end) {
    for (index_t r = begin; r < end; ++r) {
      const Point3 receiver = ends.receivers[r];
      const SigmoidParameters ab = clamped_parameters({alpha_beta[r], gamma_m[r]});
      for (index_t s = 0; s < ends.station_count; ++s) {
        const Point3 station = ends.stations[s];
        const index_t at = s * ends.receiver_count + r;
        const std::int64_t dx = station.x - receiver.x, dy = station.y - receiver.y;
        if (building[r] >= 0) {
          probability[at] = 0.0;
        } else if (exact_radius_mm < 0 || dx * dx + dy * dy <= exact_radius_mm * exact_radius_mm) {
          probability[at] = los[at];
        } else {
          const double horizontal_m = std::sqrt(double(dx) * double(dx) + double(dy) * double(dy)) * 1e-3;
          const double height_m = double(station.z - receiver.z) * 1e-3;
          probability[at] = terrain_line_of_sight(horizontal_m, height_m, ab, alpha_beta[r]);
        }
      }
    }
  });
}

}  // namespace radiocore
