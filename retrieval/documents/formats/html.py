"""Web pages: the article in the page, without the menus around it."""

import logging
import re

from retrieval.documents.article import Article, single_line
from retrieval.documents.formats.article_fields import ArticleFields, Origin, make_article
from retrieval.errors import ReadingError

# A list's item or a table's row, as trafilatura writes them.
_ITEM = re.compile(r"\s*(?:(?P<list>-|\d+\.)|(?P<table>\|)) ")


def parse_html(content: str, origin: Origin) -> Article:
    """Make an article of an ``.html`` page. Nothing is fetched from the network.

    Args:
        content: the page's characters; what it says of its encoding is not heeded.

    Returns:
        The article: its paragraphs separated by blank lines (a list's items and a table's rows by
        line ends), and the title, date, site and canonical link that the page states.

    Raises:
        ReadingError: no article was found in the page.
    """
    # Here and not above: importing it takes a third of a second, which only pages should cost.
    from trafilatura import bare_extraction

    # What is wrong with a page is told once, by us; these speak of it many times over.
    for name in ("trafilatura", "htmldate", "courlan"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        page = bare_extraction(
            content,
            with_metadata=True,
            include_comments=False,
            # The dates that a page states for itself. The extensive search guesses one from its
            # text or its copyright line, and a wrong date is worse than none.
            date_extraction_params={"original_date": True, "extensive_search": False},
        )
    except Exception as error:  # a page can be broken in more ways than a library foresees
        problem = f"no article found in the page ({type(error).__name__})"
        raise ReadingError(origin.place, problem) from error
    if page is None or isinstance(page, dict):
        raise ReadingError(origin.place, "no article found in the page")
    title = page.title or origin.name
    text = _paragraphs(page.text or "", title)
    if not text:
        raise ReadingError(origin.place, "no article found in the page")
    fields = ArticleFields(
        id=origin.id,
        title=title,
        date=page.date,
        source=page.sitename or page.hostname,
        url=page.url,
        text=text,
    )
    return make_article(fields, origin.place)


def _paragraphs(extracted: str, title: str) -> str:
    """Separate by blank lines what trafilatura gives one a line, and leave out the title."""
    lines = [line.rstrip() for line in extracted.splitlines() if line.strip()]
    if lines and single_line(lines[0]) == single_line(title):
        del lines[0]
    pieces: list[str] = []
    previous = None
    for line in lines:
        item = _ITEM.match(line)
        kind = item.lastgroup if item else None
        pieces += ["\n" if kind and kind == previous else "\n\n", line]
        previous = kind
    return "".join(pieces[1:])
