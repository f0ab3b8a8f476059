"""What all web servers of ours have in common: rules of access, pages and their files, bounds of packets."""
