"""The calls of namespace `/studio`: each checked, carried out and answered."""
