"""Scenarios with truth, written out as the bytes that real sensors send.

names() lists them; build(name, seed, **overrides) makes one; its write(out_dir) writes it, its feeds() are the same
without the bytes, ready for vts.merge, and its `truth` is what metrics.evaluate_pictures takes. The same name, seed
and overrides give the same bytes.
"""

import inspect

from vts.errors import UsageError

__all__ = ["build", "names", "title", "traffic"]


def _catalogue():
    from vts.simulate import estuary, hard, study

    return estuary.SCENARIOS | study.SCENARIOS | hard.SCENARIOS


def names():
    """Every scenario's name, sorted."""
    return sorted(_catalogue())


def title(name):
    """One sentence that says what a scenario shows."""
    return inspect.getdoc(_maker(name)).splitlines()[0]


def build(name, seed=1, **overrides):
    """The Scenario of a name; `overrides` are the arguments of its maker, such as duration_s or vessels.

    Raises UsageError that lists the names, or the arguments, when one is unknown.
    """
    maker = _maker(name)
    allowed = [p for p in inspect.signature(maker).parameters if p not in ("seed", "name", "case")]
    unknown = sorted(set(overrides) - set(allowed))
    if unknown:
        raise UsageError(f"scenario {name} has no setting {unknown[0]!r}; it has {', '.join(allowed)}")
    if not isinstance(seed, int) or seed < 0:
        raise UsageError(f"seed is {seed!r}; give a whole number of 0 or more")
    return maker(seed, name=name, **overrides)


def _maker(name):
    catalogue = _catalogue()
    if name not in catalogue:
        raise UsageError(f"no scenario is called {name!r}; there are {', '.join(sorted(catalogue))}")
    return catalogue[name]


def traffic(seed=1, days=1.0, vessels=200, **settings):
    """Days of traffic for training and load tests: an iterable of Statics and Reports batches with `events`, `zones`.

    The settings are those of vts.simulate.sea.traffic: interval, bad_watch, mishaps, start_ns. The same arguments
    give the same batches.
    """
    from vts.simulate import sea

    return sea.traffic(seed, days, vessels, **settings)
