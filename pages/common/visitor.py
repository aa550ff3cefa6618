"""Who is in front of a page, as far as the connection tells."""

import ipaddress
from urllib.parse import urlsplit

import streamlit as st


def comes_from_another_local_page() -> bool:
    """Whether a page of another server on this machine opened the connection: Streamlit lets those in, whatever their port.

    A browser always says by the Origin whose page it shows.
    """
    host, origin = (st.context.headers.get(name, "") for name in ("Host", "Origin"))
    place = origin.lower().partition("://")[2]
    return is_local(host) and is_local(place) and place != host.lower()


def is_local(host: str) -> bool:
    """Whether a host, perhaps with a port, is this machine."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or (name != "" and is_this_machine(name))


def is_this_machine(address: str | None) -> bool:
    """Whether an address is a loopback one, also where an IPv6 socket writes it as ::ffff:127.0.0.1. None is Streamlit's."""
    if address is None:
        return True
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback
