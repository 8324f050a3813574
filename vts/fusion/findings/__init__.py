"""Findings of the fusion, one file each: where sensors disagree about a vessel, or one of them about itself."""
