#include "device_kernels.hpp"

namespace radiocore {

std::vector<CastingWall> casting_walls(const City& city) {
  const CityView view = city.view();
  std::vector<CastingWall> walls;
  for (index_t prism = 0; prism < view.prisms; ++prism) {
    if (view.base[prism] > 0) continue;
    for_each_wall(view, prism, [&](Point a, Point b) {
      walls.push_back({std::int32_t(a.x), std::int32_t(a.y), std::int32_t(b.x), std::int32_t(b.y),
                       std::int32_t(view.roof[prism]), view.building[prism], city.is_simple(prism)});
      return true;
    });
  }
  return walls;
}

}  // namespace radiocore
