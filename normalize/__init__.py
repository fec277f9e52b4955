"""The pure core: what a page says (claims) becomes what we understand (facts). No network, no database, no clock."""
