"""Results in files and documents that other programs read."""

from nushine.io.counts import read_counts, write_counts
from nushine.io.pyhf import from_pyhf, to_pyhf, write_pyhf
from nushine.io.tables import Column, columns, description, to_dict, write_csv

__all__ = [
    "Column",
    "columns",
    "description",
    "from_pyhf",
    "read_counts",
    "to_dict",
    "to_pyhf",
    "write_counts",
    "write_csv",
    "write_pyhf",
]
