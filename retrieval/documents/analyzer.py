"""Words as they are indexed and searched: folded, in lower case, stemmed as English."""

import unicodedata

import tantivy

_LONGEST_WORD = 40

# The words of English grammar that questions are made of.
_GRAMMAR = """
a about an and any are as at be been being but by can could did do does for from had has have he
her hers him his how i if in into is it its me my of on or our ours shall she should so than that
the their theirs them then there these they this those to us was we were what when where which
who whom whose why will with would you your yours
"""


class Terms:
    """Takes texts apart into terms.

    Attributes:
        analyzer: what does it.
        grammar: the terms of English grammar.
    """

    def __init__(self) -> None:
        self.analyzer = (
            tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
            .filter(tantivy.Filter.remove_long(_LONGEST_WORD))
            .filter(tantivy.Filter.lowercase())
            .filter(tantivy.Filter.ascii_fold())
            .filter(tantivy.Filter.stemmer("english"))
            .build()
        )
        self.grammar = frozenset(self.of(_GRAMMAR))

    def of(self, text: str) -> list[str]:
        """The different terms of a text, in the order in which they come."""
        return list(dict.fromkeys(self.analyzer.analyze(composed(text))))

    def in_order(self, text: str) -> str:
        """The terms of a text with spaces between them, each as often as it comes."""
        return " ".join(self.analyzer.analyze(composed(text)))

    def telling(self, question: str) -> list[str]:
        """A question's terms without those of its grammar, unless it has no others.

        In a small library "were" and "how" can be as rare as the words that matter; in a large
        one they cost time and tell nothing.
        """
        terms = self.of(question)
        return [term for term in terms if term not in self.grammar] or terms


def composed(text: str) -> str:
    """The form in which accents are part of their letters, or a word would end at each."""
    return unicodedata.normalize("NFKC", text)
