"""What a district's own ledger teaches: a linear model of the signs in a text, beside the words that people wrote down."""
