"""Between text and token ids: bytes of tokens, tokenised text that can be edited, text that is held back."""
