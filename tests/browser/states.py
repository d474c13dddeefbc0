"""The main states of the page, as addresses, and the sizes and schemes of colours in which it is looked at."""

from __future__ import annotations

WIDTHS = (375, 768, 1280, 1920)
HEIGHT = 900
SCHEMES = ("light", "dark")
STATES = {
    "start": "",
    "settings": "v2@0.75/160",
    "rectangle": "v3-small@0.537/160x224",
    "compared": "v2@0.75/160&vs=v3-small",
    "block": "v3-large@0.75/192&block=4.1",
    "budget": "v2&ram=512KiB&flash=2MiB",
    "tour": "v2&tour=3",
}
"""What is shown -> its address after `#`."""
