"""The commands that compute: spectrum and limit."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nushine.cli import options, output
from nushine.cli.errors import INTERRUPTED
from nushine.cli.options import ChannelName, FlavourName, NatureName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nushine.decay import Decay
    from nushine.detectors import Channel
    from nushine.experiments import Experiment
    from nushine.interactions.cevns import CEvNS
    from nushine.interactions.dipole import Dipole
    from nushine.observables import Spectrum
    from nushine.statistics import Contour

    FloatArray = NDArray[np.float64]


class ObservableName(StrEnum):
    """Values of --observable."""

    RECOIL = "recoil"
    PHOTON_ENERGY = "photon-energy"
    PHOTON_ANGLE = "photon-angle"


class ProcessName(StrEnum):
    """Values of --process."""

    DIPOLE = "dipole"
    CEVNS = "cevns"


def spectrum(
    experiment: options.ExperimentArgument,
    observable: Annotated[ObservableName, typer.Option("--observable", help="What the spectrum is of.")],
    m_N: Annotated[str, typer.Option("--m-N", help='Mass of N with its unit, "3 MeV".')] = "",
    mu: Annotated[float, typer.Option("--mu", help="Moment in Bohr magnetons.")] = 1e-8,
    nature: options.NatureOption = NatureName.DIRAC,
    flavour: options.FlavourOption = FlavourName.E,
    process: Annotated[ProcessName, typer.Option("--process", help="Recoils only.")] = ProcessName.DIPOLE,
    channel: Annotated[
        ChannelName, typer.Option("--channel", help="What a photon's event must show besides; photons only.")
    ] = ChannelName.COINCIDENCE,
    prompt: options.PromptOption = False,
    points: Annotated[int, typer.Option("--points", min=2, max=1_000_000, help="Number of points.")] = 200,
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
    if observable is not ObservableName.RECOIL and process is ProcessName.CEVNS:
        raise ValueError(f"--process cevns gives no photon: use --observable recoil, not {observable}")
    if not m_N and process is ProcessName.DIPOLE:
        raise ValueError('--m-N is missing: give the mass of N, as in --m-N "3 MeV"')
    output.check_out(out)
    m_N_MeV = options.energy(m_N, "--m-N") if m_N else None
    with output.progress("computing the spectrum", None):
        setup, interaction = _setup(experiment, process, m_N_MeV, mu, nature, flavour)
        counted = ChannelName.RECOIL if observable is ObservableName.RECOIL else channel
        conditions = options.channel(counted), options.decay(prompt=prompt)
        record = _compute(setup, interaction, observable, *conditions, points, span)
        events = _events(setup, interaction, *conditions)
    extra: dict[str, Any] = {"channel": counted.value, "events": events}
    if process is ProcessName.DIPOLE:
        extra |= {"m_N_MeV": m_N_MeV, "mu_mu_B": mu, "flavour": flavour.value, "nature": nature.value, "prompt": prompt}
    notes = [f"{output.number(events)} events pass the selection of the {counted} channel."]
    _deliver(record, extra, _spectrum_title(record, extra), notes, out, as_json)


def _setup(
    experiment: str,
    process: ProcessName,
    m_N: float | None,
    mu: float,
    nature: NatureName,
    flavour: FlavourName,
) -> tuple["Experiment", "Dipole | CEvNS"]:
    from nushine import experiments
    from nushine.interactions.cevns import CEvNS
    from nushine.interactions.dipole import Dipole
    from nushine.observables import require_reachable

    setup = experiments.load(experiment)
    if process is ProcessName.CEVNS or m_N is None:
        return setup, CEvNS()
    signal = Dipole(m_N, mu, options.nature(nature), options.flavour(flavour))
    require_reachable(setup, m_N)
    return setup, signal


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
    low, high = (_cosine(x) if angle else options.energy(x, "--range") if isinstance(x, str) else x for x in span)
    if not low < high:
        raise ValueError(f"--range {span[0]} {span[1]}: the upper edge must be above the lower one")
    if not angle and low <= 0:
        raise ValueError(f"--range {span[0]} {span[1]}: give energies above zero")
    return np.geomspace(low, high, points) if observable is ObservableName.RECOIL else np.linspace(low, high, points)


def _cosine(x: str | float) -> float:
    try:
        value = float(x)
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


def limit(
    experiment: options.ExperimentArgument,
    nature: options.NatureOption = NatureName.DIRAC,
    channel: Annotated[ChannelName, typer.Option("--channel", help="What is counted.")] = ChannelName.COINCIDENCE,
    cl: Annotated[float, typer.Option("--cl", help="Confidence level.")] = 0.9,
    flavour: options.FlavourOption = FlavourName.E,
    prompt: options.PromptOption = False,
    m_N: Annotated[
        list[str] | None, typer.Option("--m-N", help='A mass with its unit, "3 MeV"; may be given again.')
    ] = None,
    masses: Annotated[
        tuple[str, str, int] | None,
        typer.Option("--masses", metavar="LOW HIGH N", help='N masses evenly in the logarithm: "0.01 MeV" "8 MeV" 30.'),
    ] = None,
    out: options.OutOption = None,
    as_json: options.JsonOption = False,
) -> None:
    """Median expected upper limit on the moment, for each mass.

    Without masses: 25 from 0.01 MeV to the largest that the source can make, less 5 %. Ctrl-C ends with the masses
    done so far, and exit status 130.
    """
    if m_N and masses:
        raise ValueError("--m-N and --masses exclude each other: give one of them")
    output.check_out(out)
    texts = [options.energy(text, "--m-N") for text in m_N or ()]
    ladder = _ladder(masses) if masses else None
    parts: list[Contour] = []
    wanted, interrupted = 0, False
    try:
        with output.progress(f"{experiment}, {nature}, {channel}", None) as (bar, task):
            from nushine import experiments
            from nushine.observables import highest_mass, require_reachable
            from nushine.statistics import exclusion

            setup = experiments.load(experiment)
            grid = texts or ladder or _ladder(("0.01 MeV", f"{0.95 * highest_mass(setup)!r} MeV", 25))
            require_reachable(setup, grid)
            wanted = len(grid)
            bar.update(task, total=wanted)
            for mass in grid:
                hypothesis = options.nature(nature), cl, options.channel(channel)
                parts.append(
                    exclusion(setup, [mass], *hypothesis, options.decay(prompt=prompt), options.flavour(flavour))
                )
                bar.advance(task)
    except KeyboardInterrupt:
        interrupted = True
    if parts:
        record = _joined(parts)
        extra = {"flavour": flavour.value, "complete": not interrupted}
        _deliver(record, extra, _limit_title(record, flavour), _limit_notes(record), out, as_json)
    if interrupted:
        output.show_note(f"nushine: interrupted after {len(parts)} of {wanted or 'all'} masses")
        raise typer.Exit(INTERRUPTED)


def _ladder(masses: tuple[str, str, int]) -> list[float]:
    """Masses evenly in the logarithm [MeV]."""
    import numpy as np

    low, high = (options.energy(text, "--masses") for text in masses[:2])
    if not 0 < low < high:
        raise ValueError(f"--masses {masses[0]} {masses[1]}: give a mass above zero, then a larger one")
    if not 2 <= masses[2] <= 100_000:
        raise ValueError(f"--masses: {masses[2]} masses cannot be computed; give a number from 2 to 100000")
    return [float(x) for x in np.geomspace(low, high, masses[2])]


def _joined(parts: Sequence["Contour"]) -> "Contour":
    """One line through the masses done."""
    import numpy as np

    return replace(parts[0], m_N=np.concatenate([p.m_N for p in parts]), mu=np.concatenate([p.mu for p in parts]))


def _limit_title(record: "Contour", flavour: FlavourName) -> str:
    kind = f"{record.nature} N, moment of flavour {flavour}, channel {record.channel}"
    return f"{record.experiment}: {100 * record.cl:g} % CL median upper limit, {kind}{', prompt' * record.prompt}"


def _limit_notes(record: "Contour") -> list[str]:
    import numpy as np

    notes = [f"Excluded are more than {record.events:.4g} events, over {record.background:.4g} of background."]
    if np.isinf(record.mu).any():
        notes.append("inf: no moment is excluded at this mass.")
    return notes


def _deliver(
    record: "Spectrum | Contour",
    extra: Mapping[str, Any],
    title: str,
    notes: Sequence[str],
    out: Path | None,
    as_json: bool,
) -> None:
    """Hand a result over: JSON and file where asked for, a table otherwise, or if the file fails after all."""
    from nushine.io import columns, to_dict, write_csv

    table = columns(record)
    rows = list(zip(*([output.number(float(x)) for x in column.values] for column in table), strict=True))
    if as_json:
        output.show_json({**to_dict(record), **extra})
    if out is not None:
        try:
            write_csv(out, table)
        except OSError:
            if not as_json:
                output.show_table(title, [column.header for column in table], rows, notes)
            raise
        output.show_note(f"wrote {out} ({len(rows)} rows)")
    elif not as_json:
        output.show_table(title, [column.header for column in table], rows, notes)
