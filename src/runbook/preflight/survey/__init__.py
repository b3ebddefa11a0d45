"""What a host looks like to somebody who is about to describe it in a file.

Pure: handed tables, it returns tables, values and what is wrong with them.
"""
