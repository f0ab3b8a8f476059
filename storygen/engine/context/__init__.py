"""What the model reads: the head that a prompt format makes, and the tail of the story that fits."""
