"""Tables of the report: a record in, rows of plain values out."""
