"""What a part of the target says besides its formula."""

from typing import Literal

from pydantic import Field

from nushine.config import Model, Name, Share


class EnrichmentBlock(Model):
    """Shares of isotopes among all of their element; the others stay in natural proportions."""

    shares: dict[Name, Share] = Field(min_length=1)
    by: Literal["atoms", "weight"]
