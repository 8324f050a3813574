"""Radar video to plots in compiled loops: cells unpacked, GO-CFAR by running sums, components that wrap at north.

A scan is a matrix (azimuths, cells) of amplitudes; `power` is the table that turns an amplitude into power.
"""

import math

import numpy as np

from vts.jit import kernel
from vts.units import DEG

# accumulated for each component
COUNT, WEIGHT, W_CELL, W_ROW, S_CELL, S_ROW, S_CELL2, S_ROW2, S_CELL_ROW, ROW0, LOW_CELL, HIGH_CELL, ROWS, PEAK = range(
    14
)
SUMS = 14


@kernel
def unpack(buffer, begin, bits, n, out):
    """Write n cells of 1 to 32 bits from `begin` on to `out`, scaled to fill 8 (or 16) bits."""
    if bits == 8:
        cells = buffer[begin : begin + n]  # a view whose index cannot be negative: so the loop is a plain copy
        for k in range(n):
            out[k] = cells[k]
    elif bits < 8:
        most, per = (1 << bits) - 1, 8 // bits
        scale = 255 // most
        for k in range(n):
            octet = np.int64(buffer[begin + k // per])
            out[k] = ((octet >> (8 - bits * (k % per + 1))) & most) * scale
    else:
        step = bits // 8
        for k in range(n):
            at = begin + k * step
            out[k] = np.int64(buffer[at]) * 256 + np.int64(buffer[at + 1])


@kernel
def unpack_all(buffer, begins, bits, counts, out):
    """Cells of many radials, row by row; what a radial does not fill is 0."""
    for k in range(begins.size):
        n = counts[k]
        unpack(buffer, begins[k], bits[k], n, out[k])
        out[k, n:] = 0


@kernel
def paint(cells, counts, first_cell, first_row, rows, t_ns, out_scan, out_row_ns):
    """Lay radials into a scan: the larger amplitude where two meet, as split and repeated radials do.

    Radial k covers `rows[k]` rows from `first_row[k]` on, modulo the scan, and cells from `first_cell[k]` on.
    """
    for k in range(counts.size):
        low = first_cell[k]
        high = min(low + counts[k], out_scan.shape[1])
        for j in range(rows[k]):
            row = (first_row[k] + j) % out_scan.shape[0]
            into, new = out_scan[row, low:high], cells[k]
            if out_row_ns[row] < 0:
                for c in range(high - low):
                    into[c] = new[c]
            else:
                for c in range(high - low):
                    into[c] = max(into[c], new[c])
            out_row_ns[row] = t_ns[k]


@kernel
def mend(scan, row_ns, widest):
    """Fill gaps of at most `widest` lost rows from the row before; the number of rows filled."""
    n, filled = scan.shape[0], 0
    for row in range(n):
        if row_ns[row] >= 0:
            continue
        for back in range(1, widest + 1):
            if row_ns[(row - back) % n] >= 0:
                ahead = False
                for step in range(1, widest - back + 2):
                    ahead = ahead or row_ns[(row + step) % n] >= 0
                if ahead:
                    scan[row] = scan[(row - back) % n]
                    row_ns[row] = row_ns[(row - back) % n]
                    filled += 1
                break
    return filled


@kernel
def detect(scan, power, row_ns, guard, reference, factor, land, clutter, clutter_factor, join, out_runs, out_row):
    """Number of runs of cells over their threshold; -1 when `out_runs` is too small.

    The threshold of a cell is `factor` times the greater mean power of `reference` cells before and behind it, `guard`
    cells away (greatest-of CFAR: a clutter edge does not ring), and at least `clutter_factor` times the clutter map.
    At the ends of a row the one whole side decides. `land` (rows, cells / 8) has a bit for each cell that is not
    searched; `clutter` (rows / 16, cells / 16) may be of size 0. `out_runs` (runs, 3): row, first and last cell; runs
    at most `join` cells apart are one. `out_row` (rows + 1) is where each row's runs begin.
    """
    n_rows, n_cells = scan.shape
    sums = np.zeros(n_cells + 1)
    n = 0
    for row in range(n_rows):
        out_row[row] = n
        if row_ns[row] < 0:
            continue
        line = scan[row]
        total = 0.0
        for c in range(n_cells):
            total += power[line[c]]
            sums[c + 1] = total
        last = -n_cells
        for c in range(n_cells):
            here = power[line[c]]
            if here <= 0.0:
                continue
            a0, a1 = max(c - guard - reference, 0), max(c - guard, 0)
            b0, b1 = min(c + guard + 1, n_cells), min(c + guard + 1 + reference, n_cells)
            before, behind = sums[a1] - sums[a0], sums[b1] - sums[b0]
            n_a, n_b = a1 - a0, b1 - b0
            if n_a == reference and n_b == reference:
                level = max(before, behind) / reference
            elif n_a >= n_b:
                level = before / n_a if n_a else 0.0
            else:
                level = behind / n_b
            if here <= factor * level:
                continue
            if clutter.size and here <= clutter_factor * clutter[row >> 4, c >> 4]:
                continue
            if land.size and (land[row, c >> 3] >> (c & 7)) & 1:
                continue
            if n > out_row[row] and c - last <= join + 1:
                out_runs[n - 1, 2] = c
            else:
                if n == out_runs.shape[0]:
                    return -1
                out_runs[n, 0], out_runs[n, 1], out_runs[n, 2] = row, c, c
                n += 1
            last = c
    out_row[n_rows] = n
    return n


@kernel
def root(parent, k):
    """The representative of a run's component."""
    while parent[k] != k:
        parent[k] = parent[parent[k]]
        k = parent[k]
    return k


@kernel
def link_rows(runs, a0, a1, b0, b1, reach, parent):
    """Join the runs of two rows that touch within `reach` cells."""
    a, b = a0, b0
    while a < a1 and b < b1:
        if runs[a, 1] <= runs[b, 2] + reach and runs[b, 1] <= runs[a, 2] + reach:
            x, y = root(parent, a), root(parent, b)
            if x < y:
                parent[y] = x
            else:
                parent[x] = y
        if runs[a, 2] < runs[b, 2]:
            a += 1
        else:
            b += 1


@kernel
def components(scan, power, runs, row_at, reach, out_parent, out_sums):
    """Number of components; their sums in `out_sums` (runs, SUMS), of which the first rows are used.

    Rows next to each other are joined, the last with the first: a ship due north is one ship. Rows are counted from
    each component's own first, the short way round.
    """
    n_runs, n_rows = runs.shape[0], scan.shape[0]
    for k in range(n_runs):
        out_parent[k] = k
    for row in range(n_rows):
        below = (row + 1) % n_rows
        link_rows(runs, row_at[row], row_at[row + 1], row_at[below], row_at[below + 1], reach, out_parent)
    n = 0
    label = np.full(n_runs, -1, np.int64)
    for k in range(n_runs):
        top = root(out_parent, k)
        row, low, high = runs[k, 0], runs[k, 1], runs[k, 2]
        if label[top] < 0:
            label[top] = n
            out_sums[n, :] = 0.0
            out_sums[n, ROW0], out_sums[n, LOW_CELL], out_sums[n, HIGH_CELL] = row, low, high
            n += 1
        s = out_sums[label[top]]
        offset = (row - np.int64(s[ROW0]) + n_rows // 2) % n_rows - n_rows // 2
        s[LOW_CELL], s[HIGH_CELL] = min(s[LOW_CELL], low), max(s[HIGH_CELL], high)
        s[ROWS] += 1
        for c in range(low, high + 1):
            w = power[scan[row, c]]
            s[COUNT] += 1
            s[WEIGHT] += w
            s[W_CELL] += w * c
            s[W_ROW] += w * offset
            s[S_CELL] += c
            s[S_ROW] += offset
            s[S_CELL2] += c * c
            s[S_ROW2] += offset * offset
            s[S_CELL_ROW] += c * offset
            s[PEAK] = max(s[PEAK], w)
    return n


@kernel
def describe(sums, n_rows, cell_m, beam_deg, out_cell, out_row, out_length, out_width, out_axis):
    """Centre (cell, row: power-weighted, fractional), length, width and direction of the long side of components.

    Length and width are those of the uniform rectangle with the same second moments, after the beam's own width is
    taken off across the range; the direction is in [0, 180) from north.
    """
    step_rad = 2.0 * math.pi / n_rows
    for k in range(sums.shape[0]):
        s = sums[k]
        n = s[COUNT]
        out_cell[k] = s[W_CELL] / s[WEIGHT]
        out_row[k] = (s[ROW0] + s[W_ROW] / s[WEIGHT]) % n_rows
        range_m = max(out_cell[k], 0.5) * cell_m
        across_m = range_m * step_rad
        mean_c, mean_r = s[S_CELL] / n, s[S_ROW] / n
        # 1/12 of a cell squared: a cell has width too
        along = (s[S_CELL2] / n - mean_c * mean_c + 1.0 / 12.0) * cell_m * cell_m
        across = (s[S_ROW2] / n - mean_r * mean_r + 1.0 / 12.0) * across_m * across_m
        both = (s[S_CELL_ROW] / n - mean_c * mean_r) * cell_m * across_m
        beam_m = range_m * beam_deg * DEG
        across = max(across - beam_m * beam_m / 12.0, across_m * across_m / 12.0)
        half, diff = 0.5 * (along + across), 0.5 * (along - across)
        both = max(-math.sqrt(along * across), min(both, math.sqrt(along * across)))
        swing = math.hypot(diff, both)
        out_length[k] = math.sqrt(12.0 * (half + swing))
        out_width[k] = math.sqrt(12.0 * max(half - swing, 0.0))
        turn_deg = 0.5 * math.atan2(both, diff) / DEG  # of the long side, from the line of sight
        out_axis[k] = (out_row[k] * 360.0 / n_rows + turn_deg) % 180.0


@kernel
def learn_clutter(scan, power, runs, row_ns, gain, out_map):
    """Move the clutter map (rows / 16, cells / 16) towards this scan's mean power; detected cells are left out.

    So an anchored ship stays a target for ever, and rain, spray and sea raise their own threshold. A negative value
    is a patch not yet seen, which takes the first mean it gets.
    """
    n_rows, n_cells = scan.shape
    total, count = np.zeros(out_map.shape[1]), np.zeros(out_map.shape[1], np.int64)
    at = 0
    for patch in range(out_map.shape[0]):
        total[:] = 0.0
        count[:] = 0
        for row in range(patch * 16, min(patch * 16 + 16, n_rows)):
            if row_ns[row] < 0:
                while at < runs.shape[0] and runs[at, 0] == row:
                    at += 1
                continue
            for c in range(n_cells):
                total[c >> 4] += power[scan[row, c]]
            for j in range(out_map.shape[1]):
                count[j] += min(n_cells - j * 16, 16)
            while at < runs.shape[0] and runs[at, 0] == row:
                for c in range(runs[at, 1], runs[at, 2] + 1):
                    total[c >> 4] -= power[scan[row, c]]
                    count[c >> 4] -= 1
                at += 1
        for j in range(out_map.shape[1]):
            if count[j] > 0:
                mean = total[j] / count[j]
                old = out_map[patch, j]
                out_map[patch, j] = mean if old < 0.0 else old + gain * (mean - old)


@kernel
def shade(edges, on_land, n_rows, cell_m, first_m, out_land):
    """Set the bits of the cells that lie on land around the antenna.

    `edges` (n, 4) east and north of both ends; a ray that crosses them, in order of range, enters and leaves land,
    beginning with `on_land` at the antenna itself.
    """
    crossings = np.empty(edges.shape[0])
    for row in range(n_rows):
        az = (row + 0.5) * 2.0 * math.pi / n_rows
        s, c = math.sin(az), math.cos(az)
        n = 0
        for k in range(edges.shape[0]):
            d0 = edges[k, 0] * c - edges[k, 1] * s  # to the right of the ray: positive
            d1 = edges[k, 2] * c - edges[k, 3] * s
            if (d0 > 0.0) == (d1 > 0.0):
                continue
            along0, along1 = edges[k, 0] * s + edges[k, 1] * c, edges[k, 2] * s + edges[k, 3] * c
            r = along0 + (along1 - along0) * d0 / (d0 - d1)
            if r > 0.0:
                crossings[n] = r
                n += 1
        ordered = np.sort(crossings[:n])
        inside = on_land
        edge = 0
        for cell in range(out_land.shape[1] * 8):
            r = first_m + cell * cell_m
            while edge < n and ordered[edge] <= r:
                inside = not inside
                edge += 1
            if inside:
                out_land[row, cell >> 3] |= np.uint8(1 << (cell & 7))
