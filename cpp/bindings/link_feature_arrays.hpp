// The ends and the features of links as arrays.
#pragma once

#include "arrays.hpp"
#include "radiocore/device/link_features.hpp"

namespace radiocore {

/// Ends that are checked, and room for the columns. The tuple is in the order of LinkFeatureColumns.
struct LinkFeatureArrays {
  const Point3* transmitters;
  const Point3* receivers;
  index_t count;
  LinkFeatureColumns columns;
  py::tuple arrays;

  LinkFeatureArrays(const Array<std::int64_t>& transmitters_mm, const Array<std::int64_t>& receivers_mm)
      : transmitters(as_points3(transmitters_mm, "transmitters_mm")),
        receivers(as_points3(receivers_mm, "receivers_mm")),
        count(transmitters_mm.shape(0)) {
    require_shape(receivers_mm, "receivers_mm", {count, 3});
    py::array_t<bool> is_los(count);
    py::array_t<std::int32_t> buildings(count), receiver_building(count);
    py::array_t<double> obstruction_m(count), penetration_m(count), distance_m(count), plan_distance_m(count);
    static_assert(sizeof(bool) == 1);
    columns = {reinterpret_cast<std::uint8_t*>(is_los.mutable_data()),
               buildings.mutable_data(),
               receiver_building.mutable_data(),
               obstruction_m.mutable_data(),
               penetration_m.mutable_data(),
               distance_m.mutable_data(),
               plan_distance_m.mutable_data()};
    arrays = py::make_tuple(is_los, buildings, receiver_building, obstruction_m, penetration_m, distance_m,
                            plan_distance_m);
  }
};

}  // namespace radiocore
