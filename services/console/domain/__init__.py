"""The pure part of the console: events folded into rows, rates, who sees what, words for people."""
