"""What makes a release safe to train on: splits without leaks, signals of quality, privacy.

Pure functions over texts and records; :mod:`newsdata.releases` and the command line use them.

    splits      on which side of a split an article stands
    leaks       texts of one side that are near, contained in or contain texts of another
    quality     signals in the manner of Gopher, C4 and FineWeb, and their rules
    redaction   e-mail addresses, telephone numbers, IP addresses
    pseudonyms  names of persons as keyed hashes
"""
