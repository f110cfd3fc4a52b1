"""The folding: flux x cross section x decay, by deterministic quadrature.

Rates are per bulk mass of the target and per time, in `hepunits`: multiply by ``kg * day`` (and ``keV``) to read them.
"""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from nushine import kinematics
from nushine.decay import (
    RADIATIVE,
    Decay,
    PhotonMode,
    flight,
    photon_acceptance,
    photon_angle_density,
    photon_energy_density,
)
from nushine.interactions.base import Interaction
from nushine.interactions.dipole import Dipole
from nushine.numerics import quadrature
from nushine.numerics.checks import require_between, require_non_negative
from nushine.sources.base import Beam, Source
from nushine.targets.compounds import Target
from nushine.targets.isotopes import Isotope

N_E = 6
"""Quadrature points per flux segment (a typical source has 50 segments)."""

N_R = 48
"""Quadrature points in the logarithm of the recoil energy."""


class Selection(eqx.Module):
    """What an event must show.

    Parameters
    ----------
    E_R_min, E_R_max : float
        Window of the nuclear recoil energy [MeV].
    E_gamma_min : float
        Photon threshold [MeV].
    cos_theta_min : float
        Photons within this cone about the beam direction: 0 is the forward hemisphere ("downstream"), -1 everything.

    """

    E_R_min: float | Array = 0.0
    E_R_max: float | Array = jnp.inf
    E_gamma_min: float | Array = 0.0
    cos_theta_min: float | Array = -1.0

    def __check_init__(self) -> None:
        """Reject negative energies and cosines out of range."""
        require_non_negative("E_R_min", self.E_R_min, "MeV")
        require_non_negative("E_gamma_min", self.E_gamma_min, "MeV")
        require_between("cos_theta_min", self.cos_theta_min, -1.0, 1.0)


EVERYTHING = Selection()
"""No selection at all."""

E_R_FLOOR = 1e-24
"""Recoils below this fraction of the largest are left out: they matter for m_N = 0 alone."""

FLAT = 1e3
"""Width of a peak in log E_R that is no peak: the quadrature is then the plain one."""


@jax.jit
def recoil_rate(E_R: ArrayLike, source: Source, target: Target, interaction: Interaction) -> Array:
    r"""Recoil spectrum per target mass and time.

    .. math:: \frac{dR}{dE_R} = \sum_i n_i \int_{E^{min}_{\nu,i}(E_R)}^\infty dE_\nu\, \Phi(E_\nu) \frac{d\sigma_i}{dE_R}
              = \sum_i n_i \left[c_0 T_0 + c_1 T_1 + c_2 T_2\right], \quad
              T_k = \int_{E^{min}_\nu}^\infty dE_\nu \frac{\Phi(E_\nu)}{E_\nu^k}

    Parameters
    ----------
    E_R : array_like, any shape
        Recoil energies [MeV].
    source, target, interaction
        Flux, nuclei, and cross section. Vectorise over masses with `jax.vmap` over the interaction.

    Returns
    -------
    Array
        dR/dE_R [1/(mass ns MeV)], zero at or below E_R = 0 and beyond the end point.

    Notes
    -----
    Exact to rounding for fluxes that are piecewise polynomials (every source here): the moments T_k are known in
    closed form on each segment.

    """
    E_R = jnp.asarray(E_R)
    positive = E_R > 0
    safe = jnp.where(positive, E_R, 1.0)

    def of_isotope(isotope: Isotope) -> Array:
        c = interaction.series(safe, isotope)
        E_min = kinematics.E_nu_min(safe, interaction.m_out, isotope.m_A)
        rate = jnp.zeros_like(safe)
        for beam in source.beams:
            rate += interaction.strength(beam.flavour) * _moments(beam, E_min, c)
        return rate

    rates = jax.lax.map(of_isotope, target.isotopes)
    return jnp.where(positive, jnp.maximum(jnp.tensordot(target.number_per_mass, rates, 1), 0.0), 0.0)


