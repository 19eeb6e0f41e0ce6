"""What commands print with --json, a module a command: its structure, from which its JSON Schema follows.

A structure's fields are the keys, in their order. What a name does not say, its `doc` does: units, and what null means.
`catalog` knows all of them, `json_schema` makes the schemas, `encode` the text.
"""
