"""A certification authority of our own, and the certificates that it gives."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


class Authority:
    """`bundle` is what whoever trusts it has to know; files are kept in `folder`."""

    def __init__(self, folder: Path, name: str = "Flights test authority") -> None:
        self._folder, self._name = folder, named(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        own = self._begin(self._name, self._key.public_key(), expires=self._now + DAY)
        signed = own.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.bundle = folder / f"{name}.pem"
        self.bundle.write_bytes(pem(signed.sign(self._key, hashes.SHA256())))

    def context_for(self, host: str, *, expired: bool = False) -> ssl.SSLContext:
        """For a server that is called `host`."""
        key = ec.generate_private_key(ec.SECP256R1())
        expires = self._now - DAY if expired else self._now + DAY
        begun = self._begin(named(host), key.public_key(), expires=expires)
        begun = begun.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        path = self._folder / f"{host}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(private + pem(begun.sign(self._key, hashes.SHA256())))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    @property
    def _now(self) -> datetime:
        return datetime.now(UTC)

    def _begin(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, expires: datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - 3 * DAY)
            .not_valid_after(expires)
        )


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
