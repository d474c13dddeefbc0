"""Derive the lines of `mbcost devices` for every built-in device: `python -m tools.pack_devices`.

Run it after a change of a measured device or of the model of latencies. A test fails until the file is up to date.
"""

from __future__ import annotations

from mbcost.questions.latency.summaries import PATH, write_summaries
from mbcost.spec.catalogue.measured import list_devices

if __name__ == "__main__":
    PATH.write_text(write_summaries(list_devices()), encoding="utf-8")
