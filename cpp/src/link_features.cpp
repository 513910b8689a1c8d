#include "link_features.hpp"

#include <memory>
#include <vector>

#include "parallel.hpp"
#include "wall_crossings.hpp"

namespace radiocore {
namespace {

/// Finds the starts and crossings of links, in the order of for_each_crossing.
class CrossingFinder {
 public:
  explicit CrossingFinder(const City& city) : city_(city.view()) {
    job_.grid = city.grid();
    job_.walls = city.wall_columns();
    const std::size_t cells = std::size_t(job_.grid.nx) * std::size_t(job_.grid.ny);
    elevated_ = job_.grid.elevated_start[cells] > 0;
    cells_.resize(4 * std::size_t(job_.grid.nx + job_.grid.ny) + 8);
    found_.reset(new WallCrossing[job_.grid.wall_start[cells] + 1]);
    job_.cells = cells_.data();
    job_.found = found_.get();
  }

  /// Gives the number of starts, which come first.
  index_t find(const Link& link, std::vector<Stretch>& stretches) {
    stretches.clear();
    const auto add = [&](double share, std::int32_t prism, bool below_base) {
      stretches.push_back(crossing_at(share, prism, below_base));
    };
    for_each_start(city_, job_.grid, link, add);
    const index_t starts = index_t(stretches.size());
    const CellCrossings crossings(job_.grid, link);
    job_.low = crossings.p;
    job_.high = crossings.q;
    WallCrossingCounts counts;
    find_(job_, counts);
    if (elevated_) {
      for (index_t i = 0; i < counts.cells; ++i) crossings.ask_elevated(city_, job_.cells[i].number, add);
    }
    for (index_t i = 0; i < counts.found; ++i) {
      const WallCrossing& crossing = job_.found[i];
      const Wall& wall = job_.grid.walls[crossing.wall];
      if (crossings.is_below(crossing.above_mm, {wall.ax, wall.ay}, {wall.bx, wall.by}, wall.roof)) {
        add(crossing.share, wall.prism, false);
      }
    }
    return starts;
  }

 private:
  CityView city_;
  WallCrossingJob job_{};
  bool elevated_ = false;
  decltype(&find_wall_crossings_baseline) find_ = find_wall_crossings_for(InstructionSet::automatic);
  std::vector<LowCell> cells_;
  std::unique_ptr<WallCrossing[]> found_;
};

}  // namespace

void fill_link_features(const City& city, const Point3* transmitters, const Point3* receivers, index_t count,
                        bool hosts_transparent, int threads, const LinkFeatureColumns& columns) {
  const CityView view = city.view();
  const WallGridView grid = city.grid();
  parallel_ranges(count, 512, threads, [&](index_t begin, index_t end) {
    CrossingFinder finder(city);
    std::vector<Stretch> stretches;
    for (index_t i = begin; i < end; ++i) {
      const Link link{transmitters[i], receivers[i]};
      const index_t starts = finder.find(link, stretches);
      columns.set(i, link_features(view, grid, link, hosts_transparent, stretches.data(), starts,
                                   index_t(stretches.size())));
    }
  });
}

}  // namespace radiocore
