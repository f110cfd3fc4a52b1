"""Models from HistFactory workspaces; `nushine.io.pyhf` writes them."""

import warnings
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from nushine.statistics.model import Data, Model
from nushine.statistics.names import name_of

FloatArray = NDArray[np.float64]
Json = dict[str, Any]

ASYMMETRY = 1e-12
"""A `normsys` is symmetric if hi * lo is this close to 1."""


class Row(NamedTuple):
    """One sample in one channel: its bins among all bins, and what the parameters do to it."""

    channel: str
    sample: str
    bins: slice
    signal: bool
    nominal: FloatArray
    log_kappa: dict[str, float]
    up: dict[str, FloatArray]
    down: dict[str, FloatArray]


def from_pyhf(workspace: Json) -> tuple[Model, Data]:
    r"""Model and data of a workspace of pyhf, for its first measurement.

    Parameters
    ----------
    workspace : dict
        Schema 1.0.0, from `json.load` or `nushine.io.pyhf.to_pyhf`, with modifiers of the types `normfactor`, `normsys`
        and `histosys`. Samples with the parameter of interest are the signal.

    Returns
    -------
    tuple of Model and Data
        Bins in the order of the channels in the workspace. A `normfactor` :math:`\nu` besides the strength is a free
        parameter :math:`\theta = \ln\nu`. Background samples that parameters scale differently from channel to channel
        are split, and named after sample and channel.

    Raises
    ------
    ValueError
        One line, for other modifiers, fixed parameters or constraints of other width, a signal that is scaled
        differently in different channels, numbers that do not fit the bins, what the schema does not allow, and if
        pyhf is not installed.

    Notes
    -----
    With symmetric `normsys`, hi lo = 1, the likelihood is that of pyhf with "code1" and "code4p", see `to_pyhf`. An
    asymmetric one is :math:`\theta \ln\sqrt{hi/lo}` in the exponent and a change of shape that makes the yields exact
    at -1, 0 and +1; between and beyond it differs from "code4" in second order of ln(hi lo). Bounds and first
    values are not part of the likelihood, and are ignored.

    """
    _validate(workspace)
    config = workspace["measurements"][0]["config"]
    rows = list(_rows(workspace, config["poi"]))
    if not any(row.signal for row in rows):
        raise ValueError(f"parameter of interest {config['poi']!r}: no sample has it as a normfactor; give it to one")
    constrained = _constrained(workspace, config["poi"])
    settings = {parameter["name"]: parameter for parameter in config["parameters"]}
    auxiliary = [_centre(name, settings.get(name, {}), flag) for name, flag in constrained.items()]
    counts = np.concatenate([x for _, x in _observations(workspace)])
    model = _model(rows, constrained, tuple((name, x.size) for name, x in _observations(workspace)))
    return model, Data(model.data(counts).counts, jnp.asarray(auxiliary, dtype=float))


def _validate(workspace: Json) -> None:
    """Raise ValueError for what the schema of pyhf does not allow."""
    try:
        pyhf = import_module("pyhf")
    except ModuleNotFoundError as error:
        raise ValueError(f"workspaces need {error.name}: pip install 'nushine[statistics]'") from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of jsonschema, about how pyhf calls it
        try:
            pyhf.schema.validate(workspace, "workspace.json")
        except pyhf.exceptions.InvalidSpecification as error:
            raise ValueError(f"is no workspace of pyhf: {str(error).splitlines()[0]}") from error


def _observations(workspace: Json) -> Iterator[tuple[str, FloatArray]]:
    """Name and counts of each channel, in the order of the channels."""
    names = [channel["name"] for channel in workspace["channels"]]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"channel {twice[0]!r}: is there twice; give each its own name")
    observed = {entry["name"]: np.asarray(entry["data"], dtype=float) for entry in workspace["observations"]}
    for channel in workspace["channels"]:
        if channel["name"] not in observed:
            raise ValueError(f"channel {channel['name']!r}: has no observation; give its counts")
        yield channel["name"], observed[channel["name"]]


def _rows(workspace: Json, poi: str) -> Iterator[Row]:
    start = 0
    for channel, (name, counts) in zip(workspace["channels"], _observations(workspace), strict=True):
        bins = slice(start, start + counts.size)
        start += counts.size
        for sample in channel["samples"]:
            yield _row(name, sample, bins, poi)


