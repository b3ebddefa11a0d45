"""The wiring: router, switch port, NIC, bridge and guests, as a drawing and as sentences.

`topology` reads who is wired to whom out of a snapshot, `difference` compares two wirings,
`layout` gives each part its place, `drawing` and `svg` draw it, `in_words` says it for a
terminal and a screen reader.
"""
