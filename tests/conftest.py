"""What every test shares. The variables are read when a library is imported, so they stand before all imports."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # torch's threads: the workers of pytest-xdist share the cores already
os.environ.setdefault("MKL_NUM_THREADS", "1")
os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # no test downloads anything

from hypothesis import settings

settings.register_profile("mbcost", deadline=None, print_blob=True)
settings.load_profile("mbcost")
