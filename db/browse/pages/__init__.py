"""How it looks: HTML from templates, charts as SVG, the same pages served and written to files."""
