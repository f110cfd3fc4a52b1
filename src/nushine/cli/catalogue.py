"""The command ``constraints``: published limits."""

from typing import Annotated

import typer

from nushine.cli import options, output
from nushine.cli.options import FlavourName


def constraints(
    flavour: Annotated[
        FlavourName, typer.Option("--flavour", help="Flavour of the moment; universal: all limits.")
    ] = FlavourName.UNIVERSAL,
    name: Annotated[str, typer.Option("--name", metavar="CURVE", help="Show the points of this curve.")] = "",
    as_json: options.JsonOption = False,
) -> None:
    """Published limits on the moment: confidence level, convention and paper of each, or the points of one."""
    from nushine.constraints import get, load
    from nushine.io import columns, description, to_dict

    if name:
        curve = get(name)
        if as_json:
            output.show_json(to_dict(curve))
            return
        title = f"{curve.label}: {100 * curve.cl:g} % CL, {curve.paper}, arXiv:{curve.arxiv}"
        rows = [(output.number(x), output.number(y)) for x, y in zip(curve.m_N, curve.mu, strict=True)]
        output.show_table(title, [c.header for c in columns(curve)], rows, [curve.note] if curve.note else [])
        return
    limits = load(flavour.value)
    again = [f"{limit.name} of {limit.variant_of}" for limit in limits if limit.variant_of]
    if as_json:
        output.show_json({"flavour": flavour.value, "limits": [description(limit) for limit in limits]})
        return
    output.show_table(
        f"Published limits on a moment of flavour {flavour}",
        ["name", "flavour", "CL [%]", "given as", "m_N [MeV]", "author, arXiv"],
        [
            (
                limit.name,
                "solar" if limit.solar else limit.flavour.value,
                f"{100 * limit.cl:g}",
                limit.convention,
                f"{limit.m_N.min():.2g} to {limit.m_N.max():.2g}",
                f"{limit.paper.split(',')[0]}, {limit.arxiv}",
            )
            for limit in limits
        ],
        [
            "Given as d [1/GeV]: L = d nubar sigma N F; as mu [mu_B]: L = (mu/2) nubar sigma N F.",
            f"The same data in another analysis, or with a moment to the Z too: {', '.join(again)}.",
            "'nushine constraints --name NAME' shows the paper, the points (as mu) and what is doubtful.",
        ],
    )
