"""Keys and certificates for one test, made by the openssl program."""

import pathlib
import ssl
import subprocess


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *map(str, arguments)], check=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          **options)


class Authority:
    """A certificate that signs itself, and others for the same address."""

    def __init__(self, folder, name):
        self.folder = pathlib.Path(folder)
        self.name = name
        self.file = self.folder / f"{name}.pem"
        self.key = self.folder / f"{name}-key.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.file,
                "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost")

    def sign(self, name):
        """(certificate, key) of somebody else."""
        key = self.folder / f"{name}-key.pem"
        wish = self.folder / f"{name}.csr"
        file = self.folder / f"{name}.pem"
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-keyout", key, "-out", wish)
        openssl("x509", "-req", "-in", wish, "-CA", self.file, "-CAkey",
                self.key, "-CAcreateserial", "-days", "2", "-out", file)
        return file, key

    def sets(self, *more):
        return ["listen.tls_port=0", f"tls.certificate={self.file}",
                f"tls.key={self.key}", *more]

    def context(self):
        """What a client needs to trust it."""
        return ssl.create_default_context(cafile=str(self.file))


def tls_port(server):
    line = server.wait_for_line(r"listening scheme=wss\b.*\bport=(\d+)")
    return int(line.group(1))
