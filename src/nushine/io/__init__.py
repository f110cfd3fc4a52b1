"""Results in files and documents that other programs read."""

from nushine.io.tables import Column, columns, description, to_dict, write_csv

__all__ = ["Column", "columns", "description", "to_dict", "write_csv"]
