"""Photon spectra in energy and angle."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from nushine.decay import RADIATIVE, Decay, PhotonMode, flight, photon_angle_density, photon_energy_density
from nushine.interactions.dipole import Dipole
from nushine.numerics import quadrature
from nushine.numerics.calls import checked
from nushine.numerics.checks import require_between, require_non_negative
from nushine.numerics.compilation import jit
from nushine.rates.plane import (
    EVERYTHING,
    N_R,
    Selection,
    least_E_N,
    outer,
    photon_breaks,
    recoil_at_angle,
    sum_over_isotopes,
    weighted_points,
    within_reach,
)
from nushine.sources.base import Beam, Source
from nushine.targets.compounds import Target
from nushine.targets.isotopes import Isotope


@checked
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

    Raises
    ------
    ValueError
        For negative or non-finite energies, and for a negative path.

    """
    require_non_negative("E_gamma", E_gamma, "MeV")
    require_non_negative("path", path, "mm")
    return _photon_spectrum(jnp.asarray(E_gamma, dtype=float), source, target, signal, path, decay, selection)


@jit
def _photon_spectrum(
    E_gamma: Array,
    source: Source,
    target: Target,
    signal: Dipole,
    path: ArrayLike,
    decay: Decay,
    selection: Selection,
) -> Array:
    visible = (E_gamma > 0) & (E_gamma >= selection.E_gamma_min)
    safe = jnp.where(visible, E_gamma, 1.0)
    return jnp.where(visible, _summed(_energy_density, safe, source, target, signal, path, decay, selection), 0.0)


def _energy_density(
    E_gamma: Array,
    beam: Beam,
    isotope: Isotope,
    signal: Dipole,
    path: ArrayLike,
    decay: Decay,
    mode: PhotonMode,
    selection: Selection,
) -> Array:
    """dR/dE_gamma per nucleus at one photon energy, for one beam and mode."""
    m_N, E_rest = signal.m_N, mode.open_E_rest(signal)
    breaks = photon_breaks(E_gamma, E_rest, m_N, isotope.m_A)
    E, w, low, high = outer(beam, isotope, signal, selection, breaks[0], breaks)
    high = jnp.maximum(jnp.minimum(high, E - least_E_N(E_gamma / E_rest, m_N)), low)
    x, w_R = quadrature.interval(jnp.log(low), jnp.log(high), N_R)
    plane = weighted_points(beam, isotope, signal, E, w, x, w_R)
    N = flight(plane.E_nu, plane.E_R, m_N, isotope.m_A, isotope.spin)
    density = photon_energy_density(E_gamma, N, E_rest, mode.asymmetry(signal), selection.cos_theta_min)
    return jnp.sum(plane.rate * decay.probability_between(N.E, selection.flight_min, path, signal) * density)


@checked
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

    Raises
    ------
    ValueError
        For cosines out of range, and for a negative path.

    """
    require_between("cos_theta", cos_theta, -1.0, 1.0)
    require_non_negative("path", path, "mm")
    return _photon_angle_spectrum(jnp.asarray(cos_theta, dtype=float), source, target, signal, path, decay, selection)


@jit
def _photon_angle_spectrum(
    cos_theta: Array,
    source: Source,
    target: Target,
    signal: Dipole,
    path: ArrayLike,
    decay: Decay,
    selection: Selection,
) -> Array:
    visible = cos_theta >= selection.cos_theta_min
    theta = jnp.arccos(jnp.where(visible, cos_theta, 0.0))
    return jnp.where(visible, _summed(_angle_density, theta, source, target, signal, path, decay, selection), 0.0)


def _angle_density(
    theta: Array,
    beam: Beam,
    isotope: Isotope,
    signal: Dipole,
    path: ArrayLike,
    decay: Decay,
    mode: PhotonMode,
    selection: Selection,
) -> Array:
    """dR/dcos(theta) per nucleus at one angle, for one beam and mode.

    Fast N send the photon within m_N/E_N of their own direction: the recoil quadrature is dense where N flies there.
    """
    m_N, E_rest = signal.m_N, mode.open_E_rest(signal)
    breaks = photon_breaks(selection.E_gamma_min, E_rest, m_N, isotope.m_A)
    E, w, low, high = outer(beam, isotope, signal, selection, 0.0, breaks)
    low, high = jnp.log(low), jnp.log(jnp.maximum(low, high))
    centre, width = recoil_at_angle(theta, E, m_N, isotope.m_A)
    x, w_R = quadrature.around(low, high, centre, width, N_R)
    plane = weighted_points(beam, isotope, signal, E, w, x, w_R)
    N = flight(plane.E_nu, plane.E_R, m_N, isotope.m_A, isotope.spin)
    density = photon_angle_density(theta, N, E_rest, mode.asymmetry(signal), selection.E_gamma_min)
    return jnp.sum(plane.rate * decay.probability_between(N.E, selection.flight_min, path, signal) * density)


Density = Callable[[Array, Beam, Isotope, Dipole, ArrayLike, Decay, PhotonMode, Selection], Array]


def _summed(
    density: Density,
    x: Array,
    source: Source,
    target: Target,
    signal: Dipole,
    path: ArrayLike,
    decay: Decay,
    selection: Selection,
) -> Array:
    """Sum a density over beams, isotopes and photon modes at each x, a few points at a time to bound the memory."""
    signal = within_reach(signal, source)

    def at_point(value: Array) -> Array:
        def of_isotope(isotope: Isotope) -> Array:
            rate = jnp.zeros(())
            for beam in source.beams:
                for branching, mode in decay.photons(signal):
                    rate += branching * density(value, beam, isotope, signal, path, decay, mode, selection)
            return rate

        return sum_over_isotopes(target, of_isotope)

    values: Array = jax.lax.map(at_point, x.ravel(), batch_size=8)
    return values.reshape(x.shape)
