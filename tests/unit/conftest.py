"""Hypothesis without a stopwatch: the machines that run the tests are shared."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
