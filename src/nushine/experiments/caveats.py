"""What an experiment leaves open and is filled with something favourable, in lines to print beside numbers."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from nushine.detectors import Channel
from nushine.interactions.cevns import CEvNS
from nushine.kinematics import E_R_max
from nushine.rates import Selection, scattering_rate

if TYPE_CHECKING:
    from nushine.experiments import Experiment

PLURAL = {"recoil": "recoils", "coincidence": "coincidences", "photon": "photons"}

SEEN: dict[tuple[str, bool], dict[float, float]] = {
    ("Dirac", False): {0.1: 0.845, 1.0: 0.764, 3.0: 0.583, 6.0: 0.440},
    ("Majorana", False): {0.1: 0.783, 1.0: 0.723, 3.0: 0.610, 6.0: 0.535},
    ("Dirac", True): {0.1: 0.847, 1.0: 0.841, 3.0: 0.757, 6.0: 0.606},
    ("Majorana", True): {0.1: 0.815, 1.0: 0.796, 3.0: 0.734, 6.0: 0.694},
}
"""Coincidences of nucleus-10g that its geometry sees over those that path and cone make of it, by mass of N [MeV], for
each nature and for prompt decays: from 262 144 events each and small moments, to 0.5 %."""


def assumed(experiment: "Experiment", channels: Sequence[Channel], likelihood: bool = True) -> tuple[str, ...]:
    """Lines about backgrounds that are not given, a perfect resolution, and what is taken as known exactly.

    Parameters
    ----------
    experiment : Experiment
    channels : sequence of Channel
        What is counted.
    likelihood : bool
        Whether the response and uncertainties play a part.

    """
    found = [_not_given(experiment, channel) for channel in channels if not experiment.background.given(channel)]
    if likelihood:
        known, flat = experiment.uncertainties, experiment.background
        if any(c.recoil for c in channels) and not float(experiment.response.resolution) > 0:
            found.append("Assumed: resolution 0, recoil energies are measured exactly.")
        counted = any(float(flat.flat(channel)) > 0 for channel in channels)
        shaped = known.flux_shape and bool(experiment.source.variations)
        exact = ["the flux"] * (not float(known.flux) > 0 and not shaped)
        exact += ["the background"] * (counted and not float(known.background) > 0)
        if exact:
            found.append(f"Assumed: no uncertainty declared of {' and '.join(exact)}: known exactly.")
    return tuple(found)


def two_geometries(
    experiment: "Experiment", channels: Sequence[Channel], nature: str = "", prompt: bool = False
) -> tuple[str, ...]:
    """A line where events follow an arrangement of detectors, and rates and likelihoods the path and the photon cone.

    Parameters
    ----------
    experiment : Experiment
    channels : sequence of Channel
        What is counted; without a photon neither plays a part.
    nature : str
        "Dirac" or "Majorana"; both if empty.
    prompt : bool
        For the "max" case.

    """
    if experiment.arrangement is None or not any(channel.photon for channel in channels):
        return ()
    says = "Rates and likelihoods use path and photon cone (cos_theta_min), events the geometry"
    if not _is_nucleus_10g(experiment) or not all(channel.recoil for channel in channels):
        return (f"{says}: 'nushine generate' says by how much they differ.",)
    ratios = [
        f"{', '.join(f'{x:.2f}' for x in SEEN[one, prompt].values())} ({one})"
        for one in ([nature] if nature else ["Dirac", "Majorana"])
    ]
    masses = ", ".join(f"{m:g}" for m in SEEN["Dirac", prompt])
    return (f"{says}, which sees {'; '.join(ratios)} of the expected coincidences at {masses} MeV.",)


def two_windows(experiment: "Experiment", channels: Sequence[Channel], compute: bool = False) -> tuple[str, ...]:
    """A line where measured energies are not the recoil energies, for which rates and events take the window.

    Parameters
    ----------
    experiment : Experiment
    channels : sequence of Channel
        What is counted; without a recoil there is no window.
    compute : bool
        Whether to say by how much, from CEvNS.

    """
    quenching = float(experiment.response.quenching)
    if quenching == 1 or not any(channel.recoil for channel in channels):
        return ()
    line = (
        "Rates and events take the window as true recoil energy, likelihoods as measured energy: "
        f"with quenching {quenching:g} they differ"
    )
    if not compute:
        return (f"{line}; 'nushine info' says by how much.",)
    as_true, as_measured = (_cevns(experiment, scale) for scale in (1.0, quenching))
    unlike = f"a factor of {as_measured / as_true:.3g}" if as_true > 0 else "0 events as true energy"
    return (f"{line}, for CEvNS by {unlike}." if as_true > 0 else f"{line}: CEvNS has {unlike}.",)


def out_of_reach(experiment: "Experiment", channels: Sequence[Channel]) -> tuple[str, ...]:
    """A line where the window of recoils begins above all that the source can make."""
    of = experiment.target.isotopes
    true = float(jnp.max(E_R_max(experiment.source.E_max, 0.0, of.m_A)))
    low = float(experiment.selection.E_R_min)
    if low < true or not any(channel.recoil for channel in channels):
        return ()
    return (
        f"The recoil window begins at {low:.4g} MeV, above all recoils of this source, {true:.4g} MeV at most: "
        "nothing can be seen; check the unit.",
    )


def _cevns(experiment: "Experiment", quenching: float) -> float:
    """CEvNS per mass and time in the window, taken as quenching times recoil energy."""
    window = experiment.selection
    edges = [jnp.asarray(x, dtype=float) / quenching for x in (window.E_R_min, window.E_R_max)]
    return float(scattering_rate(experiment.source, experiment.target, CEvNS(), Selection(*edges)))


def _not_given(experiment: "Experiment", channel: Channel) -> str:
    if channel.recoil and not channel.photon:
        counted = " and the excess" if float(experiment.background.excess) > 0 else ""
        return f"Assumed: no background given for recoils: background-free but for CEvNS{counted}."
    return f"Assumed: no background given for {PLURAL[channel.name]}: background-free."


def _is_nucleus_10g(experiment: "Experiment") -> bool:
    """Whether this is the experiment of the package for which `SEEN` is made, in all that matters for it."""
    if experiment.name != "nucleus-10g":
        return False
    from nushine.experiments import load

    here, shipped = _of_geometry(experiment), _of_geometry(load("nucleus-10g"))
    structures: list[Any] = [jax.tree.structure(here), jax.tree.structure(shipped)]
    return structures[0] == structures[1] and all(
        np.shape(x) == np.shape(y) and np.allclose(x, y, rtol=1e-9, atol=0.0)
        for x, y in zip(jax.tree.leaves(here), jax.tree.leaves(shipped), strict=True)
    )


def _of_geometry(experiment: "Experiment") -> tuple[Any, ...]:
    """What the ratios depend on, without labels: neither exposure nor backgrounds, response or uncertainties."""
    window, target = experiment.selection, experiment.target
    numbers = (experiment.path, window.E_R_min, window.E_R_max, window.E_gamma_min, window.cos_theta_min)
    nuclei = replace(target.isotopes, name=""), target.number_per_mass
    beams = experiment.source.beams
    return beams, nuclei, experiment.arrangement, *(float(x or 0.0) for x in (*numbers, window.flight_min))
