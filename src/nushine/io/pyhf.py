"""Likelihoods as HistFactory workspaces, the JSON that pyhf reads.

A parameter of `Model` that scales samples becomes a `normsys`, one that changes shapes a `histosys`, both of the same
name where it does both; a free one that scales becomes a `normfactor`.

References
----------
[1] K. Cranmer et al., HistFactory, CERN-OPEN-2012-016.
[2] L. Heinrich et al., pyhf, J. Open Source Softw. 6, 2823 (2021), and its schema 1.0.0.

"""

import json
import os
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nushine.io.atomic import write_text
from nushine.io.workspaces import from_pyhf
from nushine.statistics.fit import FitError, unit_strength
from nushine.statistics.limits import strength_limit
from nushine.statistics.model import Data, Model

__all__ = ["from_pyhf", "to_pyhf", "write_pyhf"]

FloatArray = NDArray[np.float64]
Json = dict[str, Any]

ROOM = 10.0
"""The bound of the strength is so many times its limit; those of free factors are so far beyond the counts."""

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
"""Names that every HistFactory program takes: a comma ends ROOT's."""


def to_pyhf(model: Model, data: Data | None = None, poi: str = "strength", *, limit: float | None = None) -> Json:
    r"""A model and its data as a workspace for pyhf.

    Parameters
    ----------
    model : Model
    data : Data, optional
        One data set; background-only Asimov data by default. Its auxiliary measurements become `auxdata`.
    poi : str
        Name of the signal strength in the workspace.
    limit : float, optional
        Upper limit on the strength where it is known: the strength is bounded at ten times that. By default the
        larger of the observed and the median expected `strength_limit` at 90 %, or, where the fit fails, the larger of
        1 and twice the strength that stands out by one sigma. Where one of them is infinite, as no strength is
        excluded, the largest finite one if it is larger still.

    Returns
    -------
    dict
        Workspace of schema 1.0.0, for `write_pyhf` or `pyhf.Workspace`; pyhf itself is not needed. A free parameter
        theta becomes the factor :math:`\nu = e^{\theta \ln\kappa}`. Parameters that change nothing are left out.

    Raises
    ------
    ValueError
        One line, for what HistFactory cannot express: bins with weights (unbinned models), free parameters that
        change shapes or scale samples differently, names that are there twice or not made of letters, digits and
        underscores, and data that do not fit.

    Notes
    -----
    The likelihood is the same where pyhf keeps its default interpolation of shapes, "code4p". Its default for norms,
    "code4", is a polynomial between -1 and +1 that differs from :math:`\kappa^\theta` there by less than 5e-5
    :math:`|\ln\kappa|^7 e^{2|\ln\kappa|}`, the remainder of Hermite interpolation; "code1" is the same everywhere.
    pyhf keeps constrained parameters within -5 and 5, and the strength at zero or above as for ``q_tilde``.

    The measurement is named after the first channel, so that ``pyhf combine`` takes workspaces of several experiments:
    parameters of one name, as those of one reactor, are then one, and the signals must be those of one mass and moment.
    Two experiments need different names, of any kind: of one name they are one experiment, with one background.

    """
    data = model.asimov() if data is None else data
    _require_expressible(model, data, poi)
    most = ROOM * (_limit(model, data) if limit is None else limit)
    counts = np.asarray(data.counts, dtype=float)
    slices = list(_slices(model))
    return {
        "channels": [{"name": name, "samples": _samples(model, bins, poi)} for name, bins in slices],
        "observations": [{"name": name, "data": counts[bins].tolist()} for name, bins in slices],
        "measurements": [
            {
                "name": f"nushine_{model.channels[0][0]}",
                "config": {"poi": poi, "parameters": _parameters(model, data, poi, most)},
            }
        ],
        "version": "1.0.0",
    }


def write_pyhf(path: str | os.PathLike[str], workspace: Json) -> None:
    """Write a workspace as JSON; the file is replaced when the new one is complete.

    Raises
    ------
    OSError
        If the file cannot be written.
    ValueError
        For numbers that are not finite, which JSON has not.

    """
    write_text(path, json.dumps(workspace, indent=1, allow_nan=False) + "\n")


def _limit(model: Model, data: Data) -> float:
    """Upper limit on the strength, as far as it is needed for bounds."""
    unit = float(unit_strength(model))
    try:
        found = strength_limit(model, data)
    except FitError:
        return max(2 * unit, 1.0)
    limits = (found.observed, found.expected[2])
    if np.isfinite(limits).all():
        return max(limits)
    return max(2 * unit, 1.0, *(x for x in (found.observed, *found.expected) if np.isfinite(x)))


def _slices(model: Model) -> Iterator[tuple[str, slice]]:
    start = 0
    for name, bins in model.channels:
        yield name, slice(start, start + bins)
        start += bins


