"""Which zones hold a position, how far their edges are, and where it lies along their axes. Numbers only.

Positions are longitude, latitude in degrees; edges are rows (x0, y0, x1, y1), straight in longitude and latitude as a
GeoJSON edge is. A point exactly on an edge or vertex is inside. Whether it is, is decided by the exact sign of a
determinant, so answers never depend on the grid, on rounding, or on the order of the points.
"""

import math

import numpy as np

from vts.geo import lon_diff_deg, metres_per_degree
from vts.jit import kernel
from vts.units import DEG, KN

BLOCK = 256
RECENT = 1 << 15  # lists that a new one is compared with; a power of two that fits the cache
CHUNK = 16  # edges that share a bounding box in the distance search
# Shewchuk's filter for orient2d: (3 + 16 eps) eps with eps = 2^-53.
_FILTER = 3.3306690738754716e-16
_SPLIT = 134217729.0  # 2^27 + 1


@kernel
def _exact_side(x0, y0, x1, y1, x, y):
    """Sign of the orientation determinant by exact expansion (Shewchuk 1997): for the few that the filter leaves."""
    a = np.array((x0, -x0, -x, -y0, y0, y))
    b = np.array((y1, y, y1, x1, x, x1))
    total = np.zeros(12)
    n = 0
    for k in range(6):
        high = a[k] * b[k]
        c = _SPLIT * a[k]
        a1 = c - (c - a[k])
        a0 = a[k] - a1
        c = _SPLIT * b[k]
        b1 = c - (c - b[k])
        b0 = b[k] - b1
        low = a0 * b0 - (((high - a1 * b1) - a0 * b1) - a1 * b0)
        for term in (low, high):
            q = term
            for i in range(n):
                s = q + total[i]
                v = s - q
                total[i] = (q - (s - v)) + (total[i] - v)
                q = s
            total[n] = q
            n += 1
    for i in range(n - 1, -1, -1):
        if total[i] != 0.0:
            return 1.0 if total[i] > 0.0 else -1.0
    return 0.0


@kernel
def side(x0, y0, x1, y1, x, y):
    """1 left of the edge, -1 right of it, 0 on its line; exact for degrees that are 0 or over 1e-140 in size."""
    left, right = (x0 - x) * (y1 - y), (y0 - y) * (x1 - x)
    det = left - right
    if abs(det) > _FILTER * (abs(left) + abs(right)):
        return math.copysign(1.0, det)  # which of the two is no guess for the processor to lose
    return _exact_side(x0, y0, x1, y1, x, y)


@kernel
def _side_nudged(x0, y0, x1, y1, x, y):
    """`side` of (x + d, y + e) with 0 < d << e << any distance, so that it is never 0."""
    s = side(x0, y0, x1, y1, x, y)
    if s != 0.0:
        return s
    if x1 != x0:
        return 1.0 if x1 > x0 else -1.0
    return -1.0 if y1 > y0 else 1.0


@kernel
def _flips(x0, y0, x1, y1, x, y, cx, cy):
    """Whether an edge is crossed an odd number of times on the way (x, y) -> (cx, y) -> (cx, cy), all nudged alike.

    Each leg asks for a straddle by its own coordinate and for different sides at its ends. The corner is nudged like
    every other point, so both legs see it on the same side and none is counted twice.
    """
    across_y, across_x = (y0 <= y) != (y1 <= y), (x0 <= cx) != (x1 <= cx)
    if not (across_y or across_x):
        return 0
    corner = _side_nudged(x0, y0, x1, y1, cx, y)
    odd = 0
    if across_y and _side_nudged(x0, y0, x1, y1, x, y) != corner:
        odd ^= 1
    if across_x and corner != _side_nudged(x0, y0, x1, y1, cx, cy):
        odd ^= 1
    return odd


@kernel
def _on_edge(x0, y0, x1, y1, x, y):
    """Whether a point lies on the closed edge; exact."""
    if not (min(x0, x1) <= x <= max(x0, x1) and min(y0, y1) <= y <= max(y0, y1)):
        return False
    return side(x0, y0, x1, y1, x, y) == 0.0


