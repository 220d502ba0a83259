"""How the messages of an action get their names."""


class DefaultMessageNameConstructor:
    """Names by serializer and action."""
