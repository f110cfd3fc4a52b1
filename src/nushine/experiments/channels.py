"""Which channels an experiment describes, and what it must give to be asked for them."""

from typing import TYPE_CHECKING

import numpy as np
from jax import Array
from jax.typing import ArrayLike

from nushine.decay import Decay
from nushine.detectors import COINCIDENCE, PHOTON, RECOIL, Channel
from nushine.numerics.checks import is_known

if TYPE_CHECKING:
    from nushine.experiments import Experiment


def described(experiment: "Experiment") -> tuple[Channel, ...]:
    """Channels that an experiment can be asked for: those whose signals it describes."""
    recoils, photons = experiment.recoils, experiment.photons
    return (COINCIDENCE,) * (recoils and photons) + (RECOIL,) * recoils + (PHOTON,) * photons


def channels_of(experiment: "Experiment", channel: Channel | tuple[Channel, ...] | None = None) -> tuple[Channel, ...]:
    """The channels asked for, or by default the one that an experiment describes.

    Coincidences where it describes recoils and photons, otherwise what there is.

    Raises
    ------
    ValueError
        For a channel that the experiment does not describe.

    """
    known = described(experiment)
    if channel is None:
        return known[:1]
    channels = channel if isinstance(channel, tuple) else (channel,)
    for one in channels:
        if not isinstance(one, Channel):
            raise ValueError(f"channel {one!r:.40} is not known: give RECOIL, PHOTON or COINCIDENCE")
        if (one.recoil and not experiment.recoils) or (one.photon and not experiment.photons):
            missing = "photon" if one.photon and not experiment.photons else "recoil_window"
            names = ", ".join(c.name for c in known)
            raise ValueError(
                f"{experiment.name} has no channel '{one.name}', because it describes no {missing}: add that, or ask "
                f"for {names}"
            )
    return channels


def channel_of(experiment: "Experiment", channel: Channel | None = None) -> Channel:
    """As `channels_of`, for one channel."""
    return channels_of(experiment, channel)[0]


def path_of(experiment: "Experiment", channel: Channel, decay: Decay) -> float | Array:
    """Length of flight [mm] within which N may decay; anything will do where it decays at once.

    Raises
    ------
    ValueError
        If the experiment gives none, or the channel asks for a least flight that no decay can have.

    """
    near = channel.selection(experiment.selection).flight_min
    require_displaced(near, 0.0 if experiment.path is None else experiment.path, decay)
    if experiment.path is not None:
        return experiment.path
    if decay.prompt:
        return 0.0
    raise ValueError(
        f"{experiment.name or 'experiment'}: 'path' is missing, the length within which a decay of N is seen: add it, "
        "as in 'path: 5 cm', or ask for the recoil channel or prompt decays"
    )


def require_displaced(near: ArrayLike, path: ArrayLike, decay: Decay) -> None:
    """Refuse a least flight [mm] that no decay within the path [mm] can have; traced values pass unseen."""
    if not (is_known(near) and is_known(path)):
        return
    least, most = float(np.max(near)), float(np.min(path))
    if least > 0 and decay.prompt:
        raise ValueError(f"flight_min = {least:g} mm: prompt decays have no flight; leave one of the two out")
    if least >= most > 0:
        raise ValueError(f"flight_min = {least:g} mm: N may fly {most:g} mm at most; give less")
