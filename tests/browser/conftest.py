"""The page, on disk, in browsers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mbcost.present.page.document import fill_page
from tests.browser.driver import Driver

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
    """The page with every built-in network, as a file."""
    path = tmp_path_factory.mktemp("page") / "explorer.html"
    path.write_text(fill_page('{"networks": []}', title="mbcost", generator="mbcost"), encoding="utf-8")
    return path
