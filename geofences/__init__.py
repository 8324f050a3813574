"""Where a vessel is, what holds there, and which rule it breaks."""
