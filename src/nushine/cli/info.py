"""The command ``info``: everything that was read of an experiment, and what it counts."""

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from nushine.cli import options, output

if TYPE_CHECKING:
    from nushine.detectors import Crystal
    from nushine.experiments import Experiment

Texts = list[tuple[str, str]]


def info(
    experiment: Annotated[
        str, typer.Argument(help="Name of an experiment of the package, or a YAML file.", show_default=False)
    ] = "",
    as_json: options.JsonOption = False,
) -> None:
    """Version and experiments of the package, or everything that was read of one experiment and what it counts."""
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
        facts = [*_flux(setup), *_detector(setup), *_response(setup), *_uncertainties(setup), *_counts(setup)]
        isotopes, caveats = _isotopes(setup), _caveats(setup)
    if as_json:
        document: dict[str, Any] = {"name": setup.name, "description": setup.description, "reference": setup.reference}
        document |= {"source": setup.source.name, "target": setup.target.name} | {f.key: f.value for f in facts}
        output.show_json({**document, **_structure(setup), "isotopes": isotopes, "caveats": caveats})
        return
    source: Texts = [("source", setup.source.name), *((f"  {key}", text) for key, text in setup.source_keys)]
    rows = [*source, ("target", setup.target.name), *(fact.row for fact in facts if fact.shown), *_geometry(setup)]
    output.show_table(f"{setup.name}: {setup.description}".rstrip(": "), ["", ""], rows)
    shares = [(i["part"], i["isotope"], f"{i['atoms_percent']:.4g}", f"{i['mass_percent']:.4g}") for i in isotopes]
    notes = [*caveats, *([setup.reference] if setup.reference else [])]
    output.show_table("\nIsotopes", ["part of the target", "isotope", "of atoms [%]", "of mass [%]"], shares, notes)


class Fact(NamedTuple):
    """A number of an experiment, None if it is not given: in words for people, as a key for machines."""

    label: str
    value: float | bool | None
    unit: str
    key: str
    shown: bool = True

    @property
    def row(self) -> tuple[str, str]:
        """Line of a table."""
        if self.value is None:
            return self.label, "not given"
        text = ("yes" if self.value else "no") if isinstance(self.value, bool) else f"{self.value:.5g}"
        return self.label, f"{text} {self.unit}".rstrip()


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

    asked, recoils, photons = setup.selection, setup.recoils, setup.photons
    path = None if setup.path is None else float(setup.path) / cm
    low, high = (float(x) / eV if recoils else None for x in (asked.E_R_min, asked.E_R_max))
    threshold = float(asked.E_gamma_min) / keV if photons else None
    cosine = float(asked.cos_theta_min) if photons else None
    flight = float(asked.flight_min) / cm
    off = float(setup.off_time_ratio)
    return [
        Fact("mass of the target", float(setup.mass) / kg, "kg", "mass_kg"),
        Fact("exposure", float(setup.exposure) / day, "day", "exposure_day"),
        Fact("time off over time on", off, "", "off_time_ratio", off > 0),
        Fact("path of N", path, "cm", "path_cm"),
        Fact("least flight of N", flight, "cm", "flight_min_cm", flight > 0),
        Fact("recoil window from", low, "eV", "E_R_min_eV"),
        Fact("recoil window to", high, "eV", "E_R_max_eV", recoils),
        Fact("photon threshold", threshold, "keV", "E_gamma_min_keV"),
        Fact("photon cone, least cosine", cosine, "", "cos_theta_min", photons),
    ]


def _response(setup: "Experiment") -> list[Fact]:
    from hepunits import eV

    of, recoils, photons = setup.response, setup.recoils, setup.photons
    return [
        Fact("resolution of recoils", float(of.resolution) / eV, "eV", "resolution_eV", recoils),
        Fact("quenching", float(of.quenching), "", "quenching", recoils),
        Fact("efficiency of recoils", float(of.efficiency), "", "efficiency", recoils),
        Fact("efficiency of photons", float(of.photon_efficiency), "", "photon_efficiency", photons),
    ]


def _uncertainties(setup: "Experiment") -> list[Fact]:
    """Those that are not zero, in per cent but for the threshold."""
    from dataclasses import fields

    from hepunits import eV

    found, known = [], setup.uncertainties
    for name in (field.name for field in fields(known)):
        value, label = getattr(known, name), f"uncertainty of {name.replace('_', ' ')}"
        if isinstance(value, bool):
            found.append(Fact(label, value, "", f"uncertainty_{name}", value))
        elif name == "threshold":
            found.append(Fact(label, float(value) / eV, "eV", "uncertainty_threshold_eV", float(value) > 0))
        else:
            found.append(Fact(label, 100 * float(value), "%", f"uncertainty_{name}_percent", float(value) > 0))
    return found


