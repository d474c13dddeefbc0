"""What mkdocs does not do by itself for the documentation site: `make docs`. The functions are hooks of mkdocs.

The first page is the interactive page of the built-in networks, and the README is the first page of the text. Other
files of the repository that a page links to become pages or files of the site. Two pages are made of mbcost's data:
every published figure with its verdict, and every convention. Nothing on the site comes from a different host, so it
works offline; a page that breaks this rule ends the build.
"""

from __future__ import annotations

import json
import posixpath
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from itertools import groupby
from pathlib import Path
from typing import Any

from mbcost.cli import run
from mbcost.questions.explain.windows import ROUNDING_TEXTS
from mbcost.spec.catalogue.published import load_published
from tools import ROOT
from tools.links import relative_links, relink

PAGES = {
    "README.md": "readme.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security-policy.md",
    "specs/README.md": "specs/README.md",
    "specs/published/README.md": "specs/published/README.md",
}
"""Pages of the repository that are not in `docs/` -> their address on the site."""
EXPLORER = "index.html"
"""The address of the interactive page on the site."""
_PICTURE = re.compile(r"(\[!\[[^\]]*\]\([^)\s]*pictures/page\.png\)\]\()[^)\s]+(?=\))")
"""The picture of the interactive page with the start of its link."""
_LOADED = re.compile(r"<(?:link|script|img|iframe|source|video|audio|object|embed)\b[^>]*?\b(?:href|src|data)=[\"']?"
                     r"((?:https?:)?//[^\"'\s>]+)", re.IGNORECASE)  # fmt: skip
_IMPORTED = re.compile(r"(?:url\(|@import\s)\s*[\"']?((?:https?:)?//[^\"')\s]+)", re.IGNORECASE)


