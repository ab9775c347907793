"""What *More* and *Context* show: quotes read again from the current articles.

An article that changed since the answer is not quoted, as the stored offsets are those of another
text; the message says so instead, and also where an article is gone.
"""

from collections.abc import Sequence

from bot.discord.messages.answer_message import MessageText, fit_quotations, format_question
from bot.discord.messages.limits import MESSAGE_LIMIT, length
from bot.discord.messages.quotation import citation, linked_title, quotation, quoted_lines
from bot.discord.storage.questions import QuoteLocation
from retrieval.answering.answer import Quote
from retrieval.documents.article import Article, Span
from retrieval.documents.sentences import paragraphs, sentences
from retrieval.library.filter import Filter

WITHDRAWN = "withdrawn: its article is no longer here."
NOT_VISIBLE = "of an article that this channel may not see."
_WINDOW = 2 * MESSAGE_LIMIT  # characters of a paragraph; more fits in no message
_GAP = "\n> \n"  # between paragraphs of a quotation
_TOO_LONG = "This passage is too long to be shown with what is around it."


def format_more(
    question: str | None,
    locations: Sequence[QuoteLocation],
    articles: Sequence[Article | None],
    first: int,
    within: Filter,
) -> MessageText:
    """Write further passages as one message.

    Args:
        question: as it was asked, if it is known.
        articles: the current article of each, or None where it is gone.
        first: the number of the first passage.
    """
    head = "More passages" + (f" for **{format_question(question)}**" if question else "") + ":"
    found = zip(locations, articles, strict=True)
    return fit_quotations(
        head, [_part(*each, number, within) for number, each in enumerate(found, start=first)]
    )


def _part(place: QuoteLocation, article: Article | None, number: int, within: Filter) -> str:
    if article is None:
        return f"-# \\[{number}\\] {WITHDRAWN}"
    if not within.admits(article.source, article.date):
        return f"-# \\[{number}\\] {NOT_VISIBLE}"
    if article.sha256 != place.sha256:
        return format_updated(article, number)
    return quotation(quote_at(article, place.start, place.end, place.answer), number)


def format_updated(article: Article, number: int) -> str:
    """The line that stands for a quote of an article that changed."""
    return f"-# \\[{number}\\] {linked_title(article)} · updated since; ask again."


def quote_at(article: Article, start: int, end: int, answer: Span | None = None) -> Quote:
    """The quote of an article at these offsets, with the answer marked."""
    before = sum(paragraph.end <= start for paragraph in paragraphs(article.text))
    return Quote(article, start, end, before + 1, score=0.0, answer=answer)


def format_context(quote: Quote, number: int) -> str:
    """Write a quote, in bold, with the paragraphs before and after it as one message.

    Where they do not fit, only their sentences nearest to the quote are shown.
    """
    article = quote.article
    cited = citation(quote, number)
    itself = Span(quote.start, quote.end)
    spans = paragraphs(article.text)
    before = [span for span in spans if span.end <= quote.start]
    after = [span for span in spans if span.start >= quote.end]
    own = spans[len(before) : len(spans) - len(after)]
    whole = Span(min(own[0].start, quote.start), max(own[-1].end, quote.end)) if own else itself

    def written(span: Span) -> str:
        return "\n".join(quoted_lines(article, span, itself))

    room = MESSAGE_LIMIT - length(cited) - 1
    # What is too long unescaped is not escaped first: it may be megabytes long.
    short = [each for each in (whole, itself) if each.end - each.start <= room]
    fit = next(((each, text) for each in short if length(text := written(each)) <= room), None)
    if fit is None:
        return f"{_TOO_LONG}\n{cited}"
    shown, text = fit
    parts = [text]
    if shown != whole:  # then the neighbouring paragraphs would not be neighbours
        before, after = [], []
    room -= length(parts[0])
    for each in after[:1]:
        part = _nearest(article, each, room // 2 if before else room, after=True)
        parts.append(part)
        room -= length(part) + len(_GAP)
    for each in before[-1:]:
        parts.insert(0, _nearest(article, each, room, after=False))
    return _GAP.join(part for part in parts if part) + f"\n{cited}"


def _nearest(article: Article, paragraph: Span, room: int, *, after: bool) -> str:
    """As many sentences of a paragraph as fit, from its start (``after``) or up to its end."""
    found = ""
    window, cut = paragraph, paragraph.end - paragraph.start > _WINDOW
    if cut and after:
        window = Span(paragraph.start, paragraph.start + _WINDOW)
    elif cut:
        window = Span(paragraph.end - _WINDOW, paragraph.end)
    inside = sentences(article.text, window)
    if not after:
        inside.reverse()
    if cut:
        inside.pop()  # the last of them is not whole
    for sentence in inside:
        start, end = (paragraph.start, sentence.end) if after else (sentence.start, paragraph.end)
        longer = "\n".join(quoted_lines(article, Span(start, end)))
        if length(longer) + len(_GAP) > room:
            break
        found = longer
    return found
