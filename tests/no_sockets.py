"""A process that cannot open a connection: the kernel kills it, and every program that it starts, at the first socket.

For preexec_fn of subprocess. A filter of the kernel (seccomp) sees each system call, so nothing escapes it; io_uring,
which could make sockets without such a call, is forbidden as well."""

import ctypes
import platform
import signal
import struct

KILLED = -signal.SIGSYS  # return code of a process that tried

# Of linux/audit.h and the tables of system calls: architecture, socket, socketpair, io_uring_setup.
NUMBERS = {"x86_64": (0xC000003E, 41, 53, 425), "aarch64": (0xC00000B7, 198, 199, 425)}

LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # BPF's instructions
KILL, ALLOW = 0x80000000, 0x7FFF0000
X32 = 0x40000000  # x86's second table of calls begins here
NO_NEW_PRIVILEGES, SET_SECCOMP, FILTER = 38, 22, 2


def program():
    architecture, *forbidden = NUMBERS[platform.machine()]
    tests = [(AT_LEAST, X32)] + [(EQUAL, number) for number in forbidden]
    out = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL), (LOAD, 0, 0, 0)]
    for left, (test, number) in zip(range(len(tests), 0, -1), tests):
        out.append((test, left, 0, number))  # the last instruction but one kills
    return out + [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, KILL)]


FILTER_BYTES = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program()))
HEAD = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program()), ctypes.addressof(FILTER_BYTES)))
LIBC = ctypes.CDLL(None, use_errno=True)


def forbid_sockets():
    for call in ((NO_NEW_PRIVILEGES, 1, 0, 0, 0), (SET_SECCOMP, FILTER, HEAD, 0, 0)):
        if LIBC.prctl(*call) != 0:
            raise OSError(ctypes.get_errno(), "the kernel takes no filter of system calls")
