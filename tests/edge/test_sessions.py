"""What HAProxy says of the sessions at its servers is understood."""

import pytest

from barter.agent.edge.model import Address
from barter.agent.edge.sessions import parse_sessions

ANSWER = """# pxname,svname,qcur,scur,addr,
web::http,s1,0,2,127.0.0.1:31000,
web::http,s2,1,0,[fd00::1]:31001,

# pxname,svname,qcur,scur,addr,
web::http,s7,,3,127.0.0.1:31000,

"""


def test_sessions_are_summed_over_all_answers() -> None:
    assert parse_sessions(ANSWER) == {"web::http": {Address("127.0.0.1", 31000): 5, Address("fd00::1", 31001): 1}}
    assert parse_sessions("\n") == {}


@pytest.mark.parametrize("text", ["No such proxy.\n", "# pxname,scur\nweb,1\n", "# pxname,scur,qcur,addr\nb,1,x,y:1\n"])
def test_what_is_no_such_answer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"show stat|not an IP address"):
        parse_sessions(text)
