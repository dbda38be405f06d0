"""The page on which staff see every component in every state."""
