"""Physical constants, each with its value, unit and source.

Energies are in MeV, lengths in mm and times in ns (the units of `hepunits`); particle masses are energies (m c^2),
and bulk masses are `hepunits` masses, so that c^2 enters only in `MASS_PER_ENERGY`.
"""

from math import pi, sqrt
from typing import Final

from hepunits import MeV, c_light, hbarc

alpha: Final = 1 / 137.035999177
"""Fine-structure constant [1]. CODATA 2022."""

hbar_c: Final = float(hbarc)
"""hbar c [MeV mm]. Exact in the SI of 2019."""

m_e: Final = 0.51099895069 * MeV
"""Electron mass [MeV]. CODATA 2022."""

m_mu: Final = 105.6583755 * MeV
"""Muon mass [MeV]. CODATA 2022."""

m_pi: Final = 139.57039 * MeV
"""Charged-pion mass [MeV]. Particle Data Group, Phys. Rev. D 110, 030001 (2024)."""

m_u: Final = 931.49410372 * MeV
"""Atomic mass constant [MeV]. CODATA 2022."""

G_F: Final = 1.1663788e-11 / MeV**2
"""Fermi constant [MeV^-2]. Particle Data Group, Phys. Rev. D 110, 030001 (2024)."""

sin2_theta_W: Final = 0.2386
"""Weak mixing angle at zero momentum transfer [1].
Kumar, Mantry, Marciano, Souder, Ann. Rev. Nucl. Part. Sci. 63, 237 (2013)."""

mu_B: Final = sqrt(4 * pi * alpha) / (2 * m_e)
"""Bohr magneton e/(2 m_e) [MeV^-1] in Heaviside-Lorentz natural units, 0.29630 MeV^-1."""

MASS_PER_ENERGY: Final = 1 / float(c_light) ** 2
"""Bulk mass of one unit of rest energy, 1/c^2 [ns^2 mm^-2]: the one place where c^2 enters."""

AREA: Final = hbar_c**2
"""(hbar c)^2 [MeV^2 mm^2]: turns a natural cross section [MeV^-2] into an area [mm^2]."""
