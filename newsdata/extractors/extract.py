"""One page in, one article or rejection out, whatever the page is."""

from __future__ import annotations

from newsdata.extractors.mapping import FieldMap
from newsdata.extractors.sanity import checked
from newsdata.extractors.signals import with_signals
from newsdata.extractors.tables import Tables, apply_tables
from newsdata.records import Article, Fault, Page, PageKind, Rejected, reject

#: For each kind of page the version of the rules that read it, raised with every change of what
#: any extractor of such pages reads from the same bytes: it decides which of two readings of a
#: page counts, whichever extractor made them. A record of a schema of the user's has none.
READERS: dict[PageKind, int] = {"dump": 2, "html": 2, "entry": 1, "record": 2}


def extract_page(
    page: Page, mapping: FieldMap | None = None, tables: Tables | None = None
) -> Article | Rejected:
    """The article on a page, or why there is none.

    ``mapping`` is for records and ignored for other pages; ``tables`` are the user's own. An
    extractor that fails gives a rejection ``extractor-failed``, so that one strange page never
    ends a run. Where memory ran out, the page is not to blame: MemoryError is raised.
    """
    try:
        found = with_signals(_extract(page, mapping), page)
        return apply_tables(found, tables) if tables and isinstance(found, Article) else found
    except MemoryError:
        raise
    except Exception as error:
        message = (
            f"the extractor of {page.kind} pages failed: {type(error).__name__}: {error!s:.300}"
        )
        return reject(page, Fault("extractor-failed", message))


def _extract(page: Page, mapping: FieldMap | None) -> Article | Rejected:
    if page.kind == "record":
        from newsdata.extractors.given import extract_record

        found = extract_record(page, mapping)
        return checked(found) if mapping and isinstance(found, Article) else found
    if page.kind == "html":
        from newsdata.extractors.html import extract_html

        found = extract_html(page)
        return checked(found) if isinstance(found, Article) else found
    if page.kind == "entry":
        from newsdata.extractors.entries import extract_entry

        found = extract_entry(page)
        return checked(found) if isinstance(found, Article) else found
    from newsdata.extractors.dumps import extract_dump

    return extract_dump(page)
