"""What a competent user would write instead: the same figures of the same pages into SQLite, with the usual libraries.

They read the pages as files (`file://`), so that no server, pause or robots.txt counts, and they do less than careerscape: no
archive, no digests, no checks, no versions, no publication, and each value without the place that it came from.
"""
