// Sector antennas: 3GPP TR 38.901, Table 7.3-1 (single element, 65 degrees, 30 dB).
#pragma once

#include "radiocore/geometry/lattice.hpp"
#include "radiocore/numerics/elementary.hpp"

namespace radiocore {

/// Where a station points: its direction in plan and its down-tilt. (0, 0) in plan stands for an isotropic antenna.
struct Boresight {
  double east, north;   // unit vector
  double cosine, sine;  // of the down-tilt
};

/// Direction of a receiver in the axes of an antenna, degrees off its boresight.
struct OffBoresight {
  double azimuth;    // clockwise seen from above, (-180, 180]
  double elevation;  // upwards, [-90, 90]
};

/// The antenna's axes are turned to its azimuth and then tilted as one: 3GPP TR 38.901, clauses 7.1.3 and 7.1.4.
template <class ArcTangent>
RADIOCORE_INLINE OffBoresight off_boresight_by(Boresight boresight, Point3 station, Point3 receiver,
                                               ArcTangent arc_tangent) {
  constexpr double degrees = 0x1.ca5dc1a63c1f8p+5;
  const double east = double(receiver.x - station.x), north = double(receiver.y - station.y);
  const double rise = double(receiver.z - station.z);
  const double level = east * boresight.east + north * boresight.north;
  const double aside = east * boresight.north - north * boresight.east;
  const double ahead = boresight.cosine * level - boresight.sine * rise;
  const double up = boresight.cosine * rise + boresight.sine * level;
  // Without tilt the plan distance is that of the whole millimetres, whatever the azimuth's rounding.
  const bool tilted = boresight.sine != 0.0;
  const double horizontal = std::sqrt(tilted ? ahead * ahead + aside * aside : east * east + north * north);
  double phi = 0.0;
  if (horizontal > 0.0) {
    phi = degrees * arc_tangent(aside < 0.0 ? -aside : aside, ahead < 0.0 ? -ahead : ahead);
    phi = ahead < 0.0 ? 180.0 - phi : phi;
  }
  const double theta = degrees * arc_tangent(up < 0.0 ? -up : up, horizontal);
  return {aside < 0.0 ? -phi : phi, up < 0.0 ? -theta : theta};
}

RADIOCORE_INLINE OffBoresight off_boresight(Boresight boresight, Point3 station, Point3 receiver) {
  return off_boresight_by(boresight, station, receiver,
                          [](double y, double x) __attribute__((always_inline)) { return atan2_ieee(y, x); });
}

/// Power gain of a sector towards a receiver, relative to its boresight; power_dbm is that of the boresight.
///
/// Attenuation in dB: min(12 (phi / 65)^2, 30) in azimuth plus min(12 (theta / 65)^2, 30) in
/// elevation, together at most 30; angles in degrees off the boresight.
template <class ArcTangent, class ExpOfMinus>
RADIOCORE_INLINE double sector_gain_by(Boresight boresight, Point3 station, Point3 receiver, ArcTangent arc_tangent,
                                       ExpOfMinus exp_of_minus) {
  constexpr double beamwidth_deg = 65.0, most_db = 30.0;
  constexpr double log_per_db = 0x1.d791c5f888823p-3;  // ln(10) / 10
  const OffBoresight off = off_boresight_by(boresight, station, receiver, arc_tangent);
  const auto attenuation_db = [](double angle) {
    const double ratio = angle / beamwidth_deg;
    return 12.0 * ratio * ratio < most_db ? 12.0 * ratio * ratio : most_db;
  };
  const double sum_db = attenuation_db(off.azimuth) + attenuation_db(off.elevation);
  return exp_of_minus(log_per_db * (sum_db < most_db ? sum_db : most_db));
}

RADIOCORE_INLINE double sector_gain(Boresight boresight, Point3 station, Point3 receiver) {
  return sector_gain_by(
      boresight, station, receiver, [](double y, double x) __attribute__((always_inline)) { return atan2_ieee(y, x); },
      [](double x) __attribute__((always_inline)) { return exp_ieee(-x); });
}

/// The same within a relative 5e-8, for powers that end in single precision.
RADIOCORE_INLINE double sector_gain_near(Boresight boresight, Point3 station, Point3 receiver) {
  return sector_gain_by(
      boresight, station, receiver, [](double y, double x) __attribute__((always_inline)) { return atan2_near(y, x); },
      [](double x) __attribute__((always_inline)) { return exp_of_minus_near(x); });
}

}  // namespace radiocore
