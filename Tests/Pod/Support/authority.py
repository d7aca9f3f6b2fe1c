"""An authority for certificates that lives as long as a test."""

import datetime
import ipaddress
import pathlib
import shutil
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """Signs certificates for loopback. `file` is its own certificate, which a client is told to trust."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-authority."))
        self.folder.chmod(0o755)
        self._name, self._key = _name("TazPod test authority"), ec.generate_private_key(ec.SECP256R1())
        own = self._certificate(self._name, self._key.public_key(), [(x509.BasicConstraints(ca=True, path_length=0), True)])
        self.file = self.folder / "authority.pem"
        self.file.write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def issue(self):
        """A file with a key and a certificate for 127.0.0.1 and localhost."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        certificate = self._certificate(_name("localhost"), key.public_key(), [(names, False)])
        file = self.folder / "server.pem"
        file.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            + certificate.public_bytes(serialization.Encoding.PEM))
        return file

    def close(self):
        shutil.rmtree(self.folder)

    def _certificate(self, subject, key, extensions):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self._key, hashes.SHA256())


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
