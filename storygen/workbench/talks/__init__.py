"""Talks with models: a tree of turns, and files of them. Pure; what a page shows of it is in `pages.chat`."""
