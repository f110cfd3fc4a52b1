"""The command ``workspace``: the likelihood of an experiment for pyhf, and limits on the strength of the signal."""

from math import isinf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nushine.cli import options, output
from nushine.cli.options import ChannelName, FlavourName, NatureName

if TYPE_CHECKING:
    from nushine.detectors import Channel
    from nushine.experiments import Experiment
    from nushine.statistics import Data, Limit, Model


def workspace(
    experiment: options.ExperimentArgument,
    m_N: options.MassOption,
    mu: options.MomentOption,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.json", help="Where the workspace goes.")],
    nature: options.NatureOption = NatureName.DIRAC,
    channel: options.ChannelOption = None,
    flavour: options.FlavourOption = FlavourName.E,
    prompt: options.PromptOption = False,
    counts: Annotated[
        Path | None,
        typer.Option(
            "--counts",
            metavar="FILE.csv",
            exists=True,
            dir_okay=False,
            help="Observed counts, in the form of --write-counts. Default: the expected background.",
        ),
    ] = None,
    write_counts: Annotated[
        Path | None,
        typer.Option("--write-counts", metavar="FILE.csv", help="Write the expected background in this form."),
    ] = None,
    cl: options.LevelOption = 0.9,
    as_json: options.JsonOption = False,
) -> None:
    """Write the likelihood of an experiment as a pyhf workspace, and show its limits on the strength of the signal.

    Strength 1 is the signal at the given mass and moment. One channel only: an event can be in several of them at
    once, so that their counts are not independent. Limits are asymptotic, observed ones only with --counts.
    """
    from nushine import io
    from nushine.numerics.checks import require_between
    from nushine.statistics import strength_limit
    from nushine.statistics.names import identifier

    _check_files(experiment, {"--out": out, "--counts": counts, "--write-counts": write_counts})
    require_between("cl", cl, 0.5, 1 - 1e-12, cure="give a confidence level from 0.5 to 1, as in 0.90")
    m_N_MeV = options.energy(m_N, "--m-N")
    with output.progress("computing the likelihood", None):
        setup, counted, model = _model(experiment, m_N_MeV, mu, nature, flavour, channel, prompt=prompt)
    background = model.asimov()
    data = background
    if counts is not None:
        data = io.read_counts(counts, model)
        _tell_fractions(counts, data)
    with output.progress("looking for the limits", None):
        limit = strength_limit(model, data, cl)  # before anything is written: it may fail
        likelihood = io.to_pyhf(model, data)
    bins = sum(number for _, number in model.channels)
    if write_counts is not None:
        io.write_counts(write_counts, model, background)
        output.show_note(f"wrote {write_counts} ({bins} rows)")
    io.write_pyhf(out, likelihood)
    output.show_note(f"wrote {out} ({bins} bins, {len(model.nuisances)} nuisance parameters)")
    asked = {
        "experiment": setup.name,
        "identifier": identifier(setup.name),
        "channel": counted.name,
        "m_N_MeV": m_N_MeV,
        "mu_mu_B": mu,
        "flavour": flavour.value,
        "nature": nature.value,
        "prompt": prompt,
    }
    document = _document(asked, model, limit, None if counts is None else data)
    document["caveats"] = _caveats(setup, counted, document)
    if as_json:
        output.show_json(_finite(document))
    else:
        output.show_table(_title(document), ["limit", "strength", "signal events"], _rows(document), _notes(document))


def _check_files(experiment: str, files: dict[str, Path | None]) -> None:
    """Refuse files that cannot be written, and those that are there twice: one would overwrite the other."""
    output.check_file(files["--write-counts"], "--write-counts", output.CSV)
    places = {Path(experiment).resolve(): "EXPERIMENT"}
    for option, path in files.items():
        if path is None:
            continue
        before = places.setdefault(path.resolve(), option)
        if before != option:
            raise ValueError(f"{option} {path}: is the file of {before} too; give each its own")
    output.check_file(files["--out"], "--out", output.JSON)


def _model(
    experiment: str,
    m_N: float,
    mu: float,
    nature: NatureName,
    flavour: FlavourName,
    channel: ChannelName | None,
    *,
    prompt: bool,
) -> tuple["Experiment", "Channel", "Model"]:
    """The experiment, what is counted, and the likelihood for this moment."""
    from nushine import experiments
    from nushine.interactions.dipole import Dipole
    from nushine.numerics.checks import require_positive
    from nushine.observables import require_reachable
    from nushine.statistics import forecast

    require_positive("m_N", m_N, "MeV")
    require_positive("mu", mu, "mu_B", "without a moment there is no signal; give a finite number above zero")
    setup = experiments.load(experiment)
    require_reachable(setup, m_N)
    signal = Dipole(m_N, mu, options.nature(nature), options.flavour(flavour))
    counted = options.channel(channel, setup)
    return setup, counted, forecast(setup, signal, (counted,), options.decay(prompt=prompt))(mu)


