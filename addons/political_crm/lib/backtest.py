"""A forecast against the ballot that came after, beside what one would have said without it."""

import numpy as np

from .forecast import rank_correlation


def compare(shares, bounds, last, swing, truth):
    """Errors per target of the forecast and of the naive guesses.

    Stations where any of them is missing count for none of them.

    :param shares: array (stations, targets) of forecast shares 0..1
    :param bounds: tuple of two such arrays, the bar
    :param last: array (stations, targets): shares of the last ballot in the same place
    :param swing: array (targets,): assumed level less the last ballot's, over the territory
    :param truth: array (stations, targets)
    :return: list of dict per target: ``n``, mean absolute errors in points ``error``,
        ``same_place``, ``uniform_swing``; rank correlations ``rank`` and ``naive_rank`` (moving
        all places alike changes no rank); ``covered``: share of stations inside their bar
    """
    found = []
    for target in range(truth.shape[1]):
        columns = np.stack([table[:, target] for table in (shares, *bounds, last, truth)])
        model, low, high, before, came = columns[:, ~np.isnan(columns).any(axis=0)]
        moved = np.clip(before + swing[target], 0, 1)
        found.append(
            {
                "n": len(came),
                "error": _points(model, came),
                "same_place": _points(before, came),
                "uniform_swing": _points(moved, came),
                "rank": rank_correlation(model, came),
                "naive_rank": rank_correlation(before, came),
                "covered": float(((came >= low) & (came <= high)).mean()) if len(came) else 0.0,
            }
        )
    return found


def gain(lines):
    """How far the mean error lies below that of the better naive guess.

    :param list lines: of ``compare``
    :return: tuple of floats (mean error, mean error of the better guess, share gained 0..1)
    """
    error = float(np.mean([line["error"] for line in lines]))
    naive = min(
        float(np.mean([line[name] for line in lines])) for name in ("same_place", "uniform_swing")
    )
    return error, naive, 1 - error / naive if naive else 0.0


def _points(guess, came):
    return 100 * float(np.abs(guess - came).mean()) if len(came) else 0.0
