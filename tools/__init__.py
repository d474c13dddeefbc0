"""What writes files of the repository, and what measures its tests; no part of the package."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The repository."""
