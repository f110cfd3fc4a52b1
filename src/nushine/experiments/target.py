"""Blocks of a configuration file about parts of the target, and about photons."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from nushine.config import Cosine, Energy, Mass, Model, Name, Share
from nushine.config import Formula as FlatFormula
from nushine.targets.compounds import Target, compound, enriched
from nushine.targets.formulas import read


def _readable(formula: str) -> str:
    """Refuse what is no formula where it stands, so that the message names the key."""
    read(formula)
    return formula


Formula = Annotated[FlatFormula, AfterValidator(_readable)]


class EnrichmentBlock(Model):
    """Shares of isotopes among all of their element; the others stay in natural proportions."""

    shares: dict[Name, Share] = Field(min_length=1)
    by: Literal["atoms", "weight"]


class TargetPart(Model):
    """A material and its mass."""

    formula: Formula
    mass: Mass
    enrichment: EnrichmentBlock | None = None

    def build(self, key: str) -> Target:
        """Make the target; `key` is where it stands, for messages."""
        if self.enrichment is None:
            return compound(self.formula)
        try:
            return enriched(self.formula, self.enrichment.shares, self.enrichment.by)
        except ValueError as error:
            raise ValueError(f"{key}.enrichment: {error}") from None


class PhotonBlock(Model):
    """Which photons are seen."""

    threshold: Energy
    cos_theta_min: Cosine = -1.0
