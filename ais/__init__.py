"""Every byte of AIS: logs to Reports and Statics, to dicts, and back to sentences.

feed = ais.read("day.nmea.gz")
for batch in feed:
    ...
print(feed.rejects.read, feed.rejects.used, feed.rejects.counts)
"""

__all__ = ["encode", "messages", "read"]


def read(source, *, start=None, rate=None, keep_bad=False, merge=True, mapping=None):
    """A feed of Statics and Reports batches from any AIS log, with `rejects`, `bytes_done`, `bytes_total`, `stations`.

    `source`: a path, "-", a binary file or an iterable of byte blocks; the packing and the style are recognised.
    Messages without a time get one from `start` (ISO 8601, datetime or ns) and `rate` (messages a second, 10), or are
    counted as "no time". `keep_bad` keeps sentences with a wrong or missing checksum; `merge` keeps one report of
    each transmission that several stations received. CSV and Parquet tables of others are told by their columns, or
    read by a TOML `mapping` (see ais/tables.py). Raises LogError for a file that cannot be read.
    """
    from ais.feed import Feed

    return Feed(source, start=start, rate=rate, keep_bad=keep_bad, merge=merge, mapping=mapping)


def encode(message, *, talker="AI", channel="A", sequence=0, own=False):
    """The NMEA 0183 sentences, a list of str, of a dict as `messages` gives it; what it leaves out is "not available".

    Raises UsageError naming the field that does not fit.
    """
    from ais import message as slow

    return slow.encode(message, talker=talker, channel=channel, sequence=sequence, own=own)


def messages(source, *, start=None, rate=None, raw=False, keep_bad=False):
    """An iterable of dicts, one a message of any of the 27 types, with `rejects`, `bytes_done`, `bytes_total`.

    Keys t (UTC, ISO 8601 with microseconds, or None), station, offset, type, mmsi, then the fields of ITU-R M.1371-5
    in snake case with units in the name; `raw` gives wire integers.
    """
    from ais.message import Messages

    return Messages(source, start=start, rate=rate, raw=raw, keep_bad=keep_bad)
