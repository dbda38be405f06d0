"""Pages of the accounts floor: parse, call one service or selector, render."""
