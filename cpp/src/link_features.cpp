#include "link_features.hpp"

#include "parallel.hpp"

namespace radiocore {

void fill_link_features(const City& city, const Point3* transmitters, const Point3* receivers, index_t count,
                        bool hosts_transparent, int threads, const LinkFeatureColumns& columns) {
  const CityView view = city.view();
  const WallGridView grid = city.grid();
  parallel_ranges(count, 512, threads, [&](index_t begin, index_t end) {
    std::vector<Stretch> stretches;
    for (index_t i = begin; i < end; ++i) {
      const Link link{transmitters[i], receivers[i]};
      stretches.clear();
      for_each_crossing(view, grid, link, [&](double share, std::int32_t prism, bool below_base) {
        stretches.push_back(crossing_at(share, prism, below_base));
      });
      columns.set(i, link_features(view, grid, link, hosts_transparent, stretches.data(), index_t(stretches.size())));
    }
  });
}

}  // namespace radiocore
