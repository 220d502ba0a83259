"""The contract: from the services of an app to its ``.proto`` file and generated stubs."""
