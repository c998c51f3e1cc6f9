"""World out: what newsdata writes for others to read.

::

    plan        what is to be sealed, as a value; releases.py makes it
    rows        pure functions over rows: their hash, their size, where two tables differ
    versions    semantic versions
    parquet     one shard
    features    column types in the words of ``datasets`` and of people
    facts       numbers about the rows, added up table by table
    documents   all files of a release for people and programs that are no shards:
                card, structure, markdown (README.md), plots (images/), citation
                (CITATION.cff, and one article), croissant, datapackage, licences, tables
    manifest    manifest.json and SHA256SUMS
    directory   seals the whole, all or nothing
    audit       recomputes everything a sealed directory claims
    selecting   which files, columns and rows of it are read
    frames      a sealed directory as a table of Arrow, pandas, Polars or DuckDB
    loading     a sealed directory as a ``datasets`` object, or as one of those
    formats/    JSON Lines, CSV, ninjs, schema.org, BagIt
    hub         a sealed directory on the Hugging Face Hub
    records     records of any shape, for dedup
    output      files that appear whole or not at all
"""