# The grid. `frame` = west, south, cells per degree of longitude and latitude, width and height of a cell; `shape` =
# columns, rows, longest list. A cell is cut into n by n leaves: cells[cell] = number of its first leaf, n. word[leaf]
# is 0 where no zone is, ~zone where one zone holds the leaf whole and no other, else where in `lists` its list begins:
# how many items, and for each zone * 2 + whether the zone holds the leaf's centre, how many of the zone's edges
# touch the leaf, and which. A zone without edges there holds the leaf whole; one edge that runs right through it is
# counted as _LEFT or _RIGHT, the side that is inside. The last cell and word are for positions off the grid. Lists are
# wider than their leaf by _PAD of it, so a position that rounding puts into the neighbour meets every edge it needs.
_PAD = 1e-6
_LEFT, _RIGHT = -1, -2


@kernel
def _columns_touched(x0, y0, x1, y1, bottom, top):
    """(least, greatest) x of the part of an edge between two heights; (1, 0) when there is none."""
    if max(y0, y1) < bottom or min(y0, y1) > top:
        return 1.0, 0.0
    if y0 == y1:
        return min(x0, x1), max(x0, x1)
    slope = (x1 - x0) / (y1 - y0)
    ya, yb = max(bottom, min(y0, y1)), min(top, max(y0, y1))
    xa, xb = x0 + (ya - y0) * slope, x0 + (yb - y0) * slope
    low, high = min(xa, xb), max(xa, xb)
    return max(low, min(x0, x1)), min(high, max(x0, x1))


@kernel
def _touched(edge, west, south, width, height, columns, rows, row, out):
    """Write into out (first, last) column of a grid's row that an edge touches, widened by _PAD; last < first: none."""
    pad_x, pad_y = width * _PAD, height * _PAD
    bottom = south + row * height - pad_y
    low, high = _columns_touched(edge[0], edge[1], edge[2], edge[3], bottom, bottom + height + 2 * pad_y)
    if low > high:
        out[0], out[1] = 0, -1
        return
    out[0] = max(0, math.floor((low - pad_x - west) / width))
    out[1] = min(columns - 1, math.floor((high + pad_x - west) / width))


@kernel
def _rows_touched(edge, south, height, rows):
    """(first, last) row of a grid that an edge touches, widened by _PAD."""
    pad = height * _PAD
    first = max(0, math.floor((min(edge[1], edge[3]) - pad - south) / height))
    return first, min(rows - 1, math.floor((max(edge[1], edge[3]) + pad - south) / height))


@kernel
def cell_edges(edges, frame, shape, out_count, out_list):
    """Count, or with a list to fill write, the edges that touch each cell; out_count has one entry more than cells."""
    west, south, width, height = frame[0], frame[1], frame[4], frame[5]
    span = np.zeros(2, np.int64)
    for e in range(edges.shape[0]):
        first, last = _rows_touched(edges[e], south, height, shape[1])
        for row in range(first, last + 1):
            _touched(edges[e], west, south, width, height, shape[0], shape[1], row, span)
            for cell in range(row * shape[0] + span[0], row * shape[0] + span[1] + 1):
                if out_list.size:
                    out_list[out_count[cell]] = e
                out_count[cell] += 1


@kernel
def leaf_edges(edges, cell_first, cell_list, frame, shape, cells, out_count, out_list):
    """As `cell_edges`, for the leaves into which each cell is cut."""
    width, height = frame[4], frame[5]
    span = np.zeros(2, np.int64)
    for cell in range(shape[0] * shape[1]):
        leaf, n = cells[cell, 0], cells[cell, 1]
        west, south = frame[0] + (cell % shape[0]) * width, frame[1] + (cell // shape[0]) * height
        for k in range(cell_first[cell], cell_first[cell + 1]):
            e = cell_list[k]
            first, last = _rows_touched(edges[e], south, height / n, n)
            for row in range(first, last + 1):
                _touched(edges[e], west, south, width / n, height / n, n, n, row, span)
                for i in range(leaf + row * n + span[0], leaf + row * n + span[1] + 1):
                    if out_list.size:
                        out_list[out_count[i]] = e
                    out_count[i] += 1


@kernel
def _row_crossings(edges, first, last, west, width, south, height, out_odd):
    """Write whether the centre of each cell of a grid is inside a zone: out_odd (rows, columns), zero on entry.

    Each edge that straddles a row's centre line turns over all centres to its left: found by halving, then summed.
    """
    rows, columns = out_odd.shape
    for e in range(first, last):
        x0, y0, x1, y1 = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
        low = max(0, math.floor((min(y0, y1) - south) / height - 1.0))
        high = min(rows - 1, math.floor((max(y0, y1) - south) / height + 1.0))
        up = 1.0 if y1 > y0 else -1.0
        for row in range(low, high + 1):
            cy = south + (row + 0.5) * height
            if (y0 <= cy) == (y1 <= cy):
                continue
            left, right = 0, columns  # centres below `left` are left of the edge, from `right` on they are not
            while left < right:
                middle = (left + right) // 2
                if _side_nudged(x0, y0, x1, y1, west + (middle + 0.5) * width, cy) == up:
                    left = middle + 1
                else:
                    right = middle
            if left > 0:
                out_odd[row, left - 1] ^= 1
    for row in range(rows):
        for column in range(columns - 2, -1, -1):
            out_odd[row, column] ^= out_odd[row, column + 1]


@kernel
def _flips_listed(edges, listed, a0, a1, b0, b1, x, y, to_x, to_y):
    """Whether an odd number of edges, of two lists, is crossed on the way (x, y) -> (to_x, to_y); none counts twice."""
    odd = 0
    for k in range(a0, a1):
        e = listed[k]
        odd ^= _flips(edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3], x, y, to_x, to_y)
    for k in range(b0, b1):
        e, known = listed[k], False
        for i in range(a0, a1):
            known = known or listed[i] == e
        if not known:
            odd ^= _flips(edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3], x, y, to_x, to_y)
    return odd


