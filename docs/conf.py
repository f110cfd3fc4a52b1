"""Sphinx configuration."""

from pathlib import Path

import nushine
from nushine.events import COLUMNS

project = "nushine"
author = "The nushine developers"
release = nushine.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_parser",
]
exclude_patterns = ["_build/html", "_build/doctrees"]
templates_path = ["_templates"]
default_role = "py:obj"

autosummary_generate = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"
numpydoc_show_class_members = False
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"nushine {release}"

rows = "\n".join(f"   ``{c.name}``\t{c.dtype}\t{c.unit}\t{c.text}" for c in COLUMNS)
build = Path(__file__).parent / "_build"
build.mkdir(exist_ok=True)
(build / "columns.txt").write_text(
    f".. csv-table::\n   :header: column\ttype\tunit\tmeaning\n   :delim: tab\n\n{rows}\n", encoding="utf-8"
)
