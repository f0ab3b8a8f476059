"""The original storygen client's protocol, on namespace `/`."""