def on_files(files: Any, config: Any) -> Any:
    """Add the interactive page, the pages that are not in `docs/`, the two generated ones, and what a page links to."""
    from mkdocs.structure.files import File

    files.append(File.generated(config, EXPLORER, content=explorer_page()))

    pages = {f"docs/{file.src_uri}": file.content_string for file in files if file.src_uri.endswith(".md")}
    for path, address in PAGES.items():
        pages[path] = (ROOT / path).read_text(encoding="utf-8")
        files.append(File.generated(config, address, content=relink_page(pages[path], path)))
    files.append(File.generated(config, "figures.md", content="\n".join(figures_page())))
    files.append(File.generated(config, "conventions.md", content="\n".join(conventions_page())))
    for path in sorted({locate(link, page) for page, text in pages.items() for link in relative_links(text)}):
        if site_address(path) == path and path not in PAGES and (ROOT / path).is_file():
            files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Point the links of a page in `docs/` to where their targets are on the site."""
    is_in_docs = page.file.generated_by is None
    return relink_page(markdown, f"docs/{page.file.src_uri}") if is_in_docs else markdown


def on_post_build(*, config: Any) -> None:
    """Check that the site needs no different host.

    Raises:
        PluginError: a page loads something from a different host.
    """
    from mkdocs.exceptions import PluginError

    if foreign := list(foreign_resources(Path(config.site_dir))):
        raise PluginError("the site would not work offline:\n" + "\n".join(foreign))


def locate(link: str, page: str) -> str:
    """Return the path in the repository that a link on a page means; a folder means its README.

    >>> locate("../specs", "docs/own-network.md")
    'specs/README.md'
    """
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), link))
    return f"{path}/README.md" if f"{path}/README.md" in PAGES else path


def site_address(path: str) -> str:
    """Return the source of a page or file on the site; `path` is in the repository."""
    return PAGES.get(path, path.removeprefix("docs/"))


def relink_page(text: str, page: str) -> str:
    """Return the text of a page with the links that it has on the site.

    The picture of the interactive page opens this page, which exists only on the site.

    >>> relink_page("[a](docs/fit.md#limits) [b](docs)", "README.md")
    '[a](fit.md#limits) [b](docs)'
    >>> relink_page("[![a](docs/pictures/page.png)](docs/page.md)", "README.md")
    '[![a](pictures/page.png)](index.html)'
    """
    folder = posixpath.dirname(site_address(page)) or "."
    text = relink(text, lambda link: posixpath.relpath(site_address(locate(link, page)), folder))
    return _PICTURE.sub(lambda match: match[1] + posixpath.relpath(EXPLORER, folder), text)


def explorer_page() -> str:
    """Return the interactive page of the built-in networks, with a link to the text."""
    from mbcost import __version__
    from mbcost.present.page.page import TITLE, render_page
    from mbcost.questions.networks import resolve_network
    from mbcost.questions.page.devices import load_calibrations
    from mbcost.questions.page.document import FIRST, MOBILENETS, describe_page

    readme = site_address("README.md").removesuffix(".md") + ".html"
    return render_page(
        describe_page([resolve_network(name) for name in MOBILENETS], __version__, load_calibrations(), first=FIRST),
        title=TITLE,
        documentation=readme,
    )


def foreign_resources(site: Path) -> Iterator[str]:
    """Yield a line for each link, script, picture or font that a page or style of the site loads from another host."""
    for file in sorted(site.rglob("*")):
        pattern = {".html": _LOADED, ".css": _IMPORTED}.get(file.suffix)
        if pattern is not None:
            for address in pattern.findall(file.read_text(encoding="utf-8")):
                yield f"{file.relative_to(site)} loads {address}"


def figures_page() -> Iterator[str]:
    """Yield the lines of the page with every published figure."""
    answer = _ask("published")
    sources = {figure.source.name: figure.source for figure in load_published()}
    yield "# Every published figure with its verdict\n"
    yield f"These are the {len(answer['figures'])} figures that [mbcost published](published.md) is about, source by"
    yield "source. That page says what the verdicts mean and how they are computed; [errata.md](errata.md) lists what"
    yield "is printed wrong. The exact number is that of the network and the convention named beside it.\n"
    for source, figures in groupby(answer["figures"], key=lambda figure: figure["source"]):
        yield f"## {sources[source].title}\n\n{sources[source].where}\n"
        yield from _table(
            ("figure", "where", "network", "quantity", "printed", "verdict", "exact", "how"), map(_cells, figures)
        )


def conventions_page() -> Iterator[str]:
    """Yield the lines of the page with every convention."""
    yield "# Every convention\n"
    yield "This is `mbcost conventions NAME` for every name: what the convention counts and leaves out, where it was"
    yield "read, what proves it, and an example. [What exactly is counted?](counting.md) compares them.\n"
    for convention in _ask("conventions")["conventions"]:
        out = StringIO()
        with redirect_stdout(out):
            run(["conventions", convention["name"]])
        yield f"## {convention['name']}\n\n```text\n{out.getvalue().rstrip()}\n```\n"


def _ask(*command: str) -> Any:
    """Return the answer to a command, read from its JSON."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "answer.json"
        assert run([*command, "--output", str(file)]) == 0, command
        return json.loads(file.read_text(encoding="utf-8"))


def _cells(figure: dict[str, Any]) -> list[str]:
    network = figure["net"] if figure["alpha"] is None else f"{figure['net']}@{figure['alpha']:g}"
    if figure["resolution"]:
        network += "/" + "x".join(map(str, dict.fromkeys(figure["resolution"])))
    rounding = ROUNDING_TEXTS.get(figure["rounding"], figure["rounding"])
    how = [figure["convention"], rounding, *figure["departures"], figure["reason"]]
    ours = figure["ours"]
    exact = f"{ours[0] / ours[1]:.3%}" if isinstance(ours, list) else "" if ours is None else f"{ours:,}"
    return [
        figure["id"],
        ": ".join(filter(None, [figure["table"], figure["row"]])),
        network,
        figure["quantity"].replace("_", "-"),
        f"{figure['printed']} {figure['unit'] or ''}".removesuffix(" 1").strip(),
        figure["verdict"],
        exact,
        "; ".join(dict.fromkeys(filter(None, how))),
    ]


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    header = list(header)
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |"
    yield ""
