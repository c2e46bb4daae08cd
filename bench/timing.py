"""How the figures take time."""

import statistics
import time


def timed(function, times=1):
    """Median seconds of calls, and the last result.

    :param function: without arguments
    :param int times: how often
    :return: tuple of float and whatever the function returned
    """
    seconds = []
    for _time in range(times):
        start = time.perf_counter()
        result = function()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), result
