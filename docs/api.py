"""The reference of the public verbs and nouns, from their docstrings, as Markdown: python docs/api.py > out/api.md"""

import importlib
import inspect
import sys

PACKAGES = ("vts", "vts.radar", "vts.simulate", "vts.store", "vts.maps", "vts.report", "vts.dossier", "vts.export",
            "vts.batch", "vts.wording", "vts.metrics", "ais", "geofences", "risk")  # fmt: skip


def public(module):
    """{name: object} of what a module shows: __all__, or else its own functions and classes without a leading _."""
    names = getattr(module, "__all__", None)
    if names is None:
        names = [n for n, o in vars(module).items() if getattr(o, "__module__", "") == module.__name__ and n[0] != "_"]
    return {name: getattr(module, name) for name in sorted(names)}


def entry(name, thing):
    """One heading with signature and docstring; a table's columns stand in its docstring's place in vts/schema.py."""
    signature = ""
    if callable(thing) and not hasattr(thing, "spec"):
        try:
            signature = str(inspect.signature(thing))
        except ValueError:
            signature = "(...)"
    text = inspect.getdoc(thing) or ""
    columns = f"\n\nColumns: {', '.join(thing.spec)}" if hasattr(thing, "spec") else ""
    return f"### `{name}{signature}`\n\n{text}{columns}\n"


def reference():
    """The whole reference as Markdown."""
    parts = ["# Reference\n"]
    for package in PACKAGES:
        module = importlib.import_module(package)
        parts.append(f"## {package}\n\n{inspect.getdoc(module)}\n")
        parts += [entry(f"{package}.{name}", thing) for name, thing in public(module).items() if callable(thing)]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(reference())
