"""How many kinds there are, and how evenly."""

from __future__ import annotations

import numpy as np
import pandas as pd


def entropy(counts: pd.Series) -> float:
    """Shannon's H of counts (natural logarithm): -Σ p ln p; NaN of nothing."""
    shares = counts[counts > 0].to_numpy("float64")
    if not len(shares):
        return float("nan")
    shares = shares / shares.sum()
    return float(-(shares * np.log(shares)).sum())


def gini(values: pd.Series) -> float:
    """Gini coefficient of values that are at least 0, each with the same weight; nulls are left out.

    0: all alike. NaN where there is no value or all are 0. Raises ValueError for negative values.
    """
    known = np.sort(values.dropna().to_numpy("float64"))
    if len(known) and known[0] < 0:
        raise ValueError("the Gini coefficient is not defined for negative values")
    if not len(known) or known.sum() == 0:
        return float("nan")
    rank = np.arange(1, len(known) + 1)
    return float((2 * rank - len(known) - 1) @ known / (len(known) * known.sum()))
