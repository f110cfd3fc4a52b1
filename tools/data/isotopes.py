"""Check the table of charge radii and spins, or rebuild it from a wider table of published values.

    python tools/data/isotopes.py                              check against periodictable
    python tools/data/isotopes.py --from reference.csv         rebuild

The reference needs the columns symbol, Z, A, N, spin_parity_nubase2020, charge_radius_rms_fm and charge_radius_err_fm.
"""

import argparse
import csv
import hashlib
import re
from pathlib import Path

TABLE = Path(__file__).resolve().parents[2] / "src" / "nushine" / "targets" / "data" / "isotopes.csv"
COLUMNS = ["symbol", "Z", "N", "A", "spin_parity", "r_rms_fm", "r_rms_error_fm", "r_rms_status"]


def interpolated(row: dict[str, str], rows: list[dict[str, str]]) -> tuple[str, str]:
    """Radius between the nearest measured isotopes of the element, half their difference as error."""
    A = int(row["A"])
    measured = {
        int(r["A"]): float(r["charge_radius_rms_fm"]) for r in rows if r["Z"] == row["Z"] and r["charge_radius_rms_fm"]
    }
    low, high = max(a for a in measured if a < A), min(a for a in measured if a > A)
    slope = (measured[high] - measured[low]) / (high - low)
    return f"{measured[low] + slope * (A - low):.4f}", f"{abs(measured[high] - measured[low]) / 2:.4f}"


def rebuilt(rows: list[dict[str, str]]) -> str:
    """The table as text."""
    lines = [",".join(COLUMNS)]
    for row in rows:
        measured = bool(row["charge_radius_rms_fm"])
        radius, error = (
            (row["charge_radius_rms_fm"], row["charge_radius_err_fm"]) if measured else interpolated(row, rows)
        )
        state = row["spin_parity_nubase2020"].rstrip("*")
        status = "measured" if measured else "interpolated"
        lines.append(",".join([row["symbol"], row["Z"], row["N"], row["A"], state, radius, error, status]))
    return "\n".join(lines) + "\n"


def problems(rows: list[dict[str, str]]) -> list[str]:
    """What is wrong with the table: missing natural isotopes, Z + N != A, odd radii."""
    import periodictable

    found = {(row["symbol"], int(row["A"])) for row in rows}
    complaints = []
    for symbol in dict.fromkeys(row["symbol"] for row in rows):
        element = getattr(periodictable, symbol)
        natural = {(symbol, A) for A in element.isotopes if element[A].abundance > 0}
        complaints += [f"natural isotope missing: {nuclide}" for nuclide in sorted(natural - found)]
    for row in rows:
        Z, N, A, r = int(row["Z"]), int(row["N"]), int(row["A"]), float(row["r_rms_fm"])
        estimate = 0.836 * A ** (1 / 3) + 0.570
        if Z + N != A or getattr(periodictable, row["symbol"]).number != Z:
            complaints.append(f"Z, N, A do not agree: {row}")
        if A > 9 and abs(r / estimate - 1) > 0.05:
            complaints.append(f"radius more than 5 % from the systematics: {row}")
    return complaints


def write(text: str) -> None:
    """Write the table and its checksum in the sidecar."""
    TABLE.write_text(text, encoding="ascii")
    sidecar = TABLE.with_suffix(".toml")
    digest = hashlib.sha256(TABLE.read_bytes()).hexdigest()
    sidecar.write_text(re.sub(r'sha256 = ".*"', f'sha256 = "{digest}"', sidecar.read_text()))


def main() -> None:
    """Rebuild if asked, then check."""
    parser = argparse.ArgumentParser(description="Check or rebuild the table of isotopes.")
    parser.add_argument("--from", dest="reference", type=Path, help="CSV to rebuild from")
    reference = parser.parse_args().reference
    if reference is not None:
        write(rebuilt(list(csv.DictReader(reference.open()))))
    found = problems(list(csv.DictReader(TABLE.open())))
    print("\n".join(found) or f"{TABLE.name}: in order")
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
