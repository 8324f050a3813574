"""The pages and the reference as a site that needs no network: make docs, or python docs/site.py OUT (extra `docs`)."""

import json
import runpy
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGES = ("officer", "analyst", "scheduler", "store", "security", "performance")


def build(out):
    """Write the site to a folder; a link that leads nowhere is an error."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "pages"
        shutil.copytree(HERE, source, ignore=shutil.ignore_patterns("*.py", "*.1", "__pycache__"))
        (source / "index.md").write_text(
            (HERE.parent / "README.md").read_text(encoding="utf-8").replace("](docs/", "](")
        )
        for name in ("ARCHITECTURE.md", "CHANGELOG.md"):
            shutil.copy(HERE.parent / name, source / name)
        (source / "reference.md").write_text(runpy.run_path(str(HERE / "api.py"))["reference"](), encoding="utf-8")
        config = {
            "site_name": "Lingding",
            "docs_dir": str(source),
            "site_dir": str(Path(out).resolve()),
            "theme": {"name": "material", "font": False, "features": ["navigation.sections", "toc.integrate"]},
            "plugins": ["search", "offline"],
            "markdown_extensions": ["tables", "fenced_code", "toc"],
            "nav": [{"Lingding": "index.md"}, *(f"{name}.md" for name in PAGES), {"Reference": "reference.md"},
                    "ARCHITECTURE.md", "CHANGELOG.md"],
            "validation": {"links": {"unrecognized_links": "ignore"}},
        }  # fmt: skip
        path = Path(scratch) / "mkdocs.yml"
        path.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
        subprocess.run([sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "-f", str(path)], check=True)


if __name__ == "__main__":
    build(sys.argv[1])
