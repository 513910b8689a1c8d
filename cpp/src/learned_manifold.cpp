#include "learned_manifold.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "parallel.hpp"
#include "radiocore/coverage/closed_form.hpp"
#include "radiocore/coverage/fading.hpp"

namespace radiocore {
namespace {

constexpr index_t receivers_per_task = 64;
constexpr int most_factors = 4;  // whole shapes up to this are multiplied out

bool bit_of(const std::uint8_t* bits, index_t i) { return bits[i / 8] >> (i % 8) & 1; }

/// A station that counts at a receiver.
struct Neighbour {
  std::int32_t station;
  std::int32_t cell;
  std::int64_t plan_mm2;      // squared distance in plan
  std::int64_t distance_mm2;  // and in 3-D; in the square it fits
  double los;                 // chance of line of sight
};

/// Algorithm 6: the stations in the square around a receiver, the nearest first, and the one associated.
class Surroundings {
 public:
  explicit Surroundings(const LearnedStretch& stretch)
      : on_(stretch), seen_(std::size_t(stretch.paths.n * stretch.paths.n)) {}

  void look(index_t r) {
    const Point3 receiver = on_.grid[on_.first + r];
    find_stations(receiver);
    server_ = -1;
    if (all_.empty()) return;
    server_ = 0;
    if (!bit_of(on_.outdoors, r)) return;  // type-I blockage: no line of sight at all
    const auto sees = [&](const Neighbour& each) { return bit_of(on_.los + each.station * on_.row_bytes, r); };
    const auto associated = std::find_if(all_.begin(), all_.end(), sees);
    if (associated == all_.end()) return;
    server_ = associated - all_.begin();
    all_[std::size_t(server_)].los = 1.0;
    if (on_.by_cell) keep_one_a_cell(receiver);
    for (std::size_t i = std::size_t(server_) + 1; i < all_.size(); ++i) all_[i].los = weight(r, receiver, all_[i]);
  }

  const std::vector<Neighbour>& all() const { return all_; }
  index_t server() const { return server_; }  // in all(), -1: none
  bool server_in_sight() const { return all_[std::size_t(server_)].los == 1.0; }

 private:
  void find_stations(Point3 receiver) {
    const std::int64_t n = on_.paths.n, cell_mm = on_.paths.cell_mm, half = n * cell_mm / 2;
    all_.clear();
    for (index_t s = 0; s < on_.stations; ++s) {
      const Point3 station = on_.station[s];
      const std::int64_t dx = station.x - receiver.x, dy = station.y - receiver.y, dz = station.z - receiver.z;
      if (dx < -half || dx >= half || dy < -half || dy >= half) continue;
      const std::int64_t cell = (dy + half) / cell_mm * n + (dx + half) / cell_mm;
      const std::int64_t plan = dx * dx + dy * dy;
      all_.push_back({std::int32_t(s), std::int32_t(cell), plan, plan + dz * dz, 0.0});
    }
    // Stations come in canonical order, which decides between equally near ones.
    std::stable_sort(all_.begin(), all_.end(), [](const Neighbour& a, const Neighbour& b) {
      return a.distance_mm2 < b.distance_mm2;
    });
  }

  /// Of the stations behind the server the nearest of each cell, moved to its middle: a matrix of zeros and ones.
  void keep_one_a_cell(Point3 receiver) {
    const std::int64_t n = on_.paths.n, half_cell = on_.paths.cell_mm / 2;
    const auto behind = all_.begin() + server_ + 1;
    const auto repeated = [&](const Neighbour& each) {
      const bool before = seen_[std::size_t(each.cell)];
      seen_[std::size_t(each.cell)] = 1;
      return before;
    };
    std::fill(seen_.begin(), seen_.end(), char(0));
    all_.erase(std::remove_if(behind, all_.end(), repeated), all_.end());
    for (auto each = all_.begin() + server_ + 1; each != all_.end(); ++each) {
      const std::int64_t x = (2 * (each->cell % n) + 1 - n) * half_cell, y = (2 * (each->cell / n) + 1 - n) * half_cell;
      const std::int64_t dz = on_.station[each->station].z - receiver.z;
      each->plan_mm2 = x * x + y * y;
      each->distance_mm2 = each->plan_mm2 + dz * dz;
    }
  }

