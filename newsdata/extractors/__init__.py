"""Pages in, articles out: dumps, HTML, records. Pure functions of a Page."""
