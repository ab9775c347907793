"""Articles, and the pieces that they are cut into.

    article       one article: its text is what every quote is a slice of
    article_json  an article as a dictionary, and back
    sentences     splits text into paragraphs and sentences
    passages      what is indexed and quoted: runs of whole sentences
    analyzer      text into terms, as they are indexed and searched: folded, stemmed
    formats/      one parser a file format

It imports ``errors`` alone.
"""