def _samples(model: Model, bins: slice, poi: str) -> list[Json]:
    """All samples in one channel."""
    nominal, log_kappa = np.asarray(model.nominal)[:, bins], np.asarray(model.log_kappa)
    up, down = (_by_parameter(model, np.asarray(x))[..., bins] for x in (model.up, model.down))
    free = np.asarray(model.precision) == 0
    samples = []
    for j, sample in enumerate(model.samples):
        modifiers: list[Json] = [{"name": poi, "type": "normfactor", "data": None}] if j == 0 else []
        for k, name in enumerate(model.nuisances):
            if log_kappa[k, j] != 0 and free[k]:
                modifiers.append({"name": name, "type": "normfactor", "data": None})
            elif log_kappa[k, j] != 0:
                norm = {"hi": float(np.exp(log_kappa[k, j])), "lo": float(np.exp(-log_kappa[k, j]))}
                modifiers.append({"name": name, "type": "normsys", "data": norm})
            if up[k, j].any() or down[k, j].any():
                high, low = nominal[j] + up[k, j], nominal[j] - down[k, j]
                shape = {"hi_data": high.tolist(), "lo_data": low.tolist()}
                modifiers.append({"name": name, "type": "histosys", "data": shape})
        samples.append({"name": sample, "data": nominal[j].tolist(), "modifiers": modifiers})
    return samples


def _by_parameter(model: Model, changes: FloatArray) -> FloatArray:
    """Changes (H, 1 + S, B) added up for each of the K parameters, (K, 1 + S, B)."""
    out = np.zeros((len(model.nuisances), *changes.shape[1:]))
    np.add.at(out, np.asarray(model.shaped, dtype=int), changes)
    return out


def _parameters(model: Model, data: Data, poi: str, most: float) -> list[Json]:
    """Bounds of the strength and of free factors, and centres of the constraints that are not zero."""
    nominal, log_kappa = np.asarray(model.nominal), np.asarray(model.log_kappa)
    events = ROOM + float(np.sum(np.asarray(data.counts))) + float(nominal[1:].sum())

    def factor(name: str, yields: float) -> Json:
        return {"name": name, "inits": [1.0], "bounds": [[0.0, ROOM * max(1.0, events / yields if yields else 1.0)]]}

    parameters: list[Json] = [{"name": poi, "inits": [min(1.0, most / ROOM)], "bounds": [[0.0, most]]}]
    shaped = _by_parameter(model, np.abs(np.asarray(model.up)) + np.abs(np.asarray(model.down)))
    for k, name in enumerate(model.nuisances):
        touched = log_kappa[k] != 0
        centre = float(np.asarray(data.auxiliary)[k])
        if float(model.precision[k]) == 0 and touched.any():
            parameters.append(factor(name, float(nominal[touched].sum())))
        elif float(model.precision[k]) == 1 and centre != 0 and (touched.any() or shaped[k].any()):
            parameters.append({"name": name, "auxdata": [centre]})
    return parameters


def _require_expressible(model: Model, data: Data, poi: str) -> None:
    """Raise ValueError for what HistFactory has no words for."""
    if not np.all(np.asarray(model.weight) == 1):
        raise ValueError("HistFactory has no unbinned likelihoods: give a model whose bins all have weight 1")
    if data.counts.shape != model.signal.shape or data.auxiliary.shape != (len(model.nuisances),):
        raise ValueError(
            f"data of shape {data.counts.shape} and {data.auxiliary.shape}: give one data set of "
            f"{model.signal.size} counts and {len(model.nuisances)} constraints"
        )
    channels = tuple(name for name, _ in model.channels)
    for kind, names in (("channel", channels), ("sample", model.samples), ("parameter", (poi, *model.nuisances))):
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ValueError(f"{kind} {twice[0]!r} is there twice: give each its own name")
        odd = [name for name in names if not NAME.fullmatch(name)]
        if odd:
            raise ValueError(f"{kind} {odd[0]!r}: begin with a letter, and use letters, digits and underscores only")
    log_kappa, precision = np.asarray(model.log_kappa), np.asarray(model.precision)
    bent = _by_parameter(model, np.abs(np.asarray(model.up)) + np.abs(np.asarray(model.down))).sum(axis=(1, 2))
    for k, name in enumerate(model.nuisances):
        factors = log_kappa[k][log_kappa[k] != 0]
        if precision[k] not in (0.0, 1.0):
            raise ValueError(f"parameter {name!r}: HistFactory has no precision {precision[k]:g}; scale it to 1")
        if precision[k] == 0 and bent[k] > 0:
            raise ValueError(f"parameter {name!r}: HistFactory has no free parameters of shapes; give it a constraint")
        if precision[k] == 0 and factors.size and np.ptp(factors) > 1e-12 * np.abs(factors).max():
            raise ValueError(
                f"parameter {name!r}: HistFactory has no free parameters that scale samples differently; "
                "give it a constraint or one factor for all"
            )
