"""Cross sections: CEvNS in the Standard Model, and up-scattering through a transition magnetic moment."""

from nushine.interactions.base import Interaction
from nushine.interactions.cevns import CEvNS
from nushine.interactions.dipole import DIRAC, MAJORANA, Dipole, Nature, polarisation

__all__ = ["DIRAC", "MAJORANA", "CEvNS", "Dipole", "Interaction", "Nature", "polarisation"]
