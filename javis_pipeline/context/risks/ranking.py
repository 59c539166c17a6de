"""What the modules of this folder give back: the worst risks of their kind, and how many there are."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from javis_pipeline.context.days import natural_order
from javis_pipeline.records.risk import SEVERITY_ORDER, Risk, RiskKind, RiskTotal, Severity


@dataclass(frozen=True, slots=True)
class Found:
    """Risks of one kind, worst first, at most as many as are listed; `totals` counts all.

    Each severity that is counted has its worst risk in the list, so that whoever tells a total can name an example.
    """

    risks: tuple[Risk, ...]
    totals: tuple[RiskTotal, ...]


def found_rows(
    kind: RiskKind,
    rows: pd.DataFrame,
    build: Callable[[Mapping[Hashable, Any]], Risk],
    *,
    worst_by: str,
    limit: int,
) -> Found:
    """Risks from one row each. A project can have very many, so only those that are listed become objects.

    Args:
        rows: Needs `key` and `severity`.
        build: Makes a risk of a row.
        worst_by: Column that is larger for the worse of two rows of the same severity.
    """
    if rows.empty:
        return Found((), ())
    order = rows.assign(
        severity_order=rows["severity"].map(SEVERITY_ORDER), key_order=natural_order(rows["key"])
    ).sort_values(["severity_order", worst_by, "key_order"], ascending=[True, False, True])
    counts = rows["severity"].value_counts()
    totals = tuple(
        RiskTotal(kind, severity, int(counts[severity])) for severity in SEVERITY_ORDER if severity in counts
    )
    return Found(tuple(build(row) for row in order[_listed(order["severity"], limit)].to_dict("records")), totals)


def found(kind: RiskKind, risks: Sequence[Risk], *, limit: int) -> Found:
    """Risks that are objects already, the worse of two of the same severity first."""
    order = sorted(risks, key=lambda risk: SEVERITY_ORDER[risk.severity])
    counts: dict[Severity, int] = {}
    for risk in order:
        counts[risk.severity] = counts.get(risk.severity, 0) + 1
    listed = _listed(pd.Series([risk.severity for risk in order], dtype="str"), limit)
    return Found(
        tuple(risk for risk, is_listed in zip(order, listed, strict=True) if is_listed),
        tuple(RiskTotal(kind, severity, count) for severity, count in counts.items()),
    )


def _listed(severities: "pd.Series[str]", limit: int) -> npt.NDArray[np.bool_]:
    """Which of the risks, worst first, are listed: the worst of each severity, and of the others as many as fit."""
    is_first: npt.NDArray[np.bool_] = ~severities.duplicated().to_numpy(dtype=bool)
    fits: npt.NDArray[np.bool_] = np.cumsum(~is_first) <= limit - int(is_first.sum())
    return is_first | fits


def graded(high: "pd.Series[bool]", otherwise: Severity, *, low: "pd.Series[bool] | None" = None) -> "pd.Series[str]":
    """Severity "low" where `low`, else "high" where `high`, `otherwise` elsewhere."""
    severity = pd.Series(otherwise, index=high.index, dtype="str").mask(high, "high")
    return severity if low is None else severity.mask(low, "low")
