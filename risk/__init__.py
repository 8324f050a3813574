"""Encounters, behaviours and a trained model: what is likely to go wrong, and why.

model = risk.load("data/models/current")
for picture in risk.score(checked, model, risk.Watch()): ...
"""

_LAZY = {  # numba and scikit-learn are imported by whoever asks for these
    "load": ("risk.model", "load"),
    "Model": ("risk.model", "Model"),
    "score": ("risk.scoring", "score"),
    "learn": ("risk.features.habit", "learn"),
    "train": ("risk.training", "train"),
    "evaluate": ("risk.evaluation", "evaluate"),
    "evaluate_fixes": ("risk.batch", "evaluate_fixes"),
    "word": ("risk.reasons", "word"),
    "band": ("risk.reasons", "band"),
    "Watch": ("risk.watch", "Watch"),
}

__all__ = ["Model", "Watch", "band", "evaluate", "evaluate_fixes", "learn", "load", "score", "train", "word"]


def __getattr__(name):
    if name in _LAZY:
        from importlib import import_module

        module, attribute = _LAZY[name]
        found = globals()[name] = getattr(import_module(module), attribute)
        return found
    raise AttributeError(f"module 'risk' has no attribute {name!r}")
