#include <pybind11/stl.h>

#include <array>
#include <optional>

#include "arrays.hpp"
#include "closed_form.hpp"
#include "coverage_map.hpp"
#include "monte_carlo.hpp"
#include "power.hpp"
#include "radiocore/coverage/closed_form.hpp"
#include "radiocore/coverage/single_precision.hpp"

namespace radiocore {
namespace {

using DoubleOrNone = std::optional<Array<double>>;
using ByteOrNone = std::optional<Array<std::uint8_t>>;

/// (S, R) links from arrays: a shape a link, or a shape a line-of-sight state.
Links as_links(const Array<double>& mean, const DoubleOrNone& shape, const ByteOrNone& los,
               const std::array<double, 2>& shape_by_state, const Array<double>& load) {
  require(mean.ndim() == 2, "mean: wanted (S, R)");
  const py::ssize_t stations = mean.shape(0), receivers = mean.shape(1);
  require(shape.has_value() != los.has_value(), "shape, los: exactly one of them");
  if (shape) require_shape(*shape, "shape", {stations, receivers});
  if (los) require_shape(*los, "los", {stations, receivers});
  require_shape(load, "load", {stations});
  return {receivers, stations, mean.data(), shape ? shape->data() : nullptr, los ? los->data() : nullptr,
          {shape_by_state[0], shape_by_state[1]}, load.data()};
}

bool serves_whole(double shape) { return shape >= 1 && shape <= max_server_shape && shape == double(int(shape)); }

void require_servers(const Links& links, const Array<std::int32_t>& server, bool whole_shapes) {
  require_shape(server, "server", {links.receivers});
  const std::int32_t* const rows = server.data();
  for (index_t r = 0; r < links.receivers; ++r) {
    require(rows[r] >= -1 && rows[r] < links.stations, "server: no such station");
  }
  const bool by_state = !links.shape && serves_whole(links.shape_by_state[0]) && serves_whole(links.shape_by_state[1]);
  for (index_t r = 0; whole_shapes && !by_state && r < links.receivers; ++r) {
    if (rows[r] < 0 || serves_whole(links.shape_of(rows[r] * links.receivers + r))) continue;
    require(false, "fading_m: the closed form needs a whole number from 1 to 64 for the serving link of receiver ",
            std::to_string(r));
  }
}

py::array_t<double> mean_power_mw(const Array<std::int64_t>& receivers_mm, const Array<std::int64_t>& stations_mm,
                                  const Array<double>& power_mw, const Array<double>& boresight,
                                  const Array<std::uint8_t>& los, std::array<double, 2> gain_at_1m,
                                  std::array<double, 2> exponent, int threads) {
  const LinkEnds ends{as_points3(receivers_mm, "receivers_mm"), receivers_mm.shape(0),
                      as_points3(stations_mm, "stations_mm"), stations_mm.shape(0)};
  require_shape(power_mw, "power_mw", {ends.station_count});
  const Boresight* const facing = as_boresights(boresight, ends.station_count);
  require_shape(los, "los", {ends.station_count, ends.receiver_count});
  const PowerLaw law{{gain_at_1m[0], gain_at_1m[1]}, {exponent[0], exponent[1]}};
  py::array_t<double> out({ends.station_count, ends.receiver_count});
  {
    py::gil_scoped_release unlock;
    fill_mean_power(ends, power_mw.data(), facing, los.data(), law, threads, out.mutable_data());
  }
  return out;
}

/// (2, R) azimuth and elevation of each receiver off the boresight of its station, degrees.
py::array_t<double> off_boresight_deg(const Array<std::int64_t>& receivers_mm, const Array<std::int64_t>& stations_mm,
                                      const Array<double>& boresight) {
  const Point3* const receiver = as_points3(receivers_mm, "receivers_mm");
  const Point3* const station = as_points3(stations_mm, "stations_mm");
  const index_t receivers = receivers_mm.shape(0), stations = stations_mm.shape(0);
  require(stations == receivers || stations == 1, "stations_mm: wanted one for each receiver, or one for all");
  const Boresight* const facing = as_boresights(boresight, stations);
  py::array_t<double> out({index_t(2), receivers});
  double* const azimuth = out.mutable_data();
  double* const elevation = azimuth + receivers;
  py::gil_scoped_release unlock;
  for (index_t r = 0; r < receivers; ++r) {
    const index_t s = stations == 1 ? 0 : r;
    const OffBoresight off = off_boresight(facing[s], station[s], receiver[r]);
    azimuth[r] = off.azimuth;
    elevation[r] = off.elevation;
  }
  return out;
}

py::array_t<std::int32_t> associate_stations(const Array<double>& mean, int threads) {
  require(mean.ndim() == 2, "mean: wanted (S, R)");
  py::array_t<std::int32_t> out(mean.shape(1));
  {
    py::gil_scoped_release unlock;
    associate(mean.data(), mean.shape(1), mean.shape(0), threads, out.mutable_data());
  }
  return out;
}

py::array_t<double> closed_form(const Array<double>& mean, const DoubleOrNone& shape, const ByteOrNone& los,
                                std::array<double, 2> shape_by_state, const Array<double>& load,
                                const Array<std::int32_t>& server, double noise_mw, const Array<double>& threshold,
                                int threads) {
  const Links links = as_links(mean, shape, los, shape_by_state, load);
  require_servers(links, server, true);
  require_shape(threshold, "threshold", {-1});
  py::array_t<double> out({threshold.shape(0), mean.shape(1)});
  {
    py::gil_scoped_release unlock;
    closed_form_coverage(links, server.data(), noise_mw, threshold.data(), threshold.shape(0), threads,
                         out.mutable_data());
  }
  return out;
}

InstructionSet instruction_set(const std::string& name) {
  if (name == "baseline") return InstructionSet::baseline;
  if (name == "avx2") return InstructionSet::avx2;
  if (name == "avx512") return InstructionSet::avx512;
  require(name == "automatic", "instructions: unknown");
  return InstructionSet::automatic;
}

py::array_t<std::int64_t> monte_carlo_hits(const Array<double>& mean, const DoubleOrNone& shape,
                                           const ByteOrNone& los, std::array<double, 2> shape_by_state,
                                           const Array<double>& load, const Array<std::int32_t>& server,
                                           double noise_mw, const Array<double>& threshold, std::uint64_t seed,
                                           std::uint32_t draws, std::uint32_t first_receiver,
                                           const std::string& instructions, int threads) {
  const Links links = as_links(mean, shape, los, shape_by_state, load);
  require_servers(links, server, false);
  require_shape(threshold, "threshold", {-1});
  const InstructionSet set = instruction_set(instructions);
  py::array_t<std::int64_t> out({threshold.shape(0), mean.shape(1)});
  {
    py::gil_scoped_release unlock;
    count_hits(links, server.data(), noise_mw, threshold.data(), threshold.shape(0), {seed, draws, first_receiver},
               set, threads, out.mutable_data());
  }
  return out;
}

py::tuple mixture(const Array<double>& mean_nlos, const Array<double>& mean_los, std::array<double, 2> shape_by_state,
                  const Array<double>& los_probability, const Array<double>& load, double noise_mw,
                  const Array<double>& threshold, int threads) {
  require(mean_los.ndim() == 2, "mean_los: wanted (S, R)");
  const py::ssize_t stations = mean_los.shape(0), receivers = mean_los.shape(1);
  require_shape(mean_nlos, "mean_nlos", {stations, receivers});
  require_shape(los_probability, "los_probability", {stations, receivers});
  require_shape(load, "load", {stations});
  require_shape(threshold, "threshold", {-1});
  for (const double shape : shape_by_state) {
    require(serves_whole(shape), "fading_m: the closed form needs whole numbers from 1 to 64, as either state may serve");
  }
  const MixedLinks links{receivers,
                         stations,
                         {mean_nlos.data(), mean_los.data()},
                         {shape_by_state[0], shape_by_state[1]},
                         los_probability.data(),
                         load.data()};
  py::array_t<double> probability({threshold.shape(0), receivers});
  py::array_t<std::int32_t> server(receivers);
  py::array_t<std::uint8_t> server_los(receivers);
  {
    py::gil_scoped_release unlock;
    mixture_coverage(links, noise_mw, threshold.data(), threshold.shape(0), threads, probability.mutable_data(),
                     server.mutable_data(), server_los.mutable_data());
  }
  return py::make_tuple(probability, server, server_los);
}

py::array_t<std::uint8_t> drawn_line_of_sight(const Array<double>& probability, std::uint64_t seed,
                                              std::uint32_t first_receiver, int threads) {
  require(probability.ndim() == 2, "probability: wanted (S, R)");
  py::array_t<std::uint8_t> out({probability.shape(0), probability.shape(1)});
  {
    py::gil_scoped_release unlock;
    draw_line_of_sight(probability.data(), probability.shape(1), probability.shape(0), {seed, 1, first_receiver},
                       threads, out.mutable_data());
  }
  return out;
}

py::tuple coverage_on_grid(const ReceiverGrid& grid, index_t first, index_t count,
                           const Array<std::int64_t>& stations_mm, const Array<double>& power_mw,
                           const Array<double>& boresight, const Array<double>& load,
                           const Array<std::uint8_t>& los_bits, std::array<double, 2> gain_at_1m,
                           std::array<double, 2> exponent, std::array<double, 2> shape,
                           std::int64_t interferer_reach_mm, double noise_mw, const Array<double>& threshold,
                           bool double_precision, int threads, const std::string& instructions) {
  const Point3* const station = as_points3(stations_mm, "stations_mm");
  const py::ssize_t stations = stations_mm.shape(0);
  const bool inside = first >= 0 && count >= 0 && first <= grid.size() && count <= grid.size() - first;
  require(inside, "first, count: beyond the grid");
  require_shape(power_mw, "power_mw", {stations});
  require_shape(load, "load", {stations});
  require_shape(los_bits, "los_bits", {stations, (count + 7) / 8});
  require_shape(threshold, "threshold", {-1});
  for (const double m : shape) require(serves_whole(m), "shape: the closed form needs whole numbers from 1 to 64");
  require(interferer_reach_mm < 2 * lattice_limit, "interferer_reach_mm: beyond the lattice");
  const MapStretch stretch{grid, first, count, station, stations, power_mw.data(),
                           as_boresights(boresight, stations), load.data(), los_bits.data(),
                           los_bits.shape(1), {{gain_at_1m[0], gain_at_1m[1]}, {exponent[0], exponent[1]}},
                           {shape[0], shape[1]}, interferer_reach_mm, noise_mw, threshold.data(), threshold.shape(0)};
  const InstructionSet set = instruction_set(instructions);
  py::array_t<double> coverage({threshold.shape(0), py::ssize_t(count)}), server_power_mw(count);
  py::array_t<std::int32_t> server(count);
  py::array_t<bool> server_los(count);
  static_assert(sizeof(bool) == sizeof(std::uint8_t));
  const CoverageMap map{coverage.mutable_data(), server.mutable_data(), server_power_mw.mutable_data(),
                        reinterpret_cast<std::uint8_t*>(server_los.mutable_data())};
  {
    py::gil_scoped_release unlock;
    map_coverage(stretch, double_precision, set, threads, map);
  }
  return py::make_tuple(coverage, server, server_power_mw, server_los);
}

/// (station, receiver) of a link shorter than 1 m, or None.
py::object link_below_one_metre(const Array<std::int64_t>& receivers_mm, const Array<std::int64_t>& stations_mm) {
  const LinkEnds ends{as_points3(receivers_mm, "receivers_mm"), receivers_mm.shape(0),
                      as_points3(stations_mm, "stations_mm"), stations_mm.shape(0)};
  index_t found = -1;
  {
    py::gil_scoped_release unlock;
    found = find_link_below_one_metre(ends);
  }
  if (found < 0) return py::none();
  return py::make_tuple(found / ends.receiver_count, found % ends.receiver_count);
}

}  // namespace

void bind_coverage(py::module_& module) {
  using namespace py::literals;
  const auto exact = [](const char* name) { return py::arg(name).noconvert(); };
  module.def("mean_power_mw", &mean_power_mw, exact("receivers_mm"), exact("stations_mm"), exact("power_mw"),
             exact("boresight"), exact("los"), "gain_at_1m"_a, "exponent"_a, "threads"_a);
  module.def("off_boresight_deg", &off_boresight_deg, exact("receivers_mm"), exact("stations_mm"), exact("boresight"));
  module.def("associate", &associate_stations, exact("mean"), "threads"_a);
  module.def("closed_form", &closed_form, exact("mean"), exact("shape"), exact("los"), "shape_by_state"_a,
             exact("load"), exact("server"), "noise_mw"_a, exact("threshold"), "threads"_a);
  module.def("monte_carlo_hits", &monte_carlo_hits, exact("mean"), exact("shape"), exact("los"), "shape_by_state"_a,
             exact("load"), exact("server"), "noise_mw"_a, exact("threshold"), "seed"_a, "draws"_a,
             "first_receiver"_a, "instructions"_a, "threads"_a);
  module.def("mixture", &mixture, exact("mean_nlos"), exact("mean_los"), "shape_by_state"_a,
             exact("los_probability"), exact("load"), "noise_mw"_a, exact("threshold"), "threads"_a);
  module.def("drawn_line_of_sight", &drawn_line_of_sight, exact("probability"), "seed"_a, "first_receiver"_a,
             "threads"_a);
  module.def("coverage_on_grid", &coverage_on_grid, "grid"_a, "first"_a, "count"_a, exact("stations_mm"),
             exact("power_mw"), exact("boresight"), exact("load"), exact("los_bits"), "gain_at_1m"_a, "exponent"_a,
             "shape"_a, "interferer_reach_mm"_a, "noise_mw"_a, exact("threshold"), "double_precision"_a, "threads"_a,
             "instructions"_a = "automatic");
  module.def("single_precision_bound", [](index_t stations, int largest_shape) {
    return single_precision_bound(stations, largest_shape);
  }, "stations"_a, "largest_shape"_a);
  module.def("link_below_one_metre", &link_below_one_metre, exact("receivers_mm"), exact("stations_mm"));
}

}  // namespace radiocore
