"""A quotation, verbatim, and its citation."""

from bot.discord.messages.escape import escaped_characters, escaped_title, link_label, safe_url
from bot.wording import paragraph_range
from retrieval.answering.answer import Quote
from retrieval.documents.article import Article, Span

_TITLE_SHOWN = 100


def quotation(quote: Quote, number: int, *, answers: bool = True) -> str:
    """The block quote, with the answer in bold if the quote ``answers``, and the citation."""
    bold = quote.answer if answers else None
    lines = quoted_lines(quote.article, Span(quote.start, quote.end), bold)
    return "\n".join([*lines, citation(quote, number)])


def quoted_lines(article: Article, span: Span, bold: Span | None = None) -> list[str]:
    """A span of an article as the lines of a block quote, escaped, with a part of it in bold."""
    lines = []
    line_start = span.start
    for line in article.text[span.start : span.end].splitlines(keepends=True):
        words = line.splitlines()[0]
        characters = escaped_characters(words)
        if bold is not None:
            start = max(bold.start - line_start, 0)
            end = min(bold.end - line_start, len(words))
            # Bold marks next to a space inside them are not bold marks.
            marked = [i for i in range(start, end) if not words[i].isspace()]
            if marked:
                characters[marked[0]] = "**" + characters[marked[0]]
                characters[marked[-1]] += "**"
        lines.append("> " + "".join(characters))
        line_start += len(line)
    return lines


def citation(quote: Quote, number: int) -> str:
    """One line of subtext: number, title, date, paragraph."""
    article = quote.article
    parts = [f"\\[{number}\\] {linked_title(article)}"]
    if article.date is not None:
        parts.append(article.date.isoformat())
    parts.append(paragraph_range(quote))
    if quote.also_in:
        others = len(quote.also_in)
        parts.append(f"also in: {others} other article{'s' if others > 1 else ''}")
    return "-# " + " · ".join(parts)


def linked_title(article: Article) -> str:
    """An article's title as a masked link, or with a link beside it, or without one."""
    title = escaped_title(article.title, _TITLE_SHOWN)
    url = safe_url(article.url)
    if url is None:
        return title
    label = link_label(article.title, _TITLE_SHOWN)
    # <> means: no preview.
    return f"[{label}](<{url}>)" if label else f"{title} · [read](<{url}>)"
