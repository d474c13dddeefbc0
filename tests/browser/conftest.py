"""The page, on disk, in browsers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.driver import Driver
from tests.browser.explorer import write_explorer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_DRIVER = Driver()


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool:
    """Execute every test of this folder in the driver's thread."""
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    _DRIVER.call(pyfuncitem.obj, **arguments)
    return True


@pytest.fixture(scope="session")
def driver() -> Iterator[Driver]:
    yield _DRIVER
    _DRIVER.close()


@pytest.fixture(scope="session")
def chromium(driver: Driver) -> Browser:
    return driver.browser("chromium")


@pytest.fixture(scope="session")
def firefox(driver: Driver) -> Browser:
    return driver.browser("firefox")


@pytest.fixture(params=["chromium", "firefox"])
def browser(request: pytest.FixtureRequest) -> Browser:
    """Both browsers, one after the other."""
    chosen: Browser = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture(scope="session")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page with every built-in MobileNet, as a file, which the workers of pytest-xdist share."""
    if "PAGE" in os.environ:
        return Path(os.environ["PAGE"]).resolve()
    folder = tmp_path_factory.getbasetemp()
    return write_explorer(folder.parent if os.environ.get("PYTEST_XDIST_WORKER") else folder)
