r"""Neutrinos from pions and muons that decay at rest, as at a spallation source.

.. math:: \pi^+ \to \mu^+ \nu_\mu, \qquad \mu^+ \to e^+ \nu_e \bar\nu_\mu

One neutrino of each kind per stopped pion. The first is prompt (`tau_pi`) and has one energy, the other two are
delayed (`tau_mu`) and have the Michel spectra.
"""

from collections.abc import Callable
from math import pi
from typing import Final

import jax.numpy as jnp
import numpy as np
from hepunits import ns
from jax import Array
from jax.typing import ArrayLike
from numpy.typing import NDArray

from nushine.constants import m_mu, m_pi
from nushine.numerics.checks import require_finite, require_non_negative, require_positive
from nushine.numerics.compilation import needs_jax
from nushine.numerics.piecewise import Piecewise, geometric
from nushine.sources.base import ELECTRON, MUON, Beam, Source

FloatArray = NDArray[np.float64]

tau_pi: Final = 26.033 * ns
"""Mean life of the charged pion [ns]. Particle Data Group, Phys. Rev. D 110, 030001 (2024)."""

tau_mu: Final = 2196.9811 * ns
"""Mean life of the muon [ns]. Particle Data Group, Phys. Rev. D 110, 030001 (2024)."""

E_prompt: Final = (m_pi - m_mu) * (m_pi + m_mu) / (2 * m_pi)
"""Energy of the prompt muon neutrino [MeV], 29.79 MeV."""

E_end: Final = m_mu / 2
"""End point of the Michel spectra [MeV], 52.83 MeV, with the electron mass neglected."""


@needs_jax
def nu_e_spectrum(E_nu: ArrayLike) -> Array:
    r"""Normalised spectrum of electron neutrinos from muons at rest [1/MeV] at E_nu [MeV], any shape.

    .. math:: \frac{dN}{dE_\nu} = \frac{192 E_\nu^2}{m_\mu^3} \left(\frac12 - \frac{E_\nu}{m_\mu}\right),
              \qquad 0 \le E_\nu \le \frac{m_\mu}{2}

    Examples
    --------
    >>> print(f"{nu_e_spectrum(m_mu / 3) * m_mu:.6f}")      # the maximum: 32/9
    3.555556

    """
    x, inside = _scaled(E_nu)
    return jnp.where(inside, 192 * x**2 * (0.5 - x) / m_mu, 0.0)


@needs_jax
def nubar_mu_spectrum(E_nu: ArrayLike) -> Array:
    r"""Normalised spectrum of muon antineutrinos from muons at rest [1/MeV] at E_nu [MeV], any shape.

    .. math:: \frac{dN}{dE_\nu} = \frac{64 E_\nu^2}{m_\mu^3} \left(\frac34 - \frac{E_\nu}{m_\mu}\right),
              \qquad 0 \le E_\nu \le \frac{m_\mu}{2}

    Examples
    --------
    >>> print(f"{nubar_mu_spectrum(m_mu / 2) * m_mu:.6f}")  # at the end point: 4
    4.000000

    """
    x, inside = _scaled(E_nu)
    return jnp.where(inside, 64 * x**2 * (0.75 - x) / m_mu, 0.0)


@needs_jax
def pion_decay_at_rest(flux_per_flavour: ArrayLike, name: str = "pion decay at rest") -> Source:
    """Source of pions and muons at rest: a line of nu_mu, and continua of nu_e and nubar_mu.

    Parameters
    ----------
    flux_per_flavour : float
        Flux at the detector of each of the three kinds [1/(mm^2 ns)], zero or above.
    name : str
        Label.

    Returns
    -------
    Source
        Three beams, in the order nu_mu, nu_e, nubar_mu.

    Raises
    ------
    ValueError
        For a flux that is negative or NaN.

    Notes
    -----
    Tree level with a massless electron; radiative corrections change the Michel spectra by 0.3-0.4 % around their
    peak [1]. Decays in flight (about 1 % at a spallation source) and negative pions and muons, which nuclei capture,
    are left out.

    References
    ----------
    T. Kinoshita and A. Sirlin, Phys. Rev. 113, 1652 (1959).
    [1] O. Tomalak, Phys. Lett. B 829, 137108 (2022).

    Examples
    --------
    >>> from hepunits import cm, s
    >>> source = pion_decay_at_rest(1e7 / (cm**2 * s))
    >>> print(f"{source.total() * (cm**2 * s):.3g}, end point {source.E_max:.2f} MeV")
    3e+07, end point 52.83 MeV

    """
    require_non_negative("flux_per_flavour", flux_per_flavour, "1/(mm^2 ns)")
    flux = jnp.asarray(flux_per_flavour, dtype=float)
    nothing = Piecewise(jnp.array([E_prompt / 2, E_prompt]), jnp.zeros((1, 1)))
    line = jnp.array([E_prompt]), jnp.reshape(flux, (1,))
    return Source(
        name,
        (
            Beam(nothing, *line, flavour=MUON),
            Beam(_shape(nu_e_spectrum) * flux, flavour=ELECTRON),
            Beam(_shape(nubar_mu_spectrum) * flux, flavour=MUON, antineutrino=True),
        ),
    )


