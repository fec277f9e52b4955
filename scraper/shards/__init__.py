"""Reading an archive on many machines: a plan cut into shards, a part of Parquet and a ledger row for each, and their merge."""
