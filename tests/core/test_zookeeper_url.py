"""zk:// URLs: what they say, and that what is wrong with one is told without its password."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.zookeeper_url import ZooKeeperUrl, is_zookeeper_url, parse_credentials, parse_url

hosts = st.from_regex(r"[a-z][a-z0-9.-]{0,10}", fullmatch=True)
ports = st.integers(1, 65535)
names = st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True).filter(lambda name: name != "zookeeper")
words = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
users = words.filter(lambda word: ":" not in word)


@given(st.lists(st.tuples(hosts, ports), min_size=1, max_size=5), st.lists(names, min_size=1, max_size=4))
def test_hosts_and_path_come_back(pairs: list[tuple[str, int]], path: list[str]) -> None:
    text = f"zk://{','.join(f'{host}:{port}' for host, port in pairs)}/{'/'.join(path)}"
    url = parse_url(text)
    assert str(url) == text
    assert url.credentials == ""
    assert parse_url(f"{text}/") == url


@given(users, words)
def test_credentials_come_back_and_are_in_no_text(user: str, password: str) -> None:
    url = parse_url(f"zk://{quote(user, safe='')}:{quote(password, safe='')}@h/barter")
    assert url.credentials == f"{user}:{password}"
    assert str(url) == "zk://h:2181/barter"
    assert repr(url) == "ZooKeeperUrl(hosts=('h:2181',), path='/barter')"


def refusal(text: str) -> str:
    try:
        parse_url(text)
    except ValueError as error:
        return str(error)
    return ""


@given(st.text(max_size=30), st.sampled_from(["zk://u:", "zk:/u:", "u:", "http://u:", " zk://u: ", "zk://h,u:"]))
def test_no_refusal_tells_a_password(rest: str, before: str) -> None:
    for after in (f"@{rest}", rest, f"/{rest}@h:x/", f"{rest}@h"):
        assert "Tr0ub4dor" not in refusal(f"{before}Tr0ub4dor{after}")


def test_ports_have_a_default() -> None:
    assert parse_url("zk://a,b:2182,[::1],[::2]:3/x").hosts == ("a:2181", "b:2182", "[::1]:2181", "[::2]:3")


def test_a_password_may_hold_anything() -> None:
    assert parse_url("zk://u:p%40s%2Fs%3A@h/x").credentials == "u:p@s/s:"
    assert parse_url("zk://u:p@s/s:@h/x").credentials == "u:p@s/s:"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "begins with zk://"),
        ("h1:2181/barter", "begins with zk://, like zk://host1:2181,host2:2181/barter"),
        ("zk:/h1:2181/barter", "this one begins with zk:/"),
        ("zk:h1", "begins with zk://"),
        ("http://h1/barter", "this one begins with http://"),
        ("ZK://h1/barter", "this one begins with ZK://"),
        ("zk://h1:2181", "names no path"),
        ("zk://h1:2181/", "names no path"),
        ("zk://h1:2181//", "names no path"),
        ("zk:///barter", "an empty host"),
        ("zk://a,,b/barter", "an empty host"),
        ("zk://a,/barter", "an empty host"),
        ("zk://:2181/barter", "a port without a host"),
        ("zk://a:/barter", "the port after host a "),
        ("zk://a:x/barter", "the port after host a "),
        ("zk://a:0/barter", "from 1 to 65535"),
        ("zk://a:65536/barter", "from 1 to 65535"),
        ("zk://a:²/barter", "from 1 to 65535"),
        ("zk://a, b/barter", "no spaces"),
        ("zk://a/bar ter", "no spaces"),
        ("zk://::1:2181/barter", "is in brackets"),
        ("zk://a;b/barter", "characters that no host has"),
        ("zk://a/b//c", "two slashes in a row"),
        ("zk://a/../c", "has . or .."),
        ("zk://a/b?c=d", "letters, digits"),
        ("zk://a/zookeeper/x", "ZooKeeper's own"),
        ("zk://user@a/x", "user:password"),
        ("zk://user:@a/x", "user:password"),
        ("zk://:secret@a/x", "user:password"),
        ("zk://@a/x", "user:password"),
        ("zk://a:b%0a@a/x", "one line"),
    ],
)
def test_typos_are_told(text: str, part: str) -> None:
    with pytest.raises(ValueError, match="ZooKeeper") as refused:
        parse_url(text)
    assert part in str(refused.value)


@given(st.text())
def test_whatever_is_typed_is_a_url_or_refused(text: str) -> None:
    for each in (text, f"zk://{text}", f"zk://h/{text}"):
        try:
            url = parse_url(each)
        except ValueError:
            continue
        assert parse_url(str(url)) == ZooKeeperUrl(url.hosts, url.path)


def test_a_url_is_told_from_addresses() -> None:
    assert is_zookeeper_url("zk://h/x")
    assert is_zookeeper_url("zk:/h/x")
    assert not is_zookeeper_url("zk1:5050,zk2:5050")


@pytest.mark.parametrize("text", ["", "u", "u:", ":p", "u:p\nq", "u:\x7f"])
def test_credentials_are_user_and_password(text: str) -> None:
    with pytest.raises(ValueError, match="credentials"):
        parse_credentials(text)
