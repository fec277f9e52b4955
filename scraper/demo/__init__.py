"""The demo: bundled pages of sixteen comparisons, served by a local web server and scraped over real HTTP."""
