"""The floor: a candidate that only says what it is, a line: {"follows": true}, {"leads": ...} (time.monotonic)."""

import asyncio
import signal
import sys
import time
from dataclasses import replace

from barter.core.candidacy import Follow, Lead, Leave
from barter.core.zookeeper_url import parse_url
from barter.shell import log
from barter.shell.zookeeper.election import Campaign, new_token
from barter.shell.zookeeper.loop import ZooKeeper
from barter.shell.zookeeper.settings import ZooKeeperSettings, read_credentials
from barter.tools.bench.master.load import say

HAND_OVER_SECONDS = 5.0


async def main(url: str, auth: str, place: str, session_ms: int) -> None:
    def lead(_: Lead) -> None:
        say({"leads": time.monotonic()})

    def follow(_: Follow) -> None:
        say({"follows": True})

    def leave(_: Leave) -> None:
        return

    log.setup()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    zk = ZooKeeper(ZooKeeperSettings(replace(parse_url(url), credentials=read_credentials(auth)), session_ms))
    campaign = Campaign(zk, place, new_token(), {"grpc": "nowhere:1"}, lead=lead, follow=follow, leave=leave)
    running = asyncio.create_task(campaign.run())
    await stop.wait()
    if campaign.leads:
        campaign.resign("told to end")
        await campaign.hand_over(HAND_OVER_SECONDS)
    running.cancel()
    await asyncio.to_thread(zk.blocking.close)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
