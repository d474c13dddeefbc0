"""What all tests share. Libraries read the environment variables when they are imported, so these come first."""

from __future__ import annotations

import gc
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.abc import MetaPathFinder
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # torch's threads: the workers of pytest-xdist share the cores already
os.environ.setdefault("MKL_NUM_THREADS", "1")
os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # no test downloads anything
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each of hundreds of processes would compile the package

import pytest
from hypothesis import settings

from mbcost.spec.reading.text import read_standard_input

settings.register_profile("mbcost", deadline=None, print_blob=True, max_examples=20)
settings.register_profile("thorough", deadline=None, print_blob=True, max_examples=400)
settings.load_profile("mbcost")
sys.dont_write_bytecode = False  # so that a worker does not compile all tests

FRAMEWORKS = ("torch", "torchvision", "timm", "transformers", "keras", "fvcore", "onnx", "onnxruntime")
"""Libraries that take seconds to import."""


class WithoutFrameworks(MetaPathFinder):
    """Skips a file or a test at the moment when it imports a framework."""

    def find_spec(self, name: str, *_: Any) -> None:
        """Skip instead of importing a framework; Python asks for every module that is not imported yet."""
        if name.partition(".")[0] in FRAMEWORKS:
            pytest.skip(f"a quick run does not import {name}", allow_module_level=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="skip what imports torch or is marked long")
    parser.addoption("--thorough", action="store_true", help="run every case of broad tests, and more random examples")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("quick"):
        sys.meta_path.insert(0, WithoutFrameworks())
    if config.getoption("thorough"):
        settings.load_profile("thorough")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only a thorough run has, and run the long tests first.

    No worker is then left with a long test when the others are done. The examples in the pages come before all others,
    so that one worker starts the process that they fork.
    """
    if not config.getoption("thorough"):
        _deselect(config, items, "thorough")
    items.sort(
        key=lambda item: (item.get_closest_marker("long") is None, "forks" not in getattr(item, "fixturenames", ()))
    )
    if config.getoption("quick"):
        _deselect(config, items, "long")


def _deselect(config: pytest.Config, items: list[pytest.Item], marker: str) -> None:
    """Leave out the tests with a marker; pytest says how many."""
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker(marker)])
    items[:] = [item for item in items if not item.get_closest_marker(marker)]


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test marked `traced` in its own thread, and leave every other test to pytest.

    torch.jit notes the whole Python stack for every operator that it traces. A thread starts without pytest's own
    fifty frames, which would make a trace take half as long again.
    """
    if pyfuncitem.get_closest_marker("traced") is None:
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    with ThreadPoolExecutor(1) as pool:
        pool.submit(pyfuncitem.obj, **arguments).result()
    return True


def pytest_collection_finish() -> None:
    """Exclude from garbage collection what is imported, and collect less often: that takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


@pytest.fixture(autouse=True)
def _fresh_standard_input() -> None:
    """A process reads its standard input once and remembers it; here every test is one."""
    read_standard_input.cache_clear()