  /// Eq. (10). A building counts once, in the cell of its that is nearest to the receiver.
  double weight(index_t r, Point3 receiver, const Neighbour& to) {
    const CellPaths& paths = on_.paths;
    const CellRoofs& roofs = on_.roofs;
    const index_t at = on_.first + r;
    const std::int32_t* const row = roofs.row + (at / on_.grid.nx - roofs.first_row) * paths.n;
    const std::int32_t* const column = roofs.column + (at % on_.grid.nx - roofs.first_column) * paths.n;
    const HostList hosts = on_.hosts.of(to.station);
    const double per_height = 1.0 / double(on_.station[to.station].z - receiver.z);
    const auto n = std::int32_t(paths.n);
    const CellOffset v{2 * (to.cell % n) + 1 - n, 2 * (to.cell / n) + 1 - n};
    const CellTurn turn = CellTurn::of(v);
    const index_t turned = turned_cell(turn.forth(v));
    double weight = 1.0;
    passed_.clear();
    for (std::int32_t k = paths.start[turned]; k < paths.start[turned + 1] && weight > negligible_weight; ++k) {
      const CellOffset u = turn.back(paths.cell[k]);
      const index_t here = row[(u.y + n - 1) / 2] * roofs.width + column[(u.x + n - 1) / 2];
      const std::int64_t above_mm = roofs.roof_mm[here] - receiver.z;
      if (above_mm <= 0) continue;
      const std::int32_t building = roofs.building[here];
      if (hosts.holds(building) || std::find(passed_.begin(), passed_.end(), building) != passed_.end()) continue;
      passed_.push_back(building);
      weight *= chance_to_pass(paths.weight[k], double(above_mm) * per_height);
    }
    return weight;
  }

  const LearnedStretch& on_;
  std::vector<Neighbour> all_;
  index_t server_ = -1;
  std::vector<std::int32_t> passed_;
  std::vector<char> seen_;
};

/// A neighbour as an interferer, or as the server: means in mW of the two states.
struct Powers {
  double mean[2];
};

Powers powers_of(const Neighbour& each, const LearnedChannel& channel) {
  const double distance_m2 = double(each.distance_mm2) * 1e-6;
  Powers out;
  for (int state = 0; state < 2; ++state) {
    const double gain = channel.law.gain_at_1m[state] * inverse_power(distance_m2, channel.law.exponent[state]);
    out.mean[state] = channel.power_mw * gain;
  }
  return out;
}

bool interferes(const Neighbour& each, const LearnedStretch& stretch, const LearnedChannel& channel) {
  const std::int64_t reach = channel.interferer_reach_mm;
  return stretch.load[each.station] > 0.0 && (reach < 0 || each.plan_mm2 <= reach * reach);
}

double closed_form(const Surroundings& around, const std::vector<Powers>& power, const LearnedStretch& stretch,
                   const LearnedChannel& channel, double threshold) {
  const std::vector<Neighbour>& all = around.all();
  const int own = around.server_in_sight();
  const double shape = channel.shape[own];
  const double scale = shape * threshold / power[std::size_t(around.server())].mean[own];
  if (!(scale * channel.noise_mw <= hopeless_noise)) return 0.0;
  const int whole[2] = {int(channel.shape[0]), int(channel.shape[1])};
  if (shape <= 2.0 && std::max(whole[0], whole[1]) <= most_factors) {
    MixedProduct product;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (index_t(i) == around.server() || !interferes(all[i], stretch, channel)) continue;
      const double load = stretch.load[all[i].station];
      const double chance[2] = {load * (1.0 - all[i].los), load * all[i].los};
      const double x[2] = {scale * power[i].mean[0] / channel.shape[0], scale * power[i].mean[1] / channel.shape[1]};
      product.multiply(chance, x, whole, 1.0 - load);
    }
    return product.coverage(scale * channel.noise_mw, shape == 2.0);
  }
  TailSeries series{int(shape)};
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (index_t(i) == around.server() || !interferes(all[i], stretch, channel)) continue;
    const double load = stretch.load[all[i].station];
    LinkState states[2];
    for (int k = 0; k < 2; ++k) {
      const double chance = k ? all[i].los : 1.0 - all[i].los;
      states[k] = {load * chance, scale * power[i].mean[k] / channel.shape[k], channel.shape[k]};
    }
    series.multiply(states, 2, 1.0 - load);
  }
  series.multiply_noise(scale * channel.noise_mw);
  return series.sum();
}

/// Gamma(m, 1 / m) of one draw of a link.
float gain_of(double shape, PhiloxKey key, DrawKey link, std::uint32_t draw) {
  if (!drawn_by_logarithm(shape)) return gamma_by_rejection(shape, key, link, draw);
  float sum = 0.0f;
  for (int k = 0; k < int(shape); ++k) {
    sum -= log_ieee(unit_float(draw_words(key, link, draw / 4, std::uint32_t(k)).w[draw % 4]));
  }
  return sum / float(shape);
}

