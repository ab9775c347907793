"""The analyzer of the word index: texts into terms, folded, in lower case, stemmed as English.

A question goes through the same analyzer as the passages, so that their terms can match.
"""

import unicodedata

import tantivy

_LONGEST_WORD = 40  # characters

# What questions are made of, whatever they are about.
_STOP_WORDS = """
a about an and any are as at be been being but by can could did do does for from had has have he
her hers him his how i if in into is it its me my of on or our ours shall she should so than that
the their theirs them then there these they this those to us was we were what when where which
who whom whose why will with would you your yours
"""


class Analyzer:
    """Takes texts apart into terms.

    Attributes:
        stop_words: the terms of English grammar.
    """

    def __init__(self) -> None:
        self._analyzer = (
            tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
            .filter(tantivy.Filter.remove_long(_LONGEST_WORD))
            .filter(tantivy.Filter.lowercase())
            .filter(tantivy.Filter.ascii_fold())
            .filter(tantivy.Filter.stemmer("english"))
            .build()
        )
        self.stop_words = frozenset(self.unique_terms(_STOP_WORDS))

    def tokens(self, text: str) -> list[str]:
        """The terms of a text, in their order, each as often as it occurs."""
        # NFKC composes accents with their letters; the tokenizer would end a word at each.
        return self._analyzer.analyze(unicodedata.normalize("NFKC", text))

    def unique_terms(self, text: str) -> list[str]:
        """The terms of a text, each once, in the order of their first occurrence."""
        return list(dict.fromkeys(self.tokens(text)))

    def tokenised_text(self, text: str) -> str:
        """The terms of a text with spaces between them, each as often as it occurs."""
        return " ".join(self.tokens(text))

    def content_terms(self, question: str) -> list[str]:
        """A question's terms without stop words, unless it has no others.

        In a small library "were" and "how" can be as rare as the words that matter; in a large
        one they cost time and tell nothing.
        """
        terms = self.unique_terms(question)
        return [term for term in terms if term not in self.stop_words] or terms
