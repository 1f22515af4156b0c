from __future__ import annotations

import os

from hypothesis import settings

# No test is timed: the machine may be busy with something else. `HYPOTHESIS_PROFILE=thousand` looks harder.
settings.register_profile("untimed", deadline=None)
settings.register_profile("thousand", deadline=None, max_examples=4000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "untimed"))
