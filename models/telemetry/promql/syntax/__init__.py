"""From the text of an expression to tokens with places, and to what is wrong with it."""
