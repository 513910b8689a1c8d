// The order of work of DeviceKernels, for any machine: what is copied, what is run, what is kept.
//
// A Machine offers
//   static constexpr bool is_gpu
//   auto enter()    its turn lasts as long as what this gives
//   bool reaches(const void*)
//   MemoryHandle allocate(bytes)
//   void copy_in(void* to, const void* from, bytes)
//   void copy_in_rows(void* to, const void* from, row_bytes, from_pitch_bytes, rows)
//   void copy_out_rows(void* to, const void* from, row_bytes, to_pitch_bytes, rows)
//   void for_each_item(index_t items, const Body&)
//   void for_each_bit(index_t rows, index_t columns, const Body&, std::uint8_t* bits)
//   void for_each_team(index_t items, index_t work_a_team, std::size_t scratch_bytes, const Body&)
//   void finish()   waits for all of it; every fault has been thrown by then
#pragma once

#include <algorithm>
#include <type_traits>
#include <utility>

#include "device_kernels.hpp"
#include "parallel.hpp"
#include "radiocore/device/cover.hpp"
#include "radiocore/device/cover_single.hpp"
#include "radiocore/device/far_links.hpp"
#include "radiocore/device/sample.hpp"
#include "radiocore/device/share.hpp"
#include "single_scale.hpp"

namespace radiocore {

template <class T>
T* data_of(const MemoryHandle& memory) {
  return static_cast<T*>(memory->data());
}

template <class Machine>
class DeviceKernelsOn final : public DeviceKernels {
 public:
  DeviceKernelsOn(Machine machine, std::size_t budget_bytes)
      : machine_(std::move(machine)), budget_bytes_(budget_bytes) {}

  bool on_gpu() const override { return Machine::is_gpu; }

  bool reaches(const void* data) const override { return machine_.reaches(data); }

  MemoryHandle upload(const void* data, std::size_t bytes) override {
    [[maybe_unused]] const auto turn = machine_.enter();
    MemoryHandle memory = machine_.allocate(bytes);
    machine_.copy_in(memory->data(), data, bytes);
    return memory;
  }

  std::unique_ptr<DeviceTown> upload_city(const City& city) override {
    [[maybe_unused]] const auto turn = machine_.enter();
    auto town = std::make_unique<DeviceTown>();
    const CityView view = city.view();
    const WallGridView grid = city.grid();
    const index_t rings = view.prism_ring_start[view.prisms], vertices = view.ring_start[rings];
    const index_t cells = index_t(grid.nx) * grid.ny;
    const auto keep = [&](const auto* data, index_t count) { return uploaded(town->memory, data, count); };
    town->view.city = {keep(view.vertices, vertices),   keep(view.ring_start, rings + 1),
                       keep(view.prism_ring_start, view.prisms + 1),
                       keep(view.base, view.prisms),    keep(view.roof, view.prisms),
                       keep(view.building, view.prisms), view.prisms};
    town->view.grid = {grid.x0,
                       grid.y0,
                       grid.cell_mm,
                       grid.nx,
                       grid.ny,
                       keep(grid.wall_start, cells + 1),
                       keep(grid.walls, grid.wall_start[cells]),
                       keep(grid.elevated_start, cells + 1),
                       keep(grid.elevated, grid.elevated_start[cells]),
                       keep(grid.prism_start, cells + 1),
                       keep(grid.prisms, grid.prism_start[cells]),
                       keep(grid.top, cells),
                       keep(grid.boxes, view.prisms)};
    const std::vector<CastingWall> walls = casting_walls(city);
    town->walls = keep(walls.data(), index_t(walls.size()));
    town->wall_count = index_t(walls.size());
    town->has_elevated = grid.elevated_start[cells] > 0;
    machine_.finish();
    return town;
  }

