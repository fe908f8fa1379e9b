"""run.py BUILD - our primitives against others': vectors that openssl makes now and, where SMIME_VECTORS names a folder of them,
wycheproof/*_test.json (invalid cases included) and rfc4134/. Prints counts."""
import base64
import json
import os
import subprocess
import sys
import tempfile

HASH_OIDS = {"SHA-1": "06052b0e03021a", "SHA-256": "0609608648016503040201"}
MGF1, PSPECIFIED = "06092a864886f70d010108", "06092a864886f70d010109"


def der(tag, hexdigits):
    length = len(hexdigits) // 2
    head = "%02x" % length if length < 128 else "81%02x" % length if length < 256 else "82%04x" % length
    return tag + head + hexdigits


def oaep_parameters(group, label):
    """RSAES-OAEP-params (RFC 4055 s4.1)."""
    digest = lambda name: der("30", HASH_OIDS[name] + "0500")
    fields = der("a0", digest(group["sha"])) + der("a1", der("30", MGF1 + digest(group["mgfSha"])))
    if label:
        fields += der("a2", der("30", PSPECIFIED + der("04", label)))
    return der("30", fields)


def point_of(public):
    """The point in a SubjectPublicKeyInfo of P-256; anything else goes in as it is, and must be refused."""
    at = public.find("06082a8648ce3d03010703420004")
    return public[at + 26:] if at >= 0 and len(public) - at - 26 == 130 else public


def flip(octets):
    """The same with one bit changed, somewhere in the middle."""
    at = len(octets) // 2
    return octets[:at] + bytes([octets[at] ^ 4]) + octets[at + 1:]


