"""nushine: neutrinos up-scattered on nuclei through a transition magnetic moment, and the photons that shine after.

The public nouns and verbs. They are imported on first use, so that ``import nushine`` reads no file and loads no JAX.
The first use switches JAX to double precision for the whole process: your own arrays are float64 from then on.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from nushine import constants, constraints, experiments, io, kinematics, sources, statistics, targets, theory
    from nushine.decay import PROMPT, RADIATIVE, Decay, Invisible, Radiative, ToSterile
    from nushine.detectors import COINCIDENCE, PHOTON, RECOIL, Background
    from nushine.events import Events, Generator, generate
    from nushine.experiments import Experiment
    from nushine.interactions import DIRAC, MAJORANA, CEvNS, Dipole, Nature
    from nushine.observables import Spectrum, background_events, event_yield, expected_events
    from nushine.rates import (
        Selection,
        electron_recoil_rate,
        photon_angle_spectrum,
        photon_spectrum,
        recoil_rate,
        scattering_rate,
        sterile_rate,
        sterile_yield,
    )
    from nushine.sources import ELECTRON, MUON, TAU, UNIVERSAL, Flavour, Source
    from nushine.statistics import Contour, discovery, discriminate, exclusion, forecast
    from nushine.targets import Target

_HOME = {
    "nushine.decay": ("PROMPT", "RADIATIVE", "Decay", "Invisible", "Radiative", "ToSterile"),
    "nushine.detectors": ("COINCIDENCE", "PHOTON", "RECOIL", "Background"),
    "nushine.events": ("Events", "Generator", "generate"),
    "nushine.experiments": ("Experiment",),
    "nushine.interactions": ("DIRAC", "MAJORANA", "CEvNS", "Dipole", "Nature"),
    "nushine.observables": ("Spectrum", "background_events", "event_yield", "expected_events"),
    "nushine.rates": (
        "Selection",
        "electron_recoil_rate",
        "photon_angle_spectrum",
        "photon_spectrum",
        "recoil_rate",
        "scattering_rate",
        "sterile_rate",
        "sterile_yield",
    ),
    "nushine.sources": ("ELECTRON", "MUON", "TAU", "UNIVERSAL", "Flavour", "Source"),
    "nushine.statistics": ("Contour", "discovery", "discriminate", "exclusion", "forecast"),
    "nushine.targets": ("Target",),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}
_MODULES = ("constants", "constraints", "experiments", "io", "kinematics", "sources", "statistics", "targets", "theory")

__all__ = [
    "COINCIDENCE",
    "DIRAC",
    "ELECTRON",
    "MAJORANA",
    "MUON",
    "PHOTON",
    "PROMPT",
    "RADIATIVE",
    "RECOIL",
    "TAU",
    "UNIVERSAL",
    "Background",
    "CEvNS",
    "Contour",
    "Decay",
    "Dipole",
    "Events",
    "Experiment",
    "Flavour",
    "Generator",
    "Invisible",
    "Nature",
    "Radiative",
    "Selection",
    "Source",
    "Spectrum",
    "Target",
    "ToSterile",
    "__version__",
    "background_events",
    "constants",
    "constraints",
    "discovery",
    "discriminate",
    "electron_recoil_rate",
    "event_yield",
    "exclusion",
    "expected_events",
    "experiments",
    "forecast",
    "generate",
    "io",
    "kinematics",
    "photon_angle_spectrum",
    "photon_spectrum",
    "recoil_rate",
    "scattering_rate",
    "sources",
    "statistics",
    "sterile_rate",
    "sterile_yield",
    "targets",
    "theory",
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name in _MODULES:
        return import_module(f"nushine.{name}")
    if name in _MODULE_OF:
        return getattr(import_module(_MODULE_OF[name]), name)
    raise AttributeError(f"module 'nushine' has no attribute {name!r}; public names are {', '.join(__all__)}")


def __dir__() -> list[str]:
    """Public names."""
    return __all__
