"""Memory of a command that makes and frees large pieces of it all the time."""

from __future__ import annotations

import os
import sys

#: Pieces up to so many bytes come from memory that is kept, the most that glibc allows; and so
#: many free bytes are kept.
_PIECE, _KEPT = 32 << 20, 256 << 20
_TRIM, _MMAP = -1, -3  # of malloc.h


def keep_memory() -> None:
    """Keep what is freed for what comes next, in this process and in those it starts.

    The system fills every page that it hands out with zeros. Where blocks of some MB come and go
    that is a tenth of all the CPU. For commands only: it holds for a whole process. Variables that
    the user has set stay as they are.
    """
    wanted = {
        # Arrow's own allocators give memory back after a few milliseconds.
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "MALLOC_MMAP_THRESHOLD_": str(_PIECE),
        "MALLOC_TRIM_THRESHOLD_": str(_KEPT),
        # Threads for linear algebra that nobody asks for spin while they wait.
        "OPENBLAS_NUM_THREADS": "1",
    }
    set_by_user = {name for name in wanted if name in os.environ}
    os.environ.update({k: v for k, v in wanted.items() if k not in set_by_user})
    # This process read the two of malloc when it began.
    if sys.platform == "linux" and not any(name.startswith("MALLOC") for name in set_by_user):
        import ctypes

        change = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc's
        if change is not None:
            change(_MMAP, _PIECE)
            change(_TRIM, _KEPT)
