"""The second witness: real PyTorch models and what tools measure on them. The only folder that imports torch."""

from mbcost.errors import MbcostError

try:
    import torch  # noqa: F401
except ModuleNotFoundError:
    raise
except (ImportError, OSError, MemoryError) as error:  # a library of torch is broken, or memory is short
    reason = " ".join(str(error).split()) or "memory is short"
    raise MbcostError(f"torch cannot be imported: {reason}: free some memory, or install it again") from None
