"""The README for a package index, where relative links and pictures lead nowhere: a hook of the build.

The links become absolute. The address of the repository comes from `[project.urls]` in `pyproject.toml`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_LINK = re.compile(r"(!\[[^\]]*\]\(|\]\()([^)\s#:]+)(?=[#)])")
"""A picture, or the end of a link, whose text can be a picture."""


def absolute(text: str, repository: str) -> str:
    """Return a Markdown text whose relative links lead to the repository, and whose pictures are its raw files.

    Args:
        text: the text of a page in the root of the repository.
        repository: its address at GitHub, without a slash at the end.

    >>> print(absolute("![a](a.svg) [b](docs/b.md#c) [d](#e) [f](https://g/)", "https://github.com/me/it"))
    ![a](https://raw.githubusercontent.com/me/it/main/a.svg) [b](https://github.com/me/it/blob/main/docs/b.md#c) \
[d](#e) [f](https://g/)
    >>> print(absolute("[![a](a.png)](b.md)", "https://github.com/me/it"))
    [![a](https://raw.githubusercontent.com/me/it/main/a.png)](https://github.com/me/it/blob/main/b.md)
    """
    raw = repository.replace("//github.com/", "//raw.githubusercontent.com/") + "/main/"

    def replace(match: re.Match[str]) -> str:
        return match[1] + (raw if match[1].startswith("!") else f"{repository}/blob/main/") + match[2]

    return _LINK.sub(replace, text)


def get_metadata_hook() -> type:
    """Return the class that hatchling asks for; the build installs hatchling, and nothing else needs it."""
    from hatchling.metadata.plugin.interface import MetadataHookInterface

    class IndexPage(MetadataHookInterface):  # type: ignore[misc]  # hatchling has no types here
        """Sets the field `readme`."""

        def update(self, metadata: dict[str, Any]) -> None:
            text = (ROOT / "README.md").read_text(encoding="utf-8")
            page = absolute(text, metadata["urls"]["Repository"])
            metadata["readme"] = {"content-type": "text/markdown", "text": page}

    return IndexPage
