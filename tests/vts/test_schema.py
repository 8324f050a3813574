"""Tables: what may be left out, what is refused, and how unknown looks."""

import numpy as np
import pytest

from vts.errors import SchemaError
from vts.jit import kernel
from vts.schema import Alerts, Picture, Rejects, Reports, Scores, Statics, Tracks, static_rows


def test_a_report_can_be_built_from_plain_arrays():
    rows = Reports(t_ns=[1, 2], lon_deg=[113.8, 113.9], lat_deg=22.1, ident=477000000)
    assert 2 == rows.n
    assert np.isnan(rows.sog_kn).all() and rows.sog_kn.dtype == np.float64
    assert [-1, -1] == rows.nav_status.tolist()
    assert [477000000, 477000000] == rows.ident.tolist()


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"t_ns": [1], "speed": [3.0]}, "no column 'speed'"),
        ({"t_ns": [1, 2], "lon_deg": [1.0, 2.0, 3.0]}, "of one length"),
        ({"t_ns": [np.nan]}, "integer column"),
        ({"t_ns": ["noon"]}, "must hold numbers"),
        ({"t_ns": [[1, 2]]}, "1-D"),
    ],
)
def test_columns_that_make_no_table_are_refused_in_one_sentence(columns, sentence):
    with pytest.raises(SchemaError, match=sentence):
        Reports(**columns)


def test_a_kernel_takes_a_table_as_it_is():
    @kernel
    def total(rows):
        out = 0.0
        for i in range(rows.t_ns.shape[0]):
            out += rows.lon_deg[i]
        return out

    assert 3.0 == total(Reports(t_ns=[1, 2], lon_deg=[1.0, 2.0]))


@pytest.mark.parametrize("kind", [Reports, Statics, Tracks, Alerts, Scores])
def test_every_table_goes_to_pandas_in_its_own_order(kind):
    assert list(kind._fields) == list(kind.empty().to_pandas().columns)
    assert 2 == kind.concat([kind.empty(), kind(**{kind._fields[0]: [1, 2]})]).n


def test_unknown_times_become_null():
    assert [True, False] == Statics(mmsi=[1, 2], t_ns=[-1, 5]).to_pandas()["t_ns"].isna().tolist()


def test_static_rows_join_by_mmsi():
    tracks = Tracks(track=[1, 2, 3], mmsi=[30, -1, 10])
    picture = Picture(0, tracks, Statics(mmsi=[10, 20]), Alerts.empty(), Scores.empty())
    assert [-1, -1, 0] == static_rows(picture).tolist()


def test_rejects_add_up_and_keep_the_first_example_printable():
    rejects = Rejects("day.nmea")
    rejects.used += 3
    rejects.add("checksum", example=b"!AIVDM\x00\xff")
    rejects.add("checksum", 2, "later")
    assert 6 == rejects.read
    assert rejects.examples["checksum"].startswith("!AIVDM") and rejects.examples["checksum"].isprintable()
