"""Everything that can go wrong in a way a person can put right.

    QuothError
    ├── ReadingError         a file, or a line of it, that is no article
    │   └── FetchError           an address that cannot be fetched
    ├── QuestionError        a question that cannot be asked
    ├── EncoderError         a model that cannot be loaded or exported
    └── LibraryError         the folder with everything that was indexed
        ├── NotALibraryError     it is some other folder, or not there
        ├── MismatchError        made by another encoder or another version of Quoth
        ├── LockedError          another process is writing
        ├── DamagedError         what is stored contradicts itself
        └── NeedsFolderError     what only a library in a folder can do

Each message is one line that names the file, setting or value, and says what to do. The edges
(command line, Discord) print that line; nothing in between catches it to say it again.
"""


class QuothError(Exception):
    """The root: ``str(error)`` is the line that a person reads."""


class ReadingError(QuothError):
    """A file, or one line of it, that cannot become an article.

    Args:
        place: where it is: a path, or ``path:line``.
        problem: what is wrong, and what would be right.
    """

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}")
        self.place = place
        self.problem = problem


class FetchError(ReadingError):
    """A web address that cannot be fetched, or may not be.

    Args:
        retry_after: seconds for which its host asks to be left alone, where it does.
    """

    def __init__(self, place: str, problem: str, retry_after: float | None = None) -> None:
        super().__init__(place, problem)
        self.retry_after = retry_after


class QuestionError(QuothError):
    """A question that cannot be asked: empty, without a word, or too long."""


class EncoderError(QuothError):
    """An embedding model that cannot be found, loaded, exported or trusted."""


class LibraryError(QuothError):
    """The library folder cannot be used as asked."""


class NotALibraryError(LibraryError):
    """The folder does not exist, or holds something that is not a library."""


class MismatchError(LibraryError):
    """The library was made by another encoder, schema or version of Quoth."""


class LockedError(LibraryError):
    """Another process holds the library for writing."""


class DamagedError(LibraryError):
    """What is stored contradicts itself: a text and its hash, a quote and its article."""


class NeedsFolderError(LibraryError):
    """What was asked for can only be done with a library in a folder, and this one is in none."""
