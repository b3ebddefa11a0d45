"""The program that runs on the host, in the standard library of Python 3.7.

It is sent over each connection's standard input and leaves no file on the host. The modules
import nothing outside this folder, because the host has nothing else. Debian 10 has Python 3.7.
`serve` is the main loop, `frames` the format of messages, `commands`, `files`, `processes`,
`netlink` and `channels` do the work. `inodes` says what may keep a file from being replaced.
`gate` makes a write only under the change's lock, and only while the change is open.
"""
