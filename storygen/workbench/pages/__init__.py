"""The pages that come with the workbench, each a component built of elements."""