def _row(channel: str, sample: Json, bins: slice, poi: str) -> Row:
    where = f"sample {sample['name']!r} in channel {channel!r}"
    row = Row(channel, sample["name"], bins, _is_signal(sample, poi), _fitting(sample["data"], bins, where), {}, {}, {})
    high: dict[str, FloatArray] = {}
    low: dict[str, FloatArray] = {}
    asymmetry: dict[str, float] = {}
    for modifier in sample["modifiers"]:
        name, kind, data = modifier["name"], modifier["type"], modifier["data"]
        if kind == "normfactor" and name != poi:
            row.log_kappa[name] = 1.0
        elif kind == "normsys":
            if min(data["hi"], data["lo"]) <= 0:
                raise ValueError(f"modifier {name!r} of {where}: lo and hi must be positive; mend them")
            row.log_kappa[name] = float(np.log(data["hi"] / data["lo"])) / 2
            asymmetry[name] = float(np.sqrt(data["hi"] * data["lo"]))
        elif kind == "histosys":
            high[name], low[name] = (_fitting(data[key], bins, where) for key in ("hi_data", "lo_data"))
        elif kind != "normfactor":
            raise ValueError(
                f"modifier {name!r} of {where}: type {kind} has no counterpart here; use normfactor, normsys, histosys"
            )
    skewed = {name for name, c in asymmetry.items() if abs(c**2 - 1) > ASYMMETRY}
    for name in dict.fromkeys([*high, *sorted(skewed)]):
        c = asymmetry[name] if name in skewed else 1.0
        row.up[name] = c * high.get(name, row.nominal) - row.nominal
        row.down[name] = row.nominal - c * low.get(name, row.nominal)
    return row


def _is_signal(sample: Json, poi: str) -> bool:
    return any(modifier["name"] == poi and modifier["type"] == "normfactor" for modifier in sample["modifiers"])


def _fitting(values: list[float], bins: slice, where: str) -> FloatArray:
    if len(values) != bins.stop - bins.start:
        raise ValueError(f"{where}: {len(values)} numbers for {bins.stop - bins.start} counts; give one for each")
    return np.asarray(values, dtype=float)


def _constrained(workspace: Json, poi: str) -> dict[str, bool]:
    """Whether each parameter has a constraint, in the order in which they come up."""
    found: dict[str, bool] = {}
    for channel in workspace["channels"]:
        for sample in channel["samples"]:
            for modifier in sample["modifiers"]:
                name, flag = modifier["name"], modifier["type"] != "normfactor"
                if name == poi and not flag:
                    continue
                if name == poi or found.setdefault(name, flag) != flag:
                    raise ValueError(
                        f"modifier {name!r} of sample {sample['name']!r} in channel {channel['name']!r}: is free "
                        "elsewhere and constrained here; give one of the two another name"
                    )
    return found


def _centre(name: str, settings: Json, constrained: bool) -> float:
    """Centre of a constraint, zero for a free parameter; ValueError for settings that `Model` has not."""
    if settings.get("fixed", False):
        raise ValueError(f"parameter {name!r}: is fixed, which has no counterpart here; put it into the yields")
    if any(sigma != 1 for sigma in settings.get("sigmas", [])):
        raise ValueError(f"parameter {name!r}: has a constraint of width {settings['sigmas'][0]:g}; scale it to 1")
    return float(settings.get("auxdata", [0.0])[0]) if constrained else 0.0


def _model(rows: list[Row], constrained: dict[str, bool], channels: tuple[tuple[str, int], ...]) -> Model:
    """Rows that are scaled alike and have one name become one sample."""
    scalings: dict[str, list[frozenset[tuple[str, float]]]] = {}
    for row in rows:
        known = scalings.setdefault("" if row.signal else row.sample, [])
        scaling = frozenset(row.log_kappa.items())
        if row.signal and known and scaling not in known:
            raise ValueError(
                f"signal {row.sample!r} in channel {row.channel!r}: is scaled by other factors than elsewhere, which "
                "has no counterpart here; use histosys"
            )
        if scaling not in known:
            known.append(scaling)
    keys: dict[tuple[str, frozenset[tuple[str, float]]], str] = {("", scalings[""][0]): _signal_name(rows)}
    of_row = [("" if row.signal else row.sample, frozenset(row.log_kappa.items())) for row in rows]
    for row, key in zip(rows, of_row, strict=True):
        keys.setdefault(key, row.sample if len(scalings[key[0]]) == 1 else name_of(row.sample, row.channel))
    nuisances, order = tuple(constrained), list(keys)
    shaped = tuple(k for k, name in enumerate(nuisances) if any(name in row.up for row in rows))
    shape = (len(order), sum(bins for _, bins in channels))
    nominal, up, down = np.zeros(shape), np.zeros((len(shaped), *shape)), np.zeros((len(shaped), *shape))
    for row, key in zip(rows, of_row, strict=True):
        j = order.index(key)
        nominal[j, row.bins] += row.nominal
        for h, k in enumerate(shaped):
            up[h, j, row.bins] += row.up.get(nuisances[k], 0.0)
            down[h, j, row.bins] += row.down.get(nuisances[k], 0.0)
    log_kappa = [[dict(scaling).get(name, 0.0) for _, scaling in order] for name in nuisances]
    return Model(
        signal=jnp.asarray(nominal[0]),
        backgrounds=jnp.asarray(nominal[1:]),
        log_kappa=jnp.asarray(log_kappa, dtype=float).reshape(len(nuisances), len(order)),
        up=jnp.asarray(up),
        down=jnp.asarray(down),
        precision=jnp.asarray([float(flag) for flag in constrained.values()]),
        weight=jnp.ones(shape[1]),
        shaped=shaped,
        nuisances=nuisances,
        samples=tuple(keys.values()),
        channels=channels,
    )


def _signal_name(rows: list[Row]) -> str:
    return next(row.sample for row in rows if row.signal)
