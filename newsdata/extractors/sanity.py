"""Does what was read of one article fit together? What does not is said in ``extra``. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from newsdata.extractors.tables import with_method
from newsdata.grammar.dates import time_in_name
from newsdata.records import Article

#: Pictures are put on the server before their article, or a little later.
LATER = timedelta(days=7)


def checked(article: Article) -> Article:
    """The article; where its time is much older than its pictures, ``extra`` has a ``check``.

    The file names of some publishers hold the Unix time at which a picture was put on the server.
    Nothing is changed by it: pictures are replaced, too.
    """
    record = article.record
    known = [moment for name in ("timestamp", "modified") if (moment := _moment(record.get(name)))]
    if not known or not isinstance(record.get("extra"), list):
        return article
    late = max(_picture_times(record), default=None)
    if late is None or late <= max(known) + LATER:
        return article
    said = f"a picture is of {late.isoformat()}, later than the article"
    extra = [*record["extra"], {"key": "check", "value": said}]
    source = with_method(record.get("provenance"), "extra", "inferred")
    return replace(article, record={**record, "extra": extra, "provenance": source})


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _picture_times(record: Mapping[str, Any]) -> Iterator[datetime]:
    images = record.get("images")
    for image in images if isinstance(images, list) else ():
        url = image.get("url") if isinstance(image, dict) else None
        found = time_in_name(url) if isinstance(url, str) else None
        if found:
            yield found.when