@kernel
def _through(edge, cx, cy, width, height, inside):
    """The `count` of a leaf's only edge: _LEFT or _RIGHT when neither end is in the leaf, else 1."""
    reach_x, reach_y = width * (0.5 + _PAD), height * (0.5 + _PAD)
    for k in (0, 2):
        if abs(edge[k] - cx) <= reach_x and abs(edge[k + 1] - cy) <= reach_y:
            return 1
    centre_left = _side_nudged(edge[0], edge[1], edge[2], edge[3], cx, cy) > 0.0
    return _LEFT if centre_left == (inside == 1) else _RIGHT


@kernel
def find_items(
    edges, edge_first, bounds, frame, shape, cells, cell_first, cell_list, leaf_first, leaf_list, out_leaf, out_item
):  # fmt: skip
    """How many (leaf, zone) items there are; write as many as fit: out_leaf, out_item (code, first, last, count).

    In order of zone. `code` and `count` as in a list, first and last say which part of leaf_list are its edges.
    """
    n_items = 0
    columns, rows = shape[0], shape[1]
    width, height = frame[4], frame[5]
    at_cell = cell_first[:-1].copy()  # how far each list has been read: edges are listed in order of zone
    at_leaf = leaf_first[:-1].copy()
    for z in range(edge_first.size - 1):
        c0 = min(columns - 1, max(0, math.floor((bounds[z, 0] - frame[0]) / width) - 1))
        r0 = min(rows - 1, max(0, math.floor((bounds[z, 1] - frame[1]) / height) - 1))
        c1 = max(0, min(columns - 1, math.floor((bounds[z, 2] - frame[0]) / width) + 1))
        r1 = max(0, min(rows - 1, math.floor((bounds[z, 3] - frame[1]) / height) + 1))
        west, south = frame[0] + c0 * width, frame[1] + r0 * height
        odd = np.zeros((r1 - r0 + 1, c1 - c0 + 1), np.int8)
        _row_crossings(edges, edge_first[z], edge_first[z + 1], west, width, south, height, odd)
        for row in range(r0, r1 + 1):
            for column in range(c0, c1 + 1):
                cell = row * columns + column
                first, n = cells[cell, 0], cells[cell, 1]
                k0 = at_cell[cell]
                while at_cell[cell] < cell_first[cell + 1] and cell_list[at_cell[cell]] < edge_first[z + 1]:
                    at_cell[cell] += 1
                k1 = at_cell[cell]
                parity = np.int64(odd[row - r0, column - c0])
                if k0 == k1 and not parity:
                    continue
                cx, cy = west + (column - c0 + 0.5) * width, south + (row - r0 + 0.5) * height
                # where the answer is known, and which edges are listed there: each leaf goes on from the one before it,
                # the first of a row from the first of the row before, the first of all from the cell's centre
                row_inside, row_x, row_y, row_a0, row_a1 = parity, cx, cy, k0, k0
                leaf = first - 1
                for k in range(n):
                    inside, x, y, a0, a1 = row_inside, row_x, row_y, row_a0, row_a1
                    for i in range(n):
                        leaf += 1
                        e0 = at_leaf[leaf]
                        while at_leaf[leaf] < leaf_first[leaf + 1] and leaf_list[at_leaf[leaf]] < edge_first[z + 1]:
                            at_leaf[leaf] += 1
                        e1 = at_leaf[leaf]
                        lx, ly = _leaf_centre(frame, column, row, n, i, k)
                        if leaf == first:
                            inside ^= _flips_listed(edges, cell_list, k0, k1, k0, k0, lx, ly, cx, cy)
                        elif a0 != a1 or e0 != e1:
                            inside ^= _flips_listed(edges, leaf_list, e0, e1, a0, a1, lx, ly, x, y)
                        x, y, a0, a1 = lx, ly, e0, e1
                        if i == 0:
                            row_inside, row_x, row_y, row_a0, row_a1 = inside, x, y, a0, a1
                        if e0 == e1 and not inside:
                            continue
                        if n_items < out_leaf.size:
                            out_leaf[n_items] = leaf
                            out_item[n_items, 0] = 2 * z + inside
                            out_item[n_items, 1], out_item[n_items, 2], out_item[n_items, 3] = e0, e1, e1 - e0
                            if e1 - e0 == 1:
                                e = leaf_list[e0]
                                out_item[n_items, 3] = _through(edges[e], lx, ly, width / n, height / n, inside)
                        n_items += 1
    return n_items


