"""The trade's small grammars: dates, names, languages, rubrics; credits, datelines, bylines.

Pure functions of text, linear in its length, that never raise on content.
"""
