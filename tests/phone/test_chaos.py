"""A thousand reports through two hundred faults, in CI with a fixed seed (promise 5)."""

from concurrent.futures import ThreadPoolExecutor

from .chaos import FAULTS, REPORTS, Run, serving

SEED = 1


def test_nothing_lost_nothing_doubled(platform):
    """After every fault the server holds each report that a screen showed as saved, once."""
    with serving(platform) as (server, database):
        run = Run(server, database, SEED)
        # In a thread of its own: it launches browsers beside those of the other tests
        with ThreadPoolExecutor(1) as alone:
            result = alone.submit(run.go).result()
    print(f"seed {SEED}:", dict(run.broken), dict(run.network.faults))
    print(result)
    assert result.reports >= REPORTS
    assert result.faults >= FAULTS
    assert (result.lost, result.doubled) == (0, 0)
    assert not server.warnings()
