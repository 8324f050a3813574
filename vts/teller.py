"""What an officer is told, and in which order: alerts as they happen or from a store, and the account of a track."""

import json
import re

from vts.schema import ALERT_STATES, KINDS
from vts.units import HOUR, S
from vts.wording import alert_dicts, clean, iso_text, time_text


class Teller:
    """Most urgent first, by vessel, rule and budget an hour; `counts()` for the summary, `worst` for --fail-on."""

    def __init__(self, watched=(), only=(), budget=None):
        self._watched, self._only, self._budget = set(watched), set(only), budget
        self._recent = []  # event times of what was told in the last hour
        self._told = {}  # {alert that is open and was told: the severity that was told}
        self.worst = -1
        self._seen = {"pictures": 0, "tracks": 0, "alerts": {}, "withheld": 0, "first": None, "last": None}
        self._tracks = set()

    def choose(self, picture):
        """The changes of alerts to be told, as dicts of the columns of Alerts.

        An open alert that has grown graver than was told is `escalated`: what was withheld as a caution is told when it
        becomes an alarm. Of one that was withheld nothing else is told.
        """
        seen = self._seen
        seen["pictures"] += 1
        self._tracks.update(picture.tracks.track.tolist())
        seen["first"] = seen["first"] or picture.at_ns
        seen["last"] = picture.at_ns
        chosen = []
        for alert in sorted(alert_dicts(picture.alerts), key=lambda a: (-a["severity"], a["rule"], a["alert"])):
            state = ALERT_STATES[alert["state"]]
            if state == "raised":
                seen["alerts"][alert["rule"]] = seen["alerts"].get(alert["rule"], 0) + 1
                self.worst = max(self.worst, alert["severity"])
            if self._wanted(alert, state):
                chosen.append(alert)
        return chosen

    def _wanted(self, alert, state):
        """By vessel, rule and budget; an alarm is never withheld for the budget."""
        if self._watched and not self._watched & {alert["mmsi"], alert["other_mmsi"]}:
            return False
        if self._only and alert["rule"] not in self._only:
            return False
        name, severity = str(alert["alert"]), alert["severity"]
        known = self._told.get(name)
        alert["escalated"] = state == "updated" and severity > (-1 if known is None else known)
        if state in ("cleared", "withdrawn"):
            return self._told.pop(name, None) is not None or self._budget is None
        if state == "raised" or (alert["escalated"] and known is None):
            if not self._affords(alert, state == "raised"):
                return False
        elif known is None and self._budget is not None:
            return False
        self._told[name] = max(severity, -1 if known is None else known)
        return True

    def _affords(self, alert, new):
        """Whether the budget has room for one more alert."""
        if self._budget is None:
            return True
        self._recent = [t for t in self._recent if t > alert["t_ns"] - HOUR]
        if len(self._recent) >= self._budget and alert["severity"] < 2:
            self._seen["withheld"] += new
            return False
        self._recent.append(alert["t_ns"])
        return True

    def counts(self):
        """What was seen: pictures, tracks, alerts raised by rule, withheld, first and last instant."""
        seen = self._seen
        return seen | {
            "tracks": len(self._tracks),
            "alerts": dict(sorted(seen["alerts"].items())),
            "first": seen["first"] and iso_text(seen["first"]),
            "last": seen["last"] and iso_text(seen["last"]),
        }

    def save(self, path):
        """Keep what was seen and told, for a resumed run."""
        state = {"seen": self._seen, "tracks": sorted(self._tracks), "recent": self._recent, "worst": self.worst}
        state["told"] = self._told
        path.write_text(json.dumps(state), encoding="utf-8")

    def load(self, path):
        """Go on from what `save` kept."""
        state = json.loads(path.read_text(encoding="utf-8"))
        self._seen, self._tracks, self._recent = state["seen"], set(state["tracks"]), state["recent"]
        self.worst, self._told = state["worst"], state["told"]


def listed(store, words, tz, rule=None, mmsi=None, start_ns=None, end_ns=None, only_open=False):
    """(facts, lines) of each alert of a store as it stands, with what officers said of it.

    `only_open` leaves out what is cleared or acknowledged.
    """
    from vts import maps

    notes = {}
    for note in store.notes():
        notes.setdefault(note["alert"], []).append(note)
    for alert in maps.latest_alerts(store.connect(), maps.alerts_where(rule, mmsi, start_ns, end_ns)):
        said = notes.get(alert["alert"], [])
        acknowledged = any(note["action"] == "acknowledged" for note in said)
        if only_open and (acknowledged or ALERT_STATES[alert["state"]] == "cleared"):
            continue
        lines = [f"{alert['alert']:>19}  {words.line(alert, tz)}"]
        for note in said:
            tail = f": {clean(note['text'])}" if note["text"] else ""
            who, action = clean(note["who"]), words.tr(note["action"])
            lines.append(f"{'':>21}{time_text(note['at_ns'], tz)}  {who} {action}{tail}")
        yield words.facts(alert, tz) | {"notes": said, "acknowledged": acknowledged}, lines


def account(found, sites, at_ns, tz, tr):
    """(event, facts, line) of an Explanation: the reports of a track, then the share and age of each sensor's."""
    names = {0: "AIS"} | {site.sensor: site.name for site in sites}
    for t_ns, sensor, kind, ident, used, reason, apart_m, _ in zip(*(c.tolist() for c in found), strict=True):
        name, used = names.get(sensor, str(sensor)), bool(used)  # noqa: PLW2901 - in words
        facts = {"t": iso_text(t_ns), "kind": KINDS[kind], "sensor": name, "ident": ident, "used": used}
        number = re.search(r"\d+", reason)
        word = tr(re.sub(r"\d+", "{n}", reason), n=number[0] if number else "")
        line = f"{time_text(t_ns, tz)}  {'+' if used else '-'} {name:<16} {apart_m:>6.0f} m  {word}"
        yield "report", facts | {"reason": reason, "apart_m": apart_m}, line
    for sensor, name in names.items():
        mine = found.take((found.sensor == sensor) & (found.used == 1))
        if not mine.n:
            continue
        age_s, share = (at_ns - int(mine.t_ns.max())) / S, mine.n / int(found.used.sum())
        numbers = {"n": mine.n, "share": f"{100 * share:.0f}", "age": f"{age_s:.0f}"}
        said = tr("{n} reports used, {share} % of all; the last {age} s before", **numbers)
        yield "source", {"sensor": name, "used": mine.n, "share": round(share, 3), "age_s": age_s}, f"{name}: {said}"