def _moments(beam: Beam, E_min: Array, c: tuple[Array, Array, Array]) -> Array:
    """Integral of flux times c0 + c1/E + c2/E^2 over E > E_min, continuum and lines."""
    start = jnp.maximum(E_min, beam.continuum.knots[0])
    rate = sum((c[k] * beam.continuum.tail(k)(start) for k in range(3)), jnp.zeros_like(E_min))
    for E, flux in zip(beam.lines_E, beam.lines_flux, strict=True):
        rate += jnp.where(E_min <= E, flux * (c[0] + (c[1] + c[2] / E) / E), 0.0)
    return rate


def _beam_nodes(beam: Beam, E_low: Array, breaks: Array) -> tuple[Array, Array]:
    """Neutrino energies above E_low and their weights (flux times quadrature weight); lines come last."""
    knots = beam.continuum.knots
    E, w = quadrature.from_onset(E_low, jnp.concatenate([knots, jnp.minimum(breaks, knots[-1])]), N_E)
    above = beam.lines_E > E_low
    lines_E = jnp.where(above, beam.lines_E, E_low + 1.0)
    return jnp.concatenate([E, lines_E]), jnp.concatenate(
        [w * beam.continuum(E), jnp.where(above, beam.lines_flux, 0.0)]
    )


class Points(eqx.Module):
    """Points of the (E_nu, E_R) plane of one beam on one isotope, with the rate that each carries."""

    E_nu: Array
    E_R: Array
    rate: Array


def _outer(
    beam: Beam, isotope: Isotope, interaction: Interaction, selection: Selection, E_low: ArrayLike, breaks: Array
) -> tuple[Array, Array, Array, Array]:
    """Neutrino energies, their weights, and the recoil range of each inside the window, all of shape (J,)."""
    m, m_A = interaction.m_out, isotope.m_A
    edges = jnp.stack([jnp.asarray(selection.E_R_min), jnp.asarray(selection.E_R_max)])
    finite = (edges > 0) & jnp.isfinite(edges)
    kinks = jnp.where(finite, kinematics.E_nu_min(jnp.where(finite, edges, 1.0), m, m_A), 0.0)
    onset = jnp.maximum(kinematics.threshold(m, m_A), E_low)
    E, w = _beam_nodes(beam, onset, jnp.concatenate([breaks, kinks]))
    high = kinematics.E_R_max(E, m, m_A)
    low = jnp.maximum(kinematics.E_R_min(E, m, m_A), E_R_FLOOR * high)
    return E, w, jnp.maximum(low, selection.E_R_min), jnp.minimum(high, selection.E_R_max)


def _points(
    beam: Beam, isotope: Isotope, interaction: Interaction, E: Array, w: Array, log_E_R: Array, w_R: Array
) -> Points:
    """Attach dsigma/dE_R and the weights of both quadratures."""
    E_nu, E_R = E[:, None], jnp.exp(log_E_R)
    c0, c1, c2 = interaction.series(E_R, isotope)
    density = E_R * (c0 + (c1 + c2 / E_nu) / E_nu)
    return Points(E_nu, E_R, interaction.strength(beam.flavour) * w[:, None] * w_R * density)


def _production(
    beam: Beam, isotope: Isotope, interaction: Interaction, selection: Selection, breaks: Array
) -> Points:
    """Cover the whole allowed plane inside the recoil window, densely where N flies along the edge of the cone."""
    E, w, low, high = _outer(beam, isotope, interaction, selection, 0.0, breaks)
    low, high = jnp.log(low), jnp.log(jnp.maximum(high, low))
    centre, width = _recoil_at_angle(jnp.arccos(selection.cos_theta_min), E, interaction.m_out, isotope.m_A)
    x, w_R = quadrature.around(low, high, centre, jnp.where(selection.cos_theta_min > -1, width, FLAT), N_R)
    return _points(beam, isotope, interaction, E, w, x, w_R)


def _sum_over_isotopes(target: Target, of_isotope: Callable[[Isotope], Array]) -> Array:
    return jnp.tensordot(target.number_per_mass, jax.lax.map(of_isotope, target.isotopes), 1)


