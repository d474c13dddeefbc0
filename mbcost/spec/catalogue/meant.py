"""What people mean by a word that is not a network: several networks, a setting, a model or a different file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from mbcost.errors import MbcostError

MODELS = (
    "onnx",
    "pt",
    "pth",
    "pb",
    "tflite",
    "h5",
    "keras",
    "safetensors",
    "ckpt",
    "bin",
    "pkl",
    "caffemodel",
    "mlmodel",
)
"""The endings of files in which other programs keep models and weights."""
_CODE = "name what builds the model, as MODULE:FACTORY or ./FILE.py:FACTORY"
_AS_ONNX = "convert the model to ONNX or TensorFlow Lite, and name that file"
REFUSED: Mapping[str, str] = {
    **dict.fromkeys(
        ("pt", "pth", "ckpt", "pkl", "pickle", "bin"),
        f"it can be a pickle, which runs code when it is read: {_CODE}, or save it as .pt2 with torch.export",
    ),
    **dict.fromkeys(("safetensors", "npz", "npy", "gguf"), f"it has weights and no layers: {_CODE}"),
    "pb": "a graph of TensorFlow is not read: convert it with tf.lite.TFLiteConverter or tf2onnx, and name that file",
    **dict.fromkeys(
        ("mlmodel", "mlpackage", "caffemodel", "prototxt", "pdmodel", "param", "ort", "engine", "trt", "plan", "om"),
        f"this format is not read: {_AS_ONNX}",
    ),
}
"""The endings of files of models that are not read -> why, and what to do."""
LONGEST = 100
"""The characters of the longest word that is looked at."""

_REMEDIES: Mapping[str, str] = {
    r"[KMGT]i?B|[KMG]|ms": "write a number and its unit as one word, such as 320KiB",
    r"[0-9.,]+(?:[x%]|[KMGT]i?B?|ms)?": (
        "write alphas as v2@0.75 or --alpha 0.5,0.75, and other numbers after their names"
    ),
    r"[0-9]+\.[0-9]+\.[a-z.]+": "the network comes first, such as v2 {name}",
    "official|keras|torchvision|timm|transformers|article|paddleclas|gluoncv|mmpretrain": (
        "write an implementation after a colon, such as v2:{name}"
    ),
    r"vs|vs\.|versus|and|with|to|against|&|\+": "write only networks, such as v1 v2",
    r"all|any|\*": "write names; mbcost nets lists them",
    "(?:net|network|model|name)=(.+)": "did you mean '{0}'?",
    r".+\.py": "add what builds the model after a colon, such as ./{name}:make",
    r"(?:torchvision|timm|torch|keras|tensorflow|transformers|models)\..+": (
        "write a model in Python as MODULE:FACTORY, such as torchvision.models:mobilenet_v2"
    ),
}
"""The pattern of a word -> what to do about it."""
_SETTINGS = re.compile(r"(?P<name>.+?)[-_xX ]+(?P<alpha>[0-9]?\.[0-9]+|[0-9],[0-9]+)(?:[-_x ](?P<side>[0-9]{2,4}))?")
"""The names of the papers' checkpoints, such as `mobilenet_v2_0.75_160`, and of people who write so."""


def describe_meaning(name: str, find: Callable[[str], str | None]) -> str | None:
    """Return what to do about a word that no network has as its name; None if that cannot be told.

    Args:
        name: the word.
        find: returns the network that a name or an alias means, or None.
    """
    if len(name) > LONGEST:
        return None
    if refusal := describe_refused(name):
        return refusal
    for pattern, remedy in _REMEDIES.items():
        if match := re.fullmatch(pattern, name, re.IGNORECASE):
            return remedy.format(*match.groups(), name=name)
    return _split(name, find)


def describe_refused(name: str) -> str | None:
    """Return why a file of a model is not read, by the ending of its name, and what to do; None if it has another one.

    >>> describe_refused("model.GGUF")
    'it has weights and no layers: name what builds the model, as MODULE:FACTORY or ./FILE.py:FACTORY'
    """
    stem, dot, ending = name.rpartition(".")
    return REFUSED.get(ending.lower()) if stem and dot else None


def _split(name: str, find: Callable[[str], str | None]) -> str | None:
    """Return what to do about a word that has a network and more in it."""
    if (match := _SETTINGS.fullmatch(name)) and (network := _find(match["name"], find)):
        alpha = f"{float(match['alpha'].replace(',', '.')):g}"
        return f"did you mean '{network}@{alpha}{'/' + match['side'] if match['side'] else ''}'?"
    for separator in (",", ";", "+", "&", "-vs-", "_vs_", "-"):
        parts = [part.strip() for part in name.split(separator)]
        if len(parts) > 1 and all(part and _find(part, find) for part in parts):
            return f"write several networks as words: {' '.join(parts)}"
    return None


def _find(name: str, find: Callable[[str], str | None]) -> str | None:
    try:
        return find(re.split("[@/:]", name)[0])
    except MbcostError:  # an alias of several networks
        return None
