"""The folder of an index of words: what its documents are made of, and how far it has come."""

from pathlib import Path

import tantivy

_ANALYZER = "english"  # as it is called in the indexes that there are
_FORM = "2"  # of the index; another makes it be built anew


def open_index(folder: Path) -> tantivy.Index | None:
    """Open the index in a folder; None where there is none.

    Raises:
        ValueError, OSError, RuntimeError: it cannot be opened, by tantivy's account.
    """
    if not (folder / "meta.json").exists():
        return None
    return _prepared(tantivy.Index.open(str(folder)))


def create_index(folder: Path) -> tantivy.Index:
    """Make an empty index in the place of whatever is there."""
    remove_index(folder)
    folder.mkdir(parents=True)
    return _prepared(tantivy.Index(_schema(), path=str(folder)))


def remove_index(folder: Path) -> None:
    """Remove the index; OSError where it cannot be removed."""
    # Imported here because asking questions needs none of it.
    import shutil

    # Without it the index is not there: half of one never looks damaged.
    (folder / "meta.json").unlink(missing_ok=True)
    if folder.exists():
        shutil.rmtree(folder)


def remove_newer(folder: Path, generation: int) -> None:
    """Remove an index of a later generation than the database's, which was restored from a copy.

    Call it before anything is committed: generations that come again are of other passages.
    """
    try:
        index = open_index(folder)
        newer = index is not None and generation_of(index) > generation
    except errors():
        return  # it cannot be read, and is made anew
    if newer:
        remove_index(folder)


def generation_of(index: tantivy.Index) -> int:
    """The generation of the library that an index has caught up with; -1 for one of another form.

    One document says it, in the same commit as what it speaks of.
    """
    searcher = index.searcher()
    form = tantivy.Query.term_query(index.schema, "form", _FORM, "basic")
    found = searcher.search(form, limit=1, count=False).hits
    if not found:
        return -1
    value = searcher.fast_field_values("generation", [found[0][1]])[0]
    return -1 if value is None else int(value)


def mark(writer: tantivy.IndexWriter, generation: int) -> None:
    """Say in the next commit how far the index has come."""
    writer.delete_documents_by_term("form", _FORM)
    document = tantivy.Document()
    document.add_text("form", _FORM)
    document.add_unsigned("generation", generation)
    writer.add_document(document)


def errors() -> tuple[type[BaseException], ...]:
    """What tantivy raises for an index that it cannot read or write."""
    return (ValueError, OSError, RuntimeError)


def reason(error: BaseException) -> str:
    """What tantivy says, of which the first line is for a person."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _prepared(index: tantivy.Index) -> tantivy.Index:
    # The words in a document are terms already: a passage stands in three documents, and is taken
    # apart once.
    spaces = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer(_ANALYZER, spaces)
    index.config_reader("manual")
    return index


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", indexed=True, fast=True)
    for name in ("text", "title", "around"):
        builder.add_text_field(name, tokenizer_name=_ANALYZER, index_option="freq")
    builder.add_integer_field("day", indexed=True, fast=True)
    builder.add_text_field("source", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("form", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("generation", indexed=True, fast=True)
    return builder.build()
