"""Models as the workbench asks them: local weights, servers, and anything that can say what comes next."""
