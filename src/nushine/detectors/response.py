"""What a detector makes of recoils and photons: noise, energy scale and efficiencies."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.scipy.special import ndtr
from jax.typing import ArrayLike

from nushine.numerics.checks import LEAST, require_between, require_non_negative, require_positive, require_scalar
from nushine.numerics.compilation import needs_jax
from nushine.numerics.fields import require_fields_are_used

FAR = 40.0
"""Distance in sigma beyond which a Gaussian has no tail in double precision."""

SHARP = 1e-100
"""Resolution [MeV] up to which there is no noise: its square could not be divided by."""

NARROW = 1e-6
"""Width over energy below which the density within a bin of true energy does not matter."""

COARSEST = 1.0
"""Largest resolution [MeV]: the recoils of a whole spectrum have less."""

FAINTEST = 1e-4
"""Smallest quenching and efficiency: no detector of recoils comes near."""


class Response(eqx.Module):
    r"""Measured recoil energies: Gaussian about quenching times true energy, :math:`E' \sim N(qE_R, \sigma)`.

    Parameters
    ----------
    resolution : float
        Standard deviation sigma of the measured energy [MeV], the same at all energies: the baseline noise of a
        cryogenic calorimeter. 0 measures exactly.
    quenching : float
        Measured energy over true energy of a nuclear recoil, q.
    efficiency : float
        Share of the recoils in the window that are kept.
    photon_efficiency : float
        Share of the photons that pass the selection and are seen.

    Raises
    ------
    ValueError
        Unless each is one number, the resolution from 0 to 1 MeV, the quenching from 1e-4 to 2, and both efficiencies
        from 1e-4 to 1: what lies beyond is a mistaken unit.

    Notes
    -----
    A resolution that grows with energy, and a quenching or an efficiency that changes with it, are neglected. The first
    holds near the threshold of a calorimeter, where noise dominates; the others for phonon signals well above the
    trigger. Measured energies below zero are possible.

    """

    resolution: float | Array = 0.0
    quenching: float | Array = 1.0
    efficiency: float | Array = 1.0
    photon_efficiency: float | Array = 1.0

    def __init_subclass__(cls, **extra: Any) -> None:
        """Refuse derived classes with parameters that nothing would use, such as misspelt ones."""
        super().__init_subclass__(**extra)
        require_fields_are_used(cls, Response)

    def __check_init__(self) -> None:
        """Reject numbers out of range."""
        for name in ("resolution", "quenching", "efficiency", "photon_efficiency"):
            require_scalar(f"response.{name}", getattr(self, name))
        require_non_negative("response.resolution", self.resolution, "MeV")
        noise = f"recoils have less energy, check its unit; give {COARSEST:g} MeV at most, as 4 * eV"
        require_between("response.resolution", self.resolution, 0.0, COARSEST, "MeV", noise)
        require_positive("response.quenching", self.quenching)
        scale = f"give measured over true energy, from {FAINTEST:g} to 2, as in 0.2"
        require_between("response.quenching", self.quenching, FAINTEST, 2.0, cure=scale)
        for name in ("efficiency", "photon_efficiency"):
            share = getattr(self, name)
            require_between(f"response.{name}", share, LEAST, 1.0, cure="give a share above 0, 1 at most")
            require_between(f"response.{name}", share, FAINTEST, 1.0, cure=f"give a share from {FAINTEST:g} to 1")

    @needs_jax
    def matrix(self, true_edges: ArrayLike, edges: ArrayLike, mean: ArrayLike | None = None) -> Array:
        r"""Probability that a recoil of each bin of true energy is measured in each bin, times the efficiency.

        .. math:: M_{ij} = \frac{\epsilon}{h_i - l_i} \int_{l_i}^{h_i} dE\, (1 + \alpha_i t)
                  \left[\Phi\!\left(\frac{b_j - qE}{\sigma}\right) - \Phi\!\left(\frac{a_j - qE}{\sigma}\right)\right],
                  \quad t = \frac{2E - l_i - h_i}{h_i - l_i}, \quad \alpha_i = 3 \langle t \rangle_i

        in closed form, for recoils of a straight density within each bin (l_i, h_i) of true energy, uniform unless
        their mean is known: the overlap of the two bins, plus what the noise carries over their edges.

        Parameters
        ----------
        true_edges : array_like, shape (R_true + 1,)
            Edges of true recoil energy [MeV], increasing and finite.
        edges : array_like, shape (R + 1,)
            Edges of measured energy [MeV], increasing; the outer ones may be infinite.
        mean : array_like, shape (R_true,), optional
            Mean energy of the recoils of each bin of true energy [MeV], the middle by default. Means that a straight
            density cannot have, without being negative, are taken as the nearest that it can.

        Returns
        -------
        Array, shape (R_true, R)
            Without noise the exact overlap: 0 or 1 (times the efficiency) for nested bins. Derivatives are finite; that
            by the resolution is taken as zero at resolution 0. Bins of no width give nothing.

        Notes
        -----
        Absolute rounding error: 1e-16 times the larger of 1 and sigma over the width of the true bin.

        Examples
        --------
        >>> response = Response(resolution=4e-6, efficiency=0.9)
        >>> [f"{share:.3f}" for share in response.matrix([20e-6, 21e-6], [0.0, 20e-6, 30e-6])[0]]
        ['0.405', '0.487']

        """
        scaled, measured = jnp.asarray(true_edges) * self.quenching, jnp.asarray(edges)
        low, high = scaled[:-1, None], scaled[1:, None]
        width = jnp.where(high > low, high - low, 1.0)
        a, b = measured[:-1], measured[1:]
        shared = jnp.maximum(jnp.minimum(b, high) - jnp.maximum(a, low), 0.0)
        share = shared / width
        share += jax.lax.stop_gradient(jnp.where(shared == high - low, 1.0 - share, 0.0))  # compiled divisions round
        apart = measured - scaled[:, None]
        tail = _tail(apart * jnp.sign(apart), self.resolution)  # slope 0 where edges coincide; that of abs is 1
        share += jnp.diff(tail[:-1] - tail[1:], axis=1) / width
        if mean is not None:
            middle = 2 * jnp.asarray(mean)[:, None] * self.quenching - low - high
            slope = jnp.where(high - low > NARROW * high, jnp.clip(3 * middle / width, -1.0, 1.0), 0.0)
            share += slope * jnp.diff(self._tilted(apart, tail, width), axis=1)
        return jnp.where(high > low, jnp.maximum(share, 0.0), 0.0) * self.efficiency

    def _tilted(self, apart: Array, tail: Array, width: Array) -> Array:
        """Integral over each true bin of t times the probability to be measured below each edge, over its width."""
        below = jnp.clip(apart[:-1] / width, 0.0, 1.0)
        second = _second_tail(apart * jnp.sign(apart), self.resolution)
        beyond = jnp.where(apart > 0, _second_tail(jnp.zeros(()), self.resolution) * 2 - second, second)
        return below * (below - 1) - (tail[:-1] + tail[1:] - 2 * (beyond[:-1] - beyond[1:]) / width) / width


def _tail(distance: Array, sigma: ArrayLike) -> Array:
    r"""Integral of :math:`\Phi(-x/\sigma)` from x = distance >= 0 on; zero for sigma = 0.

    The integral of Phi(x/sigma) up to x is max(x, 0) plus this tail at the distance of x from zero.
    """
    sharp = jnp.asarray(sigma) <= SHARP
    safe = jnp.where(sharp, 1.0, sigma)
    z = jnp.minimum(distance, FAR * safe) / safe
    density = jnp.exp(-0.5 * z**2) / jnp.sqrt(2 * jnp.pi)
    return jnp.where(sharp, 0.0, safe * (density - z * ndtr(-z)))


def _second_tail(distance: Array, sigma: ArrayLike) -> Array:
    """Integral of `_tail` from a distance >= 0 on."""
    sharp = jnp.asarray(sigma) <= SHARP
    safe = jnp.where(sharp, 1.0, sigma)
    z = jnp.minimum(distance, FAR * safe) / safe
    density = jnp.exp(-0.5 * z**2) / jnp.sqrt(2 * jnp.pi)
    return jnp.where(sharp, 0.0, safe**2 / 2 * ((z**2 + 1) * ndtr(-z) - z * density))
