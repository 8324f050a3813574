"""Radar: from the antenna's bytes to plots and tracks; one file per format.

sites = vts.radar.load_sites("data/sites.toml")
reports = vts.radar.read("night.pcap", sites)
"""

from vts.radar.site import Site, load_sites

__all__ = ["Site", "load_sites", "messages", "read", "sniff"]


def read(source, sites, *, format=None, start=None, editions=None):
    """Reports of a radar recording: an iterable of batches with `rejects`, `bytes_done` and `clock_offset_s`.

    `source` is a path, "-", a binary file or an iterable of blocks; `format` one of "asterix" (blocks that follow each
    other), "final", "pcap" (also pcapng), "arpa" (NMEA sentences) or the path of a mapping .toml; told by the bytes
    when left out. `start` is the UTC date or time of the first record, for recordings that carry neither (else the
    sites' `date`). `editions` maps a category to its edition where it is not the newest. Range, azimuth and position
    are as the radar gave them; the site's clock offset and latency are taken off `t_ns`.

    Raises LogError for a file that cannot be read, UsageError for an unknown format or a missing date.
    """
    from vts.radar.feed import Feed

    return Feed(source, sites, format, start, editions)


def sniff(source):
    """The format's name as the first bytes tell, or None where it is no radar recording."""
    from vts.radar.feed import sniff as told

    return told(source)


def messages(source, sites=None, format=None, *, start=None, editions=None):
    """An iterable of one dict per record or sentence, with `rejects`: t, station, offset, category or type, fields."""
    from vts.radar.feed import Messages

    return Messages(source, sites or (), format, start, editions)
