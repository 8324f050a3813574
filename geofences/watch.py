"""What happens in zones: a Picture goes in, the same Picture comes out with places, visits and alerts.

The Watch remembers what one Picture cannot tell: how long a vessel has been where, and which alerts are open.
"""

import json
import zipfile
from pathlib import Path

import numpy as np

from geofences import coast, moorings, rules, surroundings, visits
from geofences.lng import guard
from geofences.scene import Scene, Terms
from geofences.stay_kernels import ABSENT, FRESH, HELD, INSIDE, LEAVING
from vts import schema
from vts.config import WatchConfig
from vts.errors import StateError
from vts.lifecycle import Lifecycle
from vts.plugins import discover
from vts.units import HOUR, S

ANCHORAGES = ("anchorage",)
BERTHS = ("berth", "lng_terminal", "terminal")
CROSSINGS_KEPT_NS = 2 * HOUR  # a report may come this long after its line
FORMAT = "lingding-watch-2"
TABLES = {
    "stays": visits.Stays,
    "moorings": moorings.Moorings,
    "crossings": moorings.Crossings,
    "near": schema.Places,
}


def check(pictures, zones, watch=None, registers=None, land=None):
    """The same Pictures with `places`, `visits`, `moving_zones`, `attendants` and all rules' alerts, as a generator.

    `zones` is what `geofences.load` gave, `watch` what remembers (a new one when left out), `registers` what is known
    of vessels beside AIS and radar: LNG carriers, permits, reports, weather (`geofences.registers.load`). With `land`
    (`geofences.land()`) `places` also says who is ashore: kind "land", zone -1, by `geofences.coast.ashore`.
    """
    watch = watch if watch is not None else Watch()
    for picture in pictures:
        yield watch.step(picture, zones, registers, land)


