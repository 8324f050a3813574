"""Slots for declared LNG movements: no conflict in the corridor or at the berth, and a reason for every refusal.

Time is cut into steps; a movement starts its transit in one of them, or is refused. What a single movement may not do
(hours, weather, its own limits, too much other traffic) takes steps away from it; what two may not do together (meet,
follow too close, share a berth, need more escorts than there are) are the constraints of one small integer programme,
solved by HiGHS. Refusing costs more than any wait, and waits count by the minute, so the plan is the one with the
fewest refusals, and of those the one with the least waiting.
"""

import csv
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from geofences.lng import weather as limits
from geofences.registers import read
from geofences.validity import clock, validity
from vts.errors import RegisterError, UsageError
from vts.schema import F8, I8, Text, table
from vts.units import HOUR, KN, MINUTE, S

FORM = {
    "vessel": ("text", True),
    "mmsi": ("mmsi", False),
    "terminal": ("text", True),
    "eta": ("time", True),
    "direction": ("text", True),
    "latest": ("time", False),
}
# property of the corridor or terminal: (default, unit, source)
PARAMETERS = {
    "transit_min": (math.nan, "min", "the corridor's own; else its axis at plan_speed_kn"),
    "plan_speed_kn": (8.0, "kn", "ours: a mean between corridor speed and berthing"),
    "headway_min": (60.0, "min", "ours: between two carriers in the same direction"),
    "meeting_allowed": (False, "true or false", "the corridor's own; carriers do not meet in it without one"),
    "slot_window": ("", "hh:mm-hh:mm", "the port's own hours for carriers, in time_zone; all day without one"),
    "max_traffic_h": (math.inf, "vessels/h", "ours: hours with more traffic in the corridor are not given to carriers"),
    "escorts": (0.0, "vessels", "the corridor's own: escorts for each carrier"),
    "escort_fleet": (math.inf, "vessels", "the port's own: escorts that there are"),
    "berths": (1.0, "berths", "the terminal's own"),
    "berth_h": (24.0, "h", "ours: about a day alongside to discharge"),
    "turn_min": (60.0, "min", "ours: between one carrier leaving a berth and the next arriving at it"),
    "max_wait_h": (48.0, "h", "ours: beyond this a carrier is told to come another day"),
}
PLAN_COLUMNS = ("vessel", "mmsi", "terminal", "direction", "state", "eta", "start", "end", "wait_min", "why")
PLAN_FORM = (
    dict.fromkeys(("vessel", "terminal", "direction"), ("text", True))
    | dict.fromkeys(("eta", "start", "end"), ("time", False))
    | {"mmsi": ("mmsi", False), "state": ("text", False), "wait_min": ("float", False), "why": ("text", False)}
)
REFUSED = 1e5  # minutes of waiting that a refusal weighs: ten weeks
MOVED = 0.5  # minutes of waiting that a minute weighs by which a slot given before is moved


class Movement(NamedTuple):
    """One declared movement of a carrier."""

    vessel: str
    mmsi: int
    terminal: str
    direction: str  # "in" or "out"
    eta_ns: int  # when she can begin: at the corridor's mouth, or ready to leave the berth
    latest_ns: int  # -1: no limit of her own


@table
class Slots(NamedTuple):
    """The plan: one row per movement, in the order they were declared."""

    vessel: Text(40)
    mmsi: I8
    terminal: Text(60)
    direction: Text(3)
    state: Text(8)  # planned, refused; fixed where she had begun before the plan was made
    eta_ns: I8
    start_ns: I8  # into the corridor or off the berth; -1 refused
    end_ns: I8
    wait_min: F8
    why: Text(400)  # why not, or why not sooner; "" when she goes at her time


