"""What `dipole_limits.py` builds: one entry per published curve, with its paper, convention and open questions."""

from dataclasses import dataclass

from hepunits import GeV, MeV


@dataclass(frozen=True)
class Piece:
    """One text file: coupling convention ("d" in GeV^-1 or "mu" in mu_B), unit of the mass, reading direction."""

    file: str
    convention: str = "d"
    mass_unit: float = GeV
    backwards: bool = False


@dataclass(frozen=True)
class Frame:
    """A log-log figure: page coordinates of its frame and the values at its edges (m_N [MeV], mu [mu_B])."""

    file: str
    left: float
    bottom: float
    width: float
    height: float
    m_N: tuple[float, float]
    mu: tuple[float, float]


@dataclass(frozen=True)
class Curve:
    """One row of the index, and how its points are put together.

    `stroke` is the drawing order and the number of vertices of the stroke in `FIGURE` that extends the files to lower
    masses (or is the whole curve where there are none); `corners` names the closing along the edge of the figure.
    """

    name: str
    label: str
    flavour: str
    kind: str
    boundary: str
    cl: float
    paper: str
    arxiv: str
    pieces: tuple[Piece, ...] = ()
    solar: bool = False
    stroke: tuple[int, int] | None = None
    corners: str = ""
    note: str = ""

    def row(self) -> list[str]:
        """Values of the index columns, in their order."""
        convention = self.pieces[0].convention if self.pieces else "mu"
        files = [piece.file for piece in self.pieces] + ([FIGURE.file] if self.stroke else [])
        solar = "yes" if self.solar else "no"
        text = [self.name, self.label, self.flavour, solar, self.kind, self.boundary, convention, f"{self.cl:g}"]
        return [*text, self.paper, self.arxiv, "; ".join(files), self.note]


FIGURE = Frame(
    "XENON1T_Borexino_SN_BBN_2007_15563.pdf", 156.1397, 525.5825, 339.6267, 201.5102, (1e-2, 1e3), (2e-13, 1e-7)
)

BRDAR = "Brdar, Greljo, Kopp, Opferkuch, JCAP 01 (2021) 039"
MAGILL = "Magill, Plestid, Pospelov, Tsai, Phys. Rev. D 98, 115015 (2018)"
COLOMA = "Coloma, Machado, Martinez-Soler, Shoemaker, Phys. Rev. Lett. 119, 201804 (2017)"
GUSTAFSON = "Gustafson, Plestid, Shoemaker, Phys. Rev. D 106, 095037 (2022)"
FIGURE_2 = "fig. 2 of the paper (coupling to nu_mu only; the nu_e fraction of solar neutrinos is larger)"
SK_NOTE = "statistical and systematic errors. Closed along the left and upper edge of the published figure"