  std::unique_ptr<DeviceLinks> upload_links(const Places& receivers, index_t count,
                                            const StationColumns& stations) override {
    [[maybe_unused]] const auto turn = machine_.enter();
    auto links = std::make_unique<DeviceLinks>();
    const auto keep = [&](const auto* data, index_t items) { return uploaded(links->memory, data, items); };
    links->receivers = receivers;
    if (receivers.list) links->receivers.list = keep(receivers.list, count);
    links->receiver_count = count;
    links->position = keep(stations.position, stations.count);
    links->power_mw = keep(stations.power_mw, stations.count);
    links->boresight = keep(stations.boresight, stations.count);
    links->load = keep(stations.load, stations.count);
    links->hosts = {keep(stations.hosts.start, stations.count + 1),
                    keep(stations.hosts.list, stations.hosts.start[stations.count])};
    links->station_count = stations.count;
    links->power_on_host_mw.assign(stations.power_mw, stations.power_mw + stations.count);
    links->load_on_host.assign(stations.load, stations.load + stations.count);
    for (index_t s = 0; s < stations.count; ++s) {
      links->lowest_station_mm = std::min(links->lowest_station_mm, stations.position[s].z);
    }
    machine_.finish();
    return links;
  }

  void trace(const DeviceTown& town, DeviceLinks& links, std::int64_t max_distance_mm) override {
    [[maybe_unused]] const auto turn = machine_.enter();
    const index_t receivers = links.receiver_count, stations = links.station_count;
    find_buildings(town, links);
    links.los = room_for_bits(stations, receivers);
    const MemoryHandle enclosed = room<std::uint8_t>(stations);
    machine_.for_each_item(
        stations, FindEnclosed{town.view, links.hosts, links.position, data_of<std::uint8_t>(enclosed)});
    const TraceLink by_link{town.view,       links.hosts,
                            links.position,  data_of<std::uint8_t>(enclosed),
                            links.receivers, data_of<std::int32_t>(links.building),
                            max_distance_mm};
    if (links.receivers.list) {
      machine_.for_each_bit(stations, receivers, by_link, data_of<std::uint8_t>(links.los));
    } else {
      cast_shadows(town, links, by_link);
    }
    machine_.finish();
  }

  void take_line_of_sight(const DeviceTown& town, DeviceLinks& links, const std::uint8_t* bits) override {
    [[maybe_unused]] const auto turn = machine_.enter();
    find_buildings(town, links);
    links.los = room_for_bits(links.station_count, links.receiver_count);
    machine_.copy_in(links.los->data(), bits, std::size_t(links.station_count * bytes_of_bits(links.receiver_count)));
    machine_.finish();
  }

  void link_features(const DeviceTown& town, const Point3* transmitters, const Point3* receivers, index_t count,
                     bool hosts_transparent, const LinkFeatureColumns& to_host) override {
    [[maybe_unused]] const auto turn = machine_.enter();
    constexpr index_t bytes_a_link = 256;  // ends, columns and a few stretches
    const index_t most = std::max<index_t>(index_t(budget_bytes_) / bytes_a_link, 1);
    for (index_t first = 0; first < count; first += most) {
      find_link_features(town, transmitters + first, receivers + first, std::min(most, count - first),
                         hosts_transparent, to_host.from(first));
    }
    machine_.finish();
  }

  void draw_far(DeviceLinks& links, const double* alpha_beta, const double* gamma_m, std::int64_t exact_radius_mm,
                std::uint64_t seed, std::uint32_t first_receiver) override {
    [[maybe_unused]] const auto turn = machine_.enter();
    const index_t receivers = links.receiver_count, row_bytes = bytes_of_bits(receivers);
    std::vector<MemoryHandle> terrain;
    const MemoryHandle drawn = room_for_bits(links.station_count, receivers);
    const DrawFarLink body{links.receivers,
                           links.position,
                           data_of<std::int32_t>(links.building),
                           uploaded(terrain, alpha_beta, receivers),
                           uploaded(terrain, gamma_m, receivers),
                           data_of<std::uint8_t>(links.los),
                           row_bytes,
                           exact_radius_mm,
                           PhiloxKey::from_seed(seed),
                           first_receiver};
    machine_.for_each_bit(links.station_count, receivers, body, data_of<std::uint8_t>(drawn));
    machine_.finish();
    links.los = drawn;
  }

