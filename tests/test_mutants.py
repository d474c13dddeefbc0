"""The list of faults that make no difference, which `make mutants` leaves out, is up to date."""

from __future__ import annotations

import yaml

from tools.mutants import EQUIVALENT, find_stale, list_faults, read_equivalent


def test_every_entry_matches_a_fault_of_the_engine_and_gives_a_reason() -> None:
    equivalent = read_equivalent()
    assert find_stale(equivalent, list_faults()) == []
    entries = [entry for listed in yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")).values() for entry in listed]
    assert len(entries) == len(equivalent), "an entry is given twice"
    assert all(len(entry["reason"]) > 20 for entry in entries)


def test_an_entry_whose_code_has_changed_is_reported() -> None:
    faults = list_faults()
    key = faults[0].key
    times = sum(fault.key == key for fault in faults)
    assert find_stale({key: times}, faults) == []
    (line,) = find_stale({(*key[:3], "another fault"): 1}, faults)
    assert line.endswith("another fault matches 0 faults, expected 1: correct the entry")
    (line,) = find_stale({key: times + 1}, faults)
    assert line.endswith(f"matches {times} faults, expected {times + 1}: correct the entry")
