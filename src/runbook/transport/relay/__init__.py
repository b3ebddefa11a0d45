"""The program that runs on the host, sent there at each connection.

Only the standard library, and Python 3.7 on: Debian 10 has nothing newer. No
file is left on the host. The modules import nothing of the package outside
this folder, because the host has nothing else.
"""
