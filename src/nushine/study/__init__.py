"""The study of arXiv:2110.02233: every figure and table, from the reactor to the reach."""

from nushine.study.run import FIGURES, reproduce

__all__ = ["FIGURES", "reproduce"]