@kernel
def pack_lists(leaf, item, leaf_list, zone_of, out_word, out_lists):
    """(length used of out_lists, longest list): write every leaf's word and list. Items come in order of zone.

    Leaves side by side share a list where theirs are the same: a third of the memory, 1.3 times the speed.
    """
    first = np.zeros(out_word.size + 1, np.int32)
    for k in range(leaf.size):
        first[leaf[k] + 1] += 1
    first = np.cumsum(first)
    order, at = np.empty(leaf.size, np.int32), first.copy()
    for k in range(leaf.size):
        order[at[leaf[k]]] = k
        at[leaf[k]] += 1
    used, longest = 1, 1
    out_lists[0] = 0
    recent = np.zeros(RECENT, np.int32)
    for here in range(out_word.size):
        items = order[first[here] : first[here + 1]]
        longest = max(longest, items.size)
        if not items.size:
            out_word[here] = 0
        elif items.size == 1 and item[items[0], 3] == 0:
            out_word[here] = ~zone_of[item[items[0], 0] >> 1]
        else:
            begin = used
            out_lists[used] = items.size
            used += 1
            for k in items:
                out_lists[used] = 2 * zone_of[item[k, 0] >> 1] + (item[k, 0] & 1)
                out_lists[used + 1] = item[k, 3]
                used += 2
                for e in range(item[k, 1], item[k, 2]):
                    out_lists[used] = leaf_list[e]
                    used += 1
            out_word[here] = _shared(out_lists, begin, used, recent)
            if out_word[here] != begin:
                used = begin
    return used, longest


@kernel
def _shared(lists, begin, end, recent):
    """Where an equal list was written lately; `begin` where there is none. `recent` holds one list for each hash."""
    code = np.int64(0)
    for k in range(begin, end):
        code = (code * 69_069 + lists[k]) & 0x7FFFFFFF
    at = (code ^ (code >> 15)) & (recent.size - 1)
    first = recent[at]
    for k in range(end - begin):  # a list tells its own length: one that begins like another is the other
        if lists[first + k] != lists[begin + k]:
            recent[at] = begin
            return begin
    return first


@kernel
def _leaf_centre(frame, column, row, n, i, k):
    """Centre of the leaf in column i, row k of a cell that is cut n by n."""
    return (
        frame[0] + column * frame[4] + (i + 0.5) * (frame[4] / n),
        frame[1] + row * frame[5] + (k + 0.5) * (frame[5] / n),
    )


@kernel
def _leaves(lon_deg, lat_deg, frame, shape, cells, out_x, out_y, out_column, out_row, out_leaf):
    """Write the leaf of each position, the column and row of its cell, and in out_x, out_y its own in the cell.

    The cell after the last, of one leaf, is for all that are off the grid or NaN. Two plain loops without branches,
    which the compiler turns into vector instructions: 4 ns a position, against 29 for the same in one loop.
    """
    west, south, per_x, per_y = frame[0], frame[1], frame[2], frame[3]
    columns, rows = np.int32(shape[0]), np.int32(shape[1])
    for j in range(lon_deg.size):
        x = lon_deg[j]
        x = x + 360.0 if x < west else x
        u, v = (x - west) * per_x, (lat_deg[j] - south) * per_y
        on_grid = (u >= 0.0) & (u < columns) & (v >= 0.0) & (v < rows)
        u, v = (u if on_grid else 0.0), (v if on_grid else 0.0)
        column, row = np.int32(u), np.int32(v)
        out_x[j], out_y[j] = u - column, v - row
        out_column[j], out_row[j] = column, row if on_grid else rows
    for j in range(lon_deg.size):
        cell = out_row[j] * columns + out_column[j]
        first, n = cells[cell, 0], cells[cell, 1]
        i, k = min(np.int32(out_x[j] * n), np.int32(n - 1)), min(np.int32(out_y[j] * n), np.int32(n - 1))
        out_x[j], out_y[j] = i, k
        out_leaf[j] = first + k * n + i


