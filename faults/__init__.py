"""What a server does when the machine, the network, its clients or its own handlers go wrong."""
