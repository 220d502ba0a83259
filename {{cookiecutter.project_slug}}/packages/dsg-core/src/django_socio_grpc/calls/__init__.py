"""One call: its plan, made when its service is registered, and the drivers that run it."""