@jax.jit
def scattering_rate(
    source: Source, target: Target, interaction: Interaction, selection: Selection = EVERYTHING
) -> Array:
    """Number of scatterings per target mass and time [1/(mass ns)] with the recoil inside the window.

    Relative accuracy 1e-8 or better (reactor fluxes, m_N from 1e-3 to 9 MeV).
    """

    def of_isotope(isotope: Isotope) -> Array:
        return sum(
            (jnp.sum(_production(b, isotope, interaction, selection, jnp.zeros(0)).rate) for b in source.beams),
            jnp.zeros(()),
        )

    return _sum_over_isotopes(target, of_isotope)


def _photon_breaks(E_gamma: ArrayLike, E_rest: ArrayLike, m_N: ArrayLike, m_A: ArrayLike) -> Array:
    r"""Neutrino energies between which a photon energy begins to be reached (or passed by all photons).

    An N of energy :math:`E_N = \tfrac12 m_N (u + 1/u)`, u = E_gamma/E*, has E_gamma at the end of its range; it
    comes from neutrinos of energy E_N plus the recoil.
    """
    u = jnp.asarray(E_gamma) / E_rest
    positive = u > 0
    u = jnp.where(positive, u, 1.0)
    E_N = m_N * (1 + (u - 1) ** 2 / (2 * u))
    low, high = kinematics.E_R_limits_at_E_N(E_N, m_N, m_A)
    return jnp.where(positive, jnp.stack([E_N + low, E_N + jnp.where(jnp.isfinite(high), high, low)]), 0.0)


class Yield(eqx.Module):
    r"""Rate of visible decays as a function of the moment, everything else fixed.

    .. math:: R(\mu) = \mu^2 \sum_c B_c \sum_j w_{cj} P_j, \qquad P_j = 1 - e^{-\ell/\lambda_j(\mu)}

    Made by `sterile_yield`: points j of the (E_nu, E_R) plane for all isotopes and beams, decay channels c.

    Parameters
    ----------
    weights : Array, shape (C, J)
        Rate [1/(mass ns)] of visible photons for mu = 1 mu_B if N always decayed through channel c.
    E_N : Array, shape (J,)
        Energy of N [MeV].
    signal, decay, path
        As given to `sterile_yield`.

    """

    weights: Array
    E_N: Array
    signal: Dipole
    decay: Decay
    path: Array

    def __call__(self, mu: ArrayLike) -> Array:
        """Rate [1/(mass ns)] for one moment mu [mu_B]."""
        signal = eqx.tree_at(lambda s: s.mu, self.signal, mu)
        probability = self.decay.probability(self.E_N, self.path, signal)
        branching = jnp.stack([jnp.asarray(b) for b, _ in self.decay.photons(signal)])
        return jnp.asarray(mu) ** 2 * jnp.dot(branching, self.weights @ probability)


@jax.jit
def sterile_yield(
    source: Source,
    target: Target,
    signal: Dipole,
    path: ArrayLike,
    decay: Decay = RADIATIVE,
    selection: Selection = EVERYTHING,
) -> Yield:
    """Fold flux, up-scattering and photon acceptance once, for all couplings (see `Yield` and `sterile_rate`)."""
    unit = eqx.tree_at(lambda s: s.mu, signal, 1.0)
    channels = [channel for _, channel in decay.photons(unit)]

    def of_isotope(isotope: Isotope) -> tuple[Array, Array]:
        weights, energies = [], []
        for beam in source.beams:
            breaks = [_photon_breaks(selection.E_gamma_min, c.E_rest(unit), unit.m_N, isotope.m_A) for c in channels]
            points = _production(beam, isotope, unit, selection, jnp.concatenate([jnp.zeros(0), *breaks]))
            N = flight(points.E_nu, points.E_R, unit.m_N, isotope.m_A, isotope.spin)
            accepted = [
                photon_acceptance(N, c.E_rest(unit), c.asymmetry(unit), selection.E_gamma_min, selection.cos_theta_min)
                for c in channels
            ]
            weights.append(jnp.stack([(points.rate * a).ravel() for a in accepted]))
            energies.append(N.E.ravel())
        return jnp.concatenate(weights, axis=1), jnp.concatenate(energies)

    weights, E_N = jax.lax.map(of_isotope, target.isotopes)
    weights = jnp.moveaxis(weights * target.number_per_mass[:, None, None], 1, 0)
    return Yield(weights.reshape(len(channels), -1), E_N.ravel(), unit, decay, jnp.asarray(path))