/// In how many draws the server is above each threshold.
void count_hits(const Surroundings& around, const std::vector<Powers>& power, const LearnedStretch& stretch,
                const LearnedChannel& channel, PhiloxKey key, std::uint32_t receiver, std::uint32_t draws,
                std::int64_t* hits) {
  const std::vector<Neighbour>& all = around.all();
  const auto uniform = [&](DrawKey link, std::uint32_t draw, std::uint32_t stream) {
    return unit_float(draw_words(key, link, draw / 4, stream).w[draw % 4]);
  };
  for (std::uint32_t draw = 0; draw < draws; ++draw) {
    double signal = 0.0, interference = channel.noise_mw;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const DrawKey link{receiver, std::uint32_t(all[i].station)};
      if (index_t(i) == around.server()) {
        const int own = around.server_in_sight();
        signal = power[i].mean[own] * double(gain_of(channel.shape[own], key, link, draw));
        continue;
      }
      if (!interferes(all[i], stretch, channel)) continue;
      const double load = stretch.load[all[i].station];
      if (load < 1.0 && !(double(uniform(link, draw, activity_stream)) < load)) continue;
      const int state = double(uniform(link, draw, line_of_sight_stream)) < all[i].los;
      interference += power[i].mean[state] * double(gain_of(channel.shape[state], key, link, draw));
    }
    for (index_t t = 0; t < channel.thresholds; ++t) hits[t] += signal > channel.threshold[t] * interference;
  }
}

/// Finds server and powers of every receiver, then asks fill(surroundings, powers, receiver) for its coverage.
template <class Fill>
void for_each_receiver(const LearnedStretch& stretch, const LearnedChannel& channel, int threads, const LearnedMap& map,
                       Fill&& fill) {
  parallel_ranges(stretch.count, receivers_per_task, threads, [&](index_t begin, index_t end) {
    Surroundings around(stretch);
    std::vector<Powers> power;
    for (index_t r = begin; r < end; ++r) {
      around.look(r);
      for (index_t t = 0; t < channel.thresholds; ++t) map.coverage[t * stretch.count + r] = 0.0;
      map.server[r] = -1;
      map.server_power_mw[r] = 0.0;
      map.server_los[r] = 0;
      if (around.server() < 0) continue;
      power.clear();
      for (const Neighbour& each : around.all()) power.push_back(powers_of(each, channel));
      const auto server = std::size_t(around.server());
      map.server[r] = around.all()[server].station;
      map.server_los[r] = around.server_in_sight();
      map.server_power_mw[r] = power[server].mean[map.server_los[r]];
      fill(around, power, r);
    }
  });
}

}  // namespace

void fill_learned_weights(const LearnedStretch& stretch, int threads, double* weight, std::int32_t* server) {
  parallel_ranges(stretch.count, receivers_per_task, threads, [&](index_t begin, index_t end) {
    Surroundings around(stretch);
    for (index_t r = begin; r < end; ++r) {
      around.look(r);
      for (index_t s = 0; s < stretch.stations; ++s) weight[s * stretch.count + r] = -1.0;
      for (const Neighbour& each : around.all()) weight[each.station * stretch.count + r] = each.los;
      server[r] = around.server() < 0 ? -1 : around.all()[std::size_t(around.server())].station;
    }
  });
}

void learned_coverage(const LearnedStretch& stretch, const LearnedChannel& channel, int threads,
                      const LearnedMap& map) {
  const auto fill = [&](const Surroundings& around, const std::vector<Powers>& power, index_t r) {
    for (index_t t = 0; t < channel.thresholds; ++t) {
      map.coverage[t * stretch.count + r] = closed_form(around, power, stretch, channel, channel.threshold[t]);
    }
  };
  for_each_receiver(stretch, channel, threads, map, fill);
}

void sample_learned_coverage(const LearnedStretch& stretch, const LearnedChannel& channel, std::uint64_t seed,
                             std::uint32_t draws, int threads, const LearnedMap& map) {
  const auto fill = [&](const Surroundings& around, const std::vector<Powers>& power, index_t r) {
    std::vector<std::int64_t> hits(std::size_t(channel.thresholds), 0);
    count_hits(around, power, stretch, channel, PhiloxKey::from_seed(seed), std::uint32_t(stretch.first + r), draws,
               hits.data());
    for (index_t t = 0; t < channel.thresholds; ++t) {
      map.coverage[t * stretch.count + r] = double(hits[std::size_t(t)]) / double(draws);
    }
  };
  for_each_receiver(stretch, channel, threads, map, fill);
}

}  // namespace radiocore
