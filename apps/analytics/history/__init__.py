"""Reading what other systems know of a site's past. Plain Python: files in, rows out; the pipeline stores them."""
