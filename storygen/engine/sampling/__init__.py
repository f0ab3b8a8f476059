"""How the next token is chosen. Importing this package loads no torch: the server reads `parameters`."""
