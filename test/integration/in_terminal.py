"""Runs a command in a pseudo-terminal and passes on what it writes, and its exit code: in_terminal.py COLUMNS COMMAND..."""

import fcntl
import os
import pty
import struct
import sys
import termios

_ROWS = 50


def main(columns, *command):
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, int(columns), 0, 0))
        os.execvp(command[0], command)
    while data := _read(terminal):
        sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _read(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError:
        # Linux says so when the last process has closed its end.
        return b""


sys.exit(main(*sys.argv[1:]))