def _counts(setup: "Experiment") -> list[Fact]:
    from hepunits import MeV, day, eV, keV, kg

    from nushine.experiments.channels import described

    known, exposure = setup.background, setup.mass * setup.exposure
    density, rate = 1 / (keV * kg * day), 1 / (kg * day)
    found = _cevns(setup) if setup.recoils else []
    for channel in sorted(described(setup), key=lambda c: ("recoil", "coincidence", "photon").index(c.name)):
        flat = float(known.flat(channel)) if known.given(channel) else None
        unit, per = (density, "keV_kg_day") if channel.recoil else (rate, "kg_day")
        name = f"flat background, {channel.name}"
        value = None if flat is None else flat / unit
        shown = f"1/({per.replace('_', ' ')})"
        found.append(Fact(name, value, shown, f"background_{channel.name}_per_{per}"))
        events = None if flat is None else float(known.rate(channel, setup.selection) * exposure)
        with_excess = " and excess" * (channel.name == "recoil" and float(known.excess) > 0)
        label = f"background, {channel.name}{with_excess}"
        found.append(Fact(label, events, "events", f"background_{channel.name}_events", events is not None))
    excess, scale = float(known.excess), float(known.photon_scale)
    falling = scale / MeV if scale < float("inf") else None
    return [
        *found,
        Fact("excess at zero energy", excess / density, "1/(keV kg day)", "excess_per_keV_kg_day", excess > 0),
        Fact("excess falls by e over", float(known.excess_scale) / eV, "eV", "excess_scale_eV", excess > 0),
        Fact("photon background falls over", falling, "MeV", "photon_scale_MeV", falling is not None),
    ]


def _cevns(setup: "Experiment") -> list[Fact]:
    from hepunits import day, kg

    from nushine.detectors import RECOIL
    from nushine.interactions.cevns import CEvNS
    from nushine.rates import scattering_rate

    cevns = float(scattering_rate(setup.source, setup.target, CEvNS(), RECOIL.selection(setup.selection)))
    return [
        Fact("CEvNS in the recoil window", cevns * float(setup.mass * setup.exposure), "events", "cevns_events"),
        Fact("CEvNS per mass and time", cevns * (kg * day), "1/(kg day)", "cevns_per_kg_day"),
    ]


def _isotopes(setup: "Experiment") -> list[dict[str, Any]]:
    """Shares of each isotope in its part of the target: by number of all atoms, and by mass."""
    import numpy as np

    target, of_part = setup.target, np.asarray(setup.parts)
    number = np.asarray(target.number_per_mass)
    mass = number * np.asarray(target.isotopes.m_atom)
    names = target.name.split(" + ") if len(target.name.split(" + ")) == len(set(setup.parts)) else []
    found = []
    for i, label in enumerate(target.labels):
        here = of_part == of_part[i]
        found.append(
            {
                "part": names[of_part[i]] if names else f"part {of_part[i] + 1}",
                "isotope": label,
                "atoms_percent": float(100 * number[i] / number[here].sum()),
                "mass_percent": float(100 * mass[i] / mass[here].sum()),
            }
        )
    return found


def _structure(setup: "Experiment") -> dict[str, Any]:
    """What is no number: keys of the source, channels, bodies of the geometry."""
    from nushine.experiments.channels import described

    channels = [channel.name for channel in described(setup)]
    geometry = dict(_geometry(setup)[1:]) or None
    return {"source_keys": dict(setup.source_keys), "channels": channels, "channel": channels[0], "geometry": geometry}


def _geometry(setup: "Experiment") -> Texts:
    """The default channel, and what there is of crystals, photon detectors and the instrumented volume."""
    from collections import Counter

    from hepunits import cm3, g

    from nushine.experiments.channels import channel_of

    rows = [("default channel", channel_of(setup).name)]
    if setup.arrangement is None:
        return rows
    placed = setup.arrangement
    kinds: dict[str, list[Crystal]] = {}
    for body in placed.crystals:
        kinds.setdefault(body.material.name, []).append(body)
    volume = {name: sum(float(b.shape.volume) for b in bodies) for name, bodies in kinds.items()}
    mass = {name: volume[name] * float(bodies[0].material.density) for name, bodies in kinds.items()}
    crystals = ", ".join(
        f"{len(bodies)} of {name} ({volume[name] / cm3:.4g} cm^3, {mass[name] / g:.4g} g)"
        for name, bodies in kinds.items()
    )
    seeing = ", ".join(f"{n} of {name}" for name, n in Counter(b.material.name for b in placed.detectors).items())
    inside = placed.instrumented
    kind = f"{type(inside).__name__.lower()} of {float(inside.volume) / 1e3:.4g} cm^3"
    return [*rows, ("crystals", crystals), ("photon detectors", seeing or "none"), ("instrumented volume", kind)]


def _caveats(setup: "Experiment") -> list[str]:
    """What is filled in where the file says nothing, for all channels that it describes."""
    from nushine.experiments.caveats import assumed, out_of_reach, two_geometries, two_windows
    from nushine.experiments.channels import described

    channels = described(setup)
    windows = [*two_windows(setup, channels, compute=True), *out_of_reach(setup, channels)]
    return [*assumed(setup, channels), *two_geometries(setup, channels[:1]), *windows]