def _caveats(setup: "Experiment", counted: "Channel", document: dict[str, Any]) -> list[str]:
    """What the limits assume, and whether the signal is small beside what is not known of the background."""
    import numpy as np

    from nushine.statistics.caveats import assumptions, weak_signal
    from nushine.statistics.limits import SIGMAS

    rests_on = assumptions(setup, (counted,), document["nature"].capitalize(), document["prompt"])
    events = document["expected_strength"][SIGMAS.index(0.0)] * document["signal_events"]  # may be infinite
    m_N, events = np.array([document["m_N_MeV"]]), np.array([events])
    return [*rests_on.lines, *weak_signal(m_N, events, document["background_events"], rests_on.error)]


def _tell_fractions(path: Path, data: "Data") -> None:
    """Say so where counts are no observation."""
    import numpy as np

    values = np.asarray(data.counts)
    odd = values[values != np.round(values)]
    if odd.size:
        output.show_note(
            f"{path}: {odd.size} of {values.size} counts are no whole numbers, such as {odd[0]:g}: taken as expected "
            "counts; observed events are whole"
        )


def _document(asked: dict[str, Any], model: "Model", limit: "Limit", observed: "Data | None") -> dict[str, Any]:
    """What was asked for and what came out; no observed numbers where there are no counts."""
    import numpy as np

    from nushine.statistics.limits import SIGMAS

    signal, background = np.asarray(model.signal), np.asarray(model.backgrounds).sum(axis=0)
    median = limit.expected[SIGMAS.index(0.0)]
    at_limit = median * signal if np.isfinite(median) else np.zeros_like(signal)
    some = at_limit > 0
    spread = float((at_limit[some] ** 2 / (at_limit + background)[some]).sum())
    return {
        **asked,
        "cl": limit.cl,
        "method": limit.method,
        "statistic": limit.statistic,
        "convention": limit.convention,
        "bins": dict(model.channels),
        "nuisances": list(model.nuisances),
        "signal_events": float(signal.sum()),
        "background_events": float(background.sum()),
        "observed_events": None if observed is None else float(np.asarray(observed.counts).sum()),
        "effective_events": float(at_limit.sum()) ** 2 / spread if some.any() else None,
        "observed_strength": None if observed is None else limit.observed,
        "expected_sigma": list(SIGMAS),
        "expected_strength": list(limit.expected),
        "notes": list(limit.notes),
    }


def _finite(document: dict[str, Any]) -> dict[str, Any]:
    """The document for JSON, which has no infinite numbers: flags tell them from what was not found."""
    observed, expected = document["observed_strength"], document["expected_strength"]
    return {
        **document,
        "observed_strength": None if observed is None or isinf(observed) else observed,
        "observed_strength_is_infinite": observed is not None and isinf(observed),
        "expected_strength": [None if isinf(x) else x for x in expected],
        "expected_strength_is_infinite": [isinf(x) for x in expected],
    }


def _title(document: dict[str, Any]) -> str:
    return (
        f"{document['experiment']}: {100 * document['cl']:g} % CL upper limits on the strength, relative to the signal "
        f"at m_N = {document['m_N_MeV']:g} MeV, mu = {document['mu_mu_B']:g} mu_B ({document['flavour']}), "
        f"{document['nature'].capitalize()} N, channel {document['channel']}{', prompt' * document['prompt']}"
    )


def _rows(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    strengths = [] if document["observed_strength"] is None else [("observed", document["observed_strength"])]
    for sigma, strength in zip(document["expected_sigma"], document["expected_strength"], strict=True):
        strengths.append((f"expected, {f'{sigma:+g} sigma' if sigma else 'median'}", strength))
    signal = document["signal_events"]
    return [(name, output.number(x), output.number(x * signal)) for name, x in strengths]


def _notes(document: dict[str, Any]) -> list[str]:
    from nushine.statistics.records import FEW

    counted = f"expected background in all bins: {output.number(document['background_events'])} events"
    if document["observed_events"] is not None:
        counted += f"; observed: {output.number(document['observed_events'])}"
    notes = [f"Method: {document['method']} ({document['convention']}); {counted}."]
    if document["identifier"] != document["experiment"]:
        notes.append(f"In names, {document['identifier']} stands for {document['experiment']!r}.")
    if document["nuisances"]:
        notes.append(f"{len(document['nuisances'])} nuisance parameters: {', '.join(document['nuisances'])}.")
    if document["effective_events"] is not None and document["effective_events"] < FEW:
        notes.append("Few events: asymptotic formulas are off by more than a few per cent.")
    notes += [*document["notes"], *document["caveats"]]
    if document["channel"] != ChannelName.RECOIL and not document["prompt"]:
        notes.append("Decays of N make the signal differ from mu^2: 'nushine limit' gives limits on the moment.")
    return notes
