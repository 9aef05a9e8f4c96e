"""Solves small symmetric systems: quickly where that is safe, else by least norm."""

import numpy as np

from modelfleet.domain.arrays import FloatArray

__all__ = ["solve_definite", "solve_least_norm"]

SAFE = 1e-7
"""Reciprocal condition number from which on Cholesky keeps at least six digits of the forecasts."""


def solve_definite(matrix: FloatArray, right: FloatArray, *, trusted: bool) -> FloatArray | None:
    """Solve by Cholesky; ``None`` where the matrix is not positive definite.

    Args:
        matrix: shape (n, n), symmetric.
        right: shape (n,).
        trusted: a penalty has made the matrix definite; otherwise ``None`` is also the answer where
            it is so close to singular that digits would be lost.
    """
    from scipy.linalg import lapack  # workers need it, the start of a run does not

    if not len(right):
        return right
    # The transpose of a symmetric matrix is itself, in the order that LAPACK reads without a copy.
    factor, solution, failed = lapack.dposv(matrix.T, right, lower=1)
    if failed:
        return None
    if not trusted:
        norm = np.abs(matrix).sum(axis=0).max()
        reciprocal, _ = lapack.dpocon(factor, norm, uplo="L")
        if reciprocal < SAFE:
            return None
    found: FloatArray = solution.reshape(-1)
    return found


def solve_least_norm(matrix: FloatArray, right: FloatArray) -> FloatArray:
    """The solution of least norm, which shares the weight of features that repeat each other."""
    return np.asarray(np.linalg.lstsq(matrix, right, rcond=None)[0], dtype=np.float64)