@jax.jit
def sterile_rate(
    source: Source,
    target: Target,
    signal: Dipole,
    path: ArrayLike,
    decay: Decay = RADIATIVE,
    selection: Selection = EVERYTHING,
) -> Array:
    r"""Rate of up-scattering followed by a visible photon within the path [1/(mass ns)].

    .. math:: R = \sum_i n_i \int dE_\nu\, \Phi \int dE_R \frac{d\sigma_i}{dE_R}
              \left(1 - e^{-\ell/\lambda}\right) B_\gamma\, A_\gamma(E_\nu, E_R)

    Parameters
    ----------
    source, target, signal
        Flux, nuclei, and the up-scattering.
    path : float
        Length of flight inside the instrumented volume [mm].
    decay : Decay
        `RADIATIVE` (default), `PROMPT`, or any set of channels.
    selection : Selection
        Recoil window, photon threshold and cone; everything by default.

    Notes
    -----
    A_gamma, the fraction of photons above threshold and in the cone, is in closed form at each point; the integrals
    have a relative accuracy of 1e-6 or better without a cone (see docs/validation).

    """
    return sterile_yield(source, target, signal, path, decay, selection)(signal.mu)


@jax.jit
def photon_spectrum(
    E_gamma: ArrayLike,
    source: Source,
    target: Target,
    signal: Dipole,
    path: ArrayLike,
    decay: Decay = RADIATIVE,
    selection: Selection = EVERYTHING,
) -> Array:
    """Photon energy spectrum dR/dE_gamma [1/(mass ns MeV)] of decays within the path.

    Parameters
    ----------
    E_gamma : array_like, any shape
        Photon energies [MeV].
    source, target, signal, path, decay, selection
        As for `sterile_rate`.

    Returns
    -------
    Array
        The spectrum; zero outside the kinematic range and below the photon threshold.

    """
    unit_decays = decay.photons(signal)

    def density(E: Array) -> Array:
        def of_isotope(isotope: Isotope) -> Array:
            rate = jnp.zeros(())
            for beam in source.beams:
                for branching, channel in unit_decays:
                    rate += branching * _energy_density(E, beam, isotope, signal, path, decay, channel, selection)
            return rate

        return _sum_over_isotopes(target, of_isotope)

    E_gamma = jnp.asarray(E_gamma)
    visible = (E_gamma > 0) & (E_gamma >= selection.E_gamma_min)
    spectrum = _map(density, jnp.where(visible, E_gamma, 1.0))
    return jnp.where(visible, spectrum, 0.0)


def _energy_density(
    E_gamma: Array,
    beam: Beam,
    isotope: Isotope,
    signal: Dipole,
    path: ArrayLike,
    decay: Decay,
    channel: PhotonMode,
    selection: Selection,
) -> Array:
    """dR/dE_gamma per nucleus at one photon energy, for one beam and channel."""
    m_N, E_rest = signal.m_N, channel.E_rest(signal)
    breaks = _photon_breaks(E_gamma, E_rest, m_N, isotope.m_A)
    E, w, low, high = _outer(beam, isotope, signal, selection, breaks[0], breaks)
    u = E_gamma / E_rest
    E_N_least = m_N * (1 + (u - 1) ** 2 / (2 * u))
    high = jnp.maximum(jnp.minimum(high, E - E_N_least), low)
    x, w_R = quadrature.interval(jnp.log(low), jnp.log(high), N_R)
    points = _points(beam, isotope, signal, E, w, x, w_R)
    N = flight(points.E_nu, points.E_R, m_N, isotope.m_A, isotope.spin)
    density = photon_energy_density(E_gamma, N, E_rest, channel.asymmetry(signal), selection.cos_theta_min)
    return jnp.sum(points.rate * decay.probability(N.E, path, signal) * density)


