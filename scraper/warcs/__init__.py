"""WARC files that other tools wrote, and our own: their records one by one, past whatever is damaged, as captures."""
