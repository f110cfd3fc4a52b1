"""From event numbers to statements: limits of counting experiments."""

from nushine.statistics.contours import Contour, exclusion
from nushine.statistics.counting import median_upper_limit, upper_limit

__all__ = ["Contour", "exclusion", "median_upper_limit", "upper_limit"]
