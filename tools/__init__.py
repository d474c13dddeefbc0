"""Programs that write files of the repository, and that measure its tests. They are not part of the package."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The repository."""
