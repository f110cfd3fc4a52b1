"""The command ``spectrum``: recoils and photons of an experiment."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nushine.cli import options, output
from nushine.cli.options import ChannelName, FlavourName, NatureName, ProcessName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nushine.decay import Decay
    from nushine.detectors import Channel
    from nushine.experiments import Experiment
    from nushine.interactions.cevns import CEvNS
    from nushine.interactions.dipole import Dipole
    from nushine.observables import Spectrum

    FloatArray = NDArray[np.float64]


class ObservableName(StrEnum):
    """Values of --observable."""

    RECOIL = "recoil"
    PHOTON_ENERGY = "photon-energy"
    PHOTON_ANGLE = "photon-angle"


def spectrum(
    experiment: options.ExperimentArgument,
    observable: Annotated[ObservableName, typer.Option("--observable", help="What the spectrum is of.")],
    m_N: options.MassOption = "",
    mu: options.MomentOption = 1e-8,
    nature: options.NatureOption = NatureName.DIRAC,
    flavour: options.FlavourOption = FlavourName.E,
    process: options.ProcessOption = ProcessName.DIPOLE,
    channel: Annotated[
        ChannelName | None,
        typer.Option(
            "--channel",
            help="What a photon's event must show besides; photons only. Default: what the experiment describes.",
            show_default=False,
        ),
    ] = None,
    prompt: options.PromptOption = False,
    points: Annotated[
        int,
        typer.Option("--points", metavar="INTEGER", parser=options.whole(2, 1_000_000), help="Number of points."),
    ] = 200,
    span: Annotated[
        tuple[str, str] | None,
        typer.Option("--range", metavar="LOW HIGH", help='As in "20 eV" "1 keV"; pure numbers for the cosine.'),
    ] = None,
    out: options.OutOption = None,
    as_json: options.JsonOption = False,
) -> None:
    """Recoil or photon spectrum of an experiment, in events per unit over its exposure.

    Recoils: all of them over the recoil window. Photons: those within the path that pass the selection of the
    channel, by energy or by the cosine of the angle to the beam.
    """
    from nushine.experiments.caveats import out_of_reach, two_geometries, two_windows
    from nushine.interactions.dipole import Dipole

    if observable is not ObservableName.RECOIL and process is ProcessName.CEVNS:
        raise ValueError(f"--process cevns gives no photon: use --observable recoil, not {observable}")
    if not m_N and process is ProcessName.DIPOLE:
        raise ValueError('--m-N is missing: give the mass of N, as in --m-N "3 MeV"')
    output.check_out(out, as_json=as_json)
    m_N_MeV = options.energy(m_N, "--m-N") if m_N else None
    if m_N_MeV == 0 and observable is not ObservableName.RECOIL:
        raise ValueError("--m-N: N without mass gives no photon; give a mass above zero")
    with output.progress("computing the spectrum", None):
        setup, interaction = options.hypothesis(experiment, process, m_N_MeV, mu, nature, flavour)
        counted = options.channel(ChannelName.RECOIL if observable is ObservableName.RECOIL else channel, setup)
        conditions = counted, options.decay(prompt=prompt)
        record = _compute(setup, interaction, observable, *conditions, points, span)
        events = _events(setup, interaction, *conditions)
    extra: dict[str, Any] = {"channel": counted.name, "events": events}
    if process is ProcessName.DIPOLE:
        extra |= {"m_N_MeV": m_N_MeV, "mu_mu_B": mu, "flavour": flavour.value, "nature": nature.value, "prompt": prompt}
    notes = [f"{output.number(events)} events pass the selection of the {counted.name} channel."]
    notes += two_geometries(
        setup, (counted,), interaction.nature.name if isinstance(interaction, Dipole) else "", prompt
    )
    notes += two_windows(setup, (counted,)) + out_of_reach(setup, (counted,))
    output.deliver(record, extra, _spectrum_title(record, extra), notes, out, as_json)


def _compute(
    setup: "Experiment",
    interaction: "Dipole | CEvNS",
    observable: ObservableName,
    channel: "Channel",
    decay: "Decay",
    points: int,
    span: tuple[str, str] | None,
) -> "Spectrum":
    from nushine import observables
    from nushine.interactions.cevns import CEvNS

    if observable is ObservableName.RECOIL or isinstance(interaction, CEvNS):
        x = _grid(observable, span or _recoil_range(setup, interaction), points)
        return observables.recoil_spectrum(setup, interaction, x)
    if observable is ObservableName.PHOTON_ENERGY:
        x = _grid(observable, span or _photon_range(setup, interaction, channel), points)
        return observables.photon_energy_spectrum(setup, interaction, x, channel, decay)
    x = _grid(observable, span or (float(channel.selection(setup.selection).cos_theta_min), 1.0), points)
    return observables.photon_angle_distribution(setup, interaction, x, channel, decay)


def _events(setup: "Experiment", interaction: "Dipole | CEvNS", channel: "Channel", decay: "Decay") -> float:
    """Events that pass the whole selection of the channel, whatever the range of the spectrum."""
    from nushine.interactions.dipole import Dipole
    from nushine.observables import expected_events
    from nushine.rates import scattering_rate

    if isinstance(interaction, Dipole):
        return float(expected_events(setup, interaction, channel, decay))
    rate = scattering_rate(setup.source, setup.target, interaction, channel.selection(setup.selection))
    return float(rate * setup.mass * setup.exposure)


def _grid(observable: ObservableName, span: tuple[str | float, str | float], points: int) -> "FloatArray":
    """Points at which to compute: evenly in the logarithm of recoil energies, evenly in everything else."""
    import numpy as np

    angle = observable is ObservableName.PHOTON_ANGLE
    recoil = observable is ObservableName.RECOIL
    low, high = (
        _cosine(x) if angle else options.energy(x, "--range", recoil) if isinstance(x, str) else x for x in span
    )
    if not low < high:
        raise ValueError(f"--range {span[0]} {span[1]}: the upper edge must be above the lower one")
    if not angle and low <= 0:
        raise ValueError(f"--range {span[0]} {span[1]}: give energies above zero")
    return np.geomspace(low, high, points) if recoil else np.linspace(low, high, points)


def _cosine(x: str | float) -> float:
    from nushine.config import number

    try:
        value = number(x)
    except ValueError:
        value = float("nan")
    if not -1 <= value <= 1:
        raise ValueError(f"--range: {x} is no cosine of an angle; give a number from -1 to 1")
    return value


def _recoil_range(setup: "Experiment", interaction: "Dipole | CEvNS") -> tuple[float, float]:
    """The part of the recoil window that the source can fill [MeV]."""
    import numpy as np

    from nushine.kinematics import E_R_max, E_R_min

    E_max, m_A = setup.source.E_max, setup.target.isotopes.m_A
    low = max(float(setup.selection.E_R_min), float(np.min(E_R_min(E_max, interaction.m_out, m_A))), 1e-12)
    high = min(float(setup.selection.E_R_max), float(np.max(E_R_max(E_max, interaction.m_out, m_A))))
    if low >= high:
        raise ValueError(f"{setup.name}: no recoil falls into its window; see others with --range LOW HIGH")
    return low, high


def _photon_range(setup: "Experiment", signal: "Dipole", channel: "Channel") -> tuple[float, float]:
    """Photon energies from the threshold to the largest possible [MeV]."""
    E_N, m_N = float(setup.source.E_max), float(signal.m_N)
    high = (E_N + (E_N**2 - m_N**2) ** 0.5) / 2
    low = max(float(channel.selection(setup.selection).E_gamma_min), m_N**2 / (4 * high))
    if low >= high:
        raise ValueError(f"{setup.name}: all photons are below its threshold; see them with --channel recoil")
    return low, high


def _spectrum_title(record: "Spectrum", extra: Mapping[str, Any]) -> str:
    """Experiment, process and conditions."""
    parts = [f"{record.experiment}: {record.process}"]
    if "mu_mu_B" in extra:
        parts.append(f"mu = {extra['mu_mu_B']:g} mu_B ({extra['flavour']})")
    if record.variable != "E_R":
        parts.append(f"channel {extra['channel']}{', prompt' * extra['prompt']}")
    return ", ".join([*parts, "events in the exposure"])
