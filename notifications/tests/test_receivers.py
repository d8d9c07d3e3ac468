"""Calling other people's machines, and no machine of ours."""

import socket
from ipaddress import ip_address
from typing import Any

import certifi
import pytest

from notifications.services import receivers
from notifications.services.receivers import Post, Sender, is_allowed, is_public, literal_address
from notifications.tests.authority import Authority
from notifications.tests.receiver import Receiver


def post(url):
    return Post(url, {"Content-Type": "application/json"}, b"{}")


def send(*urls):
    with Sender() as sender:
        return sender.send([post(url) for url in urls]).result(timeout=30)


@pytest.fixture
def names(monkeypatch):
    """What names lead to; a list of answers is given one after the other."""
    answers: dict[str, Any] = {}
    asked: list[str] = []
    resolve = socket.getaddrinfo

    def getaddrinfo(host, port, *args, **kwargs):
        asked.append(host)
        if host not in answers:
            return resolve(host, port, *args, **kwargs)
        answer = answers[host]
        addresses = answer.pop(0) if isinstance(answer[0], list) else answer
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    answers["asked"] = asked
    return answers


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:0:0:0:0:80ff:fffe",
    ],
)
def test_an_address_of_ours_or_of_nobody_is_not_public(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"])
def test_somebody_elses_address_is_public(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1"])
def test_an_address_is_known_in_any_of_its_forms(host):
    assert str(literal_address(host)) == "127.0.0.1"


def test_a_name_is_no_address():
    assert literal_address("hooks.example.com") is None


class TestOutsideADemo:
    @pytest.fixture(autouse=True)
    def _only_public(self, settings):
        settings.WEBHOOK_PRIVATE_ADDRESSES = False

    def test_an_address_of_this_machine_is_refused(self, receiver):
        [answer] = send(receiver.url("/hook"))

        assert (answer.status, answer.error) == (None, "AddressRefused: the address is not on the public internet")
        assert receiver.received == []

    def test_a_name_that_leads_here_is_refused(self, receiver, names):
        names["hooks.example.com"] = ["127.0.0.1"]

        [answer] = send(receiver.url("/hook", host="hooks.example.com"))

        assert answer.error.startswith("AddressRefused")
        assert receiver.received == []

    def test_a_name_with_one_public_and_one_private_address_is_refused(self, receiver, names):
        names["hooks.example.com"] = ["93.184.215.14", "127.0.0.1"]

        [answer] = send(receiver.url("/hook", host="hooks.example.com"))

        assert answer.error.startswith("AddressRefused")

    def test_a_name_is_asked_once_and_the_checked_address_is_called(self, receiver, names, monkeypatch):
        """A second look-up would lead to our own machine. The address that was checked is called whatever follows;
        here it is declared public, so that there is somebody to answer."""
        names["rebinding.example.com"] = [["127.0.0.1"], ["127.0.0.2"]]
        monkeypatch.setattr(receivers, "is_public", lambda address: str(address) == "127.0.0.1")

        [answer] = send(receiver.url("/hook", host="rebinding.example.com"))

        assert answer.status == 200
        assert names["asked"].count("rebinding.example.com") == 1
        assert receiver.received[0].headers["host"].startswith("rebinding.example.com:")

    def test_a_redirect_is_not_followed(self, receiver, monkeypatch):
        receiver.answers["/hook"] = receiver.redirect_to(receiver.url("/secret"))
        monkeypatch.setattr(receivers, "is_public", lambda address: True)

        [answer] = send(receiver.url("/hook"))

        assert answer.status == 307
        assert [each.path for each in receiver.received] == ["/hook"]


class TestInADemo:
    """Its own machine may be called, and nothing else that is not on the internet."""

    @pytest.mark.parametrize(
        "address",
        ["10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0", "fe80::1", "::ffff:10.0.0.1"],  # noqa: S104
    )
    def test_its_network_is_not_called(self, settings, address):
        settings.WEBHOOK_PRIVATE_ADDRESSES = True

        assert not is_allowed(ip_address(address))

    @pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "93.184.215.14"])
    def test_it_calls_itself_and_the_internet(self, settings, address):
        settings.WEBHOOK_PRIVATE_ADDRESSES = True

        assert is_allowed(ip_address(address))

    def test_a_name_that_leads_to_its_network_is_refused(self, names, settings):
        settings.WEBHOOK_PRIVATE_ADDRESSES = True
        names["hooks.example.com"] = ["169.254.169.254"]

        [answer] = send("http://hooks.example.com/latest/meta-data/")

        assert answer.error.startswith("AddressRefused")


class TestAnswers:
    def test_who_hangs_or_trickles_is_left_in_time_and_nobody_waits_for_them(self, receiver, monkeypatch):
        monkeypatch.setattr(receivers, "ANSWERS_WITHIN", 2)
        receiver.answers |= {"/hangs": receiver.hang, "/trickles": receiver.trickle, "/fails": 500}

        hangs, trickles, fails, well = send(*map(receiver.url, ["/hangs", "/trickles", "/fails", "/well"]))

        assert hangs.error == trickles.error == "no answer within 2 seconds"
        assert (fails.status, well.status) == (500, 200)

    def test_nobody_listens(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))

            [answer] = send(f"http://127.0.0.1:{taken.getsockname()[1]}/")

        assert answer.status is None
        assert answer.error.startswith("ConnectError")

    def test_what_is_no_http(self):
        """A server that greets as mail servers do."""
        with socket.create_server(("127.0.0.1", 0)) as server, Sender() as sender:
            answers = sender.send([post(f"http://127.0.0.1:{server.getsockname()[1]}/")])
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)  # what is closed unread is a broken connection instead
                connection.sendall(b"220 mail.example.com ESMTP\r\n\r\n")
            [answer] = answers.result(timeout=30)

        assert answer.status is None
        assert "ProtocolError" in answer.error

    def test_a_certificate_must_be_of_the_name(self, receiver):
        """Our receiver speaks no TLS at all, so that there is none."""
        [answer] = send(receiver.url("/hook").replace("http:", "https:"))

        assert answer.status is None
        assert receiver.received == []


class TestHttps:
    HOST = "hooks.example.com"

    @pytest.fixture
    def authority(self, tmp_path, monkeypatch):
        """The one that this machine trusts."""
        authority = Authority(tmp_path)
        monkeypatch.setattr(certifi, "where", lambda: str(authority.bundle))
        return authority

    @pytest.fixture
    def call(self, names):
        """What becomes of a post to a server with `tls` that HOST leads to, and what the server was sent."""
        names[self.HOST] = ["127.0.0.1"]

        def call(tls):
            with Receiver(tls) as receiver:
                [answer] = send(receiver.url("/hook", host=self.HOST))
            return answer, receiver.received

        return call

    def test_a_receiver_with_a_certificate_of_its_name_is_sent_to(self, authority, call):
        answer, [received] = call(authority.context_for(self.HOST))

        assert (answer.status, answer.error) == (200, "")
        assert received.body == "{}"

    def test_one_of_another_name_is_not(self, authority, call):
        answer, received = call(authority.context_for("hooks.example.org"))

        assert "certificate verify failed: Hostname mismatch" in answer.error
        assert received == []

    def test_one_that_has_expired_is_not(self, authority, call):
        answer, received = call(authority.context_for(self.HOST, expired=True))

        assert "certificate has expired" in answer.error
        assert received == []

    def test_one_of_an_authority_that_nobody_trusts_is_not(self, authority, call, tmp_path):
        answer, received = call(Authority(tmp_path, "Somebody").context_for(self.HOST))

        assert "certificate verify failed" in answer.error
        assert received == []
