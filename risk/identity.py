"""What an MMSI and an IMO number say by themselves: kind of station, country, check digit."""

import csv
from functools import cache, lru_cache

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
    return 200_000_000 <= mmsi <= 799_999_999 or 980_000_000 <= mmsi <= 989_999_999 or mmsi // 10**6 in (970, 972, 974)


@lru_cache(maxsize=100_000)
def imo_valid(imo):
    """Whether an IMO ship number is well formed: seven digits, the last the check digit (1-6 times 7 to 2, last digit).

    M.1371-5: 10,000,000 and above is a flag state's own number, which has no check digit.
    """
    if imo >= 10_000_000:
        return imo <= 1_073_741_823
    digits = [int(d) for d in f"{imo:07d}"]
    return imo >= 1_000_000 and sum(d * w for d, w in zip(digits[:6], range(7, 1, -1), strict=True)) % 10 == digits[6]