  CoverageHandles cover(const DeviceLinks& links, const SceneChannel& channel, const double* threshold,
                        index_t thresholds, bool double_precision) override {
    [[maybe_unused]] const auto turn = machine_.enter();
    const index_t receivers = links.receiver_count;
    const CoverageHandles out{room<double>(thresholds * receivers), room<std::int32_t>(receivers),
                              room<double>(receivers), room<std::uint8_t>(receivers)};
    std::vector<MemoryHandle> kept;
    const double nlos = channel.shape_by_state[0], los = channel.shape_by_state[1], larger = std::max(nlos, los);
    const bool loaded = std::all_of(links.load_on_host.begin(), links.load_on_host.end(),
                                    [](double load) { return load == 1.0; });
    const bool small = nlos == double(int(nlos)) && los == double(int(los)) && larger <= most_product_factors;
    const int factors = small && loaded ? int(larger) : 0;
    const SingleScale scale({links.station_count, links.power_on_host_mw.data(), links.load_on_host.data(),
                             channel.law, {nlos, los}, channel.noise_mw, threshold, thresholds});
    const bool in_single = scale.fits && !double_precision;
    const auto run = [&](auto with_series) {
      constexpr bool series = decltype(with_series)::value;
      const Cover<SceneLinks, series> body{source_of(links, channel),
                                           factors,
                                           channel.noise_mw,
                                           uploaded(kept, threshold, thresholds),
                                           thresholds,
                                           receivers,
                                           data_of<double>(out.coverage),
                                           data_of<std::int32_t>(out.server),
                                           data_of<double>(out.server_power_mw),
                                           data_of<std::uint8_t>(out.server_los)};
      if (!in_single) {
        machine_.for_each_item(receivers, body);
        return;
      }
      const double units_per_mw = 1.0 / scale.mw_per_unit;
      machine_.for_each_item(
          receivers, CoverSingle<series>{body,
                                         {uploaded(kept, scale.scaled[0].data(), links.station_count),
                                          uploaded(kept, scale.scaled[1].data(), links.station_count)},
                                         {scale.half_exponent[0], scale.half_exponent[1]},
                                         float(channel.noise_mw * units_per_mw),
                                         units_per_mw,
                                         scale.least_power,
                                         int(larger),
                                         linear(kept, threshold, thresholds)});
    };
    factors > 0 && larger <= 2.0 ? run(std::false_type{}) : run(std::true_type{});
    machine_.finish();
    return out;
  }

  HitHandles count_hits(const DeviceLinks& links, const SceneChannel& channel, const double* threshold,
                        index_t thresholds, const Draws& draws) override {
    [[maybe_unused]] const auto turn = machine_.enter();
    const index_t receivers = links.receiver_count;
    const HitHandles out{room<std::int64_t>(thresholds * receivers), room<std::int32_t>(receivers),
                         room<double>(receivers), room<std::uint8_t>(receivers)};
    const bool rejection =
        !drawn_by_logarithm(channel.shape_by_state[0]) || !drawn_by_logarithm(channel.shape_by_state[1]);
    std::vector<MemoryHandle> kept;
    run_hits(source_of(links, channel), rejection, channel.noise_mw, linear(kept, threshold, thresholds), thresholds,
             draws, receivers, data_of<std::int64_t>(out.hits), data_of<std::int32_t>(out.server),
             data_of<double>(out.server_power_mw), data_of<std::uint8_t>(out.server_los));
    machine_.finish();
    return out;
  }

