"""The nouns of every neutrino source: Flavour, Beam and Source."""

from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from numpy.typing import NDArray

from nushine.numerics.arrays import as_array
from nushine.numerics.checks import require_between, require_finite, require_non_negative
from nushine.numerics.compilation import needs_jax
from nushine.numerics.piecewise import Piecewise

FloatArray = NDArray[np.float64]


class Flavour(eqx.Module):
    r"""A direction in flavour space.

    For a beam: the fractions of electron, muon and tau neutrinos. For a moment: the relative moments
    :math:`\mu_a = \mu\, c_a`.
    """

    given_as: ClassVar[str] = "nushine.ELECTRON, nushine.MUON, nushine.TAU, nushine.UNIVERSAL or a nushine.Flavour"

    e: float | Array = 0.0
    mu: float | Array = 0.0
    tau: float | Array = 0.0

    def __check_init__(self) -> None:
        """Reject what is no finite number, such as the name of a flavour."""
        for name in ("e", "mu", "tau"):
            require_finite(f"flavour.{name}", getattr(self, name))


ELECTRON = Flavour(e=1.0)
MUON = Flavour(mu=1.0)
TAU = Flavour(tau=1.0)
UNIVERSAL = Flavour(e=1.0, mu=1.0, tau=1.0)


class Beam(eqx.Module):
    """The flux of one kind of neutrino at the detector: a continuum and lines.

    Parameters
    ----------
    continuum : Piecewise
        dPhi/dE_nu [1/(mm^2 ns MeV)] over E_nu [MeV].
    lines_E, lines_flux : Array, shape (L,)
        Energies [MeV] and fluxes [1/(mm^2 ns)] of monoenergetic lines.
    flavour : Flavour
        Fractions of electron, muon and tau neutrinos.
    antineutrino : bool
        A label; rates do not depend on it.

    """

    continuum: Piecewise
    lines_E: Array = eqx.field(default_factory=lambda: as_array(()))
    lines_flux: Array = eqx.field(default_factory=lambda: as_array(()))
    flavour: Flavour = ELECTRON
    antineutrino: bool = eqx.field(static=True, default=False)

    @property
    @needs_jax
    def E_max(self) -> Array:
        """End point [MeV] of continuum and lines."""
        return jnp.max(jnp.concatenate([self.continuum.knots[-1:], self.lines_E]))


class Variation(eqx.Module):
    """A one-sigma change of the flux, correlated over all energies.

    Parameters
    ----------
    name : str
        Of the component, such as "U235".
    flux : Piecewise
        The component that is uncertain, dPhi/dE_nu [1/(mm^2 ns MeV)].
    relative : Piecewise
        Its relative uncertainty [1] over E_nu [MeV].

    """

    name: str = eqx.field(static=True)
    flux: Piecewise
    relative: Piecewise


def _joint(alike: list[Variation]) -> Variation:
    """One variation for several of one name: the sum of the changes they make, as the change of a flux by itself."""
    if len(alike) == 1:
        return alike[0]
    knots = np.unique(np.concatenate([p.knots for v in alike for p in (v.flux, v.relative)]))

    def change(E_nu: FloatArray) -> FloatArray:
        return np.asarray(sum(v.flux(E_nu) * v.relative(E_nu) for v in alike))

    whole = Piecewise(jnp.asarray(knots[[0, -1]]), jnp.ones((1, 1)))
    return Variation(alike[0].name, Piecewise.interpolate(change, knots), whole)


class Source(eqx.Module):
    """A neutrino source as the detector sees it: one or several beams.

    Parameters
    ----------
    name : str
        For labels.
    beams : tuple of Beam
        One per kind of neutrino.
    variations : tuple of Variation
        What is uncertain about the shape of the continuum; independent of each other.

    """

    given_as: ClassVar[str] = "a source, as experiment.source or one of nushine.sources"

    name: str = eqx.field(static=True)
    beams: tuple[Beam, ...]
    variations: tuple[Variation, ...] = ()

    @needs_jax
    def __add__(self, other: "Source") -> "Source":
        """Both sources together: their beams, side by side.

        Variations of one name are one and the same in both (two reactors of one spectrum); others are independent.
        Each becomes a smaller part of the whole flux (see `relative_variations`, also for what that leaves out).
        """
        if not isinstance(other, Source):
            return NotImplemented
        names = dict.fromkeys(variation.name for variation in (*self.variations, *other.variations))
        of_name = ([v for v in (*self.variations, *other.variations) if v.name == name] for name in names)
        variations = tuple(_joint(alike) for alike in of_name)
        return Source(f"{self.name} + {other.name}", (*self.beams, *other.beams), variations)

    @needs_jax
    def relative_variations(self, E_nu: ArrayLike) -> Array:
        """One-sigma changes of the flux by each variation over the continuum flux [1], shape (V, ...).

        Component times its relative uncertainty, over the sum of all beams at E_nu [MeV], any shape; zero where that
        sum is zero. Beams of several kinds of neutrinos are taken to change alike, and lines like the continuum at
        their energies: where sources of other kinds or lines are added to one with variations, the variations are
        spread over all of them.
        """
        E_nu = jnp.asarray(E_nu, dtype=float)
        flux = self.flux(E_nu)
        safe = jnp.where(flux > 0, flux, 1.0)
        changes = [jnp.where(flux > 0, v.flux(E_nu) * v.relative(E_nu) / safe, 0.0) for v in self.variations]
        return jnp.stack(changes) if changes else jnp.zeros((0, *E_nu.shape))

    @needs_jax
    def flux(self, E_nu: ArrayLike) -> Array:
        """Continuum flux dPhi/dE_nu of all beams together [1/(mm^2 ns MeV)] at E_nu [MeV], any shape; zero outside.

        Divide by units to read it: ``source.flux(E_nu) * (cm**2 * s * MeV)``. Lines are not in it (see `total`).
        """
        require_non_negative("E_nu", E_nu, "MeV")
        return sum((beam.continuum(E_nu) for beam in self.beams), jnp.zeros(()))

    @needs_jax
    def total(self, E_low: ArrayLike | None = None, E_high: ArrayLike | None = None) -> Array:
        """Integrated flux [1/(mm^2 ns)] of continuum and lines between E_low and E_high [MeV] (default: everything)."""
        for name, edge in (("E_low", E_low), ("E_high", E_high)):
            if edge is not None:
                require_between(name, edge, -jnp.inf, jnp.inf, "MeV", "give an energy in MeV")
        low = 0.0 if E_low is None else jnp.asarray(E_low)
        high = jnp.inf if E_high is None else jnp.asarray(E_high)
        result = jnp.zeros(())
        for beam in self.beams:
            inside = (beam.lines_E >= low) & (beam.lines_E < high)
            result += beam.continuum.integral(low, high) + jnp.sum(jnp.where(inside, beam.lines_flux, 0.0))
        return result

    @property
    @needs_jax
    def E_max(self) -> Array:
        """Highest neutrino energy [MeV]."""
        return jnp.max(jnp.stack([beam.E_max for beam in self.beams]))
