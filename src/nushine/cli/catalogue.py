"""The commands that look things up: constraints and info."""

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from nushine.cli import options, output
from nushine.cli.options import FlavourName

if TYPE_CHECKING:
    from nushine.experiments import Experiment


def constraints(
    flavour: Annotated[
        FlavourName, typer.Option("--flavour", help="Flavour of the moment; universal: all limits.")
    ] = FlavourName.UNIVERSAL,
    name: Annotated[str, typer.Option("--name", metavar="CURVE", help="Show the points of this curve.")] = "",
    as_json: options.JsonOption = False,
) -> None:
    """Published limits on the moment: confidence level, convention and paper of each, or the points of one."""
    from nushine.constraints import get, load
    from nushine.io import columns, description, to_dict

    if name:
        curve = get(name)
        if as_json:
            output.show_json(to_dict(curve))
            return
        title = f"{curve.label}: {100 * curve.cl:g} % CL, {curve.paper}, arXiv:{curve.arxiv}"
        rows = [(output.number(x), output.number(y)) for x, y in zip(curve.m_N, curve.mu, strict=True)]
        output.show_table(title, [c.header for c in columns(curve)], rows, [curve.note] if curve.note else [])
        return
    limits = load(flavour.value)
    again = [f"{limit.name} of {limit.variant_of}" for limit in limits if limit.variant_of]
    if as_json:
        output.show_json({"flavour": flavour.value, "limits": [description(limit) for limit in limits]})
        return
    output.show_table(
        f"Published limits on a moment of flavour {flavour}",
        ["name", "flavour", "CL [%]", "given as", "m_N [MeV]", "author, arXiv"],
        [
            (
                limit.name,
                "solar" if limit.solar else limit.flavour.value,
                f"{100 * limit.cl:g}",
                limit.convention,
                f"{limit.m_N.min():.2g} to {limit.m_N.max():.2g}",
                f"{limit.paper.split(',')[0]}, {limit.arxiv}",
            )
            for limit in limits
        ],
        [
            "Given as d [1/GeV]: L = d nubar sigma N F; as mu [mu_B]: L = (mu/2) nubar sigma N F.",
            f"The same data in another analysis, or with a moment to the Z too: {', '.join(again)}.",
            "'nushine constraints --name NAME' shows the paper, the points (as mu) and what is doubtful.",
        ],
    )


def info(
    experiment: Annotated[
        str, typer.Argument(help="Name of an experiment of the package, or a YAML file.", show_default=False)
    ] = "",
    as_json: options.JsonOption = False,
) -> None:
    """Version and experiments of the package, or what one experiment consists of and counts."""
    from nushine import __version__, experiments

    if not experiment:
        described = {name: experiments.load(name).description for name in experiments.names()}
        if as_json:
            items = [{"name": name, "description": text} for name, text in described.items()]
            output.show_json({"version": __version__, "experiments": items})
        else:
            output.show_table(f"nushine {__version__}", ["experiment", "description"], list(described.items()))
        return
    with output.progress("computing the rates", None):
        setup = experiments.load(experiment)
        facts = [*_flux(setup), *_detector(setup), *_counts(setup)]
    texts = {"source": setup.source.name, "target": setup.target.name}
    if as_json:
        about = {"name": setup.name, "description": setup.description, "reference": setup.reference}
        output.show_json({**about, **texts, **{fact.key: fact.value for fact in facts}})
        return
    rows = [*((label, text, "") for label, text in texts.items()), *(fact.row for fact in facts)]
    notes = [setup.reference] if setup.reference else []
    output.show_table(f"{setup.name}: {setup.description}".rstrip(": "), ["", "", ""], rows, notes)


class Fact(NamedTuple):
    """A number of an experiment: in words for people, as a key for machines."""

    label: str
    value: float
    unit: str
    key: str

    @property
    def row(self) -> tuple[str, str, str]:
        """Line of a table."""
        return self.label, f"{self.value:.5g}", self.unit


def _flux(setup: "Experiment") -> list[Fact]:
    from hepunits import MeV, cm, s

    from nushine.observables import highest_mass

    unit, per = cm**-2 / s, "1/(cm^2 s)"
    return [
        Fact("total flux", float(setup.source.total()) / unit, per, "flux_total_per_cm2_s"),
        Fact("flux above 1.8 MeV", float(setup.source.total(1.8 * MeV)) / unit, per, "flux_above_1p8_MeV_per_cm2_s"),
        Fact("largest neutrino energy", float(setup.source.E_max), "MeV", "E_nu_max_MeV"),
        Fact("largest mass of N", highest_mass(setup), "MeV", "m_N_max_MeV"),
    ]


def _detector(setup: "Experiment") -> list[Fact]:
    from hepunits import cm, day, eV, keV, kg

    selection = setup.selection
    return [
        Fact("mass of the target", float(setup.mass) / kg, "kg", "mass_kg"),
        Fact("exposure", float(setup.exposure) / day, "day", "exposure_day"),
        Fact("path of N", float(setup.path) / cm, "cm", "path_cm"),
        Fact("recoil window from", float(selection.E_R_min) / eV, "eV", "E_R_min_eV"),
        Fact("recoil window to", float(selection.E_R_max) / eV, "eV", "E_R_max_eV"),
        Fact("photon threshold", float(selection.E_gamma_min) / keV, "keV", "E_gamma_min_keV"),
        Fact("photon cone, least cosine", float(selection.cos_theta_min), "", "cos_theta_min"),
    ]


def _counts(setup: "Experiment") -> list[Fact]:
    from hepunits import day, keV, kg

    from nushine.detectors import COINCIDENCE, PHOTON, RECOIL
    from nushine.interactions.cevns import CEvNS
    from nushine.rates import scattering_rate

    flat, exposure = setup.background, setup.mass * setup.exposure
    density, rate = 1 / (keV * kg * day), 1 / (kg * day)
    cevns = float(scattering_rate(setup.source, setup.target, CEvNS(), RECOIL.selection(setup.selection)))
    densities = (("recoil", flat.recoil), ("coincidence", flat.coincidence))
    counts = [(c.name, float(flat.rate(c, setup.selection) * exposure)) for c in (RECOIL, COINCIDENCE, PHOTON)]
    return [
        Fact("CEvNS in the recoil window", cevns * float(exposure), "events", "cevns_events"),
        Fact("CEvNS per mass and time", cevns / rate, "1/(kg day)", "cevns_per_kg_day"),
        *(
            Fact(f"flat background, {name}", float(b) / density, "1/(keV kg day)", f"background_{name}_per_keV_kg_day")
            for name, b in densities
        ),
        Fact("flat background, photon", float(flat.photon) / rate, "1/(kg day)", "background_photon_per_kg_day"),
        *(Fact(f"flat background, {name}", n, "events", f"background_{name}_events") for name, n in counts),
    ]
