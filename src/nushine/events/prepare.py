"""Turn an experiment and a process into the plan that blocks of events are made by."""

from dataclasses import replace
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax.typing import ArrayLike

from nushine.decay import Decay
from nushine.detectors import Channel
from nushine.events import particles
from nushine.events.block import Plan
from nushine.events.forced import share_inside
from nushine.events.process import Density, Importance, Line, lines
from nushine.events.proposal import Proposal, proposal
from nushine.experiments import Experiment
from nushine.experiments.channels import path_of, require_displaced
from nushine.interactions.base import Interaction
from nushine.interactions.cevns import CEvNS
from nushine.interactions.dipole import Dipole
from nushine.rates import Selection


class Prepared(NamedTuple):
    """The plan, the rate [1/ns] of what it makes, its relative error, and the settings that the run card tells."""

    plan: Plan
    rate: float
    error: float
    settings: dict[str, Any]


def prepare(
    experiment: Experiment,
    process: Interaction,
    channel: Channel,
    decay: Decay,
    forced: bool,
    importance: Importance | None,
) -> Prepared:
    """Tabulate the density of events, and collect what else a block needs; ValueError if nothing can happen."""
    signal = _supported(process, channel, experiment)
    asked, arrangement = channel.selection(experiment.selection), experiment.arrangement
    window = Selection(asked.E_R_min, asked.E_R_max)
    _require_finite(process, window)
    path = jnp.asarray(_path(experiment, channel, decay, forced), dtype=float)
    near = jnp.asarray(asked.flight_min, dtype=float)
    require_displaced(near, path, decay)
    density = Density(process, window, decay if channel.photon else None, path, near)
    plain = _possible(proposal(experiment.source, experiment.target, density), experiment, process)
    final = () if signal is None else _final_states(signal, decay, channel)
    sampled, scale = plain, jnp.ones(())
    if importance is not None:
        weighted = replace(density, importance=importance)
        sampled = _possible(proposal(experiment.source, experiment.target, weighted), experiment, process)
        scale = sampled.integral / plain.integral
    plan = Plan(
        proposal=sampled,
        signal=signal,
        decay=decay,
        lines=final,
        demanded=Selection(
            window.E_R_min,
            window.E_R_max,
            experiment.selection.E_gamma_min,
            experiment.selection.cos_theta_min,
            near,
        ),
        photon=channel.photon,
        path=path,
        limit=path if channel.photon else jnp.asarray(jnp.inf),
        forced=forced,
        weight_scale=scale,
        arrangement=arrangement,
        part=jnp.asarray(experiment.parts, dtype=jnp.int32),
        majorana=signal is not None and signal.nature.final_states == 2,
        **_codes(experiment, signal),
    )
    inside, error = _inside(plan, plain, experiment) if forced and signal is not None else (1.0, 0.0)
    visible = float(sum(line.share for line in final)) if channel.photon else 1.0
    settings = _settings(plan, experiment) | {"importance": importance is not None}
    if forced:
        settings |= {"share_inside": inside, "share_inside_error": error}
    rate = float(experiment.mass * plain.integral) * visible * inside
    return Prepared(replace(plan, weight_scale=scale / inside), rate, error / inside, settings)


def _settings(plan: Plan, experiment: Experiment) -> dict[str, Any]:
    """What the run card tells besides its fields."""
    demanded = plan.demanded
    return {
        "E_R_min_MeV": float(demanded.E_R_min),
        "E_R_max_MeV": float(demanded.E_R_max) if np.isfinite(demanded.E_R_max) else None,
        "E_gamma_min_MeV": float(demanded.E_gamma_min),
        "cos_theta_min": float(demanded.cos_theta_min),
        "path_mm": float(plan.path),
        "flight_min_mm": float(demanded.flight_min),
        "prompt": plan.decay.prompt,
        "forced": plan.forced,
        "arrangement": experiment.arrangement is not None,
    }


