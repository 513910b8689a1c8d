#include <pybind11/stl.h>

#include <array>
#include <memory>
#include <vector>

#include "arrays.hpp"
#include "cell_paths.hpp"
#include "learned_manifold.hpp"
#include "radiocore/coverage/closed_form.hpp"

namespace radiocore {
namespace {

/// The paths of a grid model with trained weights.
class CellWeights {
 public:
  CellWeights(std::int32_t n, std::int64_t cell_mm, const Array<double>& weight) : n_(n), cell_mm_(cell_mm) {
    require_even(n);
    const bool inside = cell_mm > 0 && cell_mm < lattice_limit / n;
    require(inside && cell_mm % 2 == 0, "cell_mm: must be even, inside the lattice");
    paths_ = list_cell_paths(n);
    require_shape(weight, "weight", {py::ssize_t(paths_.cell.size()), 3});
    for (const double* at = weight.data(); at != weight.data() + weight.size(); at += 3) {
      require(at[0] > 0.0 && at[0] < 1e6 && at[1] > 0.0 && at[1] < 1e6 && at[2] >= 0.0 && at[2] <= 1.0,
              "weight: kappa and tau must be positive, rho a probability");
      weight_.push_back(CellWeight::of(at[0], at[1], at[2]));
    }
  }

  CellPaths view() const { return {n_, cell_mm_, paths_.start.data(), paths_.cell.data(), weight_.data()}; }

  static void require_even(std::int32_t n) { require(n > 0 && n <= 256 && n % 2 == 0, "n: must be even, 2 to 256"); }

 private:
  std::int64_t n_, cell_mm_;
  CellPathList paths_;
  std::vector<CellWeight> weight_;
};

/// A stretch of receivers with all that the grid model needs of it. Keeps its arrays alive.
class LearnedBlock {
 public:
  LearnedBlock(std::shared_ptr<CellWeights> weights, const ReceiverGrid& grid, index_t first, index_t count,
               Array<std::int64_t> stations_mm, Array<double> load, Array<std::int64_t> host_start,
               Array<std::int32_t> host_list, Array<std::uint8_t> los_bits, Array<std::uint8_t> outdoor_bits,
               Array<std::int32_t> roof_mm, Array<std::int32_t> building, Array<std::int32_t> row,
               Array<std::int32_t> column, index_t first_row, index_t first_column, bool by_cell)
      : weights_(std::move(weights)), keep_{stations_mm, load, host_start, host_list, los_bits, outdoor_bits,
                                            roof_mm, building, row, column} {
    const CellPaths paths = weights_->view();
    const Point3* const station = as_points3(stations_mm, "stations_mm");
    const py::ssize_t stations = stations_mm.shape(0);
    const bool inside = first >= 0 && count > 0 && first <= grid.size() && count <= grid.size() - first;
    require(inside, "first, count: beyond the grid");
    for (py::ssize_t s = 0; s < stations; ++s) {
      require(station[s].z > grid.z, "stations_mm: a station does not stand above the receivers");
    }
    require_shape(load, "load", {stations});
    require(host_start.size() == stations + 1, "host_start: wanted one offset more than stations");
    require_offsets(host_start, "host_start", 0, host_list.size());
    require_shape(los_bits, "los_bits", {stations, py::ssize_t(count + 7) / 8});
    require_shape(outdoor_bits, "outdoor_bits", {py::ssize_t(count + 7) / 8});
    require_shape(roof_mm, "roof_mm", {-1, -1});
    require_shape(building, "building", {roof_mm.shape(0), roof_mm.shape(1)});
    require_cells(row, "row", paths.n, roof_mm.shape(0));
    require_cells(column, "column", paths.n, roof_mm.shape(1));
    const index_t last_row = (first + count - 1) / grid.nx;
    const bool one_row = first / grid.nx == last_row;
    const index_t west = one_row ? first % grid.nx : 0, east = one_row ? (first + count - 1) % grid.nx : grid.nx - 1;
    require(first_row <= first / grid.nx && last_row < first_row + row.shape(0), "row: does not hold the receivers");
    require(first_column <= west && east < first_column + column.shape(0), "column: does not hold the receivers");
    stretch_ = {grid, first, count, station, stations, load.data(), {host_start.data(), host_list.data()},
                los_bits.data(), los_bits.shape(1), outdoor_bits.data(), paths,
                {roof_mm.data(), building.data(), roof_mm.shape(1), row.data(), column.data(), first_row, first_column},
                by_cell};
  }

  const LearnedStretch& stretch() const { return stretch_; }

 private:
  static void require_cells(const Array<std::int32_t>& index, const char* name, py::ssize_t n, py::ssize_t end) {
    require_shape(index, name, {-1, n});
    for (py::ssize_t i = 0; i < index.size(); ++i) {
      require(index.data()[i] >= 0 && index.data()[i] < end, name, ": beyond the raster");
    }
  }

