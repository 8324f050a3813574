"""Encounters, behaviours and a trained model: what is likely to go wrong, and why."""
