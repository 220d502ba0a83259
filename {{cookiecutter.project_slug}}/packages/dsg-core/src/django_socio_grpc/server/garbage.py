"""How often a server's process looks for garbage."""

import gc

YOUNG = 10_000
"""Objects that are new before a search. Of a thousand streams each has a dozen in flight, so that
Python's own 700 are searched, in vain, with every fiftieth message, and soon all that there is."""


def collect_rarely() -> None:
    """Leave out of each search what is there now, and search seldom.

    For a process that has loaded all that it serves with, and does nothing else. A threshold that
    is higher, or off, stays: the project has set it. There is no search before: it would take a
    tenth of the start-up, for a hundred objects.
    """
    young, *old = gc.get_threshold()
    gc.freeze()
    if 0 < young < YOUNG:
        gc.set_threshold(YOUNG, *old)