class Watch:
    """The memory of the geofences: stays, the state of every vessel, open alerts. Saved and loaded between runs."""

    def __init__(self, config=None):
        self.config = config if config is not None else WatchConfig()
        self.stays = visits.Stays.empty()
        self.moorings = moorings.Moorings.empty()
        self.crossings = moorings.Crossings.empty()
        self.near = schema.Places.empty()
        self.near_ns = -1  # when all of it was last worked out
        self.alerts = Lifecycle()
        self._rules = discover(rules)
        self._zone_names = None
        self._terms = None

    def step(self, picture, zones, registers=None, land=None):
        """The Picture with what its vessels' places mean; Pictures come in order of time. `land` as in `check`."""
        terms, tracks, part = self._bind(zones, registers), picture.tracks, _part(picture.tracks)
        self.near, self.near_ns = surroundings.step(picture, zones, self.config, self.near, self.near_ns)
        near = self.near
        self.stays, taken = visits.follow(picture.at_ns, self.stays, tracks, part, self._times_ns[2])
        known = moorings.course_known(picture.at_ns, self.moorings, tracks, self._times_ns[2])
        self.stays, events, since_ns = visits.step(
            picture.at_ns, self.stays, tracks, np.where(known, tracks.cog_deg, np.nan), part, near, terms.margin_m,
            self._times_ns,
        )  # fmt: skip
        self.moorings = moorings.step(
            *(picture.at_ns, self.moorings, tracks, part),
            *(_in_any(tracks, near, since_ns, terms.of(*kinds)) for kinds in (ANCHORAGES, BERTHS)),
        )
        crossed = moorings.crossed(picture.at_ns, self.moorings, tracks, zones, terms.lines)
        late = self.crossings.t_ns > picture.at_ns - CROSSINGS_KEPT_NS
        self.crossings = moorings.Crossings.concat([self.crossings.take(late), crossed])
        events = schema.Visits.concat([taken, events, _passages(crossed)])
        picture = picture._replace(places=near._replace(since_ns=since_ns), visits=events)
        scene = Scene(picture, terms, self)
        told = [picture.alerts]
        for name, rule in terms.rules.items():
            found = rule.evaluate(scene)
            told.append(self.alerts.step(picture.at_ns, name, rule.POLICY, found, picture.tracks, scene.describe))
        places = picture.places
        if land is not None:
            places = schema.Places.concat([places, coast.ashore(tracks, land, places)])
        with_vessels = {"moving_zones": guard.moving_zones(scene), "attendants": scene.attendants()}
        return picture._replace(alerts=schema.Alerts.concat(told), places=places, **with_vessels)

    @property
    def _times_ns(self):
        return [int(s * S) for s in (self.config.enter_s, self.config.leave_s, self.config.rejoin_s)]

    def _bind(self, zones, registers):
        """The rules' terms in these zones; StateError when the Watch was saved with other zones."""
        if self._terms is None or self._terms.zones is not zones or self._terms.registers is not registers:
            names = [str(name) for name in zones.names]
            if self._zone_names is not None and self._zone_names != names:
                raise StateError(
                    "this Watch was saved with other zones, so its stays would be in the wrong places; "
                    "load the zones it was saved with, or start with a new Watch"
                )
            self._zone_names = names
            self._terms = Terms(zones, registers, self.config, self._rules)
        return self._terms

    def acknowledge(self, alert, at_ns):
        """The officer has seen an alert: one Alerts row, or none when it is not open. A latched one may now clear."""
        return self.alerts.acknowledge(at_ns, alert)

    def suppress(self, until_ns, *, rule="", mmsi=-1, track=-1, zone=-1, reason=""):
        """Raise nothing that fits all that is given, until then in event time; kept with the Watch."""
        self.alerts.suppress(until_ns, rule=rule, mmsi=mmsi, track=track, zone=zone, reason=reason)

    def open_visits(self):
        """The stays that last, as Visits in order of track and zone; left_ns is -1."""
        stays = self.stays.take((self.stays.state == INSIDE) | (self.stays.state == LEAVING))
        return schema.Visits(
            track=stays.track,
            mmsi=stays.mmsi,
            zone=stays.zone,
            event=np.zeros(stays.n),
            t_ns=stays.seen_ns,
            entered_ns=stays.entered_ns,
        )

    def save(self, path):
        """Write the whole memory to one .npz file, which appears only when it is complete."""
        path = Path(path)
        head = {"format": FORMAT, "config": vars(self.config), "zones": self._zone_names, "alerts": self.alerts.dump()}
        head["near_ns"] = self.near_ns
        columns = {f"{kind}.{name}": c for kind in TABLES for name, c in getattr(self, kind)._asdict().items()}
        part = path.with_name(path.name + ".part")
        with part.open("wb") as file:
            np.savez(file, head=np.array(json.dumps(head)), **columns)
        part.replace(path)

    @classmethod
    def load(cls, path):
        """The Watch that `save` wrote; StateError names the file when it is not one, or of another version."""
        try:
            with np.load(path, allow_pickle=False) as saved:
                head = json.loads(str(saved["head"]))
                columns = {name: saved[name] for name in saved.files}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise StateError(f"{path}: not a saved Watch ({error}); name a file that Watch.save wrote") from error
        if not isinstance(head, dict) or head.get("format") != FORMAT:
            raise StateError(f"{path}: not a Watch of this version ({FORMAT}); start with a new Watch")
        watch = cls(WatchConfig(**head["config"]))
        for kind, table in TABLES.items():
            setattr(watch, kind, table(**{name: columns[f"{kind}.{name}"] for name in table.spec}))
        watch.alerts = Lifecycle.restore(head["alerts"])
        watch._zone_names, watch.near_ns = head["zones"], int(head["near_ns"])
        return watch


def _passages(crossed):
    """Crossings as Visits: in and out at once."""
    event = np.full(crossed.n, schema.CROSSED)
    t_ns = crossed.t_ns
    return schema.Visits(crossed.track, crossed.mmsi, crossed.zone, event, t_ns, entered_ns=t_ns, left_ns=t_ns)


def _in_any(tracks, places, since_ns, zones):
    """Which tracks have entered one of these zones, shape (tracks,)."""
    rows = np.searchsorted(tracks.track, places.track[(since_ns >= 0) & zones[places.zone]])
    out = np.zeros(tracks.n, bool)
    out[rows] = True
    return out


def _part(tracks):
    """Per track: FRESH, HELD while it coasts, ABSENT until it is confirmed, shape (tracks,)."""
    part = np.full(tracks.n, FRESH, np.int8)
    part[tracks.state == schema.COASTING] = HELD
    part[(tracks.state == schema.TENTATIVE) | (tracks.state == schema.RETIRED) | np.isnan(tracks.lon_deg)] = ABSENT
    return part
