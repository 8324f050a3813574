"""False share of close approach in busy water: `python -m tests.bench.busy_water [ships] [days] [seed]`; ten minutes.

The shipped model is judged on simulated days with three times the ships of its training days: ten alarms an hour can
only be right where there are ten approaches an hour to tell.
"""

import json
import sys


def main(ships=420, days=1, seed=1000):
    from risk import evaluation, matrix, model, samples, traffic
    from vts.paths import data_dir

    trained = model.load(data_dir() / "models" / "current")
    pictures = (picture for day in range(days) for picture in traffic.day(seed, day, ships=ships)[1])
    rows = samples.collect(pictures, heads={"close_approach": matrix.heads()["close_approach"]})["close_approach"]
    judged = evaluation.judge(trained, "close_approach", rows, rows, seed, seen=rows.y & False)
    print(json.dumps(judged["unseen"] | {"hours": evaluation.hours(rows)}, indent=1))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
