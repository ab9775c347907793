"""Parses files into articles: one parser a format, chosen by suffix.

    .txt             a title line (``date YYYY-MM-DD Title`` or just a title), then the text
    .md              Markdown, with or without YAML front matter
    .html .htm       a web page: the article in it, without the menus
    .jsonl .jsonl.gz one article a line: id, title, date, source, url, text; questions with their
                     answers are passed over

All of it is UTF-8. What cannot be read is yielded as a ``ReadingError`` among the articles, never
raised, so that one bad file or line does not keep the good ones out.

    files           finds files, and reads each with the parser of its suffix
    text, markdown, html, jsonl_articles
                    the parsers
    article_fields  what a parser found, checked and made an ``Article``
    decoding        UTF-8
    jsonl_objects   JSON lines, whatever they hold
"""

from retrieval.documents.formats.files import find_files, read_file

__all__ = ["find_files", "read_file"]
