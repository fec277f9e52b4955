"""The public views as files that other programs read: Parquet, CSV or JSON lines, and the data package that describes them."""
