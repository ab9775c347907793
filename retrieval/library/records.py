"""The rows of the truth that other parts work with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What was known of a file when it was last read.

    Attributes:
        size: in bytes.
        modified: its modification time, in nanoseconds.
        sha256: of its bytes, hexadecimal.
        complete: False where some of it could not be read.
    """

    size: int
    modified: int
    sha256: str
    complete: bool


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage as the truth holds it.

    Attributes:
        id: never used again, even after the passage is gone.
        article: the number of its article.
        paragraph: counted from 1.
        start: offset of its first character in the article's text.
        end: offset after its last.
    """

    id: int
    article: int
    paragraph: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class LibraryState:
    """What a library holds at one moment.

    Attributes:
        generation: of the last commit.
        articles: how many there are.
        passages: how many they were split into.
    """

    generation: int
    articles: int
    passages: int
