// Where a body takes the links of one receiver from: columns that were given, or a traced scene.
//
// Both offer at(receiver), and that offers for station s: mean (mW), shape (Nakagami m), load,
// sees (line of sight) and interferes.
#pragma once

#include "radiocore/coverage/antenna.hpp"
#include "radiocore/coverage/power_law.hpp"
#include "radiocore/device/team.hpp"
#include "radiocore/geometry/receiver_grid.hpp"

namespace radiocore {

/// Means at or below this count as off, so that ratios to the server stay finite.
constexpr double weakest_server_mw = 1e-250;

/// Receivers from a list, or the cells of a grid from `first` on.
struct Places {
  const Point3* list;  // null: the grid
  ReceiverGrid grid;
  index_t first;

  RADIOCORE_HD Point3 operator[](index_t r) const { return list ? list[r] : grid[first + r]; }
};

/// A column of numbers, one a link, in any order of the two axes. A step of 0 repeats a number.
struct LinkColumn {
  const double* data;
  index_t receiver_step, station_step;

  RADIOCORE_HD double operator()(index_t r, index_t s) const { return data[r * receiver_step + s * station_step]; }
};

struct GivenLinks {
  LinkColumn mean_mw, fading_m;
  index_t stations;

  struct OfReceiver {
    const GivenLinks& links;
    index_t r;

    RADIOCORE_HD double mean(index_t s) const { return links.mean_mw(r, s); }
    RADIOCORE_HD double shape(index_t s) const { return links.fading_m(r, s); }
    RADIOCORE_HD double load(index_t) const { return 1.0; }
    RADIOCORE_HD bool sees(index_t) const { return false; }
    RADIOCORE_HD bool interferes(index_t) const { return true; }
  };

  RADIOCORE_HD OfReceiver at(index_t r) const { return {*this, r}; }
};

struct SceneLinks {
  Places receivers;
  const Point3* position;     // (S,)
  const double* power_mw;     // (S,)
  const Boresight* boresight;  // (S,)
  const double* load_of;      // (S,)
  const std::uint8_t* los;    // (S, row_bytes), a bit a link
  index_t row_bytes;
  index_t stations;
  PowerLaw law;
  double shape_by_state[2];
  std::int64_t reach_mm;  // of interference, in plan; < 0: no end

  struct OfReceiver {
    const SceneLinks& links;
    index_t r;
    Point3 place;

    RADIOCORE_HD bool sees(index_t s) const {
      return (links.los[s * links.row_bytes + r / bits_a_byte] >> (r % bits_a_byte)) & 1;
    }
    /// The same operations in the same order as fill_mean_power.
    RADIOCORE_HD double mean(index_t s) const {
      const bool state = sees(s);
      const double gain = state ? links.law.gain_at_1m[1] : links.law.gain_at_1m[0];
      const double exponent = state ? links.law.exponent[1] : links.law.exponent[0];
      const double scale = links.power_mw[s] * gain;
      const double isotropic = scale * inverse_power(squared_distance_m2(place, links.position[s]), exponent);
      const Boresight ahead = links.boresight[s];
      if (ahead.east == 0.0 && ahead.north == 0.0) return isotropic;
      return isotropic * sector_gain(ahead, links.position[s], place);
    }
    RADIOCORE_HD double shape(index_t s) const { return sees(s) ? links.shape_by_state[1] : links.shape_by_state[0]; }
    RADIOCORE_HD double load(index_t s) const { return links.load_of[s]; }
    RADIOCORE_HD bool interferes(index_t s) const {
      if (links.reach_mm < 0) return true;
      const std::int64_t dx = links.position[s].x - place.x, dy = links.position[s].y - place.y;
      return dx * dx + dy * dy <= links.reach_mm * links.reach_mm;
    }
  };

  RADIOCORE_HD OfReceiver at(index_t r) const { return {*this, r, receivers[r]}; }
};

}  // namespace radiocore
