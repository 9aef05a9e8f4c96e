"""Settings of the domain's tests: the same examples each time, few enough to be quick."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from threadpoolctl import threadpool_limits

settings.register_profile(
    "domain",
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("domain")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """One BLAS and OpenMP thread, as every worker has."""
    with threadpool_limits(1):
        yield
