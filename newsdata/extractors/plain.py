"""The plain text of a page by trafilatura, with the metadata it finds where a page is silent."""

from __future__ import annotations

import logging
from typing import Any

from newsdata.extractors.markup import Markup, text_of

#: Beyond so many elements only plain paragraphs are read: trafilatura's time grows faster than
#: the page (25,000 line breaks in one element 2.6 s, 50,000 8 s, 200,000 15 s and more).
MOST_ELEMENTS = 40_000


def read_plain(markup: Markup) -> dict[str, Any]:
    """Text and metadata by trafilatura, {} where it finds nothing or fails."""
    if len(markup.find("//*")) > MOST_ELEMENTS:
        return {"text": "\n".join(map(text_of, markup.find("//p")))}
    from trafilatura import bare_extraction

    # It warns of every page without text, and names no page; we reject such pages ourselves.
    for name in ("trafilatura", "htmldate"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        document = bare_extraction(
            markup.tree,
            include_comments=False,
            include_tables=True,
            deduplicate=False,
            with_metadata=True,
            # Its default looks at the clock and would judge a page differently tomorrow.
            date_extraction_params={
                "original_date": True,
                "extensive_search": False,
                "max_date": "2999-12-31",
            },
        )
    except MemoryError:
        raise
    except Exception:  # a library that reads anything may fail in any way
        return {}
    if document is None:
        return {}
    names = ("title", "author", "text", "date", "sitename")
    return {name: getattr(document, name, None) for name in names}