@kernel
def _holds(x, y, cx, cy, inside, edges, listed):
    """Whether a zone holds a point, from the answer at the leaf's centre and the edges on the way there.

    `_on_edge` and `_flips` in one: both ask for the point's own side, and branches that are lost half of the time cost
    more than the sides that they save.
    """
    for e in listed:
        x0, y0, x1, y1 = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
        own = side(x0, y0, x1, y1, x, y)
        if own == 0.0:
            if _on_edge(x0, y0, x1, y1, x, y):
                return 1
            own = _side_nudged(x0, y0, x1, y1, x, y)
        corner, centre = _side_nudged(x0, y0, x1, y1, cx, y), _side_nudged(x0, y0, x1, y1, cx, cy)
        across_y, across_x = (y0 <= y) != (y1 <= y), (x0 <= cx) != (x1 <= cx)
        inside ^= (across_y & (own != corner)) ^ (across_x & (corner != centre))
    return inside


@kernel
def locate(lon_deg, lat_deg, begin, frame, shape, cells, word, lists, edges, any_zone, out_row, out_zone):
    """(next row, hits): write a (row, zone) pair for each zone that holds each point, from row `begin` on.

    Stops before a block of BLOCK rows whose pairs might not fit: BLOCK * shape[2] of them always do. With `any_zone`
    out_zone[row] becomes the first zone that holds the point, or -1, and out_row is not used.

    Points go in blocks, first all to their leaf, then all to their word, then all to the head of their list: the memory
    reads of a block do not wait for each other, which is half of the time when the points are in no order. Most words
    answer without a branch.
    """
    hits = 0
    part_x, part_y = np.empty(BLOCK), np.empty(BLOCK)
    column, row = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32)
    leaf, at, listed = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32)
    for block in range(begin, lon_deg.size, BLOCK):
        size = min(BLOCK, lon_deg.size - block)
        if not any_zone and hits + size * shape[2] > out_row.size:
            return block, hits
        lon, lat = lon_deg[block : block + size], lat_deg[block : block + size]
        _leaves(lon, lat, frame, shape, cells, part_x, part_y, column, row, leaf)
        for j in range(size):
            at[j] = word[leaf[j]]
        for j in range(size):
            listed[j] = lists[max(at[j], 0)]
        for j in range(size):
            k = at[j]
            if k <= 0:
                if any_zone:
                    out_zone[block + j] = ~k
                else:
                    out_row[hits], out_zone[hits] = block + j, ~k
                    hits += k < 0
                continue
            if any_zone:
                out_zone[block + j] = -1
            k += 1
            for _ in range(listed[j]):
                code, count = lists[k], lists[k + 1]
                k += 2
                inside = True
                if count:
                    x, y = lon[j], lat[j]
                    x = x + 360.0 if x < frame[0] else x
                    if count < 0:
                        e = lists[k]
                        s = side(edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3], x, y)
                        inside = (s == 0.0) | ((s > 0.0) == (count == _LEFT))
                        k += 1
                    else:
                        n = cells[row[j] * shape[0] + column[j], 1]
                        cx, cy = _leaf_centre(frame, column[j], row[j], n, part_x[j], part_y[j])
                        inside = _holds(x, y, cx, cy, code & 1, edges, lists[k : k + count]) == 1
                        k += count
                if not any_zone:
                    out_row[hits], out_zone[hits] = block + j, code >> 1
                    hits += inside
                elif inside:
                    out_zone[block + j] = code >> 1
                    break
    return lon_deg.size, hits


@kernel
def _beside(lon, box):
    """The longitude, turned by whole circles until it is within half of one of a box; then plain differences do."""
    return lon + 360.0 * math.floor((0.5 * (box[0] + box[2]) - lon) / 360.0 + 0.5)


