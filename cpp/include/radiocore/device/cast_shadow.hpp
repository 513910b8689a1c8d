// Line of sight over a grid as bodies: all links open, then the shadow of every wall taken out.
//
// Passes over the bits (S, R): OpenLink opens what can be told without a wall, CastShadow closes what
// walls of prisms on the ground hide, and AskOpenLink, where there is need of it, asks what casts no
// shadow on the plane. Exact by the argument of geometry/shadow.hpp: what rounding could decide is
// left to the predicates.
#pragma once

#include "radiocore/device/atomic.hpp"
#include "radiocore/device/trace.hpp"
#include "radiocore/geometry/shadow.hpp"

namespace radiocore {

/// A wall of a prism that stands on the ground. Of a simple outline only the walls that face away
/// from the station need casting: the last crossing of a descending link is its lowest.
struct CastingWall {
  std::int32_t ax, ay, bx, by;
  std::int32_t roof;
  std::int32_t building;
  std::int32_t of_simple_outline;  // its inside is on the left
};

/// The bits of S stations over the cells first .. first + count of a grid, as words. A word may hold
/// the end of one row and the beginning of the next.
struct GridBits {
  ReceiverGrid grid;
  index_t first, count;
  std::uint32_t* words;
  index_t row_bits;  // whole bytes

  /// Closes cells begin .. end of the grid to a station.
  RADIOCORE_HD void close(index_t s, index_t begin, index_t end) const {
    const index_t from = at(s, begin), to = at(s, end);
    for (index_t word = from / 32; word * 32 < to; ++word) {
      const std::uint32_t after = from > word * 32 ? ~0u << (from - word * 32) : ~0u;
      const std::uint32_t before = to < word * 32 + 32 ? ~(~0u << (to - word * 32)) : ~0u;
      if ((peek(words[word]) & after & before) != 0) clear_bits(words[word], after & before);
    }
  }

  RADIOCORE_HD bool open(index_t s, index_t cell) const {
    return (peek(words[at(s, cell) / 32]) >> (at(s, cell) % 32)) & 1;
  }

  RADIOCORE_HD index_t at(index_t s, index_t cell) const { return s * row_bits + cell - first; }
};

/// Bits (station, receiver): open unless the receiver or the station is inside, or too far away.
struct OpenLink {
  TraceLink trace;

  RADIOCORE_HD bool operator()(index_t s, index_t r) const { return trace.may_see(s, r); }
};

/// Teams: walls times stations; members take rows of the shadow.
struct CastShadow {
  GridBits bits;
  const CastingWall* walls;
  index_t wall_count;
  const Point3* stations;
  const std::uint8_t* enclosed;
  HostTable hosts;

  static constexpr int phases = 1;

  template <int phase>
  RADIOCORE_HD void run(Member member, index_t item, unsigned char*) const {
    const index_t s = item / wall_count;
    const CastingWall& wall = walls[item % wall_count];
    const Point3 station = stations[s];
    const Point a{wall.ax, wall.ay}, b{wall.bx, wall.by};
    if (wall.roof <= bits.grid.z || station.z < bits.grid.z || enclosed[s]) return;
    if (wall.of_simple_outline && side_of_wall(a, b, station.plan()) <= 0) return;
    if (hosts.of(s).holds(wall.building)) return;
    const Shadow shadow = cast_shadow(bits.grid, station, a, b, wall.roof);
    const index_t last_row = (bits.first + bits.count - 1) / bits.grid.nx, first_row = bits.first / bits.grid.nx;
    const std::int32_t begin = shadow.row_begin > first_row ? shadow.row_begin : std::int32_t(first_row);
    const std::int32_t end = shadow.row_end <= last_row ? shadow.row_end : std::int32_t(last_row + 1);
    for (std::int32_t row = begin + std::int32_t(member.rank); row < end; row += std::int32_t(member.team_size)) {
      const ShadowSpan span = span_of(shadow, row, bits.grid.nx);
      const bool sure = row >= shadow.sure_begin && row < shadow.sure_end && span.sure_begin < span.sure_end;
      const std::int32_t sure_begin = sure ? span.sure_begin : span.end, sure_end = sure ? span.sure_end : span.end;
      const index_t cells = index_t(row) * bits.grid.nx;
      if (sure) bits.close(s, inside(cells + sure_begin), inside(cells + sure_end));
      ask(s, inside(cells + span.begin), inside(cells + sure_begin), a, b, wall.roof);
      ask(s, inside(cells + sure_end), inside(cells + span.end), a, b, wall.roof);
    }
  }

 private:
  /// A cell, or the nearest end of the stretch.
  RADIOCORE_HD index_t inside(index_t cell) const {
    const index_t end = bits.first + bits.count;
    return cell < bits.first ? bits.first : cell < end ? cell : end;
  }

  RADIOCORE_HD void ask(index_t s, index_t begin, index_t end, Point a, Point b, std::int64_t roof) const {
    for (index_t cell = begin; cell < end; ++cell) {
      if (bits.open(s, cell) && wall_blocks(bits.grid[cell], stations[s], a, b, roof)) bits.close(s, cell, cell + 1);
    }
  }
};

/// Bits (station, receiver): those of `open`, less what prisms with a base above ground block. A
/// station below the receivers' plane casts no shadow on it: its links are traced, one by one.
struct AskOpenLink {
  TraceLink trace;
  std::int64_t plane_mm;
  const std::uint8_t* open;
  index_t row_bytes;

  RADIOCORE_HD bool operator()(index_t s, index_t r) const {
    if (((open[s * row_bytes + r / bits_a_byte] >> (r % bits_a_byte)) & 1) == 0) return false;
    if (trace.stations[s].z < plane_mm) return trace(s, r);
    const Point3 receiver = trace.receivers[r], station = trace.stations[s];
    const HostList host = trace.hosts.of(s);
    const CityView& city = trace.town.city;
    const WallGridView& grid = trace.town.grid;
    bool free = true;
    walk_cells(grid, receiver.plan(), station.plan(), [&](std::int64_t cell, double, double) {
      for (std::uint32_t i = grid.elevated_start[cell]; i < grid.elevated_start[cell + 1]; ++i) {
        const std::int32_t prism = grid.elevated[i];
        if (!host.holds(city.building[prism]) && link_meets_prism(city, prism, receiver, station)) free = false;
      }
      return free;
    });
    return free;
  }
};

}  // namespace radiocore
