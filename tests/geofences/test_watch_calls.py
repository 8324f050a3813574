"""Occupancy, queues, port calls and transits: what visits add up to."""

import numpy as np

import geofences
from geofences import calls, lng, registers
from tests.geofences.world import T0_NS, box, place, ship, watch, zone, zones
from vts.schema import Alerts, Visits
from vts.units import HOUR, MINUTE, S

PORT = zones(
    zone("anchorage", box(0, 0, 4000, 4000), capacity=2),
    zone("berth", box(0, 6000, 300, 6060)),
)


def story():
    """Three wait; the first goes alongside after half an hour and leaves an hour later."""
    ships = [
        ship(1, 500, 500, 0, 0, status=1, turns=[(30, 355, 10, 0), (48.2, 0, 0, 5), (110, 0, 8, 0)]),
        ship(2, 1500, -2000, 0, 10, turns=[(12, 0, 0, 1)]),
        ship(3, 2500, -2000, 0, 10, turns=[(10, 0, 0, 1)]),
    ]
    ships[0]["legs"][1] = (30, 0, 10, 0)
    ships[0]["east_m"] = 150
    ships[0]["legs"][2] = (30 + 5530 / 308.67, 0, 0, 5)
    keeper = geofences.Watch()
    return watch(PORT, ships, 130, step_s=20, keeper=keeper), keeper


def test_calls_occupancy_and_queue():
    checked, keeper = story()
    visits = Visits.concat([p.visits for p in checked])
    (call,) = zip(*calls.calls(visits, PORT), strict=True)
    call = dict(zip(calls.Calls.spec, call, strict=True))
    assert (1, 1, 0, T0_NS) == (call["mmsi"], call["berth"], call["anchorage"], call["arrived_ns"])
    assert 0.7 < call["waited_h"] < 0.85
    assert 0.95 < call["alongside_h"] < 1.15
    assert abs(call["turn_round_h"] - call["waited_h"] - call["alongside_h"]) < 1e-9
    anchorage, berth = zip(*calls.occupancy(keeper, PORT), strict=True)
    assert (2, 2, 2.0, 0.0) == tuple(anchorage[3:])
    assert (0, 0) == tuple(berth[3:5])
    line = calls.queue(keeper, PORT, checked[-1].at_ns)
    assert ([3, 2], [1, 2]) == (line.mmsi.tolist(), line.place.tolist())
    assert 1.9 < line.waited_h[0] < 2.1


def test_a_berth_narrower_than_the_margin_can_be_entered():
    """60 m of water beside a quay: nowhere is a vessel 30 m inside on both sides."""
    checked, _ = story()
    assert 1 in {int(z) for p in checked for z in p.visits.zone}


def test_a_call_without_waiting_and_one_not_ended():
    rows = Visits(
        track=[1, 1, 2], mmsi=[1, 1, 2], zone=[1, 1, 1], event=[0, 1, 0], t_ns=[S, 5 * HOUR, S],
        entered_ns=[0, 0, 7 * HOUR], left_ns=[-1, 5 * HOUR, -1],
    )  # fmt: skip
    found = calls.calls(rows, PORT)
    assert ([0.0, 0.0], [-1, -1]) == (found.waited_h.tolist(), found.anchorage.tolist())
    assert 5.0 == found.alongside_h[0]
    assert np.isnan(found.turn_round_h[1])


def test_a_resumed_stay_is_one_stay():
    rows = Visits(
        track=[1] * 4, mmsi=[1] * 4, zone=[0] * 4, event=[0, 1, 2, 1], t_ns=[1, 2, 3, 4], entered_ns=[1] * 4,
        left_ns=[-1, 2, -1, 4],
    )  # fmt: skip
    assert [4] == calls.stays(rows).left_ns.tolist()


def test_the_transit_log_of_a_carrier():
    gate = zone("reporting_line", line=[list(place(-2000, 3000)), list(place(2000, 3000))])
    corridor = zone(
        "corridor",
        line=[list(place(0, 0)), list(place(0, 9000))],
        width_m=2000,
        lng_zone="uscg_san_pedro",
        max_speed_kn=8,
    )
    where = zones(corridor, gate)
    carrier = ship(413999001, 0, -1500, 0, 12, length_m=290.0, beam_m=46.0, ship_type=80)
    intruder = ship(7, 300, 4000, 180, 6)
    checked = watch(where, [carrier, intruder], 40, registers=registers.load("data/registers"))
    visits, alerts = (
        type(t).concat([getattr(p, n) for p in checked])
        for n, t in (("visits", Visits.empty()), ("alerts", Alerts.empty()))
    )
    log = lng.transits(visits, alerts, where, [413999001])
    assert [("corridor", 1), ("reporting_line", 1)] == list(zip(log.name.tolist(), log.transit.tolist(), strict=True))
    assert "lng_intruder" in log.rules[0]
    assert "speed_limit" in log.rules[0]
    minutes = [(int(t) - T0_NS) / MINUTE for t in (log.entered_ns[0], log.entered_ns[1], log.left_ns[0])]
    assert all(abs(m - e) < 1 for m, e in zip(minutes, (1500 / 370, 4500 / 370, 10_500 / 370), strict=True))


def test_a_day_between_two_passages_makes_two_transits():
    rows = Visits(
        track=[1, 1], mmsi=[1, 1], zone=[0, 0], event=[1, 1], t_ns=[HOUR, 30 * HOUR], entered_ns=[0, 29 * HOUR],
        left_ns=[HOUR, 30 * HOUR],
    )  # fmt: skip
    assert [1, 2] == lng.transits(rows, Alerts.empty(), PORT, [1]).transit.tolist()
