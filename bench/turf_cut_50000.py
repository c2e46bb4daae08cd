"""Seconds to cut 50,000 doors (Bondy six times, side by side) into turfs, walked and stored.

Against: as for turf_cut. Ratio: ours over that; the issue's limit is 60 s on two cores.
"""

from bench import turf_cut

COPIES = 6


def measure(env, scale):
    return turf_cut.cut(env, scale, COPIES)
