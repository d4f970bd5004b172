"""How hypothesis runs here: a slow machine is no reason to fail, a wrong answer is."""

from hypothesis import HealthCheck, settings

settings.register_profile("vitalapp", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("vitalapp")
