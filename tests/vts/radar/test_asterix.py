"""ASTERIX: what was encoded is what is read, whatever the category says and however the octets come."""

import numpy as np
import pytest

from vts.errors import UsageError
from vts.radar import Site
from vts.radar import asterix_kernels as kernels
from vts.radar.asterix import Decoder, Framed, encode
from vts.radar.tables import table
from vts.schema import RADAR_TRACK, Rejects
from vts.units import KN, NM

NOON = 12 * 3600.0
SITE = Site("Dachan", 0, 113.85, 22.52, sac=10, sic=1, sigma_range_m=10.0, sigma_azimuth_deg=0.5)
DAY_NS = 1_767_225_600 * 10**9  # 2026-01-01


def decoded(octets, sites=(SITE,), start_ns=DAY_NS, rx_ns=-1):
    """(Reports, Rejects) of octets that hold whole blocks."""
    rejects = Rejects("test")
    decoder = Decoder(sites, rejects, start_ns=start_ns)
    buffer = np.frombuffer(octets, np.uint8)
    out = np.empty((len(buffer), 3), np.int64)
    n, *_ = kernels.frame(buffer, 0, len(buffer), decoder.known, True, False, 0, out)
    fill = np.full(n, -1, np.int64)
    return decoder.reports(Framed(buffer, out[:n], np.full(n, rx_ns, np.int64), fill, 0)), rejects


def cat010(n=1, **other):
    """Octets of n CAT010 target reports of site 10/1."""
    values = {
        "i010_sac": 10,
        "i010_sic": 1,
        "i000_typ": 1,
        "i140_tod_s": NOON,
        "i040_rho_m": 5000.0,
        "i040_th_deg": 90.0,
    }
    return encode(10, {k: np.full(n, v) if np.ndim(v) == 0 else v for k, v in (values | other).items()})


def test_known_octets_of_a_plot_are_written():
    # by hand: CAT, LEN 14, FSPEC 1101 0100 (010, 000, 140, 040), 0a 01, 1, 43,200 s x 128, 5,000 m, a quarter turn
    assert bytes.fromhex("0a000e d4 0a01 01 546000 1388 4000") == cat010()


def test_report_carries_what_the_radar_measured():
    reports, rejects = decoded(cat010(i161_trk=77, i200_gsp_nmps=12 * KN / NM, i200_tra_deg=270.0, i270_length_m=120.0))
    assert (1, 0) == (rejects.used, sum(rejects.counts.values()))
    assert (77, 1, RADAR_TRACK) == (reports.ident[0], reports.sensor[0], reports.kind[0])
    assert (5000.0, 90.0) == (reports.range_m[0], reports.azimuth_deg[0])
    assert (12.0, 270.0) == pytest.approx((reports.sog_kn[0], reports.cog_deg[0]), abs=0.1)
    assert 120.0 == reports.length_m[0]
    assert np.isnan(reports.width_m[0])
    assert DAY_NS + int(NOON * 1e9) == reports.t_ns[0]
    assert 43.6 == pytest.approx(reports.major_m[0], abs=0.1)  # 5 km at 0.5 degrees, across the beam
    assert 10.0 == reports.minor_m[0]


def test_two_known_scales_are_those_of_the_standard():
    fields = table(10).fields
    assert (0.25, 0.25) == (fields["i202_vx_mps"].lsb, fields["i210_ax_mps2"].lsb)


def test_unknown_column_is_named():
    with pytest.raises(UsageError, match="i999"):
        encode(10, {"i999_x": 1.0})
