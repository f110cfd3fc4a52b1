"""Targets: isotopes, form factors, compounds and mixtures of them, electrons."""

from nushine.targets.compounds import Target, compound, enriched, mixture, stack
from nushine.targets.electrons import Electrons, binding_energies, electron, electrons
from nushine.targets.form_factors import FormFactor, Helm, KleinNystrand, PointLike, SymmetrisedFermi
from nushine.targets.isotopes import Isotope, charge_radius, isotope, isotopes_of

__all__ = [
    "Electrons",
    "FormFactor",
    "Helm",
    "Isotope",
    "KleinNystrand",
    "PointLike",
    "SymmetrisedFermi",
    "Target",
    "binding_energies",
    "charge_radius",
    "compound",
    "electron",
    "electrons",
    "enriched",
    "isotope",
    "isotopes_of",
    "mixture",
    "stack",
]
