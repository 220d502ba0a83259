"""The contract: from service classes to ``.proto`` files and generated stubs."""
