"""Our speed beside the peers', in one run: `make bench`."""