  LinkFindings inspect(const GivenColumns& given) override {
    [[maybe_unused]] const auto turn = machine_.enter();
    LinkFindings findings;
    if (!given.on_device) {
      parallel_for(given.receivers, 0, InspectLinks{given.links, &findings});
      return findings;
    }
    const MemoryHandle memory = upload(&findings, sizeof(findings));
    machine_.for_each_item(given.receivers, InspectLinks{given.links, data_of<LinkFindings>(memory)});
    machine_.finish();
    memory->copy_to_host(&findings, sizeof(findings));
    return findings;
  }

  MemoryHandle cover(const GivenColumns& given, const LinkFindings& findings, double noise_mw, const double* threshold,
                     index_t thresholds, double* to_host) override {
    [[maybe_unused]] const auto turn = machine_.enter();
    const int factors = findings.beyond_factors ? 0 : int(findings.largest_factor);
    const bool product_only = factors > 0 && findings.server_above_two == 0;
    std::vector<MemoryHandle> kept;
    const double* const above = uploaded(kept, threshold, thresholds);
    return stream<double>(given, thresholds, to_host, [&](const GivenLinks& links, index_t, index_t count, double* out,
                                                          std::int32_t* server) {
      run_cover(links, factors, product_only, noise_mw, above, thresholds, count, out, server);
    });
  }

  MemoryHandle count_hits(const GivenColumns& given, const LinkFindings& findings, double noise_mw,
                          const double* threshold, index_t thresholds, const Draws& draws,
                          std::int64_t* to_host) override {
    [[maybe_unused]] const auto turn = machine_.enter();
    std::vector<MemoryHandle> kept;
    const float* const above = linear(kept, threshold, thresholds);
    return stream<std::int64_t>(
        given, thresholds, to_host,
        [&](const GivenLinks& links, index_t first, index_t count, std::int64_t* out, std::int32_t* server) {
          const Draws of_tile{draws.seed, draws.count, draws.first_receiver + std::uint32_t(first)};
          run_hits(links, findings.rejection != 0, noise_mw, above, thresholds, of_tile, count, out, server, nullptr,
                   nullptr);
        });
  }

  std::pair<MemoryHandle, MemoryHandle> share_and_error(const DeviceMemory& hits, std::uint32_t draws) override {
    [[maybe_unused]] const auto turn = machine_.enter();
    const auto answers = index_t(hits.bytes() / sizeof(std::int64_t));
    const MemoryHandle share = room<double>(answers), error = room<double>(answers);
    machine_.for_each_item(answers, ShareAndError{static_cast<const std::int64_t*>(hits.data()), double(draws),
                                                  data_of<double>(share), data_of<double>(error)});
    machine_.finish();
    return {share, error};
  }

 private:
  template <class T>
  MemoryHandle room(index_t items) {
    return machine_.allocate(std::size_t(items) * sizeof(T));
  }

  /// Rows of whole bytes, ending in a whole word.
  MemoryHandle room_for_bits(index_t rows, index_t columns) {
    return room<std::uint32_t>((rows * bytes_of_bits(columns) + 3) / 4);
  }

  template <class T>
  const T* uploaded(std::vector<MemoryHandle>& keeper, const T* data, index_t items) {
    keeper.push_back(upload(data, std::size_t(items) * sizeof(T)));
    return data_of<T>(keeper.back());
  }

  const float* linear(std::vector<MemoryHandle>& keeper, const double* threshold, index_t thresholds) {
    const std::vector<float> single(threshold, threshold + thresholds);
    return uploaded(keeper, single.data(), thresholds);
  }

  void find_buildings(const DeviceTown& town, DeviceLinks& links) {
    links.building = room<std::int32_t>(links.receiver_count);
    machine_.for_each_item(links.receiver_count,
                           FindBuilding{town.view, links.receivers, data_of<std::int32_t>(links.building)});
  }

