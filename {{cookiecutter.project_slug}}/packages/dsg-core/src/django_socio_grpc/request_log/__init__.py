"""A table of the calls that a server has served, for projects that want one."""
