"""What NuHepMC 1.0 asks of the head of a file: versions, codes, cross section.

References
----------
[1] S. Gardiner, J. Isaacson, L. Pickering, NuHepMC: a standardized event record format for neutrino event generators,
    arXiv:2310.13211, requirements G.R.1 to G.R.11.

"""

from typing import Any

import pyhepmc
from hepunits import picobarn

from nushine.events import particles
from nushine.events.record import RunCard
from nushine.io.events.card import to_json
from nushine.io.events.graph import (
    BEAM,
    CEVNS,
    DECAY_VERTEX,
    DECAYED,
    FINAL,
    PRIMARY_VERTEX,
    TARGET,
    UP_SCATTERING,
    process,
)

CARD = "nushine.card"
"""Attribute that holds the run card as JSON."""

Texts = dict[int, tuple[str, str]]

PROCESSES: Texts = {
    CEVNS: ("CEvNS", "Coherent elastic neutrino-nucleus scattering"),
    UP_SCATTERING: ("Dipole up-scattering", "nu A -> N A through a transition magnetic moment, and the decay of N"),
}
VERTICES: Texts = {
    PRIMARY_VERTEX: ("Primary", "Scattering of the neutrino on the nucleus"),
    DECAY_VERTEX: ("Decay", "Decay of N to a photon"),
}
PARTICLES: Texts = {
    FINAL: ("Final", "Leaves undecayed, or its decay is not in the record"),
    DECAYED: ("Decayed", "Decays at a vertex of the record"),
    BEAM: ("Beam", "Incoming neutrino"),
    TARGET: ("Target", "Nucleus at rest"),
}
STERILE: Texts = {
    particles.N: ("N", "Sterile neutrino; Majorana, or Dirac from neutrinos"),
    -particles.N: ("N_bar", "Antiparticle of a Dirac N"),
    particles.N_PRIME: ("N'", "Lighter sterile neutrino"),
    -particles.N_PRIME: ("N'_bar", "Antiparticle of a Dirac N'"),
}


def run_information(card: RunCard) -> Any:
    """The head of a file."""
    run = pyhepmc.GenRunInfo()
    run.tools = [pyhepmc.GenRunInfo.ToolInfo("nushine", card.version, "sterile neutrinos through a magnetic moment")]
    run.weight_names = ["CV"]
    code = process(card)
    run.attributes = {
        "NuHepMC.Version.Major": 1,
        "NuHepMC.Version.Minor": 0,
        "NuHepMC.Version.Patch": 0,
        "NuHepMC.Conventions": ["G.C.2", "G.C.5", "E.C.1"],
        "NuHepMC.FluxAveragedTotalCrossSection": card.cross_section / picobarn,
        "NuHepMC.FluxAveragedTotalCrossSectionUncertainty": card.cross_section_error / picobarn,
        "NuHepMC.Units.CrossSection.Unit": "pb",
        "NuHepMC.Units.CrossSection.TargetScale": "PerAtom",
        "NuHepMC.Provenance.NEvents": card.n,
        "NuHepMC.Provenance.Seed": str(card.seed),
        **_declared("ProcessIDs", "ProcessInfo", {code: PROCESSES[code]}),
        **_declared("VertexStatusIDs", "VertexStatusInfo", VERTICES),
        **_declared("ParticleStatusIDs", "ParticleStatusInfo", PARTICLES),
        "NuHepMC.AdditionalParticleNumbers": list(STERILE),
        **{f"NuHepMC.AdditionalParticleNumber[{code}].Name": name for code, (name, _) in STERILE.items()},
        **{f"NuHepMC.AdditionalParticleInfo[{code}].Description": text for code, (_, text) in STERILE.items()},
        CARD: to_json(card),
    }
    return run


def _declared(ids: str, info: str, texts: Texts) -> dict[str, Any]:
    declared: dict[str, Any] = {f"NuHepMC.{ids}": list(texts)}
    for code, (name, text) in texts.items():
        declared[f"NuHepMC.{info}[{code}].Name"] = name
        declared[f"NuHepMC.{info}[{code}].Description"] = text
    return declared