class Vectors:
    def __init__(self, folder, work):
        self.folder, self.work = folder, work
        self.lines, self.wanted = [], []

    def groups(self, name):
        with open(os.path.join(self.folder, "wycheproof", name + "_test.json"), encoding="utf-8") as f:
            return json.load(f)["testGroups"]

    def add(self, name, test, result, *words):
        self.lines.append(" ".join(word or "-" for word in words))
        self.wanted.append((name, test["tcId"], test["result"], result, test["comment"]))

    def key_file(self, pem):
        path = os.path.join(self.work, "key%d.pem" % len(os.listdir(self.work)))
        with open(path, "w", encoding="ascii") as f:
            f.write(pem)
        return path

    def collect(self):
        for group in self.groups("aes_wrap"):
            for t in group["tests"]:
                # Keys for AES are all that we unwrap.
                if len(t["msg"]) // 2 in (16, 24, 32):
                    self.add("aes_wrap", t, t["msg"], "wrap", t["key"], t["ct"], str(len(t["msg"]) // 2))
        for group in self.groups("ecdh_secp256r1"):
            for t in group["tests"]:
                self.add("ecdh", t, t["shared"], "ecdh", t["private"], point_of(t["public"]))
        for group in self.groups("x25519"):
            for t in group["tests"]:
                self.add("x25519", t, t["shared"], "x25519", t["private"], t["public"])
        for name in ("rsa_oaep_2048_sha1_mgf1sha1", "rsa_oaep_2048_sha256_mgf1sha256"):
            for group in self.groups(name):
                key = self.key_file(group["privateKeyPem"])
                for t in group["tests"]:
                    if t["msg"]:
                        self.add(name, t, t["msg"], "rsa-oaep", oaep_parameters(group, t["label"]), key, t["ct"],
                                 str(len(t["msg"]) // 2))
        for group in self.groups("rsa_pkcs1_2048"):
            key = self.key_file(group["privateKeyPem"])
            for t in group["tests"]:
                if t["msg"]:
                    self.add("rsa_pkcs1", t, t["msg"], "rsa-pkcs1", key, t["ct"], str(len(t["msg"]) // 2))
        for group in self.groups("aes_gcm"):
            for t in group["tests"]:
                if group["ivSize"] == 96 and group["tagSize"] == 128:
                    self.add("aes_gcm", t, t["msg"] or ".", "decrypt", "aes%d-gcm" % group["keySize"], t["key"], t["iv"],
                             t["ct"], t["tag"], t["aad"])
        for group in self.groups("aes_cbc_pkcs5"):
            for t in group["tests"]:
                self.add("aes_cbc", t, t["msg"] or ".", "decrypt", "aes%d-cbc" % group["keySize"], t["key"], t["iv"], t["ct"],
                         "", "")

        for group in self.groups("hkdf_sha256"):
            for t in group["tests"]:
                self.add("hkdf", t, t["okm"], "hkdf", t["ikm"], t["salt"], t["info"], str(t["size"]))
        for name in ("rsa_pss_2048_sha256_mgf1_32", "rsa_pss_2048_sha256_mgf1_32_params"):
            for group in self.groups(name):
                key = self.key_file(group["publicKeyPem"])
                for t in group["tests"]:
                    self.add("rsa_pss", t, "ok", "rsa-pss", str(group["sLen"]), key, t["msg"], t["sig"])

    # ---- made now ----

    def openssl(self, *args, data=b""):
        return subprocess.run(["openssl", *args], input=data, capture_output=True, check=True).stdout

    def own(self, name, result, *words, valid=True):
        self.add(name, {"tcId": len(self.lines), "result": "valid" if valid else "invalid", "comment": "by openssl"}, result, *words)

    def own_key(self, *options):
        """(file of a new private key, file of the public one)."""
        pem = self.key_file(self.openssl("genpkey", *options).decode())
        return pem, self.key_file(self.openssl("pkey", "-in", pem, "-pubout").decode())

    def make(self):
        self.make_rsa()
        self.make_agreements()
        self.make_ciphers()

    def make_rsa(self):
        key, public = self.own_key("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
        encrypt = lambda cek, *opts: self.openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", public, *opts, data=cek)
        for length in (16, 24, 32):
            cek = os.urandom(length)
            words = lambda octets, want=length: ("rsa-pkcs1", key, octets.hex(), str(want))
            wrapped = encrypt(cek)
            self.own("rsa_pkcs1", cek.hex(), *words(wrapped))
            self.own("rsa_pkcs1", cek.hex(), *words(flip(wrapped)), valid=False)
            self.own("rsa_pkcs1", cek.hex(), *words(wrapped, length - 8), valid=False)
            self.own("rsa_pkcs1", "00" * length, *words(encrypt(bytes(length))))
            for sha in ("SHA-1", "SHA-256"):
                for mgf in ("SHA-1", "SHA-256"):
                    for label in ("", "00ff"):
                        options = ["rsa_padding_mode:oaep", "rsa_oaep_md:" + sha.replace("-", ""), "rsa_mgf1_md:" + mgf.replace("-", "")]
                        options += ["rsa_oaep_label:" + label] if label else []
                        wrapped = encrypt(cek, *[w for o in options for w in ("-pkeyopt", o)])
                        group = {"sha": sha, "mgfSha": mgf}
                        words = lambda octets, label: ("rsa-oaep", oaep_parameters(group, label), key, octets.hex(), str(length))
                        self.own("rsa_oaep", cek.hex(), *words(wrapped, label))
                        self.own("rsa_oaep", cek.hex(), *words(flip(wrapped), label), valid=False)
                        self.own("rsa_oaep", cek.hex(), *words(wrapped, label + "00"), valid=False)
        for salt in (0, 20, 32, 222):
            message = os.urandom(50)
            signature = self.openssl("dgst", "-sha256", "-sign", key, "-sigopt", "rsa_padding_mode:pss", "-sigopt",
                                     "rsa_pss_saltlen:%d" % salt, data=message)
            self.own("rsa_pss", "ok", "rsa-pss", str(salt), public, message.hex(), signature.hex())
            self.own("rsa_pss", "ok", "rsa-pss", str(salt), public, message.hex(), flip(signature).hex(), valid=False)
            self.own("rsa_pss", "ok", "rsa-pss", str(salt + 1), public, message.hex(), signature.hex(), valid=False)

    def make_agreements(self):
        for name, options in (("x25519", ("-algorithm", "X25519")),
                              ("ecdh", ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"))):
            (mine, _), (_, theirs) = self.own_key(*options), self.own_key(*options)
            secret = self.openssl("pkeyutl", "-derive", "-inkey", mine, "-peerkey", theirs)
            text = self.openssl("pkey", "-in", mine, "-noout", "-text").decode()
            scalar = bytes.fromhex("".join(text.split("priv:")[1].split("pub:")[0].split()).replace(":", ""))[-32:].hex()
            point = self.openssl("pkey", "-pubin", "-in", theirs, "-outform", "DER")[-(32 if name == "x25519" else 65):].hex()
            self.own(name, secret.hex(), name, scalar, point)
            self.own(name, secret.hex(), name, scalar, "00" * (len(point) // 2), valid=False)
            self.own(name, secret.hex(), name, scalar, point[:-2], valid=False)
        key, salt, info = os.urandom(32), os.urandom(13), os.urandom(9)
        for length in (16, 32, 60):
            out = self.openssl("kdf", "-keylen", str(length), "-binary", "-kdfopt", "digest:SHA256", "-kdfopt", "hexkey:" + key.hex(),
                               "-kdfopt", "hexsalt:" + salt.hex(), "-kdfopt", "hexinfo:" + info.hex(), "HKDF")
            self.own("hkdf", out.hex(), "hkdf", key.hex(), salt.hex(), info.hex(), str(length))

    def make_ciphers(self):
        for bits in (128, 192, 256):
            kek, cek, iv = os.urandom(bits // 8), os.urandom(32), os.urandom(16)
            wrapped = self.openssl("enc", "-id-aes%d-wrap" % bits, "-K", kek.hex(), "-iv", "a6" * 8, data=cek)
            self.own("aes_wrap", cek.hex(), "wrap", kek.hex(), wrapped.hex(), "32")
            self.own("aes_wrap", cek.hex(), "wrap", kek.hex(), flip(wrapped).hex(), "32", valid=False)
            self.own("aes_wrap", cek.hex(), "wrap", kek.hex(), wrapped[:-8].hex(), "32", valid=False)
            for length in (0, 15, 16, 100):
                plain = os.urandom(length)
                octets = self.openssl("enc", "-aes-%d-cbc" % bits, "-K", kek.hex(), "-iv", iv.hex(), data=plain)
                words = lambda octets: ("decrypt", "aes%d-cbc" % bits, kek.hex(), iv.hex(), octets.hex(), "", "")
                self.own("aes_cbc", plain.hex() or ".", *words(octets))
                self.own("aes_cbc", plain.hex() or ".", *words(octets[:-1]), valid=False)
        # GCM's own paper, test cases 2 and 14: openssl's command line has no GCM.
        for bits, octets, tag in ((128, "0388dace60b6a392f328c2b971b2fe78", "ab6e47d42cec13bdf53a67b21257bddf"),
                                  (256, "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919")):
            words = lambda tag: ("decrypt", "aes%d-gcm" % bits, "00" * (bits // 8), "00" * 12, octets, tag, "")
            self.own("aes_gcm", "00" * 16, *words(tag))
            self.own("aes_gcm", "00" * 16, *words(flip(bytes.fromhex(tag)).hex()), valid=False)

    def check(self, probe):
        out = subprocess.run([probe], input="\n".join(self.lines) + "\n", capture_output=True, text=True, check=True).stdout
        results, wrong, counts = out.split("\n")[:-1], 0, {}
        assert len(results) == len(self.wanted), "the probe answered %d of %d" % (len(results), len(self.wanted))
        for got, (name, number, verdict, result, comment) in zip(results, self.wanted):
            counts[name] = counts.get(name, 0) + 1
            # "acceptable": either way. What is invalid gives nothing, or random octets.
            if (got == result) != (verdict == "valid") and verdict != "acceptable":
                wrong += 1
                print("%s %d (%s, %s): %s" % (name, number, verdict, comment, got[:80]))
        print("vectors:", ", ".join("%s %d" % item for item in counts.items()), "- wrong: %d" % wrong)
        return wrong


def check_rfc4134(folder, smimectl, work):
    """Its keys are DSA and RSA-1024, its digest SHA-1: they are read, and nothing of it verifies."""
    database, wrong = os.path.join(work, "policy.db"), 0
    subprocess.run([smimectl, "-d", database, "init"], check=True, stdout=subprocess.DEVNULL)
    for name, layers in (("4.1", ["signed"]), ("4.2", ["signed"]), ("4.3", ["signed"]), ("4.4", ["signed"]), ("4.5", ["signed"])):
        with open(os.path.join(folder, "rfc4134", name + ".bin"), "rb") as f:
            body = base64.encodebytes(f.read())
        done = subprocess.run([smimectl, "-d", database, "open", "--json"], capture_output=True, check=True, input=b"From: "
                              b"AliceDSS@example.com\nContent-Type: application/pkcs7-mime; smime-type=signed-data\n"
                              b"Content-Transfer-Encoding: base64\n\n" + body)
        record = json.loads(done.stderr)
        if [layer["type"] for layer in record["layers"]] != layers or record["smime_gateway_verified"]:
            wrong += 1
            print("RFC 4134", name, record)
        else:
            print("RFC 4134 %s: %s" % (name, record["layers"][0]["token"]))
    return wrong


def main():
    folder = os.environ.get("SMIME_VECTORS", "")
    probe, smimectl = os.path.join(sys.argv[1], "tests", "vector_probe"), os.path.join(sys.argv[1], "policy", "smimectl")
    with tempfile.TemporaryDirectory() as work:
        vectors = Vectors(folder, work)
        vectors.make()
        if os.path.isdir(folder):
            vectors.collect()
        else:
            print("SMIME_VECTORS names no folder: only vectors made now")
        wrong = vectors.check(probe)
        if os.path.isdir(folder):
            wrong += check_rfc4134(folder, smimectl, work)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