def _inside(plan: Plan, plain: Proposal, experiment: Experiment) -> tuple[float, float]:
    """Share of the rate of a plan that decays inside, and its error; a quadrature where every N may fly the path."""
    density = plain.density
    if plan.arrangement is not None:
        share, error = share_inside(replace(plan, proposal=plain, weight_scale=jnp.ones(())))
    elif plan.photon:
        share, error = 1.0, 0.0
    else:
        within = proposal(experiment.source, experiment.target, replace(density, decay=plan.decay))
        share, error = 0.0 if within is None else float(within.integral / plain.integral), 0.0
    if not share > 0:
        raise ValueError(
            "nothing to generate: no N decays inside the instrumented volume; give a larger moment, or do not force"
        )
    return share, error


def _path(experiment: Experiment, channel: Channel, decay: Decay, forced: bool) -> ArrayLike:
    """Longest flight of N inside the instrumented volume [mm]; 0 where there is none and nothing asks for it."""
    if experiment.arrangement is not None:
        return experiment.arrangement.longest
    if experiment.path is None and not channel.photon and not forced:
        return 0.0
    return path_of(experiment, channel, decay)


def _final_states(signal: Dipole, decay: Decay, channel: Channel) -> tuple[Line, ...]:
    """Final states of the decay that the channel asks for."""
    final = lines(signal, decay)
    if channel.photon:
        final = tuple(line for line in final if float(line.E_rest) > 0 and float(line.share) > 0)
    if channel.photon and not final:
        raise ValueError("nothing to generate: N has no decay with a photon; choose the recoil channel")
    return final


def _supported(process: Interaction, channel: Channel, experiment: Experiment) -> Dipole | None:
    """The up-scattering, or None for CEvNS."""
    if isinstance(process, Dipole):
        if channel.photon and not float(process.m_N) > 0:
            raise ValueError("m_N = 0 MeV: a massless N does not decay; choose the recoil channel or give a mass")
        return process
    if not isinstance(process, CEvNS):
        raise ValueError(f"{type(process).__name__} cannot be generated: give a Dipole or CEvNS")
    if channel.photon:
        raise ValueError(f"CEvNS has no photon: choose the recoil channel of {experiment.name}")
    return None


def _require_finite(process: Interaction, window: Selection) -> None:
    if isinstance(process, Dipole) and float(process.m_N) == 0 and not float(window.E_R_min) > 0:
        raise ValueError("m_N = 0 MeV: the rate of all recoils is infinite; give a recoil threshold above zero")


def _possible(found: Proposal | None, experiment: Experiment, process: Interaction) -> Proposal:
    if found is None:
        what = (
            f"m_N = {float(process.m_N):g} MeV, mu = {float(process.mu):g}" if isinstance(process, Dipole) else "CEvNS"
        )
        raise ValueError(
            f"nothing to generate: the rate of {what} in {experiment.name} is zero; "
            "give a mass that the source can make, a moment above zero, and a recoil window that is reached"
        )
    return found


def _codes(experiment: Experiment, signal: Dipole | None) -> dict[str, Any]:
    """PDG codes, and the cumulative fractions of flavours."""
    isotopes = experiment.target.isotopes
    nuclei = [
        particles.nucleus(round(float(Z)), round(float(Z + N))) for Z, N in zip(isotopes.Z, isotopes.N, strict=True)
    ]
    fractions = []
    for beam in experiment.source.beams:
        f = np.array([float(x) for x in (beam.flavour.e, beam.flavour.mu, beam.flavour.tau)])
        c = np.ones(3) if signal is None else _moments(signal)
        fractions.append(_cumulative(f * c))
    moments = _cumulative(np.ones(3) if signal is None else _moments(signal))
    return {
        "mixed": not all(set(row) <= {0.0, 1.0} for row in [moments, *fractions]),
        "flavours": jnp.asarray(fractions),
        "signs": jnp.asarray([-1 if beam.antineutrino else 1 for beam in experiment.source.beams], dtype=jnp.int32),
        "moments": jnp.asarray(moments),
        "nuclei": jnp.asarray(nuclei, dtype=jnp.int32),
    }


def _moments(signal: Dipole) -> npt.NDArray[np.float64]:
    return np.array([float(x) ** 2 for x in (signal.flavour.e, signal.flavour.mu, signal.flavour.tau)])


def _cumulative(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    total = weights.sum()
    return np.cumsum(weights) / total if total > 0 else np.ones(3)
