"""Near copies: which texts say the same in nearly the same words.

    Near                 when two texts are near: a property of the two and the settings
    Shelf, Joined        texts by row: fingerprints, sketches, shingles (in memory or spilled)
    link                 the components of the near graph, and pairs that span them
    components           components of given pairs
    jaccards, near_pairs  exact scores of given pairs, and whether they are near
    contained            texts held by longer ones
    band_keys, lookup    for an index of what an archive holds

The room inside, each file importing only those above it::

    rule      the relation, bands, sketch comparison
    forest    union-find            pairs     enumeration of pairs in groups
    storage   rows in memory or in a file
    texts     what is known by row
    overlap   exact overlaps        family    bounds and join for boilerplate
    graph     link                  scores    jaccards, contained, lookup
"""

from __future__ import annotations

from newsdata.neighbours.forest import Forest, components
from newsdata.neighbours.graph import Links, link
from newsdata.neighbours.rule import Near, band_key, band_keys
from newsdata.neighbours.scores import Contained, contained, jaccards, lookup, near_pairs
from newsdata.neighbours.texts import Joined, Shelf, Texts

__all__ = [
    "Contained",
    "Forest",
    "Joined",
    "Links",
    "Near",
    "Shelf",
    "Texts",
    "band_key",
    "band_keys",
    "components",
    "contained",
    "jaccards",
    "link",
    "lookup",
    "near_pairs",
]