  std::shared_ptr<CellWeights> weights_;
  std::vector<py::array> keep_;
  LearnedStretch stretch_;
};

py::tuple weights_of(const LearnedBlock& block, int threads) {
  const LearnedStretch& stretch = block.stretch();
  py::array_t<double> weight({stretch.stations, stretch.count});
  py::array_t<std::int32_t> server(stretch.count);
  {
    py::gil_scoped_release unlock;
    fill_learned_weights(stretch, threads, weight.mutable_data(), server.mutable_data());
  }
  return py::make_tuple(weight, server);
}

py::tuple coverage_of(const LearnedBlock& block, double power_mw, std::array<double, 2> gain_at_1m,
                      std::array<double, 2> exponent, std::array<double, 2> shape, std::int64_t interferer_reach_mm,
                      double noise_mw, const Array<double>& threshold, std::uint64_t seed, std::uint32_t draws,
                      int threads) {
  const LearnedStretch& stretch = block.stretch();
  require_shape(threshold, "threshold", {-1});
  for (const double m : shape) {
    require(m > 0.0, "shape: must be positive");
    require(draws > 0 || (m >= 1 && m <= max_server_shape && m == double(int(m))),
            "shape: the closed form needs whole numbers from 1 to 64");
  }
  require(interferer_reach_mm < 2 * lattice_limit, "interferer_reach_mm: beyond the lattice");
  const LearnedChannel channel{power_mw, {{gain_at_1m[0], gain_at_1m[1]}, {exponent[0], exponent[1]}},
                               {shape[0], shape[1]}, interferer_reach_mm, noise_mw, threshold.data(),
                               threshold.shape(0)};
  py::array_t<double> coverage({threshold.shape(0), py::ssize_t(stretch.count)}), server_power_mw(stretch.count);
  py::array_t<std::int32_t> server(stretch.count);
  py::array_t<bool> server_los(stretch.count);
  static_assert(sizeof(bool) == sizeof(std::uint8_t));
  const LearnedMap map{coverage.mutable_data(), server.mutable_data(), server_power_mw.mutable_data(),
                       reinterpret_cast<std::uint8_t*>(server_los.mutable_data())};
  {
    py::gil_scoped_release unlock;
    if (draws > 0) {
      sample_learned_coverage(stretch, channel, seed, draws, threads, map);
    } else {
      learned_coverage(stretch, channel, threads, map);
    }
  }
  return py::make_tuple(coverage, server, server_power_mw, server_los);
}

py::tuple cell_paths(std::int32_t n) {
  CellWeights::require_even(n);
  CellPathList paths;
  {
    py::gil_scoped_release unlock;
    paths = list_cell_paths(n);
  }
  static_assert(sizeof(CellOffset) == 2 * sizeof(std::int32_t));
  return py::make_tuple(py::array_t<std::int32_t>(py::ssize_t(paths.start.size()), paths.start.data()),
                        py::array_t<std::int32_t>({py::ssize_t(paths.cell.size()), py::ssize_t(2)},
                                                  reinterpret_cast<const std::int32_t*>(paths.cell.data())));
}

}  // namespace

void bind_learned(py::module_& module) {
  using namespace py::literals;
  const auto exact = [](const char* name) { return py::arg(name).noconvert(); };
  module.attr("NEGLIGIBLE_WEIGHT") = negligible_weight;
  module.def("cell_paths", &cell_paths, "n"_a);
  py::class_<CellWeights, std::shared_ptr<CellWeights>>(module, "CellWeights",
                                                        "Paths of a grid model with trained weights.")
      .def(py::init<std::int32_t, std::int64_t, const Array<double>&>(), "n"_a, "cell_mm"_a, exact("weight"));
  py::class_<LearnedBlock>(module, "LearnedBlock", "Receivers of a grid with stations and roofs around them.")
      .def(py::init<std::shared_ptr<CellWeights>, const ReceiverGrid&, index_t, index_t, Array<std::int64_t>,
                    Array<double>, Array<std::int64_t>, Array<std::int32_t>, Array<std::uint8_t>, Array<std::uint8_t>,
                    Array<std::int32_t>, Array<std::int32_t>, Array<std::int32_t>, Array<std::int32_t>, index_t,
                    index_t, bool>(),
           py::arg("weights").none(false), "grid"_a, "first"_a, "count"_a, exact("stations_mm"), exact("load"), exact("host_start"),
           exact("host_list"), exact("los_bits"), exact("outdoor_bits"), exact("roof_mm"), exact("building"),
           exact("row"), exact("column"), "first_row"_a, "first_column"_a, "by_cell"_a)
      .def("weights", &weights_of, "threads"_a)
      .def("coverage", &coverage_of, "power_mw"_a, "gain_at_1m"_a, "exponent"_a, "shape"_a, "interferer_reach_mm"_a,
           "noise_mw"_a, exact("threshold"), "seed"_a, "draws"_a, "threads"_a);
}

}  // namespace radiocore
