from __future__ import annotations

from hypothesis import settings

# A machine that does something else at the same time is no failure; a test that
# hangs is ended by pytest's own timeout.
settings.register_profile("unit", deadline=None, max_examples=30)
# For `make thorough`: --hypothesis-profile=thorough.
settings.register_profile("thorough", deadline=None, max_examples=500)
settings.load_profile("unit")
