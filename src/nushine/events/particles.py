"""PDG codes of the particles in events."""

from typing import Final

NU_E: Final = 12
"""Electron neutrino; antineutrinos have the negative of these codes."""

NU_MU: Final = 14
"""Muon neutrino."""

NU_TAU: Final = 16
"""Tau neutrino."""

PHOTON: Final = 22
"""Photon."""

N: Final = 9900012
"""The sterile neutrino N: the PDG code of a heavy neutrino that partners the electron neutrino.

Codes 9900012, 9900014 and 9900016 are those of right-handed or heavy neutrinos in the usual event generators, and lie
in the range that the numbering scheme [1] keeps for particles beyond the Standard Model. The code says nothing about
the flavours that N couples to: the run card has the couplings.

A Dirac N from antineutrinos is the antiparticle, -9900012. A Majorana N is its own antiparticle and always 9900012; the
column `lepton_number` tells in which of its two final states it decayed.

References
----------
[1] Particle Data Group, Monte Carlo particle numbering scheme, Phys. Rev. D 110, 030001 (2024), section 45.

"""

N_PRIME: Final = 9900014
"""The lighter sterile neutrino N' of N -> N' gamma, coded as N is."""


def neutrino(flavour: str, antineutrino: bool = False) -> int:
    """PDG code of an active neutrino.

    Parameters
    ----------
    flavour : {"e", "mu", "tau"}
        Its flavour.
    antineutrino : bool
        Whether it is an antineutrino; the code is then negative.

    Raises
    ------
    ValueError
        For any other flavour.

    Examples
    --------
    >>> neutrino("e", antineutrino=True), neutrino("tau")
    (-12, 16)

    """
    codes = {"e": NU_E, "mu": NU_MU, "tau": NU_TAU}
    if flavour not in codes:
        raise ValueError(f"flavour = {flavour!r} is not known: give 'e', 'mu' or 'tau'")
    return -codes[flavour] if antineutrino else codes[flavour]


def nucleus(Z: int, A: int) -> int:
    """PDG code of a nucleus in its ground state, 10LZZZAAAI with L = I = 0; a free proton or neutron as such.

    Parameters
    ----------
    Z, A : int
        Protons, and protons plus neutrons.

    Raises
    ------
    ValueError
        If there is no such nucleus.

    Examples
    --------
    >>> nucleus(32, 73), nucleus(1, 1)
    (1000320730, 2212)

    """
    from particle import PDGID

    if A == 1 and Z in (0, 1):
        return 2212 if Z == 1 else 2112
    code = PDGID(1_000_000_000 + 10_000 * Z + 10 * A) if 0 < Z <= A <= 999 else PDGID(0)
    if not (code.is_nucleus and code.Z == Z and code.A == A):
        raise ValueError(f"Z = {Z}, A = {A} is no nucleus: the mass number must be at least the charge, both above 0")
    return int(code)


def name(code: int) -> str:
    """Short name of a particle in events; the code itself where it has none.

    Examples
    --------
    >>> name(-12), name(1000320730), name(9900012), name(22)
    ('nu_e_bar', 'Ge73', 'N', 'gamma')

    """
    from particle import InvalidParticle, Particle, ParticleNotFound

    beyond = {N: "N", -N: "N_bar", N_PRIME: "N'", -N_PRIME: "N'_bar"}
    if code in beyond:
        return beyond[code]
    try:
        return Particle.from_pdgid(code).programmatic_name
    except (ParticleNotFound, InvalidParticle):
        return str(code)
