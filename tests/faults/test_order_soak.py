"""Many writers at once, some rolled back, and readers that restart: nobody skips, doubles or reorders an event."""

from functools import partial

import pytest

from adapters.database import connected
from tests.faults.logs import HeadLockedLog, naive_log
from tests.faults.profile import LONG
from tests.faults.soak import quick_connection, soak

SOAK_S = 300 if LONG else 4


@pytest.mark.timeout(SOAK_S + 120)
async def test_twelve_writers_and_restarting_readers(empty_settings):
    connect = partial(quick_connection, empty_settings.database_url)
    soaked = await soak(HeadLockedLog(), connect, SOAK_S, seed=3)
    assert soaked.rolled_back > 0
    assert soaked.restarts > 0
    assert soaked.committed == list(range(1, len(soaked.committed) + 1))
    for seen in soaked.seen:
        assert seen == soaked.committed


async def test_the_same_soak_sees_a_naive_log_skip(empty_settings):
    connect = partial(quick_connection, empty_settings.database_url)
    async with connected(empty_settings.database_url) as owner, naive_log(owner) as log:
        soaked = await soak(log, connect, 2, seed=3)
    assert soaked.skipped() > 0