  void find_link_features(const DeviceTown& town, const Point3* transmitters, const Point3* receivers, index_t count,
                          bool hosts_transparent, const LinkFeatureColumns& to_host) {
    std::vector<MemoryHandle> kept;
    const Point3* const from = uploaded(kept, transmitters, count);
    const Point3* const to = uploaded(kept, receivers, count);
    const MemoryHandle crossings = room<std::int64_t>(count);
    machine_.for_each_item(count, CountCrossings{town.view, from, to, data_of<std::int64_t>(crossings)});
    std::vector<std::int64_t> start(std::size_t(count) + 1, 0);
    copy_out(start.data() + 1, data_of<std::int64_t>(crossings), count);
    for (index_t i = 0; i < count; ++i) start[i + 1] += start[i];
    const std::int64_t* const starts = uploaded(kept, start.data(), count + 1);

    const auto column = [&](auto* like) {
      kept.push_back(room<std::remove_pointer_t<decltype(like)>>(count));
      return data_of<std::remove_pointer_t<decltype(like)>>(kept.back());
    };
    const LinkFeatureColumns columns{column(to_host.is_los), column(to_host.buildings),
                                     column(to_host.receiver_building), column(to_host.obstruction_m),
                                     column(to_host.penetration_m), column(to_host.distance_m),
                                     column(to_host.plan_distance_m)};
    // Stretches of so many links at a time as there is room for, of one at least.
    const std::int64_t most = std::max<std::int64_t>(index_t(budget_bytes_ / sizeof(Stretch)), 1);
    for (index_t first = 0, end = 0; first < count; first = end) {
      end = std::upper_bound(start.begin() + first, start.end(), start[first] + most) - start.begin() - 1;
      end = std::max(end, first + 1);
      const MemoryHandle stretches = room<Stretch>(start[end] - start[first]);
      machine_.for_each_item(end - first, FindLinkFeatures{town.view, from, to, hosts_transparent, first, starts,
                                                           data_of<Stretch>(stretches), columns});
      machine_.finish();
    }
    copy_out(to_host.is_los, columns.is_los, count);
    copy_out(to_host.buildings, columns.buildings, count);
    copy_out(to_host.receiver_building, columns.receiver_building, count);
    copy_out(to_host.obstruction_m, columns.obstruction_m, count);
    copy_out(to_host.penetration_m, columns.penetration_m, count);
    copy_out(to_host.distance_m, columns.distance_m, count);
    copy_out(to_host.plan_distance_m, columns.plan_distance_m, count);
  }

  template <class T>
  void copy_out(T* to, const T* from, index_t items) {
    machine_.copy_out_rows(to, from, std::size_t(items) * sizeof(T), std::size_t(items) * sizeof(T), 1);
  }

  void cast_shadows(const DeviceTown& town, DeviceLinks& links, const TraceLink& by_link) {
    const index_t receivers = links.receiver_count, stations = links.station_count;
    const ReceiverGrid& grid = links.receivers.grid;
    machine_.for_each_bit(stations, receivers, OpenLink{by_link}, data_of<std::uint8_t>(links.los));
    const GridBits bits{grid, links.receivers.first, receivers, data_of<std::uint32_t>(links.los),
                        bits_a_byte * bytes_of_bits(receivers)};
    machine_.for_each_team(stations * town.wall_count, rows_at_once, 0,
                           CastShadow{bits, town.walls, town.wall_count, links.position, by_link.enclosed, links.hosts});
    if (!town.has_elevated && links.lowest_station_mm >= grid.z) return;
    const MemoryHandle open = links.los;
    links.los = room_for_bits(stations, receivers);
    machine_.for_each_bit(stations, receivers,
                          AskOpenLink{by_link, grid.z, data_of<std::uint8_t>(open), bytes_of_bits(receivers)},
                          data_of<std::uint8_t>(links.los));
    machine_.finish();
  }

  static SceneLinks source_of(const DeviceLinks& links, const SceneChannel& channel) {
    return {links.receivers,
            links.position,
            links.power_mw,
            links.boresight,
            links.load,
            data_of<std::uint8_t>(links.los),
            bytes_of_bits(links.receiver_count),
            links.station_count,
            channel.law,
            {channel.shape_by_state[0], channel.shape_by_state[1]},
            channel.reach_mm};
  }

