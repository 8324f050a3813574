"""What sort of vessel a ship type is, in the words that zones use: `max_speed_hsc_kn`, "allowed": ["tug", "service"].

AIS has no type for an LNG carrier: she is a tanker until a register says more (ITU-R M.1371-5 table 53).
"""

import numpy as np

KINDS = (
    *("unknown", "fishing", "tug", "pleasure", "hsc", "service", "passenger", "cargo", "tanker", "other"),
    *("lng", "naval"),
)
_CODE = {name: code for code, name in enumerate(KINDS)}


def _by_type():
    """Kind of each ship type 0-255."""
    of = np.full(256, _CODE["unknown"], np.int8)
    of[90:100] = _CODE["other"]
    of[30] = _CODE["fishing"]
    of[[31, 32, 52]] = _CODE["tug"]
    of[[33, 34, *range(53, 60)]] = _CODE["service"]  # dredging, diving, tenders, law enforcement, medical
    of[[50, 51]] = _CODE["service"]  # pilot, search and rescue
    of[35] = _CODE["naval"]
    of[[36, 37]] = _CODE["pleasure"]
    of[40:50] = _CODE["hsc"]
    of[60:70] = _CODE["passenger"]
    of[70:80] = _CODE["cargo"]
    of[80:90] = _CODE["tanker"]
    return of


OF_TYPE = _by_type()


def code(kind):
    """Number of a kind's name; -1 when there is none of that name."""
    return _CODE.get(kind, -1)


def kinds_of(ship_type, is_lng):
    """Kind of each vessel as its number in KINDS, shape (n,); `is_lng` is what the register says of each."""
    known = (ship_type >= 0) & (ship_type < 256)
    return np.where(is_lng, _CODE["lng"], np.where(known, OF_TYPE[np.where(known, ship_type, 0)], _CODE["unknown"]))
