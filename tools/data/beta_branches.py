"""Write src/nushine/sources/data/beta_branches.csv from the ENSDF decay data of the package paceENSDF.

Run ``python tools/data/beta_branches.py`` with paceENSDF 0.6.3 (PyPI; ENSDF archive of September 2023) installed.
End points are Q - E_level, so that they are consistent with one another; branches without intensity are left out.
"""

import csv
import hashlib
import importlib.util
import json
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "src" / "nushine" / "sources" / "data"
PARENTS = {
    "U239": "j_input_U239_Np239_092239_093239_0keV.json",
    "Np239": "j_input_Np239_Pu239_093239_094239_0keV.json",
    "Ru106": "j_input_Ru106_Rh106_044106_045106_0keV.json",
}
COLUMNS = ("parent", "Z_daughter", "A", "E_level", "endpoint", "intensity", "intensity_error")
SIDECAR = '''title = "Beta branches of 239U, 239Np and 106Ru"
paper = """Evaluated Nuclear Structure Data File (ENSDF), National Nuclear Data Center, archive of September 2023; \
data sets 239U, 239Np and 106Ru beta- decay"""
doi = "10.18139/nndc.ensdf/1845010"
where = "beta- records; end point = Q - E_level, with Q = 1.2615, 0.7225 and 0.0394 MeV"
licence = "evaluated facts; public domain (US government work)"
sha256 = "{sha256}"
script = "tools/data/beta_branches.py"

[columns]
parent = "nuclide that decays"
Z_daughter = "1"
A = "1"
E_level = "MeV, excitation of the daughter"
endpoint = "MeV"
intensity = "per 100 decays (sums to 100.3, 99.7 and 100)"
intensity_error = "per 100 decays, 1 sigma"
'''


def branches(parent: str, archive: Path) -> list[list[str]]:
    """Rows of one parent, highest end point first."""
    scheme = json.loads((archive / PARENTS[parent]).read_text())
    Q = scheme["parentDecay"][0]["valueQ"]
    charge_and_mass = [str(scheme["daughterAtomicNumber"]), str(scheme["daughterAtomicMass"])]
    rows = []
    for level in scheme["levelScheme"]:
        for beta in level["betaMinusDecay"]:
            if beta["betaMinusIntensity"]:
                E, intensity = level["levelEnergy"], beta["betaMinusIntensity"]
                numbers = [f"{E / 1e3:.7g}", f"{(Q - E) / 1e3:.7g}", f"{intensity:g}"]
                rows.append([parent, *charge_and_mass, *numbers, f"{beta['dBetaMinusIntensity']:g}"])
    return rows


def main() -> None:
    """Write the CSV and its sidecar."""
    spec = importlib.util.find_spec("paceENSDF")
    if spec is None or spec.origin is None:
        raise SystemExit("paceENSDF is not installed: pip install paceENSDF==0.6.3")
    archive = Path(spec.origin).parent / "ENSDF_JSON"
    target = DATA / "beta_branches.csv"
    with target.open("w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for parent in PARENTS:
            writer.writerows(branches(parent, archive))
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    target.with_suffix(".toml").write_text(SIDECAR.format(sha256=digest), encoding="ascii")


if __name__ == "__main__":
    main()
