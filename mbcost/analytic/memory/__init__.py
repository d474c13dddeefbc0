"""Memory: which feature maps are live at the same time, their offsets in an arena, and what is stored in flash."""
