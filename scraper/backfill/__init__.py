"""Past captures from web archives: an index tells which there are, a plan what they cost, and they come in one by one."""
