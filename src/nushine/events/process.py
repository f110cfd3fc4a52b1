"""What can happen to a neutrino in an experiment: the density of events, and the ways in which N decays."""

import math
from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from nushine import kinematics
from nushine.decay import Decay, PhotonMode, Radiative, ToSterile
from nushine.interactions.base import Interaction
from nushine.interactions.dipole import Dipole
from nushine.rates import Selection
from nushine.targets.isotopes import Isotope

Importance = Callable[[Array, Array], Array]
"""Positive weight, as a function of E_nu and E_R [MeV], with which the plane is sampled more or less densely."""


class Line(NamedTuple):
    """One final state of the decay of N.

    `share` of the decays, index of its `mode`, photon energy `E_rest` in the rest frame (0: no photon), mass `m_out` of
    the other particle, coefficient `a` of the photon distribution 1 + a (spin . direction) for N from neutrinos, and
    `lepton_number`: +1 if conserved, -1 if violated, 0 if it is not defined.
    """

    share: Array
    mode: int
    E_rest: Array
    m_out: Array
    a: Array
    lepton_number: int


def lines(signal: Dipole, decay: Decay) -> tuple[Line, ...]:
    """All final states; N -> nu gamma and N -> nubar gamma of a Majorana N are two, each with half of the width."""
    found = []
    for index, mode in enumerate(decay.modes):
        share = decay.share(mode, signal)
        zero = jnp.zeros(())
        if isinstance(mode, Radiative):
            states = signal.nature.final_states
            for k in range(states):
                a = jnp.asarray(-1.0 if k == 0 else 1.0)
                found.append(Line(share / states, index, jnp.asarray(mode.E_rest(signal)), zero, a, 1 - 2 * k))
        elif isinstance(mode, ToSterile):
            E_rest, m_out = jnp.asarray(mode.E_rest(signal)), jnp.asarray(mode.m_Np, dtype=float)
            found.append(Line(share, index, E_rest, m_out, jnp.asarray(mode.asymmetry(signal)), 0))
        elif isinstance(mode, PhotonMode):
            raise ValueError(f"decay mode {type(mode).__name__} cannot be generated: use Radiative or ToSterile")
        else:
            found.append(Line(share, index, zero, zero, zero, 0))
    return tuple(found)


class Density(eqx.Module):
    r"""Rate of events per neutrino energy and recoil coordinate v in [0, 1], per unit flux and per nucleus.

    .. math:: \frac{d\sigma}{dE_R}\, \left(e^{-\ell_{min}/\lambda(E_N)} - e^{-L/\lambda(E_N)}\right) w(E_\nu, E_R)\,
              \frac{dE_R}{dv}, \qquad
              E_R = E_R^{low} \left(\frac{E_R^{high}}{E_R^{low}}\right)^v \text{ or }
              E_R^{low} + v\, (E_R^{high} - E_R^{low})

    The limits are those of kinematics and of the recoil window. Up-scattering falls like 1/E_R and takes the first
    form; CEvNS is finite at E_R = 0 and takes the second.

    Parameters
    ----------
    process : Interaction
        `Dipole` or `CEvNS`.
    window : Selection
        Its recoil window restricts the events.
    decay : Decay or None
        If given, only decays between `near` and `path` count.
    path, near : float
        Longest and least length of flight [mm].
    importance : callable or None
        Extra weight of sampling.

    """

    process: Interaction
    window: Selection
    decay: Decay | None
    path: Array
    near: Array
    importance: Importance | None = eqx.field(static=True, default=None)

    def recoil(self, E_nu: Array, v: Array, isotope: Isotope) -> tuple[Array, Array]:
        """Recoil energy and its derivative to v [MeV]; the derivative is zero where there is no phase space."""
        m, m_A = self.process.m_out, isotope.m_A
        high = jnp.minimum(kinematics.E_R_max(E_nu, m, m_A), self.window.E_R_max)
        if isinstance(self.process, Dipole):
            low = jnp.maximum(kinematics.E_R_min(E_nu, m, m_A), self.window.E_R_min)
            span = jnp.log(jnp.maximum(high / low, 1.0))
            E_R = low * jnp.exp(v * span)
            return E_R, span * E_R
        low = jnp.asarray(self.window.E_R_min, dtype=float)
        span = jnp.maximum(high - low, 0.0)
        return low + v * span, span

    def __call__(self, E_nu: Array, v: Array, isotope: Isotope) -> tuple[Array, Array]:
        """Recoil energy [MeV] and density [mm^2]."""
        E_R, slope = self.recoil(E_nu, v, isotope)
        c0, c1, c2 = self.process.series(E_R, isotope)
        density = slope * jnp.maximum(c0 + (c1 + c2 / E_nu) / E_nu, 0.0)
        if self.decay is not None and isinstance(self.process, Dipole):
            density = density * self.decay.probability_between(E_nu - E_R, self.near, self.path, self.process)
        if self.importance is not None:
            density = density * self.importance(E_nu, E_R)
        return E_R, jnp.where(slope > 0, density, 0.0)


def take(isotopes: Isotope, i: Array) -> Isotope:
    """Isotopes number i of a stack."""
    taken: Isotope = jax.tree.map(lambda leaf: leaf[i], isotopes)
    return taken


def onset(density: Density, m_A: float) -> tuple[float, list[float]]:
    """Least neutrino energy with phase space in the recoil window, and the energies where its limits have a kink."""
    m, window = float(density.process.m_out), density.window  # type: ignore[arg-type]
    edges = [float(e) for e in (window.E_R_min, window.E_R_max) if 0 < float(e) < math.inf]
    kinks = [float(kinematics.E_nu_min(edge, m, m_A)) for edge in edges]
    apex = m * m / (2 * (m_A + m))
    threshold = float(kinematics.threshold(m, m_A))
    if float(window.E_R_min) > apex or float(window.E_R_max) < apex:
        outside = [float(e) for e in (window.E_R_min,) if float(e) > apex] or [float(window.E_R_max)]
        threshold = float(kinematics.E_nu_min(outside[0], m, m_A))
    return threshold, kinks
