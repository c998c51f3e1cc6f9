"""The world comes in: files, folders, streams and standard input become pages.

``files`` finds inputs, ``streams`` opens them decompressed, ``kinds`` recognises what they are,
``lines`` and ``arrays`` cut records out of them, ``sidecars`` reads what is known about a page
from outside, ``reading`` plans tasks and runs one, ``documents`` reads schemas and settings.
"""
