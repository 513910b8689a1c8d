#include "link_profile.hpp"

#include "parallel.hpp"
#include "simd.hpp"

namespace radiocore {
namespace {

constexpr int levels = int(free_above_mm.size());

/// A link in cells from the raster's south-west corner, walked from the receiver to the station.
struct Walk {
  float x, y, z_mm;     // the receiver
  float dx, dy, dz_mm;  // a step
  float side_x, side_y;
  std::int32_t steps;

  Walk(const ProfileModel& model, const RoofCells& roofs, Point3 receiver, Point3 station) {
    const double cell = double(roofs.cell_mm);
    const double east = double(station.x - receiver.x), north = double(station.y - receiver.y);
    const double length = std::sqrt(east * east + north * north);
    const double number = std::max(1.0, std::ceil(length / cell));
    const double aside = length > 0.0 ? double(model.side) / length : 0.0;
    x = float(double(receiver.x - roofs.x0_mm) / cell);
    y = float(double(receiver.y - roofs.y0_mm) / cell);
    z_mm = float(receiver.z);
    dx = float(east / cell / number);
    dy = float(north / cell / number);
    dz_mm = float(double(station.z - receiver.z) / number);
    side_x = float(-north * aside);
    side_y = float(east * aside);
    steps = std::int32_t(number);
  }
};

/// The clearances of one step.
struct Step {
  float clearance[profile_clearances] = {-1.0f, -1.0f, -1.0f};
  bool sees = false;  // any above -1
};

struct Place {
  float x, y, link_mm;
};

RADIOCORE_INLINE Place place_at(const Walk& walk, std::int32_t i) {
  const float along = float(i) + 0.5f;
  return {walk.x + along * walk.dx, walk.y + along * walk.dy, walk.z_mm + along * walk.dz_mm};
}

RADIOCORE_INLINE index_t cell_at(const RoofCells& roofs, float x, float y) {
  const float last_x = float(roofs.nx - 1), last_y = float(roofs.ny - 1);
  const float column = x < 0.0f ? 0.0f : (x > last_x ? last_x : x), row = y < 0.0f ? 0.0f : (y > last_y ? last_y : y);
  return index_t(row) * roofs.nx + index_t(column);
}

RADIOCORE_INLINE float clearance_at(const RoofCells& roofs, HostList hosts, float per_scale_mm, float x, float y,
                                    float link_mm) {
  const index_t cell = cell_at(roofs, x, y);
  const bool transparent = hosts.count > 0 && hosts.holds(roofs.building[cell]);
  return clearance(transparent ? 0.0f : float(roofs.roof_mm[cell]), link_mm, per_scale_mm);
}

RADIOCORE_INLINE Step look(const Walk& walk, const RoofCells& roofs, HostList hosts, float per_scale_mm, Place at) {
  const float under = clearance_at(roofs, hosts, per_scale_mm, at.x, at.y, at.link_mm);
  const float left = clearance_at(roofs, hosts, per_scale_mm, at.x + walk.side_x, at.y + walk.side_y, at.link_mm);
  const float right = clearance_at(roofs, hosts, per_scale_mm, at.x - walk.side_x, at.y - walk.side_y, at.link_mm);
  Step step;
  step.clearance[0] = under;
  step.clearance[1] = left > right ? left : right;
  step.clearance[2] = left > right ? right : left;
  step.sees = under > -1.0f || step.clearance[1] > -1.0f;
  return step;
}

/// Level whose roofs may rise into the reach of the network from here to the link's end.
RADIOCORE_INLINE int level_at(float lowest_mm, float scale_mm) {
  int level = 0;
  while (level + 1 < levels && float(free_above_mm[std::size_t(level + 1)]) <= lowest_mm - scale_mm) ++level;
  return level;
}

RADIOCORE_INLINE float hazard_of(const ProfileNetwork& network, const Step& before, const Step& here,
                                 const Step& behind) {
  const Step* const window[profile_window] = {&before, &here, &behind};
  float value[profile_hidden];
  for (int j = 0; j < profile_hidden; ++j) value[j] = network.bias[j];
  for (int w = 0; w < profile_window; ++w) {
    for (int k = 0; k < profile_clearances; ++k) {
      const float input = window[w]->clearance[k];
      const float* const kernel = network.kernel[w * profile_clearances + k];
      for (int j = 0; j < profile_hidden; ++j) value[j] += kernel[j] * input;
    }
  }
  for (int j = 0; j < profile_hidden; ++j) value[j] = network.weight[j] * (value[j] > 0.0f ? value[j] : 0.0f);
  for (int half = profile_hidden / 2; half > 0; half /= 2) {
    for (int j = 0; j < half; ++j) value[j] += value[j + half];
  }
  return square_plus(network.weight_bias + value[0]);
}

/// The first step from i on that sees a roof, and what it sees; the number of steps if none does.
RADIOCORE_INLINE std::int32_t first_seeing(const ProfileModel& model, const RoofCells& roofs, HostList hosts,
                                           const Walk& walk, float per_scale_mm, std::int32_t i, Step& seen) {
  // A step is at most one cell long, and its sides lie beside it: so many rings may not be jumped over.
  const std::int32_t margin = 1 + std::int32_t(std::ceil(model.side));
  const float end_mm = place_at(walk, walk.steps - 1).link_mm;
  while (i < walk.steps) {
    const Place at = place_at(walk, i);
    const int level = level_at(at.link_mm < end_mm ? at.link_mm : end_mm, model.scale_mm);
    const std::int32_t rings = roofs.distance[cell_at(roofs, at.x, at.y) * levels + level];
    if (rings > margin) {
      i += rings - margin;
      continue;
    }
    seen = look(walk, roofs, hosts, per_scale_mm, at);
    if (seen.sees) return i;
    ++i;
  }
  return walk.steps;
}

/// The sum of hazards, walked until it is hopeless. Steps whose window sees no roof have none, and are skipped where
/// that is sure beforehand.
RADIOCORE_CLONES float total_hazard(const ProfileModel& model, const RoofCells& roofs, HostList hosts,
                                    const Walk& walk, float hopeless) {
  const float per_scale_mm = 1.0f / model.scale_mm;
  float hazard = 0.0f;
  std::int32_t i = 0;  // hazards of the steps before are added
  while (true) {
    Step before, here;
    const std::int32_t seeing = first_seeing(model, roofs, hosts, walk, per_scale_mm, i, here);
    if (seeing >= walk.steps) return hazard;
    if (seeing > 0) hazard += hazard_of(model.network, Step{}, Step{}, here);
    i = seeing;
    while (before.sees || here.sees) {
      const Step behind =
          i + 1 < walk.steps ? look(walk, roofs, hosts, per_scale_mm, place_at(walk, i + 1)) : Step{};
      hazard += hazard_of(model.network, before, here, behind);
      ++i;
      if (hazard >= hopeless || i >= walk.steps) return hazard;
      before = here;
      here = behind;
    }
    ++i;  // step i sees nothing; its own hazard is added with the next step that does
  }
}

}  // namespace

void fill_free_distances(const std::int32_t* roof_mm, std::int32_t nx, std::int32_t ny, int threads,
                         std::uint8_t* distance) {
  // Two passes over the eight neighbours give the exact number of rings; beyond the border nothing stands.
  const auto at = [&](std::int32_t x, std::int32_t y, int level) -> std::uint8_t& {
    return distance[(index_t(y) * nx + x) * levels + level];
  };
  parallel_for(levels, threads, [&](index_t task) {
    const int level = int(task);
    const auto relax = [&](std::int32_t x, std::int32_t y, int back) {
      std::int32_t least = at(x, y, level);
      const auto through = [&](std::int32_t u, std::int32_t v) {
        if (u >= 0 && u < nx && v >= 0 && v < ny) least = std::min(least, std::int32_t(at(u, v, level)) + 1);
      };
      through(x + back, y);
      for (std::int32_t u = x - 1; u <= x + 1; ++u) through(u, y + back);
      at(x, y, level) = std::uint8_t(std::min(least, 255));
    };
    for (std::int32_t y = 0; y < ny; ++y) {
      for (std::int32_t x = 0; x < nx; ++x) {
        at(x, y, level) = roof_mm[index_t(y) * nx + x] > free_above_mm[std::size_t(level)] ? 0 : 255;
        relax(x, y, -1);
      }
    }
    for (std::int32_t y = ny - 1; y >= 0; --y) {
      for (std::int32_t x = nx - 1; x >= 0; --x) relax(x, y, 1);
    }
  });
}

void fill_profile_probability(const ProfileModel& model, const RoofCells& roofs, const LinkEnds& ends,
                              const Hosts& hosts, const std::int32_t* building, const std::uint8_t* los,
                              std::int64_t exact_radius_mm, int threads, double* probability) {
  const float hopeless = model.certain > 0.0 ? float(-log_ieee(model.certain)) : 80.0f;
  parallel_ranges(ends.receiver_count, 64, threads, [&](index_t begin, index_t end) {
    for (index_t s = 0; s < ends.station_count; ++s) {
      for (index_t r = begin; r < end; ++r) {
        const index_t at = s * ends.receiver_count + r;
        const std::int64_t dx = ends.stations[s].x - ends.receivers[r].x, dy = ends.stations[s].y - ends.receivers[r].y;
        double passes = 0.0;
        if (building[r] < 0 && dx * dx + dy * dy <= exact_radius_mm * exact_radius_mm) {
          passes = los[at];
        } else if (building[r] < 0) {
          const Walk walk(model, roofs, ends.receivers[r], ends.stations[s]);
          const float hazard = total_hazard(model, roofs, hosts.of(s), walk, hopeless);
          passes = hazard >= hopeless ? 0.0 : exp_ieee(-double(hazard));
          if (passes >= 1.0 - model.certain) passes = 1.0;
        }
        probability[at] = passes;
      }
    }
  });
}

void fill_profiles(const ProfileModel& model, const RoofCells& roofs, const Point3* receivers, const Point3* stations,
                   index_t links, index_t steps, float* clearances, std::int32_t* count) {
  const float per_scale_mm = 1.0f / model.scale_mm;
  for (index_t link = 0; link < links; ++link) {
    const Walk walk(model, roofs, receivers[link], stations[link]);
    count[link] = walk.steps;
    for (index_t i = 0; i < steps; ++i) {
      Step step;
      if (i < walk.steps) {
        step = look(walk, roofs, HostList{nullptr, 0}, per_scale_mm, place_at(walk, std::int32_t(i)));
      }
      std::copy_n(step.clearance, profile_clearances, clearances + (link * steps + i) * profile_clearances);
    }
  }
}

}  // namespace radiocore
