"""How a browser reaches the pages: visits and their threads, and the homes that a workbench may have."""