@needs_jax
def from_spallation(
    protons_per_time: ArrayLike,
    yield_per_proton: ArrayLike,
    distance: ArrayLike,
    name: str = "pion decay at rest",
) -> Source:
    r"""Source of pions and muons at rest made by a proton beam on a target.

    .. math:: \Phi = \frac{r\, \dot N_p}{4 \pi L^2} \quad \text{for each of the three kinds}

    Parameters
    ----------
    protons_per_time : float
        Protons on target per time [1/ns].
    yield_per_proton : float
        Decays at rest per proton, r: neutrinos of each kind.
    distance : float
        From target to detector, L [mm].
    name : str
        Label.

    Returns
    -------
    Source
        As `pion_decay_at_rest`.

    Raises
    ------
    ValueError
        For a rate or yield that is negative or NaN, and for a distance that is not above zero.

    Examples
    --------
    The liquid-argon detector of COHERENT [1]: 0.09 per proton, 27.5 m, here at 1.4 MW of 1 GeV protons.

    >>> from hepunits import GeV, MW, cm, m, s
    >>> source = from_spallation(1.4 * MW / GeV, 0.09, 27.5 * m)
    >>> print(f"{source.total() / 3 * (cm**2 * s):.2e}")
    8.28e+06

    References
    ----------
    [1] COHERENT Collaboration, arXiv:2006.12659 (2020).

    """
    require_non_negative("protons_per_time", protons_per_time, "1/ns")
    require_non_negative("yield_per_proton", yield_per_proton)
    require_positive("distance", distance, "mm")
    emitted = jnp.asarray(protons_per_time) * yield_per_proton
    return pion_decay_at_rest(emitted / (4 * pi * jnp.asarray(distance) ** 2), name)


@needs_jax
def prompt_time(t: ArrayLike) -> Array:
    r"""Distribution of the pion's decay [1/ns] at time t [ns] after a proton pulse of no length: the nu_mu line.

    .. math:: \frac{dN}{dt} = \frac{e^{-t/\tau_\pi}}{\tau_\pi}, \qquad t \ge 0
    """
    require_finite("t", t, "ns")
    t = jnp.asarray(t, dtype=float)
    return jnp.where(t >= 0, jnp.exp(-jnp.maximum(t, 0.0) / tau_pi) / tau_pi, 0.0)


@needs_jax
def delayed_time(t: ArrayLike) -> Array:
    r"""Distribution of the muon's decay [1/ns] at time t [ns] after a proton pulse of no length: nu_e and nubar_mu.

    .. math:: \frac{dN}{dt} = \frac{e^{-t/\tau_\mu} - e^{-t/\tau_\pi}}{\tau_\mu - \tau_\pi}, \qquad t \ge 0

    Examples
    --------
    >>> t = jnp.linspace(0.0, 1500.0, 3001)                 # the first 1.5 microseconds
    >>> print(f"{jnp.trapezoid(prompt_time(t), t):.3f} {jnp.trapezoid(delayed_time(t), t):.3f}")
    1.000 0.489

    """
    require_finite("t", t, "ns")
    t = jnp.maximum(jnp.asarray(t, dtype=float), 0.0)
    return -jnp.exp(-t / tau_mu) * jnp.expm1(t / tau_mu - t / tau_pi) / (tau_mu - tau_pi)


def _scaled(E_nu: ArrayLike) -> tuple[Array, Array]:
    """E_nu / m_mu, and whether it is within the spectrum."""
    E_nu = jnp.asarray(E_nu, dtype=float)
    return E_nu / m_mu, (E_nu >= 0) & (E_nu <= E_end)


def _shape(spectrum: Callable[[FloatArray], Array]) -> Piecewise:
    """The spectrum in pieces short enough for exact moments."""
    return Piecewise.interpolate(lambda E: np.asarray(spectrum(E)), geometric([0.0, E_end]), degree=3)
