"""What changes the messages of an action."""


class GlobalScopeWrappedEnumGenerationPlugin:
    """Each enum is in a message of its own, at the top of the contract."""
