"""Which alerts of a Picture an officer is told, and in which order; everything is counted, told or not."""

import json

from vts.schema import ALERT_STATES
from vts.units import HOUR
from vts.wording import alert_dicts, iso_text


class Teller:
    """Most urgent first, by vessel, rule and budget an hour; `counts()` for the summary, `worst` for --fail-on."""

    def __init__(self, watched=(), only=(), budget=None):
        self._watched, self._only, self._budget = set(watched), set(only), budget
        self._recent = []  # event times of what was told in the last hour
        self.worst = -1
        self._seen = {"pictures": 0, "tracks": 0, "alerts": {}, "withheld": 0, "first": None, "last": None}
        self._tracks = set()

    def choose(self, picture):
        """The changes of alerts to be told, as dicts of the columns of Alerts."""
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
        if self._budget is None or state != "raised":
            return True
        self._recent = [t for t in self._recent if t > alert["t_ns"] - HOUR]
        if len(self._recent) >= self._budget and alert["severity"] < 2:
            self._seen["withheld"] += 1
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
        path.write_text(json.dumps(state), encoding="utf-8")

    def load(self, path):
        """Go on from what `save` kept."""
        state = json.loads(path.read_text(encoding="utf-8"))
        self._seen, self._tracks, self._recent = state["seen"], set(state["tracks"]), state["recent"]
        self.worst = state["worst"]
