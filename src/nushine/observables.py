"""What an experiment sees: event numbers and spectra, of signal and background."""

from collections.abc import Callable
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array
from jax.typing import ArrayLike

from nushine.decay import RADIATIVE, Decay
from nushine.detectors import COINCIDENCE, PHOTON, RECOIL, Channel
from nushine.experiments import Experiment
from nushine.experiments.channels import channel_of, path_of
from nushine.interactions.cevns import CEvNS
from nushine.interactions.dipole import Dipole, Nature
from nushine.numerics.arrays import as_array
from nushine.numerics.calls import checked
from nushine.numerics.checks import as_numbers
from nushine.numerics.compilation import require_jax
from nushine.rates import photon_angle_spectrum, photon_spectrum, recoil_rate, scattering_rate, sterile_yield

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Spectrum:
    """A differential distribution of events in an experiment.

    Parameters
    ----------
    x : array, shape (n,)
        Recoil energy [MeV], photon energy [MeV] or cosine of the photon angle.
    density : array, shape (n,)
        Events per unit of x in the exposure of the experiment.
    variable : str
        "E_R", "E_gamma" or "cos_theta_gamma".
    experiment, process : str
        What it was computed for.

    """

    x: FloatArray
    density: FloatArray
    variable: str
    experiment: str
    process: str


@dataclass(frozen=True)
class EventMap:
    """Expected events over the plane of mass and moment.

    Parameters
    ----------
    m_N : array, shape (n,)
        Masses [MeV].
    mu : array, shape (k,)
        Moments [mu_B].
    events : array, shape (n, k)
        Events in the exposure of the experiment.
    experiment, channel, nature : str
        What it was computed for.

    """

    m_N: FloatArray
    mu: FloatArray
    events: FloatArray
    experiment: str
    channel: str
    nature: str


@checked
def event_yield(
    experiment: Experiment, signal: Dipole, channel: Channel | None = None, decay: Decay = RADIATIVE
) -> Callable[[ArrayLike], Array]:
    """Number of events in the exposure as a function of the moment mu [mu_B], everything else as in `signal`.

    The folding is done once; each call of the result then costs little.
    """
    exposure, channel = experiment.mass * experiment.exposure, channel_of(experiment, channel)
    selection = channel.selection(experiment.selection)
    if not channel.photon:
        unit = Dipole(signal.m_N, 1.0, signal.nature, signal.flavour)
        at_unit = exposure * scattering_rate(experiment.source, experiment.target, unit, selection)
        return lambda mu: at_unit * as_array(mu) ** 2
    path = path_of(experiment, channel, decay)
    rate = sterile_yield(experiment.source, experiment.target, signal, path, decay, selection)
    return lambda mu: exposure * rate(mu)


@checked
def expected_events(
    experiment: Experiment, signal: Dipole, channel: Channel | None = None, decay: Decay = RADIATIVE
) -> Array:
    """Signal events in the exposure of an experiment.

    Parameters
    ----------
    experiment : Experiment
        From `nushine.experiments.load` or made by hand.
    signal : Dipole
        Mass, moment and nature of N.
    channel : Channel, optional
        `RECOIL` (a recoil in the window, whatever N does), `PHOTON`, or `COINCIDENCE`; by default coincidences if the
        experiment describes recoils and photons, otherwise what it describes.
    decay : Decay
        `RADIATIVE` or `PROMPT` ("max"), or any other.

    Returns
    -------
    Array
        Expected number of events; zero for masses above the end point of the source.

    """
    return event_yield(experiment, signal, channel, decay)(signal.mu)


@checked
def event_map(
    experiment: Experiment,
    masses: npt.ArrayLike,
    moments: npt.ArrayLike,
    nature: Nature,
    channel: Channel | None = None,
    progress: Callable[[], None] = lambda: None,
) -> EventMap:
    """Compute the expected events for each mass [MeV] and moment [mu_B]; `progress` is called after each mass."""
    channel = channel_of(experiment, channel)
    m_N = as_numbers("m_N", masses, "give masses of N in MeV, as in [1.0, 3.0]")
    mu = as_numbers("mu", moments, "give moments in Bohr magnetons, as in [1e-9, 1e-8]")
    rows = []
    for mass in m_N:
        number = event_yield(experiment, Dipole(mass, 1.0, nature), channel)
        rows.append(np.asarray(number(mu)))
        progress()
    return EventMap(m_N, mu, np.asarray(rows), experiment.name, channel.name, nature.name)


