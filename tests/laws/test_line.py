"""Law 5 on the whole line: any batching, any restart, any order and number of feeds, the same pictures bit for bit."""

import numpy as np
import pytest

import ais
import geofences
import risk
import vts
from vts import paths, radar, simulate
from vts.ahead import Ahead
from vts.schema import Picture, Reports, Statics
from vts.units import S

pytestmark = pytest.mark.xdist_group("line")  # one process: the scene and the compiled kernels are made once


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A short simulated scenario on disk, its sites, zones and model."""
    folder = tmp_path_factory.mktemp("scene")
    simulate.build("pearl-river", 3, duration_s=420).write(folder)
    logs = sorted(p for p in folder.iterdir() if p.suffix in (".nmea", ".ast"))
    sites = radar.load_sites(folder / "sites.toml")
    return logs, sites, geofences.load(folder / "zones.geojson"), risk.load(paths.data_dir() / "models" / "current")


def feeds(scene):
    logs, sites, _, _ = scene
    return [ais.read(p) if p.suffix == ".nmea" else radar.read(p, sites) for p in logs if p.name != "arpa.nmea"]


class Line:
    """The whole line with everything in it that remembers."""

    def __init__(self, scene, folder=None):
        _, sites, self.zones, self.model = scene
        if folder is None:
            self.tracker = vts.Tracker(vts.Config().fusion, sites)
            self.watch, self.risk_watch = geofences.Watch(vts.Config().watch), risk.Watch(vts.Config().risk)
        else:
            self.tracker = vts.Tracker.load(folder / "tracker.npz", vts.Config().fusion, sites)
            self.watch = geofences.Watch.load(folder / "watch")
            self.risk_watch = risk.Watch.load(folder / "risk")

    def run(self, batches):
        pictures = vts.fuse(batches, self.tracker)
        return risk.score(geofences.check(pictures, self.zones, self.watch), self.model, self.risk_watch)

    def run_on_two_cores(self, batches):
        """(iterator over the same Pictures, the stage that makes them), fusion and scoring each in a thread."""
        fused = Ahead(vts.fuse(batches, self.tracker))
        checked = geofences.check(fused, self.zones, self.watch)
        return Ahead(risk.score(checked, self.model, self.risk_watch)), fused

    def save(self, folder):
        self.tracker.save(folder / "tracker.npz")
        self.watch.save(folder / "watch")
        self.risk_watch.save(folder / "risk")


def merged(feeds):
    return list(vts.merge(feeds, lateness_s=vts.Config().fusion.lateness_s))


def assert_same(expected, got):
    assert [p.at_ns for p in expected] == [p.at_ns for p in got]
    for a, b in zip(expected, got, strict=True):
        for name in Picture._fields[1:]:
            for field, x, y in zip(getattr(a, name)._fields, getattr(a, name), getattr(b, name), strict=True):
                same = x.tobytes() == y.tobytes() or np.array_equal(x, y, equal_nan=x.dtype.kind == "f")
                assert same, (a.at_ns, name, field, x, y)


@pytest.fixture(scope="module")
def straight(scene):
    """The pictures of one run without a cut."""
    pictures = list(Line(scene).run(merged(feeds(scene))))
    assert len(pictures) > 20 and sum(p.alerts.n for p in pictures) > 0 and pictures[-1].tracks.n > 20
    return pictures


@pytest.mark.parametrize("size", [1000, 17])
def test_any_batching_gives_the_same_pictures(scene, straight, size):
    batches = [b.take(slice(i, i + size)) for b in merged(feeds(scene)) for i in range(0, b.n, size)]
    assert_same(straight, list(Line(scene).run(batches)))


def test_the_order_in_which_sources_are_named_changes_nothing(scene, straight):
    assert_same(straight, list(Line(scene).run(merged(feeds(scene)[::-1]))))


def test_one_source_in_two_feeds_changes_nothing(scene, straight):
    halves = []
    for feed in feeds(scene):
        batches = list(feed)
        halves += [[b.take(slice(k, None, 2)) for b in batches] for k in (0, 1)]
    assert_same(straight, list(Line(scene).run(merged(halves))))


@pytest.mark.parametrize("cut", [1, 9, 20])
def test_a_restart_at_any_picture_changes_nothing(scene, straight, tmp_path, cut):
    batches = merged(feeds(scene))
    first = Line(scene)
    running = first.run(batches)
    before = [next(running) for _ in range(cut)]
    first.save(tmp_path)
    second = Line(scene, tmp_path)
    rest = [later(batch, before[-1].at_ns) for batch in batches]
    assert_same(straight, before + list(second.run(rest)))


def test_stages_on_two_cores_change_nothing(scene, straight):
    scored, fused = Line(scene).run_on_two_cores(merged(feeds(scene)))
    with scored, fused:
        assert_same(straight, list(scored))


def test_a_restart_from_stages_at_rest_changes_nothing(scene, straight, tmp_path):
    batches, before = merged(feeds(scene)), []
    first = Line(scene)
    scored, fused = first.run_on_two_cores(batches)
    with scored, fused:
        for picture in scored:
            before.append(picture)
            if len(before) >= 7:
                fused.hold()
                if fused.settled(len(before)):
                    first.save(tmp_path)
                    break
    second = Line(scene, tmp_path)
    rest = [later(batch, before[-1].at_ns) for batch in batches]
    assert_same(straight, before + list(second.run(rest)))


def later(batch, at_ns):
    """The rows of a merged batch whose place in time is not before an instant."""
    if isinstance(batch, Statics):
        return batch.take(batch.t_ns >= at_ns)
    assert isinstance(batch, Reports)
    rx_ns = np.where(batch.rx_ns >= 0, batch.rx_ns, batch.t_ns)
    lateness_ns = int(vts.Config().fusion.lateness_s * S)
    return batch.take(np.maximum(batch.t_ns, rx_ns - lateness_ns) >= at_ns)
