"""Run by Stone Soup's own Python: its tracks of a scenario. python stonesoup_tracks.py gnn|jpda IN.npz OUT.npz.

IN: second (n,), kind (n,) 1 radar, 0 AIS, z (n, 4): bearing (rad, from east) and range, or x, vx, y, vy; t_s (n,);
density: false plots per rad, m and second. OUT: at_s, id, x (m, 4), and the CPU seconds of the tracking alone.
"""

import datetime
import sys
import time

import numpy as np
from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
from stonesoup.dataassociator.probability import JPDAwithEHM2
from stonesoup.dataassociator.tree import DetectionKDTreeMixIn
from stonesoup.deleter.time import UpdateTimeDeleter
from stonesoup.functions import gm_reduce_single
from stonesoup.hypothesiser.distance import DistanceHypothesiser
from stonesoup.hypothesiser.probability import PDAHypothesiser
from stonesoup.initiator.simple import MultiMeasurementInitiator
from stonesoup.measures import Mahalanobis
from stonesoup.models.measurement.linear import LinearGaussian
from stonesoup.models.measurement.nonlinear import CartesianToBearingRange
from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity
from stonesoup.predictor.kalman import KalmanPredictor
from stonesoup.types.array import StateVectors
from stonesoup.types.detection import Detection
from stonesoup.types.state import GaussianState
from stonesoup.types.update import GaussianStateUpdate
from stonesoup.updater.kalman import ExtendedKalmanUpdater

START = datetime.datetime(2026, 3, 2, 2)
RADAR = 1


class Gnn(DetectionKDTreeMixIn, GNNWith2DAssignment):
    """GNN that asks the tree which plots are worth a hypothesis."""


class Jpda(DetectionKDTreeMixIn, JPDAwithEHM2):
    """JPDA by efficient hypothesis management, behind the same tree."""


MOTION = CombinedLinearGaussianTransitionModel([ConstantVelocity(0.01), ConstantVelocity(0.01)])
PREDICTOR, UPDATER = KalmanPredictor(MOTION), ExtendedKalmanUpdater(None)


def batches(data):
    """[(second, kind, set of Detection)] in order of time: what ends in each second, sensor by sensor."""
    polar = CartesianToBearingRange(4, (0, 2), np.diag([np.radians(0.25) ** 2, 15.0**2]))
    linear = LinearGaussian(4, (0, 1, 2, 3), np.diag([100.0, 0.0625, 100.0, 0.0625]))
    found = {}
    for k in np.argsort(data["t_s"], kind="stable"):
        when = START + datetime.timedelta(seconds=float(data["t_s"][k]))
        radar = data["kind"][k] == RADAR
        z = data["z"][k][:2] if radar else data["z"][k]
        made = Detection(z.reshape(-1, 1), timestamp=when, measurement_model=polar if radar else linear)
        found.setdefault((int(data["second"][k]), int(radar)), set()).add(made)
    return [(*key, found[key]) for key in sorted(found)]


def associators(name, density):
    """One a kind of sensor: AIS, radar."""
    if name == "gnn":
        hypothesiser = DistanceHypothesiser(PREDICTOR, UPDATER, Mahalanobis(), missed_distance=4)
        one = Gnn(hypothesiser, PREDICTOR, UPDATER, number_of_neighbours=5, max_distance_covariance_multiplier=4)
        return one, one
    out = []
    # a batch is a second: the beam passes a third of the vessels in it, a tenth of them speak; AIS has no clutter
    for lambda_, p in ((1e-12, 0.1), (density, 0.3)):
        hypothesiser = PDAHypothesiser(
            PREDICTOR, UPDATER, clutter_spatial_density=lambda_, prob_detect=p, prob_gate=0.999
        )
        out.append(Jpda(hypothesiser, PREDICTOR, UPDATER, number_of_neighbours=5, max_distance_covariance_multiplier=4))
    return out


def updated(track, hypotheses, used):
    """Append what the hypotheses of a track make of it; mark the detections that it most likely had."""
    if not hasattr(hypotheses, "__iter__"):
        if hypotheses:
            track.append(UPDATER.update(hypotheses))
            used.add(hypotheses.measurement)
        return
    likely = max(hypotheses, key=lambda h: float(h.probability))
    if not likely:
        return
    states = [UPDATER.update(h) if h else h.prediction for h in hypotheses]
    weights = np.array([float(h.probability) for h in hypotheses])
    mean, covar = gm_reduce_single(
        StateVectors([s.state_vector for s in states]),
        np.stack([s.covar for s in states], axis=2),
        weights / weights.sum(),
    )
    track.append(GaussianStateUpdate(mean, covar, hypotheses, likely.measurement.timestamp))
    used.update(h.measurement for h in hypotheses if h and float(h.probability) > 0.05)


def main(name, given, out):
    data = np.load(given)
    associate = associators(name, float(data["density"]))
    deleter = UpdateTimeDeleter(datetime.timedelta(seconds=15))
    prior = GaussianState([[0], [0], [0], [0]], np.diag([1.0, 64.0, 1.0, 64.0]), timestamp=START)
    # what the next rotation does not see again was clutter: else hundreds of tentative tracks slow every step
    soon = UpdateTimeDeleter(datetime.timedelta(seconds=4.5))
    near = DistanceHypothesiser(PREDICTOR, UPDATER, Mahalanobis(), missed_distance=4)
    few = Gnn(near, PREDICTOR, UPDATER, number_of_neighbours=3, max_distance_covariance_multiplier=3)
    initiator = MultiMeasurementInitiator(prior, soon, few, UPDATER, min_points=3)
    steps = batches(data)
    tracks, rows, ids, told = set(), [], {}, -1
    began = time.process_time()
    for at_s, radar, found in steps:
        when = START + datetime.timedelta(seconds=at_s)
        used = set()
        for track, hypotheses in associate[radar].associate(tracks, found, when).items():
            updated(track, hypotheses, used)
        tracks -= deleter.delete_tracks(tracks, timestamp=when)
        tracks |= initiator.initiate(found - used, when)
        if at_s % 3 == 0 and at_s > told:
            told = at_s
            for track in tracks:
                state = np.asarray(PREDICTOR.predict(track[-1], timestamp=when).state_vector, float).ravel()
                rows.append((at_s, ids.setdefault(track.id, len(ids)), *state))
    seconds = time.process_time() - began
    rows = np.array(rows).reshape(-1, 6)
    np.savez(out, at_s=rows[:, 0], id=rows[:, 1], x=rows[:, 2:], seconds=seconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
