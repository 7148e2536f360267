"""How laws are tried: freely at a desk, always alike in CI; and what no test leaves behind."""

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

CALM = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]

settings.register_profile("desk", deadline=None, suppress_health_check=CALM)
settings.register_profile("ci", deadline=None, suppress_health_check=CALM, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


@pytest.fixture(autouse=True)
def _no_engine_outlives_its_test() -> Iterator[None]:
    """Engines of one's own run in processes of their own."""
    yield
    engines = sys.modules.get("fixloop.pipeline.engines")
    if engines is not None:
        engines.close_engines()
