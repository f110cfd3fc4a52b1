"""Samples of events in files: Parquet, HepMC3, LHE, ROOT and HDF5."""

from nushine.io.events.formats import FORMATS, iterate, open_writer, read, read_card, write_events
from nushine.io.events.stream import Writer, write_stream

__all__ = ["FORMATS", "Writer", "iterate", "open_writer", "read", "read_card", "write_events", "write_stream"]
