"""The lives of tasks as the keeper sees them: each intent, start and end is in its notes before anybody is told."""

import _signal as signal  # type: ignore[import-not-found]
import contextlib
import os
import resource
import time
from collections.abc import Callable
from functools import partial

from barter.agent.runtime.keeper.cgroup_files import oom_killed, remove, signal_all
from barter.agent.runtime.keeper.notes import End, Notes, Task
from barter.agent.runtime.keeper.output import STREAMS, Pipe, paths
from barter.agent.runtime.keeper.start import Cgroups, Refused, Start, give_way
from barter.agent.runtime.keeper.wire import Message, number, pack, unpack
from barter.agent.runtime.offspring import kill_with_offspring
from barter.agent.runtime.proc import exit_code_of, session_leaders, session_members, start_time
from barter.agent.runtime.room import no_room


class Tasks:
    """`tell` gets what the executor is to know; `watch` and `unwatch` a descriptor and what to do when it is ready."""

    def __init__(
        self,
        folder: str,
        notes: Notes,
        tell: Callable[..., None],
        watch: Callable[[int, Callable[[], None]], None],
        unwatch: Callable[[int], None],
    ) -> None:
        self._pipes_folder = f"{folder}/pipes"
        self._notes, self._tell, self._watch, self._unwatch = notes, tell, watch, unwatch
        self._cgroups = Cgroups()
        self._children: dict[int, Task] = {}
        self._adopted: dict[int, Task] = {}
        self._looked_at: set[int] = set()
        self._checks: dict[int, bytes] = {}
        self._pipes: dict[bytes, list[Pipe]] = {}
        self._unwritten = b""
        self.untidy: set[str] = set()
        self._files = resource.getrlimit(resource.RLIMIT_NOFILE)
        os.makedirs(self._pipes_folder, mode=0o700, exist_ok=True)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (self._files[1], self._files[1]))

    @property
    def running(self) -> int:
        return len(self._children) + len(self._adopted)

    def recover(self) -> None:
        """Take over what an earlier keeper left: what runs is watched, what had not begun begins."""
        left = [task for task in self._notes.tasks.values() if not task.over]
        leaders = session_leaders() if any(not task.pid for task in left) else {}
        intended: list[Task] = []
        for task in left:
            if not task.pid and (pid := leaders.get(task.sandbox, 0)):
                task.pid, task.started, task.start = pid, start_time(pid), []
                self._note(pack([b"pid", task.name, number(pid), number(task.started)]))
            if task.started and start_time(task.pid) == task.started:
                self._adopt(task)
            elif task.start and not any(map(os.path.lexists, paths(self._pipes_folder, task.tag))):
                intended.append(task)
            else:
                self._gone(task, exit_code_of(task.pid, task.started))
        self._sweep({os.path.basename(path) for task in self._adopted.values() for path in paths("", task.tag)})
        self._begin(intended)

    def tell_all(self) -> None:
        for task in self._notes.tasks.values():
            folders = pack([folder.encode(errors="surrogateescape") for folder in task.cgroups])
            self._tell(b"held", task.name, task.order, number(task.killing), folders, number(task.wrapped))
            self._tell_state(task)

    def start(self, messages: list[Message]) -> None:
        """A slice of starts: all their intents, then all processes, then all their pids."""
        begun: list[Task] = []
        for message in messages:
            name, order, tag, sandbox = message[1:5]
            if (known := self._notes.tasks.get(name)) is not None:
                self._tell_state(known)
                continue
            folders = tuple(os.fsdecode(each) for each in unpack(message[8]))
            task = Task(name, order, os.fsdecode(tag), os.fsdecode(sandbox), message[14].decode(), folders)
            task.wrapped, task.start = message[15] == b"1", message
            begun.append(task)
        try:
            self._notes.write(b"".join([task.intent() for task in begun]))
        except OSError as error:
            for task in begun:
                remove(task.cgroups)
                self._tell(b"refused", task.name, number(error.errno or 0), b"notes")
            return
        for task in begun:
            self._notes.tasks[task.name] = task
        self._begin(begun)

    def check(self, message: Message) -> None:
        """In the cgroups of its task; executors of before do not name them."""
        enter, leave = (unpack(message[7]), unpack(message[8])) if len(message) > 8 else ([], [])
        try:
            start = Start(message[2], message[3], message[4], message[5], message[6], pack([]))
            self._cgroups.enter(enter, leave)
            self._checks[self._run(start, ())] = message[1]
        except (Refused, ValueError) as error:
            self._tell(b"checked", message[1], b"", str(error).encode())
        finally:
            self._cgroups.leave()

    def drop_check(self, check: bytes) -> None:
        for pid, known in self._checks.items():
            if known == check:
                kill_with_offspring(pid)

    def signal(self, name: bytes, signum: int, *, whole: bool) -> None:
        """To all of a task; without `whole` its leader is spared, which waits for the others."""
        task = self._notes.tasks.get(name)
        if task is None or task.over:
            return
        if not task.killing:
            task.killing = True
            self._note(pack([b"kill", name]))
        self._send(task, signum, whole=whole)
        if signum != signal.SIGKILL:
            # What is stopped hears nothing else before it goes on.
            self._send(task, signal.SIGCONT, whole=whole)

    def forget(self, names: list[bytes]) -> None:
        tasks = self._notes.tasks
        self._note(self._notes.forget([name for name in names if name in tasks and tasks[name].over]))

    def reap(self) -> bool:
        """Note and tell the end of one child, if one has ended."""
        try:
            dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return False
        if dead is None:
            return False
        pid = dead.si_pid
        code = dead.si_status if dead.si_code == os.CLD_EXITED else -dead.si_status
        if pid in self._children or pid in self._checks:
            # While the leader is a zombie its number cannot name another group.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        if (task := self._children.pop(pid, None)) is not None:
            self._finish(task, code, time.time_ns() // 1_000_000)
        os.waitpid(pid, 0)
        if (check := self._checks.pop(pid, None)) is not None:
            self._tell(b"checked", check, number(code))
        return True

    def tidy(self) -> None:
        """Once a moment: kill what ended tasks left behind, write down what could not be."""
        if self.untidy:
            signal_all(self.untidy, signal.SIGKILL)
            self.untidy = {folder for folder in self.untidy if not remove((folder,))}
        if self._unwritten:
            self._note(b"")
        for pid in [pid for pid in self._looked_at if start_time(pid) != self._adopted[pid].started]:
            self._looked_at.discard(pid)
            task = self._adopted.pop(pid)
            self._gone(task, exit_code_of(pid, task.started))

    @property
    def restless(self) -> bool:
        """Whether `tidy` has something to do."""
        return bool(self.untidy or self._unwritten or self._looked_at)

    def close(self) -> None:
        self._sweep(set())
        with contextlib.suppress(OSError):
            os.rmdir(self._pipes_folder)

    def _sweep(self, kept: set[str]) -> None:
        for name in set(os.listdir(self._pipes_folder)) - kept:
            os.unlink(f"{self._pipes_folder}/{name}")

    def _begin(self, tasks: list[Task]) -> None:
        """Start what is noted as intended."""
        records = [self._start(task) for task in tasks]
        self._cgroups.leave()
        self._note(b"".join(records))
        for task in tasks:
            self._tell_state(task)

    def _start(self, task: Task) -> bytes:
        """The record that says how it went."""
        message, task.start = task.start, []
        try:
            sandbox, program, argv, env = message[4:8]
            start = Start(sandbox, program, argv, env, message[11], message[12])
            self._cgroups.enter(unpack(message[9]), unpack(message[10]))
            # Without pipes nothing was started: the next keeper goes by that.
            outputs = self._open_pipes(task)
            task.pid = self._run(start, outputs)
        except (Refused, ValueError) as error:
            refused = error if isinstance(error, Refused) else Refused("message", error)
            self._close_pipes(task)
            remove(task.cgroups)
            task.refused = [number(refused.errno), refused.step.encode()]
            return pack([b"refused", task.name, *task.refused])
        self._children[task.pid] = task
        if message[13] == b"1":
            give_way(task.pid)
        task.started = start_time(task.pid, zombies=True)
        return pack([b"pid", task.name, number(task.pid), number(task.started)])

    def _run(self, start: Start, outputs: tuple[str, ...]) -> int:
        """With the files a process may have open as they were before the keeper took more. Raises Refused."""
        soft, hard = self._files
        if soft == hard:
            return start.run(outputs)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        try:
            return start.run(outputs)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def _open_pipes(self, task: Task) -> tuple[str, ...]:
        found = paths(self._pipes_folder, task.tag)
        pipes = self._pipes[task.name] = []
        try:
            for path, stream in zip(found, STREAMS, strict=True):
                pipe = Pipe(path, f"{task.sandbox}/{stream}", task.owner)
                pipes.append(pipe)
                self._watch(pipe.descriptor, partial(self._copy, task, pipe))
        except OSError as error:
            raise Refused("output", error) from None
        return found

    def _copy(self, task: Task, pipe: Pipe) -> None:
        if not pipe.copy():
            self._unwatch(pipe.descriptor)
            pipe.close()
            self._pipes[task.name].remove(pipe)

    def _close_pipes(self, task: Task) -> bool:
        """Whether there was no room for what it printed."""
        pipes = self._pipes.pop(task.name, [])
        for pipe in pipes:
            self._unwatch(pipe.descriptor)
            pipe.drain()
        return any(pipe.full for pipe in pipes)

    def _adopt(self, task: Task) -> None:
        self._adopted[task.pid] = task
        with contextlib.suppress(Refused):
            self._open_pipes(task)
        try:
            descriptor = os.pidfd_open(task.pid)
        except OSError:
            self._looked_at.add(task.pid)
            return

        def ended() -> None:
            code = exit_code_of(task.pid, task.started, descriptor)
            self._unwatch(descriptor)
            os.close(descriptor)
            self._gone(self._adopted.pop(task.pid), code)

        self._watch(descriptor, ended)

    def _gone(self, task: Task, code: int | None) -> None:
        """When it ended is known only where somebody looked on."""
        self._finish(task, code, 0 if code is None else time.time_ns() // 1_000_000)

    def _finish(self, task: Task, code: int | None, now_ms: int) -> None:
        left = signal_all(task.cgroups, signal.SIGKILL)
        full = self._close_pipes(task)
        memory = code != 0 and oom_killed(task.cgroups)
        full = code != 0 and (full or no_room(task.sandbox))
        task.end = End(code, now_ms, out_of_memory=memory, disk_full=full)
        self._note(pack([b"end", task.name, *task.end.parts()]))
        self._tell_state(task)
        if left or not remove(task.cgroups):
            self.untidy.update(task.cgroups)

    def _send(self, task: Task, signum: int, *, whole: bool) -> None:
        spared = 0 if whole else task.pid
        if signal_all(task.cgroups, signum, spared):
            return
        if task.pid not in self._children and start_time(task.pid) != task.started:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if whole:
                os.killpg(task.pid, signum)
                return
        for pid in session_members(task.pid):
            if pid != task.pid:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signum)

    def _tell_state(self, task: Task) -> None:
        if task.refused:
            self._tell(b"refused", task.name, *task.refused)
        elif task.end is not None:
            self._tell(b"ended", task.name, *task.end.parts())
        elif task.pid:
            self._tell(b"started", task.name, number(task.pid))

    def _note(self, records: bytes) -> None:
        """What is already true is written as soon as the disk has room for it."""
        records, self._unwritten = self._unwritten + records, b""
        if not records:
            return
        try:
            self._notes.write(records)
        except OSError:
            self._unwritten = records