@checked
def background_events(experiment: Experiment, channel: Channel | None = None) -> float:
    """Events without any up-scattering: the flat background, and SM CEvNS where only the recoil is asked for.

    A background that is not given counts as none: 0.0 for photons and coincidences, CEvNS alone for recoils. That is
    no statement that there is none; `experiment.background.given(channel)` tells the two apart, and
    `nushine.experiments.caveats` says so beside printed numbers.
    """
    channel = channel_of(experiment, channel)
    selection = channel.selection(experiment.selection)
    rate = experiment.background.rate(channel, selection)
    if channel.recoil and not channel.photon:
        rate += scattering_rate(experiment.source, experiment.target, CEvNS(), selection)
    return float(rate * experiment.mass * experiment.exposure)


@checked
def recoil_spectrum(experiment: Experiment, interaction: Dipole | CEvNS, E_R: ArrayLike) -> Spectrum:
    """Recoil spectrum of all scatterings in the exposure, dN/dE_R [1/MeV]."""
    rate = recoil_rate(E_R, experiment.source, experiment.target, interaction)
    process = "CEvNS" if isinstance(interaction, CEvNS) else f"dipole, m_N = {float(interaction.m_N):g} MeV"
    return _spectrum(E_R, rate, "E_R", experiment, process)


@checked
def photon_energy_spectrum(
    experiment: Experiment,
    signal: Dipole,
    E_gamma: ArrayLike,
    channel: Channel | None = None,
    decay: Decay = RADIATIVE,
) -> Spectrum:
    """Photon energy spectrum in the exposure, dN/dE_gamma [1/MeV]."""
    channel = channel_of(experiment, channel)
    selection, path = channel.selection(experiment.selection), path_of(experiment, channel, decay)
    rate = photon_spectrum(E_gamma, experiment.source, experiment.target, signal, path, decay, selection)
    return _spectrum(E_gamma, rate, "E_gamma", experiment, _process(signal))


@checked
def photon_angle_distribution(
    experiment: Experiment,
    signal: Dipole,
    cos_theta: ArrayLike,
    channel: Channel | None = None,
    decay: Decay = RADIATIVE,
) -> Spectrum:
    """Distribution of the photon's angle to the beam in the exposure, dN/dcos(theta)."""
    channel = channel_of(experiment, channel)
    selection, path = channel.selection(experiment.selection), path_of(experiment, channel, decay)
    rate = photon_angle_spectrum(cos_theta, experiment.source, experiment.target, signal, path, decay, selection)
    return _spectrum(cos_theta, rate, "cos_theta_gamma", experiment, _process(signal))


def _process(signal: Dipole) -> str:
    return f"{signal.nature.name} N, m_N = {float(signal.m_N):g} MeV"


def _spectrum(x: ArrayLike, rate: Array, variable: str, experiment: Experiment, process: str) -> Spectrum:
    density = np.asarray(rate * experiment.mass * experiment.exposure)
    return Spectrum(np.asarray(x, dtype=float), density, variable, experiment.name, process)


def highest_mass(experiment: Experiment) -> float:
    """Largest mass of N that the source can make on the heaviest nucleus [MeV]: the inverse of the threshold."""
    require_jax()
    E_max, m_A = float(experiment.source.E_max), float(jnp.max(experiment.target.isotopes.m_A))
    return 2 * E_max / (1 + float(np.sqrt(1 + 2 * E_max / m_A)))


def require_reachable(experiment: Experiment, m_N: npt.ArrayLike) -> None:
    """Raise ValueError, with the limit in the message, if a mass cannot be made at all."""
    largest, limit = float(np.max(np.asarray(m_N))), highest_mass(experiment)
    if largest >= limit:
        raise ValueError(
            f"m_N = {largest:g} MeV is above what {experiment.source.name} can make (end point "
            f"{float(experiment.source.E_max):g} MeV): give a mass below {limit:.5g} MeV"
        )


__all__ = [
    "COINCIDENCE",
    "PHOTON",
    "RECOIL",
    "EventMap",
    "Spectrum",
    "background_events",
    "event_map",
    "event_yield",
    "expected_events",
    "highest_mass",
    "photon_angle_distribution",
    "photon_energy_spectrum",
    "recoil_spectrum",
    "require_reachable",
]
