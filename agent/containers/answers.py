"""What a call that did not succeed comes back as."""

from barter.agent.containers import actions as act
from barter.agent.containers import events as ev


def failed(call: act.Call, trouble: ev.Trouble, message: str) -> ev.Event:
    """`message` is for people; most answers have no use for it."""
    match call:
        case act.Create():
            return ev.CreateFailed(call.order.key, trouble, message)
        case act.Start():
            return ev.StartFailed(call.key, trouble, message)
        case act.Pull():
            return ev.PullFailed(call.number, message)
        case act.Inspect():
            return ev.InspectFailed(call.key)
        case act.List():
            return ev.ListFailed(call.number)
        case act.Kill():
            return ev.KillFailed(call.key, call.signal)
        case act.Remove():
            return ev.RemoveFailed(call.container)
        case act.CopyLogs():
            return ev.LogsCopied(call.container, whole=False)
