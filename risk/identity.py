"""What an MMSI and an IMO number say by themselves: kind of station, country, check digit."""

import csv
from functools import cache, lru_cache

import numpy as np

from vts.errors import RegisterError
from vts.paths import data_dir


@cache
def mids():
    """{MID: country} of data/registers/mid.csv: the ITU's Maritime Identification Digits."""
    path = data_dir() / "registers" / "mid.csv"
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = csv.DictReader(line for line in file if not line.startswith("#"))
            return {int(row["mid"]): row["country"] for row in rows}
    except (OSError, KeyError, ValueError) as error:
        raise RegisterError(
            f"{path}: no table of Maritime Identification Digits ({error}); reinstall Lingding"
        ) from error


@lru_cache(maxsize=100_000)
def country_of(mmsi):
    """Country of an MMSI by its MID, None where there is none.

    ITU-R M.585: ships MIDxxxxxx, groups 0MIDxxxxx, coast 00MIDxxxx, SAR aircraft 111MIDxxx, AtoN 99MIDxxxx, craft of
    a parent ship 98MIDxxxx.
    """
    text = f"{mmsi:09d}"
    for head in ("111", "99", "98", "00", "0", ""):
        if text.startswith(head):
            return mids().get(int(text[len(head) : len(head) + 3]))
    return None


@lru_cache(maxsize=100_000)
def ship_mmsi(mmsi):
    """Whether an MMSI has the form of a ship's, a craft's, or a distress beacon's (970, 972, 974)."""
    return 200_000_000 <= mmsi <= 799_999_999 or 980_000_000 <= mmsi <= 989_999_999 or beacon_mmsi(mmsi)


def ships(mmsi):
    """Whether each MMSI has the form of a ship's or a craft's, not of a beacon: shape (n,)."""
    return (mmsi >= 200_000_000) & (mmsi <= 799_999_999) | (mmsi >= 980_000_000) & (mmsi <= 989_999_999)


def beacon_mmsi(mmsi):
    """Whether an MMSI is a distress beacon's: search transmitter 970, man overboard 972, EPIRB 974 (M.1371-5)."""
    return mmsi // 10**6 in (970, 972, 974)


def well_formed(mmsi):
    """Whether each MMSI has the form of a ship's and a MID that a country has: ship_mmsi and country_of, shape (n,)."""
    known = np.zeros(1000, bool)
    known[list(mids())] = True
    unit = np.where(mmsi < 1_000_000_000, 1, 10)  # thirty bits hold ten digits
    head = mmsi // (1_000_000 * unit)
    skip = np.select([head == 111, (head // 10 == 99) | (head // 10 == 98) | (head < 10), head < 100], [3, 2, 1], 0)
    mid = mmsi // (10 ** (6 - skip) * unit) % 1000
    return known[mid] & (ships(mmsi) | np.isin(mmsi // 10**6, (970, 972, 974)))


def imo_fails(imo):
    """Whether each IMO number is malformed: not imo_valid, shape (n,)."""
    digits = imo[:, None] // 10 ** np.arange(6, -1, -1) % 10
    checked = (imo >= 1_000_000) & ((digits[:, :6] * np.arange(7, 1, -1)).sum(axis=1) % 10 == digits[:, 6])
    return ~np.where(imo >= 10_000_000, imo <= 1_073_741_823, checked)


@lru_cache(maxsize=100_000)
def imo_valid(imo):
    """Whether an IMO ship number is well formed: seven digits, the last the check digit (1-6 times 7 to 2, last digit).

    M.1371-5: 10,000,000 and above is a flag state's own number, which has no check digit.
    """
    if imo >= 10_000_000:
        return imo <= 1_073_741_823
    digits = [int(d) for d in f"{imo:07d}"]
    return imo >= 1_000_000 and sum(d * w for d, w in zip(digits[:6], range(7, 1, -1), strict=True)) % 10 == digits[6]