@kernel
def _box_gap_m(lon, lat, box, east, north):
    """Least distance from a point beside it to a box of degrees (west, south, east, north), m; 0 inside."""
    dx = max(box[0] - lon, lon - box[2])
    dy = max(box[1] - lat, lat - box[3])
    dx, dy = max(dx, 0.0) * east, max(dy, 0.0) * north
    return math.sqrt(dx * dx + dy * dy)  # hypot is slower: it guards against an overflow that degrees cannot reach


@kernel
def _nearest_in(lon, lat, east, north, edges, first, last, best):
    """(squared distance, east, north) of the nearest point of a run of edges, m; `best` and NaN if none is nearer."""
    best_x, best_y = math.nan, math.nan
    for e in range(first, last):
        ax, ay = (edges[e, 0] - lon) * east, (edges[e, 1] - lat) * north
        dx, dy = (edges[e, 2] - edges[e, 0]) * east, (edges[e, 3] - edges[e, 1]) * north
        length2 = dx * dx + dy * dy
        t = min(1.0, max(0.0, -(ax * dx + ay * dy) / length2)) if length2 > 0.0 else 0.0
        nx, ny = ax + t * dx, ay + t * dy
        d2 = nx * nx + ny * ny
        if d2 <= best:
            best, best_x, best_y = d2, nx, ny
    return best, best_x, best_y


@kernel
def _nearest(lon, lat, zone, edges, edge_first, boxes, box_first, reach_m, gaps, out):
    """Write (distance, east, north) of the nearest point of a zone's edges, m; distance inf when beyond reach.

    The plane touches the earth at the point with the degree lengths there: 1e-3 of the distance within 20 km, exact
    at the edge itself, where it matters. `gaps` is room for the squared distances of the zone's chunks: the nearest
    chunk is looked at first, and few of the others can then hold anything nearer.
    """
    east, north = metres_per_degree(lat)
    first_box, count = box_first[zone], box_first[zone + 1] - box_first[zone]
    edge_0, edge_n = edge_first[zone], edge_first[zone + 1]
    at, least = 0, math.inf
    lon = _beside(lon, boxes[first_box]) if count else lon
    for k in range(count):
        gap = _box_gap_m(lon, lat, boxes[first_box + k], east, north)
        gaps[k] = gap * gap
        if gaps[k] < least:
            at, least = k, gaps[k]
    best, best_x, best_y = reach_m * reach_m, math.nan, math.nan
    for turn in range(count + 1):
        k = at if turn == 0 else turn - 1
        if gaps[k] > best or (turn > 0 and k == at):
            continue
        first = edge_0 + k * CHUNK
        d2, x, y = _nearest_in(lon, lat, east, north, edges, first, min(first + CHUNK, edge_n), best)
        if not math.isnan(x):
            best, best_x, best_y = d2, x, y
    out[0] = math.sqrt(best) if not math.isnan(best_x) else math.inf
    out[1], out[2] = best_x, best_y


@kernel
def _scratch(box_first):
    """Room for the distances of any one zone's chunks."""
    most = 1
    for zone in range(box_first.size - 1):
        most = max(most, box_first[zone + 1] - box_first[zone])
    return np.empty(most)


@kernel
def edge_distances(lon_deg, lat_deg, row, zone, edges, edge_first, boxes, box_first, reach_m, out_m, out_bearing_deg):
    """Write the distance to, and the bearing of, the nearest edge point of zone[k] from point row[k]."""
    nearest, gaps = np.empty(3), _scratch(box_first)
    for k in range(row.size):
        p = row[k]
        _nearest(lon_deg[p], lat_deg[p], zone[k], edges, edge_first, boxes, box_first, reach_m, gaps, nearest)
        out_m[k] = nearest[0]
        out_bearing_deg[k] = math.atan2(nearest[1], nearest[2]) / DEG % 360.0 if nearest[0] < math.inf else math.nan


