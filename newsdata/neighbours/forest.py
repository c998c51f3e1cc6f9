"""Which rows belong together: a union-find over whole arrays."""

from __future__ import annotations

import numpy as np

from newsdata.neighbours.rule import Int64s


class Forest:
    """Components of the rows 0 .. n - 1; the root of a component is its smallest row.

    >>> forest = Forest(5)
    >>> forest.join(np.array([4, 1]), np.array([1, 3]))
    >>> forest.labels().tolist()
    [0, 1, 2, 1, 1]
    """

    def __init__(self, size: int) -> None:
        self._parent: Int64s = np.arange(size, dtype=np.int64)

    def roots(self, rows: Int64s) -> Int64s:
        """The root of each of ``rows``."""
        parent = self._parent
        root = parent[parent[rows]]
        if not np.array_equal(parent[root], root):
            self._flatten()
            root = self._parent[rows]
        return root

    def _flatten(self) -> None:
        """Hang every row directly below its root; a way of length n takes log n rounds."""
        parent = self._parent
        while True:
            above = parent[parent]
            if np.array_equal(above, parent):
                return
            parent[:] = above

    def join(self, left: Int64s, right: Int64s) -> None:
        """Make ``left[i]`` and ``right[i]`` one component, for all i.

        Every root that has a smaller neighbour hangs below the smallest; at least every second
        root of a component does so in each round, hence a logarithmic number of rounds.
        """
        parent = self._parent
        while len(left):
            left, right = self.roots(left), self.roots(right)
            apart = left != right
            left, right = left[apart], right[apart]
            np.minimum.at(parent, np.maximum(left, right), np.minimum(left, right))

    def labels(self) -> Int64s:
        """The root of every row."""
        self._flatten()
        return self._parent.copy()


def components(size: int, left: Int64s, right: Int64s) -> Int64s:
    """int64[size]: the smallest row of each row's component in the graph of the given pairs.

    >>> components(4, np.array([3]), np.array([1])).tolist()
    [0, 1, 2, 1]
    """
    forest = Forest(size)
    forest.join(left, right)
    return forest.labels()
