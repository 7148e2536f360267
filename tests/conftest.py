"""How laws are tried: freely at a desk, always alike in CI, and never failed for a slow machine."""

import os

from hypothesis import HealthCheck, settings

CALM = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]

settings.register_profile("desk", deadline=None, suppress_health_check=CALM)
settings.register_profile("ci", deadline=None, suppress_health_check=CALM, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")