@kernel
def _on_axis(lon, lat, axis, first, last, along_m, out):
    """Write (distance along an axis, distance to starboard of it, its course there); NaN without an axis.

    Vertices first to last of axis (vertices, 2), degrees; along_m the distance of each from the first. The foot is the
    nearest point of the axis; beyond its ends the distance runs on below 0 or past the length.
    """
    out[0] = out[1] = out[2] = math.nan
    best = math.inf
    if first == last or math.isnan(lon) or math.isnan(lat):
        return
    east, north = metres_per_degree(lat)
    for v in range(first, last - 1):
        ax = lon_diff_deg(axis[v, 0], lon) * east
        ay = (axis[v, 1] - lat) * north
        dx = (axis[v + 1, 0] - axis[v, 0]) * east
        dy = (axis[v + 1, 1] - axis[v, 1]) * north
        length2 = dx * dx + dy * dy
        if length2 == 0.0:
            continue
        t = -(ax * dx + ay * dy) / length2
        s = min(1.0, max(0.0, t))
        d2 = (ax + s * dx) ** 2 + (ay + s * dy) ** 2
        if d2 < best:
            best = d2
            ends = (t < 0.0 and v == first) or (t > 1.0 and v == last - 2)
            length = math.sqrt(length2)
            out[0] = along_m[v] + (t if ends else s) * (along_m[v + 1] - along_m[v])
            # the point is at the origin: left of the leg is where its cross product is positive
            cross = (ax * dy - ay * dx) / length
            out[1] = -cross if ends or 0.0 <= t <= 1.0 else math.copysign(math.sqrt(d2), -cross)
            out[2] = math.atan2(dx, dy) / DEG % 360.0


@kernel
def axis_coordinates(lon_deg, lat_deg, row, zone, axis, axis_first, along_m, out_along_m, out_cross_m, out_axis_deg):
    """Write where point row[k] lies on zone[k]'s axis: `_on_axis` of each pair."""
    at = np.empty(3)
    for k in range(row.size):
        z = zone[k]
        _on_axis(lon_deg[row[k]], lat_deg[row[k]], axis, axis_first[z], axis_first[z + 1], along_m, at)
        out_along_m[k], out_cross_m[k], out_axis_deg[k] = at


@kernel
def _segment_gap2(ax, ay, bx, by, x, y):
    """Squared distance from a point to a segment."""
    dx, dy = bx - ax, by - ay
    length2 = dx * dx + dy * dy
    t = min(1.0, max(0.0, ((x - ax) * dx + (y - ay) * dy) / length2)) if length2 > 0.0 else 0.0
    return (ax + t * dx - x) ** 2 + (ay + t * dy - y) ** 2


@kernel
def approach(
    lon, lat, sog_kn, cog_deg, horizon_s, zone, edges, edge_first, boxes, box_first,
):  # fmt: skip
    """(seconds until a point reaches a zone's edge on its course, least distance on that run in m); NaN: it does not.

    The run is a straight line in the plane that touches the earth at the point, as far as the horizon.
    """
    return _approach(lon, lat, sog_kn, cog_deg, horizon_s, zone, edges, edge_first, boxes, box_first, math.inf)


@kernel
def _approach(lon, lat, sog_kn, cog_deg, horizon_s, zone, edges, edge_first, boxes, box_first, best):
    """`approach`, given the squared distance that is known to be reached, for example now."""
    east, north = metres_per_degree(lat)
    run = sog_kn * KN * horizon_s
    ux, uy = math.sin(cog_deg * DEG), math.cos(cog_deg * DEG)
    rx, ry = run * ux, run * uy
    first_hit = math.inf
    lon = _beside(lon, boxes[box_first[zone]]) if box_first[zone] < box_first[zone + 1] else lon
    for b in range(box_first[zone], box_first[zone + 1]):
        # the run comes no nearer to the edges than to the circle about their box
        half_x, half_y = 0.5 * (boxes[b, 2] - boxes[b, 0]), 0.5 * (boxes[b, 3] - boxes[b, 1])
        cx = (boxes[b, 0] + half_x - lon) * east
        cy = (boxes[b, 1] + half_y - lat) * north
        along = min(max(cx * ux + cy * uy, 0.0), run)
        off_x, off_y, half_x, half_y = cx - along * ux, cy - along * uy, half_x * east, half_y * north
        gap = math.sqrt(off_x * off_x + off_y * off_y) - math.sqrt(half_x * half_x + half_y * half_y)
        if gap > 0.0 and gap * gap > best:
            continue
        first = edge_first[zone] + (b - box_first[zone]) * CHUNK
        for e in range(first, min(first + CHUNK, edge_first[zone + 1])):
            ax, ay = (edges[e, 0] - lon) * east, (edges[e, 1] - lat) * north
            bx = ax + (edges[e, 2] - edges[e, 0]) * east
            by = ay + (edges[e, 3] - edges[e, 1]) * north
            # along and across the course: the edge is met where it changes sides of the run
            across_a, across_b = ax * uy - ay * ux, bx * uy - by * ux
            if (across_a <= 0.0) != (across_b <= 0.0):
                t = across_a / (across_a - across_b)
                ahead = (ax * ux + ay * uy) * (1.0 - t) + (bx * ux + by * uy) * t
                if 0.0 <= ahead <= run:
                    first_hit, best = min(first_hit, ahead), 0.0
            if best > 0.0:
                gap2 = min(_segment_gap2(ax, ay, bx, by, 0.0, 0.0), _segment_gap2(ax, ay, bx, by, rx, ry))
                gap2 = min(gap2, _segment_gap2(0.0, 0.0, rx, ry, ax, ay), _segment_gap2(0.0, 0.0, rx, ry, bx, by))
                best = min(best, gap2)
    seconds = first_hit / (sog_kn * KN) if first_hit < math.inf and sog_kn > 0.0 else math.nan
    return seconds, math.sqrt(best)


