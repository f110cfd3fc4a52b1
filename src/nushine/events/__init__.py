"""Single events: the chain nu A -> N A, N -> nu gamma, as columns of numbers."""

from nushine.events.generator import Generator, generate
from nushine.events.record import BLOCK, COLUMNS, Column, Events, RunCard

__all__ = ["BLOCK", "COLUMNS", "Column", "Events", "Generator", "RunCard", "generate"]
