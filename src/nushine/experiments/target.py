"""Blocks of a configuration file about parts of the target, and about photons."""

from typing import Literal

from pydantic import Field

from nushine.config import Cosine, Energy, Formula, Mass, Model, Name, Share
from nushine.targets.compounds import Target, compound, enriched


class EnrichmentBlock(Model):
    """Shares of isotopes among all of their element; the others stay in natural proportions."""

    shares: dict[Name, Share] = Field(min_length=1)
    by: Literal["atoms", "weight"]


class TargetPart(Model):
    """A material and its mass."""

    formula: Formula
    mass: Mass
    enrichment: EnrichmentBlock | None = None

    def build(self) -> Target:
        """Make the target."""
        if self.enrichment is None:
            return compound(self.formula)
        return enriched(self.formula, self.enrichment.shares, self.enrichment.by)


class PhotonBlock(Model):
    """Which photons are seen."""

    threshold: Energy
    cos_theta_min: Cosine = -1.0
