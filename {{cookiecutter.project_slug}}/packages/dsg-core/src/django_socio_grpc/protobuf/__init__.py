"""The contract, as the documentation names its parts."""