def movements(path):
    """The Movements of a CSV file (vessel, mmsi, terminal, eta, direction in|out, latest); RegisterError names rows."""
    columns = read(path, FORM)
    rows, seen = [], {}
    for k in range(len(columns["vessel"])):
        row = {name: column[k] for name, column in columns.items()}
        if row["direction"] not in ("in", "out"):
            raise RegisterError(f"{path}: row {k + 1}, direction {str(row['direction'])!r} must be in or out")
        call = str(row["vessel"]), str(row["terminal"]), str(row["direction"])
        if seen.setdefault(call, k + 1) != k + 1:
            again = f"row {k + 1} declares what row {seen[call]} does ({', '.join(call)})"
            raise RegisterError(f"{path}: {again}; take one out, and plan a later call in a list of its own")
        times = int(row["eta"]), int(row["latest"])
        if 0 <= times[1] < times[0]:
            raise RegisterError(f"{path}: row {k + 1}, latest is before eta; exchange them")
        words = str(row["vessel"]), int(row["mmsi"]), str(row["terminal"]), str(row["direction"])
        rows.append(Movement(*words, *times))
    return rows


def plan(moves, zones, *, weather=None, traffic=None, previous=None, at_ns=None, step_min=15):
    """Slots for Movements, without conflict; a plan of nothing is empty.

    `zones` hold the corridor (its `terminals` names whom it serves) and the terminals; `weather` are the columns of
    weather.csv, `traffic` is a Visits table of who entered the corridor before, by hours of the day. With `previous`
    Slots and `at_ns`, movements that have begun are fixed and the others are moved as little as their waits allow.
    UsageError names a terminal that no corridor serves.
    """
    if not moves:
        return Slots.empty()
    job = _Job(moves, zones, weather, traffic, previous, at_ns, step_min)
    return job.slots(job.solve())


def rows(slots):
    """The Slots as dicts with times in ISO 8601, UTC; None where there is none."""
    for row in zip(*slots, strict=True):
        values = dict(zip(slots._fields, (v.item() for v in row), strict=True))
        times = {name: values.pop(f"{name}_ns") for name in ("eta", "start", "end")}
        wait_min, mmsi = values.pop("wait_min"), values.pop("mmsi")
        yield {
            **values,
            "mmsi": None if mmsi < 0 else mmsi,
            **{name: _iso(t_ns) if t_ns >= 0 else None for name, t_ns in times.items()},
            "wait_min": None if math.isnan(wait_min) else wait_min,
        }


def save(slots, path):
    """Write a plan as CSV, for people and for the next planning."""
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, PLAN_COLUMNS)
        writer.writeheader()
        writer.writerows({name: "" if row[name] is None else row[name] for name in PLAN_COLUMNS} for row in rows(slots))


def load(path):
    """The Slots of a plan that `save` wrote; RegisterError where vessel, terminal or direction are missing.

    A planner who corrects a plan by hand needs only these and `start`; what is left out is unknown.
    """
    columns = read(path, PLAN_FORM)
    given = {name: columns[name] for name in ("mmsi", "wait_min")}
    given |= {name: columns[name].astype(str) for name in ("vessel", "terminal", "direction", "state", "why")}
    return Slots(**given, **{f"{name}_ns": columns[name] for name in ("eta", "start", "end")})


