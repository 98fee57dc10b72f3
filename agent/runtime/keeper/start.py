"""Starts a process of a task: vfork and exec, or a fork where user or limits are to be changed in between."""

import _signal as signal  # type: ignore[import-not-found]
import contextlib
import os
import resource

from barter.agent.runtime.keeper.cgroup_files import write
from barter.agent.runtime.keeper.wire import Message, unpack

# Python ignores the first two: a child would inherit that.
RESTORED = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT)
LOWEST_PRIORITY = 19


class Refused(Exception):
    """What could not be done for a start, and the system's reason."""

    def __init__(self, step: str, error: OSError | ValueError) -> None:
        super().__init__(step)
        self.step, self.errno = step, getattr(error, "errno", 0) or 0


class Start:
    """What is to be run. `user` is "uid:gid" or empty, each of `rlimits` "number:soft:hard"."""

    __slots__ = ("argv", "env", "program", "rlimits", "sandbox", "user")

    def __init__(self, sandbox: bytes, program: bytes, argv: bytes, env: bytes, user: bytes, rlimits: bytes) -> None:
        """Raises ValueError on lists that are none."""
        self.sandbox, self.program, self.argv = sandbox, program, unpack(argv)
        pairs = unpack(env)
        self.env = dict(zip(pairs[::2], pairs[1::2], strict=True))
        self.user = user.decode()
        self.rlimits = [each.decode() for each in unpack(rlimits)]

    def run(self, outputs: tuple[str, ...]) -> int:
        """The pid of a session's leader; without `outputs` what it prints is dropped. Raises Refused."""
        try:
            os.chdir(self.sandbox)
        except OSError as error:
            raise Refused("sandbox", error) from None
        try:
            return self._fork(outputs) if self.user or self.rlimits else self._spawn(outputs)
        finally:
            # Where the keeper stayed, nobody could unmount or remove anything.
            os.chdir("/")

    def _spawn(self, outputs: tuple[str, ...]) -> int:
        actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0)]
        for number, path in enumerate(outputs or (os.devnull, os.devnull), 1):
            actions.append((os.POSIX_SPAWN_OPEN, number, path, os.O_RDWR, 0))
        try:
            return os.posix_spawn(
                self.program,
                self.argv,
                self.env,
                file_actions=actions,
                setsid=True,
                setsigmask=(),
                setsigdef=RESTORED,
            )
        except (OSError, ValueError) as error:
            raise Refused("exec", error) from None

    def _fork(self, outputs: tuple[str, ...]) -> int:
        try:
            told, tell = os.pipe()
            pid = os.fork()
        except OSError as error:
            raise Refused("exec", error) from None
        if not pid:
            self._become(outputs, tell)
        os.close(tell)
        said = os.read(told, 100)
        os.close(told)
        if not said:
            return pid
        os.waitpid(pid, 0)
        step, _, number = said.decode().partition(" ")
        raise Refused(step, OSError(int(number), ""))

    def _become(self, outputs: tuple[str, ...], tell: int) -> None:
        """In the child, which never returns from here."""
        step = "session"
        try:
            os.setsid()
            for each in RESTORED:
                signal.signal(each, signal.SIG_DFL)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for number, path in enumerate((os.devnull, *(outputs or (os.devnull, os.devnull)))):
                descriptor = os.open(path, os.O_RDWR)
                os.dup2(descriptor, number)
            step = "rlimit"
            for limit in self.rlimits:
                kind, soft, hard = (int(part) for part in limit.split(":"))
                resource.setrlimit(kind, (soft, hard))
            if self.user:
                step = "user"
                uid, _, gid = self.user.partition(":")
                if os.geteuid() == 0:
                    os.setgroups([])
                os.setgid(int(gid))
                os.setuid(int(uid))
                step = "reach"
                os.chdir(self.sandbox)
            step = "exec"
            os.execve(self.program, self.argv, self.env)
        except BaseException as error:
            os.write(tell, b"%s %d" % (step.encode(), getattr(error, "errno", 0) or 0))
        os._exit(127)


class Cgroups:
    """Enters a task's cgroups before its start, so that it is limited from its first moment, and leaves at the end."""

    def __init__(self) -> None:
        self._leave: list[str] = []

    def enter(self, enter: Message, leave: Message) -> None:
        """Raises Refused. On v1 the calling thread moves, on v2 the process: the keeper has but one thread."""
        if not enter:
            self.leave()
            return
        # Known before: what is entered in part is left, too.
        self._leave = [path.decode() for path in leave]
        try:
            for path in enter:
                write(path.decode(), "0")
        except OSError as error:
            raise Refused("cgroup", error) from None

    def leave(self) -> None:
        left, self._leave = self._leave, []
        for path in left:
            with contextlib.suppress(OSError):
                write(path, "0")


def give_way(pid: int) -> None:
    """Have the processes of a group come last where cgroups have no say, as a revocable task's are to."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PGRP, pid, LOWEST_PRIORITY)
    # Between sessions the kernel goes by this, where it groups them.
    with contextlib.suppress(OSError):
        write(f"/proc/{pid}/autogroup", str(LOWEST_PRIORITY))
