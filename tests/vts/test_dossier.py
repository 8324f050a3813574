"""The dossier: what the store knows of one vessel and nothing of another, escaped, and the same bytes every time."""

import numpy as np
import pytest

from vts import Reports, Statics, Store, Visits, dossier
from vts.errors import StoreError
from vts.schema import Sources

from .test_maps import EVIL, START_NS, S, picture_of, store_of


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("dossier") / "s"
    store_of(path)
    with Store(path) as store:
        store.begin(resume=True)
        t_ns = START_NS + np.array([0, 1, 1202]) * S
        store.add_reports(Reports(t_ns=t_ns, sensor=0, kind=0, ident=413_000_001, lon_deg=114.0, lat_deg=22.5))
        store.add_statics(
            Statics(  # a resumed run sees its first row again, and skips it
                mmsi=413_000_001,
                t_ns=START_NS + np.array([0, 500]) * S,
                name=[EVIL, "NEW NAME"],
                imo=[-1, 9_000_001],
                ship_type=[-1, 80],
                seq=[0, 9],
            )
        )
        stay = Visits(track=1, mmsi=413_000_001, zone=0, event=[0, 1], t_ns=[START_NS, START_NS + 700 * S])
        stay = stay._replace(entered_ns=np.full(2, START_NS), left_ns=np.array([-1, START_NS + 660 * S]))
        at_ns = START_NS + 5000 * S
        gave = Sources(track=1, sensor=[0, 1, 2], t_ns=at_ns, age_s=[4.0, 2.0, 900.0], share=[0.622, 0.378, 0.0])
        store.append(picture_of(at_ns, visits=stay, sources=gave))
    return Store(path)


def test_it_tells_who_where_when_and_why(store):
    said = dossier.text(dossier.collect(store, 413_000_001))
    for fact in ("NEW NAME", "9000001", "tanker (80)", "20 min 01 s", "over 10 kn", "11 min 00 s", "22°30.00'N"):
        assert fact in said
    assert "413000002" not in said
    assert "sensors: AIS 62 %, 4 s ago; radar 1 38 %, 2 s ago\n" in said  # what gave nothing of late is left out


def test_a_changed_name_is_in_the_history(store):
    history = dossier.facts(dossier.collect(store, 413_000_001))["sections"][3]["rows"]
    assert [EVIL, "NEW NAME"] == [row["name"] for row in history]


def test_html_and_pdf_are_the_same_bytes_every_time_and_hold_no_markup_from_the_air(store, tmp_path):
    for lang in ("en", "zh"):
        found = dossier.collect(store, 413_000_001, lang=lang)
        for write, name in ((dossier.write_html, "html"), (dossier.write_pdf, "pdf")):
            for k in (1, 2):
                write(found, tmp_path / f"{k}.{name}")
            assert (tmp_path / f"1.{name}").read_bytes() == (tmp_path / f"2.{name}").read_bytes()
        assert EVIL not in (tmp_path / "1.html").read_text(encoding="utf-8")
        assert (tmp_path / "1.pdf").read_bytes().startswith(b"%PDF")


def test_a_vessel_that_was_never_seen_is_told_in_one_sentence(store):
    with pytest.raises(StoreError, match="never saw MMSI 1") as error:
        dossier.collect(store, 1)
    assert "\n" not in str(error.value)
