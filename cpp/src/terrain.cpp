#include "terrain.hpp"

#include "disc_sums.hpp"

namespace radiocore {

void describe_terrain(const BuildingTable& buildings, const ReceiverGrid& grid, index_t first, index_t count,
                      std::int64_t radius_mm, int threads, double* alpha_beta, double* gamma_m) {
  const auto building = [&](index_t k) {
    return Neighbourhood{1, buildings.area_mm2[k], wide_t(buildings.height_mm[k]) * buildings.height_mm[k]};
  };
  const auto take = [&](index_t i, const Neighbourhood& around) {
    const Terrain terrain = terrain_of(around, double(radius_mm) * 1e-3);
    alpha_beta[i] = terrain.alpha_beta;
    gamma_m[i] = terrain.gamma_m;
  };
  sum_over_discs<Neighbourhood>(buildings.centre, buildings.count, radius_mm, grid, first, count, threads, building,
                                take);
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
