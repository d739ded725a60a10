"""The command line: arguments and gin files in, one checked object out.

The only home of gin. Gin gives the grammar of the files; the names, the types
and the use of every binding are checked here, because gin itself stays silent
about most of them.
"""