  void run_cover(const GivenLinks& links, int factors, bool product_only, double noise_mw, const double* threshold,
                 index_t thresholds, index_t receivers, double* coverage, std::int32_t* server) {
    const auto run = [&](auto with_series) {
      machine_.for_each_item(
          receivers, Cover<GivenLinks, decltype(with_series)::value>{links, factors, noise_mw, threshold, thresholds,
                                                                     receivers, coverage, server, nullptr, nullptr});
    };
    product_only ? run(std::false_type{}) : run(std::true_type{});
  }

  template <class Source>
  void run_hits(const Source& links, bool rejection, double noise_mw, const float* threshold, index_t thresholds,
                const Draws& draws, index_t receivers, std::int64_t* hits, std::int32_t* server, double* power,
                std::uint8_t* los) {
    const auto run = [&](auto by_rejection) {
      using Body = CountHits<Source, decltype(by_rejection)::value>;
      const index_t groups = (index_t(draws.count) + draws_a_group - 1) / draws_a_group;
      machine_.for_each_team(receivers, groups, Body::scratch_bytes(links.stations, thresholds),
                             Body{links, noise_mw, threshold, thresholds, PhiloxKey::from_seed(draws.seed),
                                  draws.first_receiver, draws.count, receivers, hits, server, power, los});
    };
    rejection ? run(std::true_type{}) : run(std::false_type{});
  }

  /// Calls work(links, first, count, out (T, count), server (count,)): once for columns on the machine,
  /// whose answers are handed back; tile by tile for columns on the host, whose answers go to `to_host`.
  template <class Answer, class Work>
  MemoryHandle stream(const GivenColumns& given, index_t thresholds, Answer* to_host, Work&& work) {
    const index_t stations = given.links.stations;
    if (given.on_device) {
      const MemoryHandle out = room<Answer>(thresholds * given.receivers), server = room<std::int32_t>(given.receivers);
      work(given.links, 0, given.receivers, data_of<Answer>(out), data_of<std::int32_t>(server));
      machine_.finish();
      return out;
    }
    const index_t bytes_a_receiver =
        2 * stations * index_t(sizeof(double)) + thresholds * index_t(sizeof(Answer)) + index_t(sizeof(std::int32_t));
    const index_t most = std::clamp<index_t>(index_t(budget_bytes_) / bytes_a_receiver, 1, std::max<index_t>(given.receivers, 1));
    const MemoryHandle mean = room<double>(most * stations), shape = room<double>(most * stations);
    const MemoryHandle out = room<Answer>(most * thresholds), server = room<std::int32_t>(most);
    for (index_t first = 0; first < given.receivers; first += most) {
      const index_t count = std::min(most, given.receivers - first);
      const GivenLinks tile{tile_of(given.links.mean_mw, first, count, stations, mean),
                            tile_of(given.links.fading_m, first, count, stations, shape), stations};
      work(tile, first, count, data_of<Answer>(out), data_of<std::int32_t>(server));
      machine_.copy_out_rows(to_host + first, out->data(), std::size_t(count) * sizeof(Answer),
                             std::size_t(given.receivers) * sizeof(Answer), std::size_t(thresholds));
    }
    machine_.finish();
    return nullptr;
  }

  /// The columns of receivers first .. first + count, copied. On the host they lie station by station.
  LinkColumn tile_of(const LinkColumn& column, index_t first, index_t count, index_t stations,
                     const MemoryHandle& memory) {
    machine_.copy_in_rows(memory->data(), column.data + first, std::size_t(count) * sizeof(double),
                          std::size_t(column.station_step) * sizeof(double), std::size_t(stations));
    return {data_of<double>(memory), 1, count};
  }

  /// Rows of a shadow that a team draws side by side: most shadows have few more.
  static constexpr index_t rows_at_once = 32;

  Machine machine_;
  std::size_t budget_bytes_;
};

}  // namespace radiocore
