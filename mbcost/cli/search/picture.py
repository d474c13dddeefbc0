"""`mbcost plot fit`."""

from __future__ import annotations
