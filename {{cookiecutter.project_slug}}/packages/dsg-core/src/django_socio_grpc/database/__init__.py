"""What the end of a call means to PostgreSQL: its query is cancelled, and its deadline is known.

Each query of each thread goes through a ``Guard``. Other databases have none.
"""

from django_socio_grpc.database.guards import guard_connections, stops_queries

__all__ = ["guard_connections", "stops_queries"]
