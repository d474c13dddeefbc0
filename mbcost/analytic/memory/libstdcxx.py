"""Two orders of libstdc++ on which TensorFlow Lite's arena depends, where two buffers have the same size and time.

TensorFlow Lite keeps the numbers of an operator's tensors in a std::unordered_set<int>, and sorts all of them by size
with std::sort, which is not stable: of equal elements, the first one depends on the steps of the algorithm. These are
the steps of GCC 4.9 and later (bits/hashtable.h, bits/stl_algo.h), with which TensorFlow's Python packages for Linux
are built.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

SHORT = 16
"""Shorter ranges are left to the insertion sort at the end (_S_threshold)."""
BUCKETS = (13, 29, 59, 127, 257, 541, 1109, 2357, 5087, 10273, 20753, 42043, 85229)
"""The numbers of buckets of a set of small integers, each used until there are more elements than buckets."""


def list_as_set(numbers: Iterable[int]) -> list[int]:
    """Return numbers in the order of a std::unordered_set<int> into which they are inserted one after the other.

    A number whose bucket is empty goes to the front of all, another one to the front of its bucket.

    >>> list_as_set([1, 2, 15])
    [15, 2, 1]
    >>> list_as_set([1, 2, 14])
    [2, 14, 1]
    """
    buckets: dict[int, list[int]] = {}
    sizes = iter(BUCKETS)
    size = next(sizes)
    for count, number in enumerate(dict.fromkeys(numbers)):
        if count == size:
            moved, buckets, size = _list_buckets(buckets), {}, next(sizes, 2 * size + 1)
            for other in moved:
                buckets.setdefault(other % size, []).append(other)
        buckets.setdefault(number % size, []).append(number)
    return _list_buckets(buckets)


def _list_buckets(buckets: dict[int, list[int]]) -> list[int]:
    return [number for bucket in reversed(buckets.values()) for number in reversed(bucket)]


def sort_by_keys(items: list[Any], keys: list[Any]) -> list[Any]:
    """Return `items` in the order of `keys`, equal ones as std::sort leaves them.

    >>> sort_by_keys(list("abcd"), [1, 0, 1, 0])
    ['b', 'd', 'a', 'c']
    """
    pairs = list(zip(keys, items, strict=True))
    _partition_all(pairs, 0, len(pairs), 2 * (len(pairs).bit_length() - 1))
    for index in range(1, len(pairs)):
        _insert(pairs, index)
    return [item for _, item in pairs]


def _partition_all(pairs: list[Any], first: int, last: int, depth: int) -> None:
    """Partition until only short ranges are unsorted; `depth` limits the work, after which a range is sorted."""
    while last - first > SHORT:
        if depth == 0:
            # The library has a heap sort here, which only arrays made for the purpose ever reach.
            pairs[first:last] = sorted(pairs[first:last], key=lambda pair: pair[0])
            return
        depth -= 1
        _move_median(pairs, first, first + 1, first + (last - first) // 2, last - 1)
        cut = _partition(pairs, first + 1, last, pairs[first][0])
        _partition_all(pairs, cut, last, depth)
        last = cut


def _move_median(pairs: list[Any], result: int, *three: int) -> None:
    """Exchange the median of three with the first element, as __move_median_to_first."""
    a, b, c = three
    x, y, z = (pairs[index][0] for index in three)
    ascending, other = (b if y < z else c if x < z else a), (a if x < z else c if y < z else b)
    median = ascending if x < y else other
    pairs[result], pairs[median] = pairs[median], pairs[result]


def _partition(pairs: list[Any], first: int, last: int, pivot: Any) -> int:
    while True:
        while pairs[first][0] < pivot:
            first += 1
        last -= 1
        while pivot < pairs[last][0]:
            last -= 1
        if first >= last:
            return first
        pairs[first], pairs[last] = pairs[last], pairs[first]
        first += 1


def _insert(pairs: list[Any], index: int) -> None:
    """Move an element before those that are larger; they are in order."""
    pair = pairs[index]
    while index and pair[0] < pairs[index - 1][0]:
        pairs[index] = pairs[index - 1]
        index -= 1
    pairs[index] = pair
