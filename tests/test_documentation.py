"""The documentation site, without building it: `make docs` does that, and a warning of mkdocs is an error there."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from tools import ROOT, documentation
from tools.index_page import absolute
from tools.links import relative_links

PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
REPOSITORY = re.search(r'^Repository = "(.*)"$', PYPROJECT, re.MULTILINE)[1]  # type: ignore[index]


def test_every_page_is_in_the_navigation_once() -> None:
    pages = re.findall(r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    written = [page.name for page in (ROOT / "docs").glob("*.md")]
    generated = ["figures.md", "conventions.md"]
    assert sorted(pages) == sorted([*written, *documentation.PAGES.values(), *generated])


@pytest.mark.parametrize(
    ("name", "content", "is_foreign"),
    [
        ("a.html", '<script src="https://unpkg.com/x"></script>', True),
        ("a.html", "<link rel=stylesheet href=//fonts.example/css>", True),
        ("a.html", '<img alt="" SRC="http://shields.example/badge.svg">', True),
        ("a.css", "@font-face { src: url(https://fonts.example/a.woff2) }", True),
        ("a.html", '<a href="https://arxiv.org/">a link</a> <img src="pictures/a.svg"> <script>"//"</script>', False),
        ("a.css", 'a { background: url("../a.svg") } svg { fill: url(#a) }', False),
    ],
)
def test_what_a_page_loads_from_another_host_is_noticed(
    name: str, content: str, is_foreign: bool, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert bool(list(documentation.foreign_resources(tmp_path))) == is_foreign


def test_a_package_index_shows_the_readme_with_its_pictures_and_links() -> None:
    page = absolute((ROOT / "README.md").read_text(encoding="utf-8"), REPOSITORY)
    assert relative_links(page) == []
    raw = REPOSITORY.replace("//github.com/", "//raw.githubusercontent.com/")
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]*)\)", page)
    assert len(pictures) == 4
    assert all((ROOT / picture.removeprefix(f"{raw}/main/")).is_file() for picture in pictures)


def test_only_pyproject_names_the_repository() -> None:
    owner = REPOSITORY.removeprefix("https://")
    files = [*documentation.PAGES, *(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")), "mkdocs.yml"]
    assert [file for file in files if owner in (ROOT / file).read_text(encoding="utf-8")] == []


def test_a_wheel_is_smaller_than_1350_kb(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "wheel", "w", zipfile.ZIP_DEFLATED) as wheel:
        for folder in ("mbcost", "specs"):
            for file in sorted((ROOT / folder).rglob("*")):
                if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".md":
                    wheel.write(file, file.relative_to(ROOT))
    assert (tmp_path / "wheel").stat().st_size < 1_320_000  # its metadata take up to 30 kB more