class _Job:
    """One planning run: the movements' steps and the constraints between them."""

    def __init__(self, moves, zones, weather, traffic, previous, at_ns, step_min):
        self.moves, self.zones, self.weather, self.at_ns = moves, zones, weather, at_ns
        self.step_ns = int(step_min * MINUTE)
        self.routes = [_route(zones, m.terminal) for m in moves]
        self.fixed = _fixed(moves, previous, at_ns)
        self.before = _starts(moves, previous)
        begin_ns = min([m.eta_ns for m in moves] + [s for s in self.fixed if s >= 0])
        self.origin_ns = begin_ns // self.step_ns * self.step_ns
        self.busy = {c: _traffic_by_hour(traffic, c, _clock(zones.properties[c])) for c, _ in set(self.routes)}
        self.steps, self.lost = zip(*(self._steps(k) for k in range(len(moves))), strict=True)

    # ------------------------------------------------------------------ one movement alone

    def value(self, k, name, of_terminal=False):
        """A parameter of a movement's corridor, or of its terminal."""
        corridor, terminal = self.routes[k]
        row = terminal if of_terminal else corridor
        given = self.zones.properties[row].get(name) if row >= 0 else None
        return PARAMETERS[name][0] if given is None else given

    def run_ns(self, k):
        """How long a movement is in the corridor."""
        minutes = float(self.value(k, "transit_min"))
        if math.isnan(minutes):
            metres = self.zones.index.length_m(self.routes[k][0])
            if metres <= 0:
                name = self.zones.names[self.routes[k][0]]
                raise UsageError(f"corridor {name!r} is a polygon without transit_min; add it, or draw a centre line")
            minutes = metres / (float(self.value(k, "plan_speed_kn")) * KN) / 60.0
        return math.ceil(minutes) * MINUTE

    def _steps(self, k):
        """(steps that a movement may start in, {reason: how many were taken away})."""
        move = self.moves[k]
        if self.fixed[k] >= 0:
            return [(self.fixed[k] - self.origin_ns) / self.step_ns], {}
        first_ns = max(move.eta_ns, self.at_ns or 0)
        first = -(-(first_ns - self.origin_ns) // self.step_ns)
        last_ns = move.eta_ns + int(float(self.value(k, "max_wait_h")) * HOUR)
        last_ns = min(last_ns, move.latest_ns) if move.latest_ns >= 0 else last_ns
        steps, lost = [], {}
        for step in range(first, (last_ns - self.origin_ns) // self.step_ns + 1):
            reason = self._forbids(k, self.origin_ns + step * self.step_ns)
            if reason:
                lost[reason] = lost.get(reason, 0) + 1
            else:
                steps.append(step)
        return steps, lost

    def _forbids(self, k, start_ns):
        """Why a movement may not start then, or "" when it may."""
        end_ns, corridor = start_ns + self.run_ns(k), self.routes[k][0]
        properties = self.zones.properties[corridor]
        window = self.value(k, "slot_window")
        if window:
            hours = validity([{"daily_window": window, "time_zone": properties.get("time_zone", "+08:00")}])
            if not (hours.in_force(start_ns)[0] and hours.in_force(end_ns - 1)[0]):
                return f"outside the hours {window}"
        bad = self._weather(properties, start_ns, end_ns)
        if bad:
            return bad
        hour = _local(start_ns, _clock(properties)).hour
        if self.busy[corridor][hour] > float(self.value(k, "max_traffic_h")):
            return f"{self.busy[corridor][hour]:.0f} vessels an hour at {hour:02d} h"
        return ""

    def _weather(self, properties, start_ns, end_ns):
        """What the weather says against a run, or "": what is not forecast does not forbid."""
        if self.weather is None or not len(self.weather["t"]):
            return ""
        order = np.argsort(self.weather["t"], kind="stable")
        times = self.weather["t"][order]
        first = max(int(np.searchsorted(times, start_ns, side="right")) - 1, 0)
        for k in order[first : int(np.searchsorted(times, end_ns, side="left"))]:
            now = {name: float(self.weather[column][k]) for name, (column, *_) in limits.LIMITS.items()}
            verdict = limits.verdict({name: properties.get(name, math.nan) for name in limits.LIMITS}, now)
            if verdict.go is False:
                return f"{verdict.what} of {verdict.value:g} beyond {verdict.limit:g}"
        return ""

    # ------------------------------------------------------------------ two movements together

    def clash(self, k, start_k_ns, j, start_j_ns):
        """Why two movements cannot start then, or ""."""
        if self.routes[k][0] != self.routes[j][0]:
            return ""
        a, b = self.moves[k], self.moves[j]
        end_k, end_j = start_k_ns + self.run_ns(k), start_j_ns + self.run_ns(j)
        if a.direction == b.direction:
            headway_ns = self.headway_ns(k)
            apart = abs(start_k_ns - start_j_ns) >= headway_ns and abs(end_k - end_j) >= headway_ns
            in_order = (start_k_ns < start_j_ns) == (end_k < end_j)
            return "" if apart and in_order else f"too close to {b.vessel}, {b.direction} {_hhmm(start_j_ns)} UTC"
        if a.vessel == b.vessel and a.terminal == b.terminal:
            return ""  # her stay alongside is a constraint of its own
        if self.value(k, "meeting_allowed") or end_k <= start_j_ns or end_j <= start_k_ns:
            return ""
        return f"would meet {b.vessel}, {b.direction} {_hhmm(start_j_ns)} UTC"

    def headway_ns(self, k):
        """Time between two starts the same way; a step at least."""
        return max(int(float(self.value(k, "headway_min")) * MINUTE), self.step_ns)

    def start_ns(self, step):
        return self.origin_ns + round(step * self.step_ns)

    def solve(self):
        """Start of each movement, ns; -1 refused."""
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import coo_array

        var = [(k, s) for k in range(len(self.moves)) for s in self.steps[k]]
        at = {pair: i for i, pair in enumerate(var)}
        n = len(var)
        refuse = [n + k for k in range(len(self.moves))]
        cost = np.array([self._cost(k, s) for k, s in var] + [REFUSED] * len(self.moves))
        rows = _Rows()
        for k in range(len(self.moves)):
            rows.add([at[k, s] for s in self.steps[k]] + [refuse[k]], 1.0, 1.0, 1.0)
        for corridor in sorted({c for c, _ in self.routes}):
            self._add_corridor(rows, at, corridor)
        self._add_berths(rows, at, refuse)
        self._add_escorts(rows, at)
        lower, upper = np.zeros(cost.size), np.ones(cost.size)
        for k, start in enumerate(self.fixed):
            if start >= 0:
                upper[refuse[k]] = 0.0
        matrix = coo_array((rows.values, (rows.rows, rows.columns)), (len(rows.low), cost.size)).tocsr()
        done = milp(
            cost,
            integrality=np.ones(cost.size),
            bounds=Bounds(lower, upper),
            constraints=LinearConstraint(matrix, rows.low, rows.high),
            options={"mip_rel_gap": 0.0, "node_limit": 2000},  # a limit in seconds would plan by the machine's speed
        )
        if done.x is None:
            raise UsageError(
                "the movements that have begun already break the corridor's rules, so nothing can be planned around "
                f"them ({done.message.strip()}); correct their times, or take them out"
            )
        starts = np.full(len(self.moves), -1, np.int64)
        for i in np.flatnonzero(done.x[:n] > 0.5):
            starts[var[i][0]] = self.start_ns(var[i][1])
        return starts

    def _cost(self, k, step):
        """Minutes that a movement waits, a little less for the later declared, and those that it is moved."""
        start = self.start_ns(step)
        wait = (start - self.moves[k].eta_ns) / MINUTE
        moved = abs(start - self.before[k]) / MINUTE * MOVED if self.before[k] >= 0 else 0.0
        return max(wait, 0.0) * (1.0 - 1e-4 * min(k, 1000)) + moved

    def _add_corridor(self, rows, at, corridor):
        """No two runs that clash in a corridor: of the starts in one row no two may be, so their sum is at most 1.

        Same way: the starts of any time as long as the headway. Opposite ways: such a time of one way, with such a
        time of the other that all clash with it. One row for many starts keeps the programme small and tight.
        """
        mine = [k for k, (c, _) in enumerate(self.routes) if c == corridor]
        headway_ns, run_ns = self.headway_ns(mine[0]), self.run_ns(mine[0])
        ways = []
        for way in ("in", "out"):
            pairs = [(k, s) for k in mine if self.moves[k].direction == way for s in self.steps[k]]
            starts = np.array([self.start_ns(s) for _, s in pairs], np.int64)
            columns = np.array([at[pair] for pair in pairs], np.int64)
            order = np.argsort(starts, kind="stable")
            ways.append((starts[order], columns[order]))
        (starts, columns), (other_starts, other_columns) = ways
        for times, cols in ways:
            for t_ns in np.unique(times):
                first, last = np.searchsorted(times, [t_ns, t_ns + headway_ns])
                rows.add(cols[first:last].tolist(), 1.0, -np.inf, 1.0)
        if self.value(mine[0], "meeting_allowed") or not starts.size or not other_starts.size:
            return
        span_ns = min(headway_ns, run_ns)
        for t_ns in np.arange(starts[0] - span_ns, starts[-1] + 1, self.step_ns):
            first, last = np.searchsorted(starts, [t_ns, t_ns + span_ns])
            if first == last:
                continue
            low_ns, high_ns = starts[last - 1] - run_ns + 1, starts[first] + run_ns
            for u_ns in range(int(low_ns), int(high_ns), span_ns):
                begin, end = np.searchsorted(other_starts, [u_ns, min(u_ns + span_ns, high_ns)])
                if begin < end:
                    rows.add([*columns[first:last].tolist(), *other_columns[begin:end].tolist()], 1.0, -np.inf, 1.0)

    def _add_berths(self, rows, at, refuse):
        """Never more carriers alongside than berths; who comes in goes out no sooner than her stay."""
        for terminal in sorted({m.terminal for m in self.moves}):
            mine = [k for k, m in enumerate(self.moves) if m.terminal == terminal]
            berths = float(self.value(mine[0], "berths", of_terminal=True))
            leaves = {self.moves[k].vessel: k for k in mine if self.moves[k].direction == "out"}
            comes = {self.moves[k].vessel: k for k in mine if self.moves[k].direction == "in"}
            for vessel in sorted(comes.keys() & leaves.keys()):
                self._add_stay(rows, at, refuse, comes[vessel], leaves[vessel])
            lies = len(leaves.keys() - comes.keys())  # alongside when the plan begins
            arrive = {k: self.moves[k].direction == "in" for k in mine}
            places = [(k, s) for k in mine for s in self.steps[k]]
            column = np.array([at[pair] for pair in places])
            sign = np.array([1.0 if arrive[k] else -1.0 for k, _ in places])
            # an arrival counts from its time, a departure once the berth has been made ready again
            begins = np.array(
                [self.start_ns(s) + (self.run_ns(k) if arrive[k] else self._turn_ns(k)) for k, s in places]
            )
            alone = np.array([arrive[k] and self.moves[k].vessel not in leaves for k, _ in places], bool)
            stays = np.array([self._stay_ns(k) + self._turn_ns(k) for k, _ in places])
            for t_ns in np.unique(begins[sign > 0]):
                counts = np.flatnonzero((begins <= t_ns) & ~(alone & (begins + stays <= t_ns)))
                rows.add(column[counts].tolist(), sign[counts].tolist(), -np.inf, berths - lies)

    def _stay_ns(self, k):
        return int(float(self.value(k, "berth_h", of_terminal=True)) * HOUR)

    def _turn_ns(self, k):
        return int(float(self.value(k, "turn_min", of_terminal=True)) * MINUTE)

    def _add_stay(self, rows, at, refuse, k, j):
        """Movement j, out, starts no sooner than the stay after movement k, in; never if k is refused."""
        run_and_stay_ns = self.run_ns(k) + self._stay_ns(k)
        for t_ns in [self.start_ns(s) for s in self.steps[k]]:
            later = [at[k, s] for s in self.steps[k] if self.start_ns(s) >= t_ns]
            early = [at[j, t] for t in self.steps[j] if self.start_ns(t) < t_ns + run_and_stay_ns]
            if early:
                rows.add(later + early, 1.0, -np.inf, 1.0)
        rows.add([refuse[k]] + [at[j, t] for t in self.steps[j]], 1.0, -np.inf, 1.0)

    def _add_escorts(self, rows, at):
        """Never more escorts at work than there are."""
        for corridor in sorted({c for c, _ in self.routes}):
            mine = [k for k, (c, _) in enumerate(self.routes) if c == corridor]
            each, fleet = float(self.value(mine[0], "escorts")), float(self.value(mine[0], "escort_fleet"))
            if each <= 0 or math.isinf(fleet):
                continue
            for t_ns in sorted({self.start_ns(s) for k in mine for s in self.steps[k]}):
                busy = [
                    at[k, s]
                    for k in mine
                    for s in self.steps[k]
                    if self.start_ns(s) <= t_ns < self.start_ns(s) + self.run_ns(k)
                ]
                rows.add(busy, each, -np.inf, fleet)

    # ------------------------------------------------------------------ the answer

    def slots(self, starts):
        """The Slots of these starts, with the reasons."""
        planned = starts >= 0
        ends = np.array([s + self.run_ns(k) if s >= 0 else -1 for k, s in enumerate(starts)])
        eta = np.array([m.eta_ns for m in self.moves])
        fixed = np.array(self.fixed) >= 0
        return Slots(
            vessel=[m.vessel for m in self.moves],
            mmsi=[m.mmsi for m in self.moves],
            terminal=[m.terminal for m in self.moves],
            direction=[m.direction for m in self.moves],
            state=np.where(fixed, "fixed", np.where(planned, "planned", "refused")),
            eta_ns=eta,
            start_ns=starts,
            end_ns=ends,
            wait_min=np.where(planned, np.maximum(starts - eta, 0) / MINUTE, np.nan),
            why=[self._why(k, starts) for k in range(len(self.moves))],
        )

    def _why(self, k, starts):
        """Why a movement was refused, or did not get the first step after its time."""
        if self.fixed[k] >= 0:
            return "has begun"
        soonest = -(-(self.moves[k].eta_ns - self.origin_ns) // self.step_ns)
        if starts[k] >= 0 and starts[k] <= self.start_ns(soonest):
            return ""
        until = starts[k] if starts[k] >= 0 else math.inf
        reasons = {}
        for s in self.steps[k]:
            if self.start_ns(s) < until:
                for reason in self._blocked(k, self.start_ns(s), starts):
                    reasons[reason] = reasons.get(reason, 0) + 1
        if starts[k] < 0:
            for reason, count in self.lost[k].items():
                reasons[reason] = reasons.get(reason, 0) + count
        else:
            probe = soonest
            while self.start_ns(probe) < until:
                reason = self._forbids(k, self.start_ns(probe))
                if reason:
                    reasons[reason] = reasons.get(reason, 0) + 1
                probe += 1
        told = sorted(reasons, key=lambda reason: (-reasons[reason], reason))
        if not told:
            return "another order gives less waiting in all" if starts[k] >= 0 else "no step before her latest time"
        return "; ".join(told[:4])

    def _blocked(self, k, start_ns, starts):
        """What stands against a start in this plan."""
        out = [self.clash(k, start_ns, j, starts[j]) for j in range(len(self.moves)) if j != k and starts[j] >= 0]
        out = [reason for reason in out if reason]
        berth = self._berth_taken(k, start_ns, starts)
        return out + ([berth] if berth else [])

    def _berth_taken(self, k, start_ns, starts):
        """Who lies where this movement would go, or ""."""
        move = self.moves[k]
        if move.direction == "out":
            came = [j for j, m in enumerate(self.moves) if (m.vessel, m.direction) == (move.vessel, "in")]
            if came and starts[came[0]] < 0:
                return "she is not to come in"
            if came and start_ns < starts[came[0]] + self.run_ns(came[0]) + self._stay_ns(came[0]):
                return f"needs {float(self.value(k, 'berth_h', of_terminal=True)):g} h alongside"
            return ""
        arrives_ns, others = start_ns + self.run_ns(k), []
        for j, m in enumerate(self.moves):
            if j == k or m.terminal != move.terminal or m.vessel == move.vessel:
                continue
            out = [i for i, o in enumerate(self.moves) if (o.vessel, o.direction) == (m.vessel, "out")]
            left_ns = starts[out[0]] if out and starts[out[0]] >= 0 else math.inf
            if m.direction == "in" and starts[j] >= 0:
                lies_ns = starts[j] + self.run_ns(j)
                left_ns = left_ns if out else lies_ns + self._stay_ns(j)
            elif m.direction == "out" and not any((o.vessel, o.direction) == (m.vessel, "in") for o in self.moves):
                lies_ns = -math.inf
            else:
                continue
            others.append((m.vessel, lies_ns, left_ns + self._turn_ns(k)))
        leaves_ns, berths = (
            arrives_ns + self._stay_ns(k) + self._turn_ns(k),
            float(self.value(k, "berths", of_terminal=True)),
        )
        for t_ns in [arrives_ns, *sorted(lies for _, lies, _ in others if arrives_ns < lies < leaves_ns)]:
            taken = {vessel for vessel, lies, left in others if lies <= t_ns < left}
            if len(taken) >= berths:
                return f"berth taken by {', '.join(sorted(taken))}"
        return ""


class _Rows:
    """The rows of a sparse constraint matrix as they are added."""

    def __init__(self):
        self.rows, self.columns, self.values, self.low, self.high = [], [], [], [], []

    def add(self, columns, values, low, high):
        self.rows += [len(self.low)] * len(columns)
        self.columns += columns
        self.values += values if isinstance(values, list) else [values] * len(columns)
        self.low.append(low)
        self.high.append(high)


def _route(zones, terminal):
    """(corridor row, terminal row or -1) of a terminal's name; UsageError when no corridor serves it."""
    corridors = [k for k in range(zones.n) if zones.kinds[k] in ("corridor", "fairway")]
    serving = [k for k in corridors if terminal in _names(zones.properties[k].get("terminals"))]
    if not serving:
        known = sorted({name for k in corridors for name in _names(zones.properties[k].get("terminals"))})
        raise UsageError(
            f"no corridor serves terminal {terminal!r}; "
            + (f"corridors name {', '.join(known)}" if known else "name it in a corridor's `terminals`")
        )
    of_terminal = [k for k in range(zones.n) if zones.names[k] == terminal]
    return serving[0], of_terminal[0] if of_terminal else -1


def _names(given):
    return [] if given is None else [w.strip() for w in given.split(",")] if isinstance(given, str) else list(given)


def _starts(moves, previous):
    """Start that a plan before gave each movement, ns; -1 where it gave none."""
    if previous is None:
        return [-1] * len(moves)
    given = {
        (str(v), str(t), str(d)): int(s)
        for v, t, d, s in zip(previous.vessel, previous.terminal, previous.direction, previous.start_ns, strict=True)
    }
    return [given.get((m.vessel, m.terminal, m.direction), -1) for m in moves]


def _fixed(moves, previous, at_ns):
    """Start of each movement that has begun by the plan before, ns; -1 for the others."""
    starts = _starts(moves, previous)
    # a carrier declared for later than her slot is late, and has not begun
    return [
        s if at_ns is not None and 0 <= s <= at_ns and m.eta_ns <= s else -1 for m, s in zip(moves, starts, strict=True)
    ]


def _traffic_by_hour(traffic, corridor, zone_clock):
    """Mean entries into the corridor in each local hour of the day, shape (24,)."""
    counts = np.zeros(24)
    if traffic is None or not traffic.n:
        return counts
    entered = traffic.entered_ns[(traffic.zone == corridor) & (traffic.event == 0)]
    if not entered.size:
        return counts
    hours = {}
    for t_ns in entered.tolist():
        moment = _local(t_ns, zone_clock)
        hours.setdefault((moment.date(), moment.hour), []).append(t_ns)
    days = len({day for day, _ in hours})
    for (_, hour), times in hours.items():
        counts[hour] += len(times) / days
    return counts


def _clock(properties):
    """The corridor's clock; +08:00, that of all China, where it names none."""
    return clock(properties.get("time_zone", "+08:00"))


def _local(t_ns, zone_clock):
    return datetime.fromtimestamp(t_ns // S, zone_clock)


def _iso(t_ns):
    return datetime.fromtimestamp(int(t_ns) // S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _hhmm(t_ns):
    return datetime.fromtimestamp(int(t_ns) // S, UTC).strftime("%d %H:%M")
