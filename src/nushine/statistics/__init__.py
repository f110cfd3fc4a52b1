"""From event numbers to statements: limits of counting experiments."""

from nushine.statistics.counting import median_upper_limit, upper_limit
from nushine.statistics.exclusion import Contour, exclusion

__all__ = ["Contour", "exclusion", "median_upper_limit", "upper_limit"]
