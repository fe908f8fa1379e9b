"""pki.py - certificates made by openssl, and a gpgsm that knows them: the independent side of the tests."""
import os

from lab import run

CA_EXT = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
KEYS = {
    "rsa": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
    "rsa-pss": ("-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_pss_keygen_md:sha256",
                "-pkeyopt", "rsa_pss_keygen_mgf1_md:sha256", "-pkeyopt", "rsa_pss_keygen_saltlen:32"),
    "ed25519": ("-algorithm", "ED25519"),
    "x25519": ("-algorithm", "X25519"),
    **{"p" + bits: ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-" + bits, "-pkeyopt", "ec_param_enc:named_curve")
       for bits in ("256", "384", "521")},
}


class Pki:
    """root.crt and NAME.crt, NAME.key in one folder."""

    def __init__(self, folder):
        os.mkdir(folder)
        self.folder = folder
        self.ca = self.path("root.crt")
        self._key("root", "rsa")
        self._write("root.ext", CA_EXT)
        run("openssl", "req", "-new", "-x509", "-key", self.path("root.key"), "-subj", "/O=Test/CN=Test Root",
            "-days", "3650", "-out", self.ca, "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def path(self, name):
        return os.path.join(self.folder, name)

    def _write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as f:
            f.write(text)

    def _key(self, name, kind):
        run("openssl", "genpkey", *KEYS[kind], "-out", self.path(name + ".key"))

    def leaf(self, name, mailbox, kind="rsa", domain=None):
        """A certificate for that mailbox, or for every mailbox of a domain."""
        usage = {"rsa": "digitalSignature,nonRepudiation,keyEncipherment", "x25519": "keyAgreement",
                 "ed25519": "digitalSignature,nonRepudiation", "rsa-pss": "digitalSignature,nonRepudiation",
                 }.get(kind, "digitalSignature,nonRepudiation,keyAgreement")
        self._key(name, kind)
        self._write(name + ".ext", "basicConstraints=critical,CA:FALSE\n"
                    "keyUsage=critical,%s\nextendedKeyUsage=emailProtection\n"
                    "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nsubjectAltName=%s\n"
                    % (usage, "DNS:" + domain if domain else "email:" + mailbox))
        # X25519 cannot sign a request of its own.
        run("openssl", "req", "-new", "-key", self.path(("root" if kind == "x25519" else name) + ".key"),
            "-subj", "/O=Test/CN=" + name, "-out", self.path(name + ".csr"))
        run("openssl", "pkey", "-in", self.path(name + ".key"), "-pubout", "-out", self.path(name + ".pub"))
        run("openssl", "x509", "-req", "-in", self.path(name + ".csr"), "-force_pubkey", self.path(name + ".pub"),
            "-CA", self.ca, "-CAkey", self.path("root.key"), "-CAcreateserial", "-days", "3000",
            "-extfile", self.path(name + ".ext"), "-out", self.path(name + ".crt"))
        return self.path(name + ".crt"), self.path(name + ".key")

    def crl(self, *names):
        """A revocation list of the CA with these certificates on it."""
        self._write("index.txt", "")
        self._write("ca.cnf", "[ca]\ndefault_ca=c\n[c]\ndatabase=%s\ndefault_md=sha256\ndefault_crl_days=30\n"
                    % self.path("index.txt"))
        ca = ("openssl", "ca", "-config", self.path("ca.cnf"), "-cert", self.ca, "-keyfile", self.path("root.key"))
        for name in names:
            run(*ca, "-revoke", self.path(name + ".crt"))
        run(*ca, "-gencrl", "-out", self.path("root.crl"))
        return self.path("root.crl")

    def pkcs12(self, name):
        """Certificate and key, password "test", in the old encryption: gpgsm 2.2 and NSS 3.87 read no other."""
        run("openssl", "pkcs12", "-export", "-name", name, "-inkey", self.path(name + ".key"), "-in", self.path(name + ".crt"),
            "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1", "-passout", "pass:test",
            "-out", self.path(name + ".p12"))
        return self.path(name + ".p12")

    def fingerprint(self, name):
        out = run("openssl", "x509", "-in", self.path(name + ".crt"), "-noout", "-fingerprint", "-sha1").stdout
        return out.decode().strip().split("=")[1]


class Nss:
    """An NSS database of its own with the PKI's root trusted, certificates and keys imported: cmsutil reads and writes CMS."""

    def __init__(self, pki, names):
        self.pki, self.home = pki, pki.path("nss")
        os.mkdir(self.home)
        run("certutil", "-N", "-d", "sql:" + self.home, "--empty-password")
        run("certutil", "-A", "-d", "sql:" + self.home, "-n", "root", "-t", "CT,C,C", "-i", pki.ca, "-a")
        for name in names:
            run("pk12util", "-i", pki.pkcs12(name), "-d", "sql:" + self.home, "-W", "test", "-K", "")

    def __call__(self, *args, check=True):
        return run("cmsutil", *args[:1], "-d", "sql:" + self.home, *args[1:], check=check)


class Gpgsm:
    """A gpgsm home of its own with the PKI's root trusted and RSA leafs imported."""

    def __init__(self, pki, names):
        self.pki, self.home = pki, pki.path("gnupg")
        os.mkdir(self.home, 0o700)
        self._conf("gpgsm.conf", "disable-crl-checks\nbatch\nno-secmem-warning\ndisable-dirmngr\n")
        self._conf("gpg-agent.conf", "allow-loopback-pinentry\n")
        self._conf("trustlist.txt", pki.fingerprint("root") + " S relax\n")
        self("--import", pki.ca)
        for name in names:
            self("--import", pki.path(name + ".crt"))
            self._import_key(name)

    def _import_key(self, name):
        """gpgsm 2.2 cannot read one PKCS#12 file in fifty, whose salts it does not like (measured): it gets others then."""
        for _ in range(5):
            done = self("--import", self.pki.pkcs12(name), check=False)
            if done.returncode == 0:
                return
        raise AssertionError("gpgsm does not import the key of %s:\n%s" % (name, done.stderr.decode(errors="replace")))

    def _conf(self, name, text):
        with open(os.path.join(self.home, name), "w", encoding="ascii") as f:
            f.write(text)

    def __call__(self, *args, check=True):
        return run("gpgsm", "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase-fd", "0", *args,
                   data=b"test\n", env={"GNUPGHOME": self.home}, check=check)

    def key(self, name):
        return self.pki.fingerprint(name).replace(":", "")

    def close(self):
        run("gpgconf", "--kill", "all", env={"GNUPGHOME": self.home}, check=False)