# fmt: off
CURVES = (
    Curve(
        "borexino", "Borexino", "universal", "laboratory", "lower", 90, BRDAR, "2007.15563",
        (Piece("Borexino_d.dat"),), solar=True, stroke=(6, 52),
        note=f"Below 1.006 MeV from {FIGURE_2}; above, as redrawn for all flavours in arXiv:2105.09699. They agree "
        "to 1.5 % at 1.1-1.6 MeV, which also confirms mu = 2d; the file is up to 19 % higher (weaker) at 2.8 MeV",
    ),
    Curve(
        "xenon1t_electron", "XENON1T e recoil", "universal", "laboratory", "lower", 90, BRDAR, "2007.15563",
        solar=True, stroke=(11, 50), note=f"From {FIGURE_2}; tritium background left free",
    ),
    Curve(
        "xenon1t_nuclear", "XENON1T nuclear recoil", "universal", "laboratory", "lower", 90, BRDAR, "2007.15563",
        (Piece("Xenon1T_d.dat"),), solar=True, stroke=(7, 25),
        note=f"Below 1.006 MeV from {FIGURE_2}; above, as redrawn for all flavours in arXiv:2105.09699",
    ),
    Curve(
        "borexino_superk", "Borexino + Super-K", "universal", "laboratory", "lower", 90,
        "Plestid, Phys. Rev. D 104, 075027 (2021)", "2010.04193", (Piece("Borexino_SK_d.dat"),), solar=True,
        note="CL 90? : the compilation says 90 %, arXiv:2105.09699 draws it dashed and labels it 4.62 events per kton "
        "and day. Up-scattering in the Earth, decay in the detector",
    ),
    Curve(
        "stellar_cooling", "stellar cooling", "universal", "astrophysical", "lower", 90, BRDAR, "2007.15563",
        stroke=(10, 51), note="From fig. 2 of the paper. Plasmon decay, flavour-blind. No upper edge is given",
    ),
    Curve(
        "bbn", "BBN", "universal", "cosmological", "closed", 90, BRDAR, "2007.15563",
        (Piece("BBN_muB.dat", "mu", MeV),), corners="bbn frame",
        note="4He abundance, coupling to nu_mu only in the paper. The file runs on to 1e-4 MeV, 248 MeV and "
        "1e-18 mu_B by hand; here it ends at the edges of the published figure (0.01 MeV, 2e-13 mu_B, there 152 MeV). "
        "Continued upwards by the compilation above 1e-7 mu_B. BBN_muB_bottom and BBN_muB_left are parts of it",
    ),
    Curve(
        "sn1987a", "SN1987A", "universal", "astrophysical", "closed", 90, MAGILL, "1803.03262",
        (Piece("SN1987A_muB_bottom.dat", "mu", MeV), Piece("SN1987A_muB_top.dat", "mu", MeV)),
        note="CL 90? : the compilation says 90 %, arXiv:2105.09699 95 %, the paper states a cooling criterion without "
        "CL. Lower (cooling) and upper (trapping) edge joined at 310 MeV and closed at 0.01 MeV; arXiv:2105.09699 "
        "draws edges a factor 2 to 4 higher. Its robustness is disputed",
    ),
    Curve(
        "lep", "LEP", "universal", "laboratory", "lower", 95, MAGILL, "1803.03262", (Piece("LEPgz_d.dat", "d", MeV),),
        note="Dipole to photon and Z (d_gamma and d_Z); with the photon alone about ten times weaker",
    ),
    Curve(
        "lhc", "LHC", "universal", "laboratory", "lower", 95, MAGILL, "1803.03262",
        (Piece("Magill_d_gammaW_a_0.2.dat"),),
        note="CL 95? : not stated in the file. Dipole to photon and W, ratio parameter a = 0.2",
    ),
    Curve(
        "lsnd", "LSND", "e", "laboratory", "lower", 95, MAGILL, "1803.03262", (Piece("e/LSND_de.dat"),),
        note="The paper applies it to the electron and the muon flavour; the compilation files it under electron",
    ),
    Curve(
        "superk_atmospheric_e", "Super-K atmospheric", "e", "laboratory", "closed", 90, GUSTAFSON, "2205.02234",
        (Piece("e/SK_atm_de.dat"),), corners="upper left", note=SK_NOTE,
    ),
    Curve(
        "superk_atmospheric_mu", "Super-K atmospheric", "mu", "laboratory", "closed", 90, GUSTAFSON, "2205.02234",
        (Piece("mu/SK_atm_dmu.dat"),), corners="upper left", note=SK_NOTE,
    ),
    Curve(
        "superk_atmospheric_tau", "Super-K atmospheric", "tau", "laboratory", "closed", 90, GUSTAFSON, "2205.02234",
        (Piece("tau/SK_atm_dtau.dat"), Piece("tau/SK_atm_dtau_top.dat", backwards=True)),
        note=f"{SK_NOTE}: SK_atm_dtau, then SK_atm_dtau_top backwards",
    ),
    Curve(
        "charm_ii", "CHARM-II", "mu", "laboratory", "lower", 90, COLOMA, "1707.08573", (Piece("mu/CHARMII_dmu.dat"),),
        note="Mixed conventions: published as mu_tr/mu_B, taken over as mu_tr = 2d; if mu_tr means d, the curve is a "
        "factor 2 too low",
    ),
    Curve(
        "nomad", "NOMAD", "mu", "laboratory", "closed", 90, COLOMA, "1707.08573", (Piece("mu/NOMAD_dmu.dat"),),
        note="Mixed conventions: published as mu_tr/mu_B, taken over as mu_tr = 2d; if mu_tr means d, the curve is a "
        "factor 2 too low. After Gninenko and Krasnikov 1999. The flat top at d = 5.6e-5 GeV^-1 is that of "
        "arXiv:1803.03262. NOMAD_dmu_bottom and NOMAD_dmu_top are parts of it",
    ),
    Curve(
        "miniboone", "MiniBooNE", "mu", "laboratory", "lower", 95, MAGILL, "1803.03262",
        (Piece("mu/MiniBooNE_dmu.dat"),), note="",
    ),
    Curve(
        "minerva", "MINERvA", "mu", "laboratory", "lower", 95,
        "Kamp, Hostert, Schneider, Vergani, Arguelles, Conrad, Shaevitz, Uchida, Phys. Rev. D 107, 055009 (2023)",
        "2206.07100", (Piece("mu/MINERvA_RHC_nominal_d_tauN_0.dat", "d", MeV),),
        note="Background uncertainty of 30 %; lifetime from the same d",
    ),
    Curve(
        "donut", "DONUT", "tau", "laboratory", "lower", 90, "Schwetz, Zhou, Zhu, JHEP 07 (2021) 200", "2105.09699",
        (Piece("tau/DONUT_dtau.dat"),),
        note="From mu_tau < 3.9e-7 mu_B at 90 % (DONUT 2001, arXiv:hep-ex/0102026)",
    ),
    Curve(
        "donut_recomputed", "DONUT (recomputed)", "tau", "laboratory", "lower", 90,
        "Fernandez-Martinez, Gonzalez-Lopez, Hernandez-Garcia, Hostert, Lopez-Pavon, JHEP 09 (2023) 001",
        "2304.06772", (Piece("tau/DONUT_dtau_90.dat"),),
        note="The same data with the cross-section of the massive N; rows with mu = 1 mu_B (no limit) left out",
    ),
)
# fmt: on
