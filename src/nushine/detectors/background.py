"""What a detector counts without any signal."""

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from nushine.detectors.channels import Channel
from nushine.numerics.checks import LEAST, require_between, require_non_negative, require_positive, require_scalar
from nushine.numerics.compilation import needs_jax
from nushine.rates import Selection

E_GAMMA_MAX = 10.0
"""Highest photon energy of the background [MeV]: neutron capture reaches it."""


class Background(eqx.Module):
    r"""Backgrounds of the channels: flat in recoil energy, with an excess at low energy for recoils alone.

    .. math:: \frac{dR}{dE_R} = R_0 + X_0\, e^{-E_R/E_0}, \qquad
              \frac{dR}{dE_\gamma} \propto e^{-E_\gamma/E_1}, \qquad \frac{dR}{d\cos\theta_\gamma} = \mathrm{const}

    Parameters
    ----------
    recoil : float or None
        Nuclear-recoil like events per recoil energy, mass and time [1/(MeV mass ns)]: R_0 of the recoil channel.
    coincidence : float or None
        The same for events that also show a photon which passes the selection: R_0 of coincidences.
    photon : float or None
        Photons that pass the selection, per mass of the target and time [1/(mass ns)].
    excess : float
        Low-energy excess of the recoil channel at zero energy [1/(MeV mass ns)], X_0.
    excess_scale : float
        Energy over which the excess falls by e [MeV], E_0.
    photon_scale : float
        Energy over which the spectrum of background photons falls by e [MeV], E_1, from the threshold to `E_GAMMA_MAX`;
        infinite (the default) for a uniform one.

    Raises
    ------
    ValueError
        For negative or non-finite densities, and scales that are not above zero.

    Notes
    -----
    None says that nothing is known: numbers are then those without this background, and `given` and what is printed say
    so; 0 declares that there is none. Densities are in measured energy, after all efficiencies. Gamma lines and the
    correlation of photon and recoil are neglected. Directions of the photons are uniform in the cosine within the cone
    of the selection. An exponential is the simplest shape of the excess; its origin is not known, and steeper rises
    towards the threshold are seen.

    """

    recoil: float | Array | None = None
    coincidence: float | Array | None = None
    photon: float | Array | None = None
    excess: float | Array = 0.0
    excess_scale: float | Array = 20e-6
    photon_scale: float | Array = jnp.inf

    def __check_init__(self) -> None:
        """Reject negative backgrounds."""
        for name in ("recoil", "coincidence", "photon", "excess", "excess_scale", "photon_scale"):
            require_scalar(f"background.{name}", getattr(self, name))
        for name in ("recoil", "coincidence", "photon", "excess"):
            if name == "excess" or getattr(self, name) is not None:
                require_non_negative(f"background.{name}", getattr(self, name))
        require_positive("background.excess_scale", self.excess_scale, "MeV")
        cure = "give an energy above zero, or leave it out for a uniform spectrum"
        require_between("background.photon_scale", self.photon_scale, LEAST, jnp.inf, "MeV", cure)

    def given(self, channel: Channel) -> bool:
        """Whether the background of a channel is known, be it as zero."""
        return self._flat(channel) is not None

    @needs_jax
    def flat(self, channel: Channel) -> Array | float:
        """Flat density [1/(MeV mass ns)] of a channel with recoils, or photons [1/(mass ns)]; 0 if it is not given."""
        value = self._flat(channel)
        return 0.0 if value is None else value

    @needs_jax
    def rate(self, channel: Channel, selection: Selection) -> Array | float:
        """Background events per mass and time [1/(mass ns)] inside the selection: flat part and excess."""
        if not channel.recoil:
            return self.flat(channel)
        low, high = selection.E_R_min, selection.E_R_max
        flat = self.flat(channel) * (high - low)
        return flat if channel.photon else flat + self._excess_between(low, high)

    @needs_jax
    def recoil_bins(self, channel: Channel, edges: ArrayLike) -> Array:
        """Flat part in bins of recoil energy.

        Parameters
        ----------
        channel : Channel
            `RECOIL` or `COINCIDENCE`.
        edges : array_like, shape (R + 1,)
            Edges of recoil energy [MeV].

        Returns
        -------
        Array, shape (R,)
            Events per mass and time [1/(mass ns)].

        Raises
        ------
        ValueError
            For a channel without recoils.

        """
        if not channel.recoil:
            raise ValueError(f"channel '{channel.name}' has no bins of recoil energy: take its rate instead")
        return jnp.asarray(self.flat(channel)) * jnp.diff(jnp.asarray(edges))

    @needs_jax
    def excess_bins(self, edges: ArrayLike) -> Array:
        """Low-energy excess of the recoil channel in bins of recoil energy.

        Parameters
        ----------
        edges : array_like, shape (R + 1,)
            Edges of recoil energy [MeV]; the last may be infinite.

        Returns
        -------
        Array, shape (R,)
            Events per mass and time [1/(mass ns)].

        """
        edges = jnp.asarray(edges)
        return self._excess_between(edges[:-1], edges[1:])

    @needs_jax
    def photon_shares(self, E_gamma: ArrayLike) -> Array:
        """Shares of the background photons in bins of photon energy.

        Parameters
        ----------
        E_gamma : array_like, shape (G,)
            Lower edges of the bins [MeV], increasing, as in `nushine.rates.Edges`: each bin ends where the next one
            begins, and the last holds everything above.

        Returns
        -------
        Array, shape (G,)
            They add up to 1. Bins above `E_GAMMA_MAX` get nothing, but all falls into the last one if the lowest edge
            is not below `E_GAMMA_MAX`.

        Examples
        --------
        >>> Background().photon_shares([0.0, 2.5]).tolist()
        [0.25, 0.75]

        """
        edges = jnp.append(jnp.minimum(jnp.asarray(E_gamma, dtype=float), E_GAMMA_MAX), E_GAMMA_MAX)
        widths, above = jnp.diff(edges), edges[:-1] - edges[0]
        depths = widths / self.photon_scale
        inside = jnp.where(depths > 0, depths, 1.0)
        mean = jnp.where(depths > 0, -jnp.expm1(-inside) / inside, 1.0)  # of the density in the bin, over its lower end
        contents = jnp.exp(-above / self.photon_scale) * widths * mean
        total, last = jnp.sum(contents), jnp.zeros_like(contents).at[-1].set(1.0)
        return jnp.where(total > 0, contents / jnp.where(total > 0, total, 1.0), last)

    def _flat(self, channel: Channel) -> Array | float | None:
        if not channel.recoil:
            return self.photon
        return self.coincidence if channel.photon else self.recoil

    def _excess_between(self, low: ArrayLike, high: ArrayLike) -> Array:
        """Integral of the excess over recoil energy [1/(mass ns)]."""
        low, scale = jnp.asarray(low), jnp.asarray(self.excess_scale)
        return -self.excess * scale * jnp.exp(-low / scale) * jnp.expm1(-(jnp.asarray(high) - low) / scale)
