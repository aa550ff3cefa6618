"""Who is in front of a page, as far as the connection tells."""

import ipaddress
import re
from urllib.parse import urlsplit

import streamlit as st

_PROXIED = re.compile(
    r"(x-(original-)?forwarded.*|forwarded.*|via|.*-client-ip|.*-connecting-ip|client-ip|x-real-ip|true-client-.*|x-client-.*"
    r"|x-remote-.*|x-envoy-.*|x-amzn-.*|cf-.*|fly-.*|x-appengine-.*)",
    re.IGNORECASE,
)
"""Headers by which a proxy says that it speaks for somebody else, or that it is one."""


def sits_at_the_server() -> bool:
    """Whether the browser is on this very machine, shows a page of ours, and no proxy there speaks for others."""
    headers = st.context.headers
    if not _is_this_machine(st.context.ip_address) or any(map(_PROXIED.fullmatch, headers)):
        return False
    host = headers.get("Host", "localhost")
    return _is_local(host) and headers.get("Origin", f"http://{host}").lower().partition("://")[2] == host.lower()


def comes_from_another_local_page() -> bool:
    """Whether a page of another server on this machine opened the connection: Streamlit lets those in, whatever their port.

    A browser always says by the Origin whose page it shows.
    """
    host, origin = (st.context.headers.get(name, "") for name in ("Host", "Origin"))
    place = origin.lower().partition("://")[2]
    return _is_local(host) and _is_local(place) and place != host.lower()


def _is_local(host: str) -> bool:
    """Whether a host, perhaps with a port, is this machine."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or (name != "" and _is_this_machine(name))


def _is_this_machine(address: str | None) -> bool:
    """Whether an address is a loopback one, also where an IPv6 socket writes it as ::ffff:127.0.0.1. None is Streamlit's."""
    if address is None:
        return True
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback
