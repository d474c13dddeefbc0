"""What writes files of the repository, and what measures its tests; no part of the package."""
