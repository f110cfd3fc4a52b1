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
    """A log-log figure: page coordinates of its frame and the values at its edges.

    The horizontal axis is m_N [MeV], the vertical one mu [mu_B] or, with the convention "d", d [GeV^-1].
    """

    file: str
    left: float
    bottom: float
    width: float
    height: float
    m_N: tuple[float, float]
    coupling: tuple[float, float]
    convention: str = "mu"


@dataclass(frozen=True)
class Stroke:
    """One line of a figure, by its place in the drawing order, with its number of vertices as a check.

    Vertices that follow each other closer than `step` of the frame are left out.
    """

    figure: Frame
    order: int
    vertices: int
    step: float = 0.0


@dataclass(frozen=True)
class Curve:
    """One row of the index, and how its points are put together.

    `stroke` extends the files to lower masses, or is the whole curve where there are none; `corners` names the closing
    along the edge of the figure. `variant_of` is the curve that the same data give in another analysis or model, the
    weaker one where they differ; that one stands for both in envelopes.
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
    stroke: Stroke | None = None
    corners: str = ""
    variant_of: str = ""
    note: str = ""

    def row(self) -> list[str]:
        """Values of the index columns, in their order."""
        figures = [self.stroke.figure] if self.stroke else []
        convention = (*self.pieces, *figures)[0].convention
        files = [source.file for source in (*self.pieces, *figures)]
        solar = "yes" if self.solar else "no"
        text = [self.name, self.label, self.flavour, solar, self.kind, self.boundary, convention, f"{self.cl:g}"]
        return [*text, self.paper, self.arxiv, "; ".join(files), self.variant_of, self.note]


FIGURE = Frame(
    "XENON1T_Borexino_SN_BBN_2007_15563.pdf", 156.1397, 525.5825, 339.6267, 201.5102, (1e-2, 1e3), (2e-13, 1e-7)
)
OVERVIEW = Frame("LEP_1803_03262.pdf", 137.6861, 497.1767, 389.0737, 240.4628, (1.0, 1e5), (1e-12, 1.0), "d")
"""Fig. 1 of arXiv:1803.03262; the frame is known from its tick marks."""

BRDAR = "Brdar, Greljo, Kopp, Opferkuch, JCAP 01 (2021) 039"
MAGILL = "Magill, Plestid, Pospelov, Tsai, Phys. Rev. D 98, 115015 (2018)"
COLOMA = "Coloma, Machado, Martinez-Soler, Shoemaker, Phys. Rev. Lett. 119, 201804 (2017)"
GUSTAFSON = "Gustafson, Plestid, Shoemaker, Phys. Rev. D 106, 095037 (2022)"
FIGURE_2 = "fig. 2 of the paper (coupling to nu_mu only; the nu_e fraction of solar neutrinos is larger)"
SCHWETZ = "Schwetz, Zhou, Zhu, JHEP 07 (2021) 200"
IN_OVERVIEW = "From the vector path in fig. 1 of the paper"
SK_NOTE = "statistical and systematic errors. Closed along the left and upper edge of the published figure"

# fmt: off
CURVES = (
    Curve(
        "borexino", "Borexino", "universal", "laboratory", "lower", 90, BRDAR, "2007.15563",
        (Piece("Borexino_d.dat"),), solar=True, stroke=Stroke(FIGURE, 6, 52),
        note=f"Below 1.006 MeV from {FIGURE_2}; above, as redrawn for all flavours in arXiv:2105.09699. They agree "
        "to 1.5 % at 1.1-1.6 MeV, which also confirms mu = 2d; the file is up to 19 % higher (weaker) at 2.8 MeV",
    ),
    Curve(
        "xenon1t_electron", "XENON1T e recoil", "universal", "laboratory", "lower", 90, BRDAR, "2007.15563",
        solar=True, stroke=Stroke(FIGURE, 11, 50), note=f"From {FIGURE_2}; tritium background left free",
    ),
    Curve(
        "xenon1t_nuclear", "XENON1T nuclear recoil", "universal", "laboratory", "lower", 90, BRDAR, "2007.15563",
        (Piece("Xenon1T_d.dat"),), solar=True, stroke=Stroke(FIGURE, 7, 25),
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
        stroke=Stroke(FIGURE, 10, 51),
        note="From fig. 2 of the paper. Plasmon decay, flavour-blind. No upper edge is given",
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
        "lep_photon", "LEP", "universal", "laboratory", "lower", 95, MAGILL, "1803.03262",
        stroke=Stroke(OVERVIEW, 3, 1160, 2e-3), note=f"{IN_OVERVIEW}. Dipole to the photon alone, as of this package",
    ),
    Curve(
        "lep", "LEP, photon and Z", "universal", "laboratory", "lower", 95, MAGILL, "1803.03262",
        (Piece("LEPgz_d.dat", "d", MeV),), variant_of="lep_photon",
        note="Dipole to photon and Z; 12 times stronger than with the photon alone, as a coupling to hypercharge, "
        "d_Z = -d_gamma tan(theta_W), makes it on the Z pole",
    ),
    Curve(
        "lhc", "LHC", "universal", "laboratory", "lower", 95, MAGILL, "1803.03262",
        (Piece("Magill_d_gammaW_a_0.2.dat"),),
        note="CL 95? : not stated in the file. Dipole to photon and W, ratio parameter a = 0.2",
    ),
    Curve(
        "lsnd", "LSND", "e", "laboratory", "lower", 95, SCHWETZ, "2105.09699", (Piece("e/LSND_de.dat"),),
        note="CL 95? : the compilation says 95 %. Derived for the electron flavour in this paper; 1.6 to 2.2 times "
        "weaker up to 80 MeV than the curve of arXiv:1803.03262 (lsnd_magill)",
    ),
    Curve(
        "lsnd_magill", "LSND (Magill et al.)", "e", "laboratory", "lower", 95, MAGILL, "1803.03262",
        stroke=Stroke(OVERVIEW, 10, 14), variant_of="lsnd",
        note=f"{IN_OVERVIEW}, drawn with 14 vertices. CL 95? : the caption gives 95 % for projections. The paper "
        "applies it to the electron and the muon flavour",
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
        "donut", "DONUT", "tau", "laboratory", "lower", 90, SCHWETZ, "2105.09699",
        (Piece("tau/DONUT_dtau.dat"),),
        note="From mu_tau < 3.9e-7 mu_B at 90 % (DONUT 2001, arXiv:hep-ex/0102026)",
    ),
    Curve(
        "donut_recomputed", "DONUT (recomputed)", "tau", "laboratory", "lower", 90,
        "Fernandez-Martinez, Gonzalez-Lopez, Hernandez-Garcia, Hostert, Lopez-Pavon, JHEP 09 (2023) 001",
        "2304.06772", (Piece("tau/DONUT_dtau_90.dat"),), variant_of="donut",
        note="The same data with the cross-section of the massive N; rows with mu = 1 mu_B (no limit) left out",
    ),
)
# fmt: on