@jax.jit
def photon_angle_spectrum(
    cos_theta: ArrayLike,
    source: Source,
    target: Target,
    signal: Dipole,
    path: ArrayLike,
    decay: Decay = RADIATIVE,
    selection: Selection = EVERYTHING,
) -> Array:
    """Distribution of the photon's angle to the beam, dR/dcos(theta) [1/(mass ns)], of decays within the path.

    Parameters
    ----------
    cos_theta : array_like, any shape
        Cosine of the photon's angle to the beam, from -1 to 1.
    source, target, signal, path, decay, selection
        As for `sterile_rate`.

    Returns
    -------
    Array
        The spectrum; zero outside the cone of the selection.

    """
    unit_decays = decay.photons(signal)

    def density(theta: Array) -> Array:
        def of_isotope(isotope: Isotope) -> Array:
            rate = jnp.zeros(())
            for beam in source.beams:
                for branching, channel in unit_decays:
                    rate += branching * _angle_density(theta, beam, isotope, signal, path, decay, channel, selection)
            return rate

        return _sum_over_isotopes(target, of_isotope)

    cos_theta = jnp.asarray(cos_theta)
    visible = (jnp.abs(cos_theta) <= 1) & (cos_theta >= selection.cos_theta_min)
    return jnp.where(visible, _map(density, jnp.arccos(jnp.where(visible, cos_theta, 0.0))), 0.0)


def _angle_density(
    theta: Array,
    beam: Beam,
    isotope: Isotope,
    signal: Dipole,
    path: ArrayLike,
    decay: Decay,
    channel: PhotonMode,
    selection: Selection,
) -> Array:
    """dR/dcos(theta) per nucleus at one angle, for one beam and channel.

    Fast N send the photon within m_N/E_N of their own direction: the recoil quadrature is dense where N flies there.
    """
    m_N, E_rest = signal.m_N, channel.E_rest(signal)
    breaks = _photon_breaks(selection.E_gamma_min, E_rest, m_N, isotope.m_A)
    E, w, low, high = _outer(beam, isotope, signal, selection, 0.0, breaks)
    low, high = jnp.log(low), jnp.log(jnp.maximum(low, high))
    centre, width = _recoil_at_angle(theta, E, m_N, isotope.m_A)
    x, w_R = quadrature.around(low, high, centre, width, N_R)
    points = _points(beam, isotope, signal, E, w, x, w_R)
    N = flight(points.E_nu, points.E_R, m_N, isotope.m_A, isotope.spin)
    density = photon_angle_density(theta, N, E_rest, channel.asymmetry(signal), selection.E_gamma_min)
    return jnp.sum(points.rate * decay.probability(N.E, path, signal) * density)


def _recoil_at_angle(theta: Array, E_nu: Array, m_N: ArrayLike, m_A: ArrayLike) -> tuple[Array, Array]:
    """Log of the recoil energy for which N flies at theta (up to E_R/E_nu), and its change over the angle m_N/E_N."""
    p = kinematics.momentum(E_nu, m_N)
    slack = jnp.asarray(m_N) ** 2 / (E_nu + p)
    E_R = (2 * E_nu * (slack + 2 * p * jnp.sin(theta / 2) ** 2) - jnp.asarray(m_N) ** 2) / (2 * m_A)
    E_R = jnp.maximum(E_R, kinematics.E_R_min(E_nu, m_N, m_A))
    slope = E_nu * p * jnp.sin(theta) / (m_A * E_R)
    return jnp.log(E_R), jnp.where(slope > 0, jnp.clip(slope * m_N / E_nu, 1e-9, FLAT), FLAT)


def _map(function: Callable[[Array], Array], x: Array) -> Array:
    """Apply a scalar function over an array of any shape, a few points at a time to bound the memory."""
    return jax.lax.map(function, x.ravel(), batch_size=8).reshape(x.shape)