@kernel
def _misses(lon, lat, east, north, ux, uy, run, box):
    """Whether a run surely passes a box by: its line misses the circle about the box, or goes away from it."""
    half_x, half_y = 0.5 * (box[2] - box[0]), 0.5 * (box[3] - box[1])
    cx, cy = (box[0] + half_x - lon) * east, (box[1] + half_y - lat) * north
    radius = math.hypot(half_x * east, half_y * north)
    along = cx * ux + cy * uy
    return abs(cx * uy - cy * ux) > radius or along < -radius or along > run + radius


@kernel
def stand(
    lon_deg, lat_deg, sog_kn, cog_deg, zones, reach_m, horizon_s,
    edges, edge_first, boxes, box_first, zone_box, axis, axis_first, along_m, begin,
    out_row, out_zone, out_m, out_bearing_deg, out_enter_s, out_pass_m, out_along_m, out_cross_m, out_axis_deg,
):  # fmt: skip
    """(next row, pairs): write how points stand to those of `zones` whose edge is within reach or met by the horizon.

    Distances are not signed here: the caller knows which zones hold. Stops before a row whose pairs might not fit.
    """
    n = 0
    nearest, at, gaps = np.empty(3), np.empty(3), _scratch(box_first)
    for p in range(begin, lon_deg.size):
        if n + zones.size > out_row.size:
            return p, n
        lon, lat = lon_deg[p], lat_deg[p]
        if math.isnan(lon) or math.isnan(lat):
            continue
        east, north = metres_per_degree(lat)
        moving = sog_kn[p] > 0.0 and not math.isnan(cog_deg[p])
        run = sog_kn[p] * KN * horizon_s if moving else 0.0
        ux, uy = math.sin(cog_deg[p] * DEG), math.cos(cog_deg[p] * DEG)
        farthest = max(reach_m, run)
        lat_reach, lon_reach = farthest / north, farthest / east
        for z in zones:
            # in degrees first: most zones are far off, and this is all that they cost
            if not (zone_box[z, 1] - lat_reach <= lat <= zone_box[z, 3] + lat_reach):
                continue  # also where a zone without edges has no box
            near_lon = _beside(lon, zone_box[z])
            if near_lon < zone_box[z, 0] - lon_reach or near_lon > zone_box[z, 2] + lon_reach:
                continue
            gap = _box_gap_m(near_lon, lat, zone_box[z], east, north)
            if gap > reach_m and (not moving or _misses(near_lon, lat, east, north, ux, uy, run, zone_box[z])):
                continue
            _nearest(lon, lat, z, edges, edge_first, boxes, box_first, math.inf, gaps, nearest)
            seconds, least = math.nan, nearest[0]
            if moving and nearest[0] <= run + reach_m:
                seconds, least = _approach(
                    *(lon, lat, sog_kn[p], cog_deg[p], horizon_s, z, edges, edge_first, boxes, box_first),
                    nearest[0] * nearest[0],
                )
            # a large zone may hold the point though its edge is out of reach
            if nearest[0] > reach_m and math.isnan(seconds) and gap > 0.0:
                continue
            out_row[n], out_zone[n] = p, z
            out_m[n], out_bearing_deg[n] = nearest[0], math.atan2(nearest[1], nearest[2]) / DEG % 360.0
            out_enter_s[n], out_pass_m[n] = seconds, least
            _on_axis(lon, lat, axis, axis_first[z], axis_first[z + 1], along_m, at)
            out_along_m[n], out_cross_m[n], out_axis_deg[n] = at
            n += 1
    return lon_deg.size, n
